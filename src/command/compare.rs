//! `compare`: the scores of two models in, drops with intervals out.

mod captions;
mod models;
mod table;

use serde_json::{Value, json};
use ticclip_eval::compare::{
    Correction, GroupDrop, PairedDrop, Resampling, Scan, Stratified, Stratum, scan, scan_within,
    stratify,
};
use ticclip_eval::score::Score;
use ticclip_eval::task::{ClassList, Task};

use super::failure::Failure;
use super::{Context, Summary};
use crate::cli::{CompareArgs, CorrectionArg};
use crate::score::{RELEASED, Subtrees, Versus};
use models::Compared;

/// Two models on one task.
struct OnTask {
    task: String,
    metric: String,
    drops: Stratified,
    groups: Vec<GroupDrop>,
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
    let mut compared = Vec::new();
    for score in shared {
        let task = suite.tasks().find(|task| task.name == score.task);
        context.bars.say(&format!("comparing on {}", score.task));
        compared.push(on_task(args, &a, &b, score, task, pattern.as_ref())?);
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
    a: &Compared,
    b: &Compared,
    score: &Score,
    task: Option<&Task>,
    pattern: Option<&regex::Regex>,
) -> Result<OnTask, Failure> {
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
    let groups = match task.and_then(|task| task.class_list.as_deref()) {
        Some(list) if pooled.labels.is_some() => groups(args, &pooled, list)?,
        _ => Vec::new(),
    };
    let contrast = match (pattern, &args.data, task) {
        (Some(pattern), Some(data), Some(task)) if pooled.labels.is_none() => Some(
            captions::on_pattern(pattern, data, task, &sets, &resampling)?,
        ),
        _ => None,
    };
    Ok(OnTask {
        task: score.task.clone(),
        metric: pooled.metric,
        drops,
        groups,
        contrast,
    })
}

/// The drops of the groups that are asked for, or of all subtrees.
fn groups(args: &CompareArgs, pooled: &Versus, list: &str) -> Result<Vec<GroupDrop>, Failure> {
    let list = ClassList::by_name(list).map_err(Failure::wrong_input)?;
    let subtrees = Subtrees::over(&list);
    let mut names: Vec<&str> = args.group.iter().map(String::as_str).collect();
    if args.released_groups {
        names.extend(RELEASED);
    }
    let named = !names.is_empty();
    let groups = if named {
        let groups = names.into_iter().map(|name| subtrees.named(name));
        groups
            .collect::<Result<_, _>>()
            .map_err(Failure::wrong_input)?
    } else {
        subtrees.all()
    };
    let options = Scan {
        // What is named is shown, however small it is.
        least_classes: if named { 1 } else { args.least_classes },
        least_samples: if named { 1 } else { args.least_samples },
        correction: match args.correction {
            CorrectionArg::Holm => Correction::Holm,
            CorrectionArg::BenjaminiHochberg => Correction::BenjaminiHochberg,
        },
        ..Scan::default()
    };
    let classes = list.classes().len();
    if args.within {
        let outrankings = pooled.outrankings(classes).map_err(Failure::wrong_input)?;
        let Some([a, b]) = outrankings else {
            return Ok(Vec::new());
        };
        return scan_within(&a, &b, &groups, &options).map_err(Failure::wrong_input);
    }
    let Some(labels) = &pooled.labels else {
        return Ok(Vec::new());
    };
    scan(&pooled.pairs, labels, classes, &groups, &options).map_err(Failure::wrong_input)
}

fn summary(args: &CompareArgs, a: &Compared, b: &Compared, compared: &[OnTask]) -> Summary {
    let mut text = format!("A: {}\nB: {}\n", a.name, b.name);
    text.push_str(&table::tasks(compared));
    for one in compared {
        if !one.groups.is_empty() {
            text.push_str(&table::groups(args, one));
        }
        if let Some(contrast) = &one.contrast {
            text.push_str(&contrast.text(&one.task));
        }
    }
    let tasks: Vec<Value> = compared.iter().map(task_json).collect();
    let groups: Vec<Value> = compared
        .iter()
        .flat_map(|one| one.groups.iter().map(|group| group_json(&one.task, group)))
        .collect();
    Summary::new(
        text,
        json!({
            "a": a.name, "b": b.name, "tasks": tasks, "groups": groups,
            "within": args.within, "csv": args.csv,
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
