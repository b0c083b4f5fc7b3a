//! Static scores of a report: tasks without dates, and the columns that summarise them.

use ticclip_eval::score::Score;
use ticclip_eval::suite::Suite;
use ticclip_eval::task::Task;
use ticclip_report::{self as report, StaticColumn, StaticScore, StaticTask};

/// Heading, and the task or group, of every column of static scores, in the order of the paper's main table.
const COLUMNS: [(&str, &str); 5] = [
    ("ImageNet", "imagenet1k"),
    ("ImageNet shifts", "imagenet-shift"),
    ("Flickr30k, COCO", "static-retrieval"),
    ("28 tasks", "static28"),
    ("38 tasks", "datacomp38"),
];

/// Every task without dates on which a trained model has a score.
pub(super) fn tasks(suite: &Suite, steps: &[String], scores: &[Score]) -> Vec<StaticTask> {
    let mut tasks: Vec<StaticTask> = Vec::new();
    for score in scores.iter().filter(|score| score.tested_step.is_none()) {
        let (Some(strategy), Some(trained)) = (&score.strategy, &score.trained_step) else {
            continue;
        };
        let Some(step) = steps.iter().position(|step| step == trained) else {
            continue;
        };
        let at = tasks.iter().position(|task| task.name == score.task);
        let at = at.unwrap_or_else(|| {
            tasks.push(of(suite, score));
            tasks.len() - 1
        });
        tasks[at].scores.push(StaticScore {
            strategy: strategy.clone(),
            step,
            score: report::Score {
                value: score.value,
                interval: Some([score.low, score.high]),
            },
        });
    }
    tasks
}

fn of(suite: &Suite, score: &Score) -> StaticTask {
    let task: Option<&Task> = suite.tasks().find(|task| task.name == score.task);
    let groups = suite.groups().filter(|group| {
        let members = suite.members(&group.name).unwrap_or_default();
        members.iter().any(|task| task.name == score.task)
    });
    StaticTask {
        name: score.task.clone(),
        title: task
            .and_then(|task| task.title.clone())
            .unwrap_or_else(|| score.task.clone()),
        metric: score.metric.clone(),
        groups: groups.map(|group| group.name.clone()).collect(),
        chance: Some(score.chance),
        n: Some(score.n),
        scores: Vec::new(),
    }
}

/// The columns all of whose tasks are there.
pub(super) fn columns(suite: &Suite, tasks: &[StaticTask]) -> Vec<StaticColumn> {
    let there = |name: &String| tasks.iter().any(|task| task.name == *name);
    let column = |(title, name): (&str, &str)| {
        let tasks = match suite.members(name) {
            Ok(members) => members.iter().map(|task| task.name.clone()).collect(),
            Err(_) => vec![name.to_owned()],
        };
        tasks.iter().all(there).then(|| StaticColumn {
            title: title.to_owned(),
            tasks,
        })
    };
    COLUMNS.into_iter().filter_map(column).collect()
}
