//! A comparison as plain values: what a report shows of it.

use std::collections::BTreeMap;

use ticclip_eval::compare::{Group, GroupDrop, PairedDrop};
use ticclip_eval::task::Task;
use ticclip_report as report;
use xxhash_rust::xxh3::xxh3_64;

use super::models::Compared;
use super::{CompareArgs, CorrectionArg, OnTask, UNNAMED};
use crate::score::{Subtrees, Versus};

/// Samples that only A has right.
const ONLY_A: usize = 96;
/// Samples that only B has right.
const ONLY_B: usize = 32;

/// What is known of a task's classes.
pub(super) struct Classes<'a> {
    pub(super) subtrees: &'a Subtrees<'a>,
    pub(super) groups: Vec<Group>,
}

pub(super) fn comparison(
    args: &CompareArgs,
    [a, b]: [&Compared; 2],
    task: Option<&Task>,
    one: &OnTask,
    sets: &[Versus],
    classes: Option<&Classes<'_>>,
) -> report::Comparison {
    let steps = one.drops.each.iter().filter(|(step, _)| !step.is_empty());
    report::Comparison {
        a: a.name.clone(),
        b: b.name.clone(),
        task: task
            .and_then(|task| task.title.clone())
            .unwrap_or_else(|| one.task.clone()),
        metric: one.metric.clone(),
        overall: drop(&one.drops.pooled),
        steps: steps
            .map(|(step, paired)| report::StepDrop {
                step: step.clone(),
                drop: drop(paired),
            })
            .collect(),
        groups: classes.map_or_else(Vec::new, |classes| groups(&one.groups, &classes.groups)),
        correction: match args.correction {
            CorrectionArg::Holm => "Holm".to_owned(),
            CorrectionArg::BenjaminiHochberg => "Benjamini and Hochberg".to_owned(),
        },
        classes: class_drops(sets, classes),
        samples: samples(sets, classes),
        command: None,
    }
}

fn drop(paired: &PairedDrop) -> report::Drop {
    report::Drop {
        n: paired.samples,
        a: paired.a,
        b: paired.b,
        drop: paired.drop,
        low: paired.low,
        high: paired.high,
        p: Some(paired.p),
    }
}

/// The wnid in a name such as `motor vehicle (n03791235)`, and the name before it.
fn parts(name: &str) -> (String, Option<String>) {
    match name
        .strip_suffix(')')
        .and_then(|name| name.rsplit_once(" (n"))
    {
        Some((name, digits)) => (name.to_owned(), Some(format!("n{digits}"))),
        None => (name.to_owned(), None),
    }
}

/// Every group, with the smallest other one that holds all of its classes.
fn groups(drops: &[GroupDrop], groups: &[Group]) -> Vec<report::GroupDrop> {
    let known: BTreeMap<&str, &Group> = groups
        .iter()
        .map(|group| (group.name.as_str(), group))
        .collect();
    let mut by_size: Vec<(&GroupDrop, &Group)> = drops
        .iter()
        .filter_map(|drop| Some((drop, *known.get(drop.group.as_str())?)))
        .collect();
    by_size.sort_by_key(|(_, group)| group.classes.len());
    let parent = |name: &str| {
        let at = by_size.iter().position(|(drop, _)| drop.group == name)?;
        let own = &by_size[at].1.classes;
        let (above, _) = by_size[at + 1..].iter().find(|(_, other)| {
            other.classes.len() > own.len()
                && own
                    .iter()
                    .all(|class| other.classes.binary_search(class).is_ok())
        })?;
        let (name, wnid) = parts(&above.group);
        Some(wnid.unwrap_or(name))
    };
    drops
        .iter()
        .map(|one| {
            let (name, synset) = parts(&one.group);
            report::GroupDrop {
                name,
                synset,
                parent: parent(&one.group),
                classes: one.classes as u64,
                drop: report::Drop {
                    n: one.samples,
                    a: one.a,
                    b: one.b,
                    drop: one.drop,
                    low: one.low,
                    high: one.high,
                    p: Some(one.p),
                },
                p_adjusted: Some(one.p_adjusted),
            }
        })
        .collect()
}

fn named(class: usize, classes: Option<&Classes<'_>>) -> String {
    let name = classes.and_then(|classes| classes.subtrees.class_name(class));
    name.unwrap_or_else(|| format!("{UNNAMED}{class}"))
}

/// The scores on every class that has samples.
fn class_drops(sets: &[Versus], classes: Option<&Classes<'_>>) -> Vec<report::ClassDrop> {
    let mut sums: BTreeMap<usize, (u64, f64, f64)> = BTreeMap::new();
    for set in sets {
        let outcomes = set.pairs.a().iter().zip(set.pairs.b());
        for (label, (a, b)) in set.labels.iter().flatten().zip(outcomes) {
            let (n, sum_a, sum_b) = sums.entry(*label).or_default();
            *n += 1;
            *sum_a += a;
            *sum_b += b;
        }
    }
    let group = |class: usize| {
        let groups = classes?.groups.iter();
        let own = groups
            .filter(|group| group.classes.len() > 1 && group.classes.binary_search(&class).is_ok());
        let (name, wnid) = parts(&own.min_by_key(|group| group.classes.len())?.name);
        Some(wnid.unwrap_or(name))
    };
    sums.into_iter()
        .map(|(class, (n, a, b))| report::ClassDrop {
            name: named(class, classes),
            group: group(class),
            n,
            a: a / n as f64,
            b: b / n as f64,
        })
        .collect()
}

/// Samples that one model has right and the other wrong, drawn by a hash of their keys, so that the same are shown each time.
fn samples(sets: &[Versus], classes: Option<&Classes<'_>>) -> Vec<report::Sample> {
    let mut only: [Vec<(u64, report::Sample)>; 2] = [Vec::new(), Vec::new()];
    for set in sets {
        for (at, key) in set.keys.iter().enumerate() {
            let (a, b) = (set.pairs.a()[at], set.pairs.b()[at]);
            let side = match (a, b) {
                (1.0, 0.0) => 0,
                (0.0, 1.0) => 1,
                _ => continue,
            };
            let answer = |model: usize, right: bool| match &set.first {
                Some(first) => named(first[model][at], classes),
                None if right => "found first".to_owned(),
                None => "not found first".to_owned(),
            };
            let sample = report::Sample {
                key: key.clone(),
                step: (!set.step.is_empty()).then(|| set.step.clone()),
                class: set.labels.as_ref().map(|labels| named(labels[at], classes)),
                caption: None,
                a_right: side == 0,
                b_right: side == 1,
                a_answer: answer(0, side == 0),
                b_answer: answer(1, side == 1),
                thumbnail: Vec::new(),
            };
            only[side].push((xxh3_64(format!("{}/{key}", set.step).as_bytes()), sample));
        }
    }
    let mut chosen = Vec::new();
    for (mut samples, most) in only.into_iter().zip([ONLY_A, ONLY_B]) {
        samples.sort_by_key(|(hash, _)| *hash);
        chosen.extend(samples.into_iter().take(most).map(|(_, sample)| sample));
    }
    chosen
}
