//! `compare`: the scores of two models in, drops with intervals out.

mod captions;
mod models;
mod record;
mod table;

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use ticclip_eval::compare::{
    Group, GroupDrop, PairedDrop, Resampling, Scan, Stratified, Stratum, scan, scan_within,
    stratify,
};
use ticclip_eval::score::Score;
use ticclip_eval::task::{ClassList, Task};

use super::failure::Failure;
use super::{Context, Summary, shown};
use crate::artefact::{Artefact, Opened, Origin, write_json};
use crate::cli::CompareArgs;
use crate::score::{RELEASED, SCORES_FILE, Subtrees, Versus};
use models::Compared;
use record::Classes;

/// What a comparison is kept in, for reports.
pub(super) const COMPARISON: &str = "comparison.json";

/// What stands before the number of a class that WordNet does not name.
pub(super) const UNNAMED: &str = "class ";

/// A comparison on one task, as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    /// The task's name.
    pub(super) task: String,
    /// What a report shows of it.
    pub(super) comparison: ticclip_report::Comparison,
}

/// Two models on one task.
struct OnTask {
    task: String,
    metric: String,
    drops: Stratified,
    groups: Vec<GroupDrop>,
    /// The named groups at every step, where there are several.
    group_steps: Vec<(String, Vec<GroupDrop>)>,
    contrast: Option<captions::OnPattern>,
}

pub(super) fn run(args: &CompareArgs, context: &Context) -> Result<Summary, Failure> {
    let suite = crate::score::suite()
        .and_then(|suite| suite.with_files(&args.tasks))
        .map_err(Failure::wrong_input)?;
    let (a, b) = models::find(args)?;
    let wanted = match args.tasks.as_slice() {
        [] => None,
        names => {
            let tasks = suite.select(names).map_err(Failure::wrong_input)?;
            Some(
                tasks
                    .iter()
                    .map(|task| task.name.clone())
                    .collect::<Vec<_>>(),
            )
        }
    };
    let shared = models::shared(&a, &b, wanted.as_deref())?;
    let pattern = args.pattern.as_deref().map(captions::pattern).transpose()?;
    let artefact = match &args.out {
        Some(out) => Some(Artefact::open(
            out,
            &[COMPARISON],
            origin(args, out, &a, &b)?,
            args.overwrite,
        )?),
        None => None,
    };
    let (mut compared, mut kept) = (Vec::new(), Vec::new());
    for score in shared {
        let task = suite.tasks().find(|task| task.name == score.task);
        context.bars.say(&format!("comparing on {}", score.task));
        let (one, comparison) = on_task(args, [&a, &b], score, task, pattern.as_ref())?;
        compared.push(one);
        kept.push(Kept {
            task: score.task.clone(),
            comparison,
        });
    }
    if let Some(Opened::Open(artefact)) = artefact {
        write_json(&artefact.folder().join(COMPARISON), &kept)?;
        artefact.finish()?;
    }
    if !args.group.is_empty() && compared.iter().all(|one| one.groups.is_empty()) {
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "none of the tasks {} has classes that stand in WordNet",
            compared
                .iter()
                .map(|one| one.task.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        )));
    }
    if let Some(path) = &args.csv {
        table::write_csv(path, &compared)?;
    }
    Ok(summary(args, &a, &b, &compared))
}

fn on_task(
    args: &CompareArgs,
    [a, b]: [&Compared; 2],
    score: &Score,
    task: Option<&Task>,
    pattern: Option<&regex::Regex>,
) -> Result<(OnTask, ticclip_report::Comparison), Failure> {
    let places = [a, b].map(|one| (one.folder.as_path(), one.name.as_str()));
    let sets = Versus::read(score, places).map_err(Failure::wrong_input)?;
    let resampling = Resampling::default();
    let strata: Vec<Stratum> = sets
        .iter()
        .map(|set| Stratum {
            name: set.step.clone(),
            pairs: set.pairs.clone(),
        })
        .collect();
    let drops = stratify(&strata, &resampling).map_err(Failure::wrong_input)?;
    let pooled = Versus::pooled(&sets).map_err(Failure::wrong_input)?;
    let list = task
        .and_then(|task| task.class_list.as_deref())
        .filter(|_| pooled.labels.is_some())
        .map(ClassList::by_name)
        .transpose()
        .map_err(Failure::wrong_input)?;
    let subtrees = list.as_ref().map(Subtrees::over);
    let classes = match &subtrees {
        Some(subtrees) => Some(Classes {
            subtrees,
            groups: asked(args, subtrees)?,
        }),
        None => None,
    };
    let groups = match (&list, &classes) {
        (Some(list), Some(classes)) => {
            drops_of(args, &pooled, list.classes().len(), &classes.groups)?
        }
        _ => Vec::new(),
    };
    let mut group_steps = Vec::new();
    if let (Some(list), Some(classes)) = (&list, &classes)
        && sets.len() > 1
        && !names(args).is_empty()
    {
        for set in &sets {
            let drops = drops_of(args, set, list.classes().len(), &classes.groups)?;
            group_steps.push((set.step.clone(), drops));
        }
    }
    let contrast = match (pattern, &args.data, task) {
        (Some(pattern), Some(data), Some(task)) if pooled.labels.is_none() => Some(
            captions::on_pattern(pattern, data, task, &sets, &resampling)?,
        ),
        _ => None,
    };
    let one = OnTask {
        task: score.task.clone(),
        metric: pooled.metric,
        drops,
        groups,
        group_steps,
        contrast,
    };
    let comparison = record::comparison(args, [a, b], task, &one, &sets, classes.as_ref())?;
    Ok((one, comparison))
}

/// The groups that are asked for, or all subtrees.
fn asked(args: &CompareArgs, subtrees: &Subtrees<'_>) -> Result<Vec<Group>, Failure> {
    let names = names(args);
    if names.is_empty() {
        return Ok(subtrees.all());
    }
    let groups = names.into_iter().map(|name| subtrees.named(name));
    groups
        .collect::<Result<_, _>>()
        .map_err(Failure::wrong_input)
}

/// The groups that are named.
fn names(args: &CompareArgs) -> Vec<&str> {
    let mut names: Vec<&str> = args.group.iter().map(String::as_str).collect();
    if args.released_groups {
        names.extend(RELEASED);
    }
    names
}

/// The drops of the groups that are large enough.
fn drops_of(
    args: &CompareArgs,
    pooled: &Versus,
    classes: usize,
    groups: &[Group],
) -> Result<Vec<GroupDrop>, Failure> {
    let named = !names(args).is_empty();
    let options = Scan {
        // What is named is shown, however small it is.
        least_classes: if named { 1 } else { args.least_classes },
        least_samples: if named { 1 } else { args.least_samples },
        correction: record::correction(args),
        ..Scan::default()
    };
    if args.within {
        let outrankings = pooled.outrankings(classes).map_err(Failure::wrong_input)?;
        let Some([a, b]) = outrankings else {
            return Ok(Vec::new());
        };
        return scan_within(&a, &b, groups, &options).map_err(Failure::wrong_input);
    }
    let Some(labels) = &pooled.labels else {
        return Ok(Vec::new());
    };
    scan(&pooled.pairs, labels, classes, groups, &options).map_err(Failure::wrong_input)
}

fn origin(args: &CompareArgs, out: &Path, a: &Compared, b: &Compared) -> Result<Origin, Failure> {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let mut line = ["ticclip", "compare", &args.a, &args.b]
        .map(str::to_owned)
        .to_vec();
    line.extend(["--scores".to_owned(), path(&args.scores)]);
    let mut option = |name: &str, value: String| {
        if !value.is_empty() {
            line.extend([name.to_owned(), value]);
        }
    };
    option("--tasks", args.tasks.join(","));
    for group in &args.group {
        option("--group", group.clone());
    }
    option("--pattern", args.pattern.clone().unwrap_or_default());
    option("--data", args.data.as_deref().map(path).unwrap_or_default());
    option("--out", path(out));
    for (flag, given) in [
        ("--released-groups", args.released_groups),
        ("--within", args.within),
    ] {
        if given {
            line.push(flag.to_owned());
        }
    }
    Ok(Origin::new(line)
        .with_parameter("models", format!("{}\n{}", a.name, b.name))
        .with_parameter("tasks", args.tasks.join(","))
        .with_parameter("groups", names(args).join(","))
        .with_parameter("within", args.within.to_string())
        .with_parameter("correction", format!("{:?}", args.correction))
        .with_parameter(
            "least",
            format!(
                "{} classes, {} samples",
                args.least_classes, args.least_samples
            ),
        )
        .with_input("scores of A", &a.folder.join(SCORES_FILE))?
        .with_input("scores of B", &b.folder.join(SCORES_FILE))?
        .with_history_of(&a.folder)?)
}

fn summary(args: &CompareArgs, a: &Compared, b: &Compared, compared: &[OnTask]) -> Summary {
    let mut text = format!("A: {}\nB: {}\n", a.name, b.name);
    text.push_str(&table::tasks(compared));
    for one in compared {
        if !one.groups.is_empty() {
            text.push_str(&table::groups(args, one));
            text.push_str(&table::group_steps(one));
        }
        if let Some(contrast) = &one.contrast {
            text.push_str(&contrast.text(&one.task));
        }
    }
    if let Some(out) = &args.out {
        text.push_str(&format!("\n{}\n", out.display()));
    }
    let tasks: Vec<Value> = compared.iter().map(task_json).collect();
    let groups: Vec<Value> = compared
        .iter()
        .flat_map(|one| one.groups.iter().map(|group| group_json(&one.task, group)))
        .collect();
    let mut group_steps: Vec<Value> = Vec::new();
    for one in compared {
        for (step, groups) in &one.group_steps {
            for group in groups {
                let mut value = group_json(&one.task, group);
                value["step"] = json!(step);
                group_steps.push(value);
            }
        }
    }
    Summary::new(
        text,
        json!({
            "a": a.name, "b": b.name, "tasks": tasks, "groups": groups, "group_steps": group_steps,
            "within": args.within, "csv": args.csv.as_deref().map(shown), "out": args.out.as_deref().map(shown),
        }),
    )
}

fn drop_json(drop: &PairedDrop) -> Value {
    json!({
        "n": drop.samples, "a": drop.a, "b": drop.b, "drop": drop.drop, "low": drop.low, "high": drop.high,
        "p": drop.p, "a_only": drop.a_only, "b_only": drop.b_only,
    })
}

fn task_json(one: &OnTask) -> Value {
    let steps: Vec<Value> = one
        .drops
        .each
        .iter()
        .filter(|(step, _)| !step.is_empty())
        .map(|(step, drop)| {
            let mut value = drop_json(drop);
            value["step"] = json!(step);
            value
        })
        .collect();
    let mut value = drop_json(&one.drops.pooled);
    value["task"] = json!(one.task);
    value["metric"] = json!(one.metric);
    value["steps"] = json!(steps);
    if steps.len() > 1 {
        value["mean_over_steps"] = drop_json(&one.drops.mean);
    }
    if let Some(contrast) = &one.contrast {
        value["pattern"] = contrast.json();
    }
    value
}

fn group_json(task: &str, group: &GroupDrop) -> Value {
    let rest = group.rest.map(|rest| {
        json!({
            "drop": rest.drop, "more": rest.more.difference, "low": rest.more.low, "high": rest.more.high,
            "p": rest.more.p, "p_adjusted": rest.p_adjusted,
        })
    });
    json!({
        "task": task, "group": group.group, "also": group.names, "classes": group.classes, "n": group.samples,
        "a": group.a, "b": group.b, "drop": group.drop, "low": group.low, "high": group.high,
        "p": group.p, "p_adjusted": group.p_adjusted, "a_only": group.discordant.0, "b_only": group.discordant.1,
        "rest": rest,
    })
}
