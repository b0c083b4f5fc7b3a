//! `eval --list`: what tasks there are, and whether their data is there.

use serde_json::json;
use ticclip_eval::suite::Suite;
use ticclip_eval::task::Task;

use super::{Failure, Summary, steps, suite};
use crate::cli::EvalArgs;
use crate::score::find_sets;

pub(super) fn list(args: &EvalArgs) -> Result<Summary, Failure> {
    let suite = suite(args)?;
    let steps = steps(&args.data)?;
    // The default is no choice: all tasks are listed then.
    if args.tasks != [super::DEFAULT_TASKS] {
        let chosen = suite.select(&args.tasks).map_err(Failure::wrong_input)?;
        let lines = chosen.iter().map(|task| line(args, task, &steps));
        let rows: Vec<_> = chosen
            .iter()
            .map(|task| row(args, &suite, task, &steps))
            .collect();
        return Ok(Summary::new(lines.collect(), json!({"tasks": rows})));
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
        for task in members {
            // A task is described where it is first met.
            if !told.contains(&task.name.as_str()) {
                told.push(&task.name);
                text.push_str(&line(args, task, &steps));
            }
        }
    }
    for task in suite.tasks() {
        if !told.contains(&task.name.as_str()) {
            text.push_str(&line(args, task, &steps));
        }
        rows.push(row(args, &suite, task, &steps));
    }
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

fn line(args: &EvalArgs, task: &Task, steps: &[String]) -> String {
    let (there, all) = sets(args, task, steps);
    let data = match (there, all) {
        (0, _) => "no data".to_owned(),
        (1, 1) => "data".to_owned(),
        (there, all) => format!("{there} of {all} steps"),
    };
    let number = |value: Option<u64>| value.map_or("-".to_owned(), |value| value.to_string());
    let chance = task
        .chance
        .map_or("-".to_owned(), |chance| format!("{:.1}%", chance * 100.0));
    format!(
        "  {:32} {:14} {:22} {:>7} samples {:>5} classes  chance {chance:>6}  {data}\n",
        task.name,
        task.kind.name(),
        task.metric,
        number(task.size),
        number(task.classes.map(|classes| classes as u64)),
    )
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
