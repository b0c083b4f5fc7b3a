//! A comparison as plain values: what a report shows of it.

use std::collections::BTreeMap;

use ticclip_eval::compare::{Correction, Group, GroupDrop, PairedDrop, Scan, Test, scan};
use ticclip_eval::task::Task;
use ticclip_report as report;
use xxhash_rust::xxh3::xxh3_64;

use super::models::Compared;
use super::{CompareArgs, Failure, OnTask, UNNAMED};
use crate::cli::CorrectionArg;
use crate::score::{Subtrees, Versus};

/// Samples that only A has right, at most.
const ONLY_A: usize = 96;
/// Samples that only B has right, at most.
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
) -> Result<report::Comparison, Failure> {
    let steps = one.drops.each.iter().filter(|(step, _)| !step.is_empty());
    let (samples, differing) = samples(sets, classes);
    Ok(report::Comparison {
        a: a.name.clone(),
        b: b.name.clone(),
        task: task
            .and_then(|task| task.title.clone())
            .unwrap_or_else(|| one.task.clone()),
        metric: one.metric.clone(),
        overall: drop(&one.drops.pooled),
        mean_of_steps: (one.drops.each.len() > 1).then(|| drop(&one.drops.mean)),
        test: test(one),
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
        classes: class_drops(args, sets, classes)?,
        samples,
        differing: Some(differing),
        command: None,
    })
}

/// What the p-values over all samples and of steps are of.
fn test(one: &OnTask) -> String {
    let steps = one.drops.each.iter().map(|(_, drop)| drop.test);
    let mut names: Vec<&str> = steps
        .chain([one.drops.pooled.test])
        .map(|test| match test {
            Test::McNemar => "McNemar’s exact test",
            Test::SignFlip => "random signs",
        })
        .collect();
    names.sort_unstable();
    names.dedup();
    names.join(" or ")
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

/// The drop on every class that has samples; p-values are corrected for the number of classes as those of groups are.
fn class_drops(
    args: &CompareArgs,
    sets: &[Versus],
    classes: Option<&Classes<'_>>,
) -> Result<Vec<report::ClassDrop>, Failure> {
    let pooled = Versus::pooled(sets).map_err(Failure::wrong_input)?;
    let Some(labels) = &pooled.labels else {
        return Ok(Vec::new());
    };
    let mut present = labels.clone();
    present.sort_unstable();
    present.dedup();
    // A group of each class alone, so that its number is its name.
    let each: Vec<Group> = present
        .iter()
        .map(|class| Group {
            name: class.to_string(),
            classes: vec![*class],
        })
        .collect();
    let options = Scan {
        least_classes: 1,
        least_samples: 1,
        rest: false,
        correction: correction(args),
        ..Scan::default()
    };
    let number = present.last().map_or(0, |last| last + 1);
    let drops =
        scan(&pooled.pairs, labels, number, &each, &options).map_err(Failure::wrong_input)?;
    let drops: BTreeMap<&str, &GroupDrop> = drops
        .iter()
        .map(|drop| (drop.group.as_str(), drop))
        .collect();
    let group = |class: usize| {
        let groups = classes?.groups.iter();
        let own = groups
            .filter(|group| group.classes.len() > 1 && group.classes.binary_search(&class).is_ok());
        let (name, wnid) = parts(&own.min_by_key(|group| group.classes.len())?.name);
        Some(wnid.unwrap_or(name))
    };
    let named = |(class, each): (&usize, &Group)| {
        let drop = drops.get(each.name.as_str())?;
        Some(report::ClassDrop {
            name: named(*class, classes),
            group: group(*class),
            n: drop.samples,
            a: drop.a,
            b: drop.b,
            interval: Some([drop.low, drop.high]),
            p: Some(drop.p),
            p_adjusted: Some(drop.p_adjusted),
        })
    };
    Ok(present.iter().zip(&each).filter_map(named).collect())
}

pub(super) fn correction(args: &CompareArgs) -> Correction {
    match args.correction {
        CorrectionArg::Holm => Correction::Holm,
        CorrectionArg::BenjaminiHochberg => Correction::BenjaminiHochberg,
    }
}

/// Whether a sample was found, by the recall that counts, such as `mean_recall@1`.
fn found(metric: &str, right: bool) -> String {
    let (recall, k) = metric.split_once('@').unwrap_or((metric, "1"));
    let place = match k {
        "1" => "first".to_owned(),
        k => format!("among the first {k}"),
    };
    match (recall, right) {
        ("mean_recall", true) => format!("found {place} in both directions"),
        ("mean_recall", false) => format!("found {place} in neither direction"),
        (_, true) => format!("found {place}"),
        (_, false) => format!("not found {place}"),
    }
}

/// Samples that one model has right and the other wrong, drawn by a hash of their keys, so that the same are shown each time;
/// and how many there are in all.
fn samples(
    sets: &[Versus],
    classes: Option<&Classes<'_>>,
) -> (Vec<report::Sample>, report::Differing) {
    let mut partly = 0;
    let mut only: [Vec<(u64, report::Sample)>; 2] = [Vec::new(), Vec::new()];
    for set in sets {
        for (at, key) in set.keys.iter().enumerate() {
            let (a, b) = (set.pairs.a()[at], set.pairs.b()[at]);
            let side = match (a, b) {
                (1.0, 0.0) => 0,
                (0.0, 1.0) => 1,
                (a, b) => {
                    partly += u64::from(a != b);
                    continue;
                }
            };
            let answer = |model: usize, right: bool| match &set.first {
                Some(first) => named(first[model][at], classes),
                None => found(&set.metric, right),
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
    let differing = report::Differing {
        only_a: only[0].len() as u64,
        only_b: only[1].len() as u64,
        partly,
    };
    let mut chosen = Vec::new();
    for (mut samples, most) in only.into_iter().zip([ONLY_A, ONLY_B]) {
        samples.sort_by_key(|(hash, _)| *hash);
        chosen.extend(samples.into_iter().take(most).map(|(_, sample)| sample));
    }
    (chosen, differing)
}

#[cfg(test)]
mod tests {
    use ticclip_eval::compare::Paired;

    use super::*;

    fn versus(metric: &str, labels: Option<Vec<usize>>, outcomes: &[(f64, f64)]) -> Versus {
        let (a, b): (Vec<f64>, Vec<f64>) = outcomes.iter().copied().unzip();
        Versus::of_outcomes(
            metric,
            labels,
            Paired::values(a, b).expect("finite outcomes"),
        )
    }

    #[test]
    fn samples_are_capped_and_their_totals_are_not() {
        let mut outcomes = vec![(1.0, 0.0); 2];
        outcomes.extend(vec![(0.0, 1.0); 40]);
        outcomes.extend(vec![(0.5, 0.0), (0.5, 0.5), (1.0, 1.0)]);
        let (samples, differing) = samples(&[versus("mean_recall@1", None, &outcomes)], None);
        assert_eq!(samples.len(), 2 + ONLY_B);
        assert_eq!(
            differing,
            report::Differing {
                only_a: 2,
                only_b: 40,
                partly: 1
            }
        );
        assert_eq!(samples[0].a_answer, "found first in both directions");
        assert_eq!(samples[0].b_answer, "found first in neither direction");
    }

    #[test]
    fn recall_of_one_direction_or_more_places_says_so() {
        assert_eq!(found("text_retrieval_recall@1", true), "found first");
        assert_eq!(
            found("image_retrieval_recall@5", false),
            "not found among the first 5"
        );
    }
}
