//! `eval --list`: what tasks there are, and whether their data is there.

use serde_json::json;
use ticclip_eval::suite::Suite;
use ticclip_eval::task::Task;

use super::{Failure, Summary, steps, suite};
use crate::cli::EvalArgs;
use crate::command::points::percent;
use crate::command::require_folder;
use crate::command::table::Table;
use crate::score::find_sets;

pub(super) fn list(args: &EvalArgs) -> Result<Summary, Failure> {
    require_folder(&args.data)?;
    let suite = suite(args)?;
    let steps = steps(&args.data)?;
    if !args.tasks.is_empty() {
        let chosen = suite.select(&args.tasks).map_err(Failure::wrong_input)?;
        let rows: Vec<_> = chosen
            .iter()
            .map(|task| row(args, &suite, task, &steps))
            .collect();
        return Ok(Summary::new(
            table(args, &chosen, &steps),
            json!({"tasks": rows}),
        ));
    }
    let mut text = String::new();
    let mut rows = Vec::new();
    let mut told: Vec<&str> = Vec::new();
    for group in suite.groups() {
        let members = suite.members(&group.name).map_err(Failure::failed)?;
        let title = group.title.as_deref().unwrap_or_default();
        let unsettled = suite.unsettled(&group.name).map_err(Failure::failed)?;
        text.push_str(&format!(
            "{} ({} tasks)  {title}\n",
            group.name,
            members.len()
        ));
        if !unsettled.is_empty() {
            let names: Vec<&str> = unsettled.iter().map(|task| task.name.as_str()).collect();
            text.push_str(&format!("  not settled: {}\n", names.join(", ")));
        }
        // A task is described where it is first met.
        let mut first: Vec<&Task> = members;
        first.retain(|task| !told.contains(&task.name.as_str()));
        told.extend(first.iter().map(|task| task.name.as_str()));
        text.push_str(&(table(args, &first, &steps) + "\n"));
    }
    let others = suite
        .tasks()
        .filter(|task| !told.contains(&task.name.as_str()));
    text.push_str(&table(args, &others.collect::<Vec<_>>(), &steps));
    rows.extend(suite.tasks().map(|task| row(args, &suite, task, &steps)));
    Ok(Summary::new(text, json!({"tasks": rows})))
}

/// How many sets there are, of how many there could be.
fn sets(args: &EvalArgs, task: &Task, steps: &[String]) -> (usize, usize) {
    let there = find_sets(task, &args.data, steps).len();
    let all = match (task.is_dynamic(), task.steps.is_empty()) {
        (false, _) => 1,
        (true, true) => steps.len(),
        (true, false) => task.steps.len(),
    };
    (there, all)
}

/// Nothing of no tasks.
fn table(args: &EvalArgs, tasks: &[&Task], steps: &[String]) -> String {
    let mut table = Table::new(["task", "kind", "metric"])
        .figures(["samples", "classes", "chance"])
        .text("data");
    let number = |value: Option<u64>| value.map_or("-".to_owned(), |value| value.to_string());
    for task in tasks {
        let (there, all) = sets(args, task, steps);
        table.row([
            task.name.clone(),
            task.kind.name().to_owned(),
            task.metric.to_string(),
            number(task.size),
            number(task.classes.map(|classes| classes as u64)),
            task.chance.map_or("-".to_owned(), percent),
            match (there, all) {
                (0, _) => "none".to_owned(),
                (1, 1) => "there".to_owned(),
                (there, all) => format!("{there} of {all} steps"),
            },
        ]);
    }
    match table.is_empty() {
        true => String::new(),
        false => table.fitted(),
    }
}

fn row(args: &EvalArgs, suite: &Suite, task: &Task, steps: &[String]) -> serde_json::Value {
    let (there, all) = sets(args, task, steps);
    let groups: Vec<&str> = suite
        .groups()
        .filter(|group| group.members.iter().any(|member| member.name == task.name))
        .map(|group| group.name.as_str())
        .collect();
    json!({
        "name": task.name, "kind": task.kind.name(), "metric": task.metric, "size": task.size,
        "classes": task.classes, "chance": task.chance, "groups": groups, "sets": there, "steps": all,
        "folders": task.folders(), "note": task.note,
    })
}
