//! What `eval` says at its end: every score, and the means of the groups that were asked for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use ticclip_eval::score::Score;
use ticclip_eval::suite::GroupMean;

use super::{Evaluation, Failure, Summary};
use crate::cli::EvalArgs;
use crate::command::points::percent;
use crate::command::shown;
use crate::command::table::Table;
use crate::score::SCORES_FILE;

/// The group whose places are not all settled, and the one that is told beside it.
const UNSETTLED_AND_BESIDE: [&str; 2] = ["static28", "datacomp38"];

/// The group of the tasks whose sets `shard` writes.
const WRITTEN: &str = "dynamic";

pub(super) fn summary(
    args: &EvalArgs,
    evaluation: &Evaluation,
    names: &[String],
    new: usize,
) -> Result<Summary, Failure> {
    let asked: Vec<&str> = evaluation
        .exams
        .iter()
        .map(|exam| exam.task.name.as_str())
        .collect();
    let scored: Vec<&Score> = evaluation
        .book
        .scores()
        .iter()
        .filter(|score| names.contains(&score.model) && asked.contains(&score.task.as_str()))
        .collect();
    let mut text = table(&scored);
    let means = means(args, evaluation, names, &scored)?;
    for (model, group, mean) in &means {
        text.push_str(&told(model, group, mean));
    }
    let file = evaluation.out.join(SCORES_FILE);
    let all = evaluation.exams.len() * names.len();
    let pairs = evaluation.share.as_ref().map_or(all, BTreeSet::len);
    text.push_str(&match pairs - new.min(pairs) {
        0 => "all scored now\n".to_owned(),
        before => format!("{before} of {pairs} pairs of model and task were scored before\n"),
    });
    if !evaluation.skipped.is_empty() {
        text.push_str(&format!(
            "skipped, no data in {}: {}\n",
            args.data.display(),
            evaluation.skipped.join(", ")
        ));
    }
    text.push_str(&format!("{}\n", file.display()));
    let means: Vec<serde_json::Value> = means
        .iter()
        .map(|(model, group, mean)| {
            json!({
                "model": model, "group": group, "value": mean.value, "tasks": mean.tasks,
                "missing": mean.missing, "unsettled": mean.unsettled,
            })
        })
        .collect();
    let json = json!({
        "scores": shown(&file), "scored_now": new, "results": scored, "means": means, "skipped": evaluation.skipped,
    });
    let mut summary = Summary::new(text, json);
    // What `shard` did not write is not there to be had: without classes there is no classification.
    let written = evaluation.suite.members(WRITTEN).map_err(Failure::failed)?;
    let may_come = |skipped: &String| !written.iter().any(|task| task.name == *skipped);
    summary.retry = evaluation.skipped.iter().any(may_come);
    Ok(summary)
}

fn table(scored: &[&Score]) -> String {
    let mut table = Table::new(["model", "task", "metric", "tested on"]).figures([
        "score",
        "95% interval",
        "chance",
        "n",
    ]);
    for score in scored {
        table.row([
            score.model.clone(),
            score.task.clone(),
            score.metric.clone(),
            score.tested_step.clone().unwrap_or_else(|| "-".to_owned()),
            percent(score.value),
            format!("{} – {}", percent(score.low), percent(score.high)),
            percent(score.chance),
            score.n.to_string(),
        ]);
    }
    table.fitted()
}

/// The means of the groups of static tasks that were asked for, of each model.
fn means<'a>(
    args: &'a EvalArgs,
    evaluation: &Evaluation,
    names: &'a [String],
    scored: &[&Score],
) -> Result<Vec<(&'a str, String, GroupMean)>, Failure> {
    let mut groups: Vec<String> = Vec::new();
    for name in &args.tasks {
        let there = evaluation.suite.groups().any(|group| group.name == *name);
        let steps = |task: &&ticclip_eval::task::Task| task.is_dynamic();
        if there
            && !evaluation
                .suite
                .members(name)
                .map_err(Failure::failed)?
                .iter()
                .any(steps)
        {
            groups.push(name.clone());
        }
    }
    let [unsettled, beside] = UNSETTLED_AND_BESIDE.map(str::to_owned);
    if groups.contains(&unsettled) && !groups.contains(&beside) {
        groups.push(beside);
    }
    let mut means = Vec::new();
    for name in names {
        let values: BTreeMap<String, f64> = scored
            .iter()
            .filter(|score| score.model == *name && score.tested_step.is_none())
            .map(|score| (score.task.clone(), score.value))
            .collect();
        for group in &groups {
            let mean = evaluation
                .suite
                .mean(group, &values)
                .map_err(Failure::failed)?;
            means.extend(mean.map(|mean| (name.as_str(), group.clone(), mean)));
        }
    }
    Ok(means)
}

fn told(model: &str, group: &str, mean: &GroupMean) -> String {
    let mut line = format!(
        "{model}  {group}: mean {:.1}% over {} of {} tasks",
        mean.value * 100.0,
        mean.tasks,
        mean.tasks + mean.missing.len()
    );
    if !mean.unsettled.is_empty() {
        line.push_str(&format!(
            "; no source settles the places of {}",
            mean.unsettled.join(", ")
        ));
    }
    line + "\n"
}
