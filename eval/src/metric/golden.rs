//! Metrics against CLIP_benchmark, WILDS and DataComp: `tests/golden/metrics.py` wrote what these make of the same answers.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    Answers, ClassificationMetric, Cue, Groups, Jaccard, MeanAveragePrecision, Recall, Retrieval,
    Statistic, ranking,
};
use crate::retrieve::Ranks;

/// The references add up in single precision.
const TOLERANCE: f64 = 1e-6;
/// FMoW's region `Other` in the file.
const OTHER: usize = 5;

#[derive(Deserialize)]
struct Golden {
    classification: Vec<Classification>,
    multilabel: Vec<Multilabel>,
    winogavil: Vec<Winogavil>,
    retrieval: Vec<Asked>,
}

#[derive(Deserialize)]
struct Classification {
    classes: usize,
    groups: usize,
    scores: Vec<Vec<i32>>,
    labels: Vec<usize>,
    group_of: Vec<usize>,
    values: BTreeMap<String, f64>,
    drawn: Vec<u32>,
    values_of_drawn: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct Multilabel {
    scores: Vec<Vec<i32>>,
    truth: Vec<Vec<u8>>,
    of_classes: Vec<f64>,
    mean_average_precision: f64,
}

#[derive(Deserialize)]
struct Winogavil {
    cues: Vec<Candidates>,
    values: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct Candidates {
    scores: Vec<i32>,
    associated: Vec<u8>,
}

#[derive(Deserialize)]
struct Asked {
    image_of: Vec<usize>,
    /// `[captions][images]`
    scores: Vec<Vec<i32>>,
    values: BTreeMap<String, f64>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../tests/golden/metrics.json"))
        .expect("the script's file")
}

fn scores(whole: &[i32]) -> Vec<f32> {
    whole.iter().map(|score| *score as f32 / 1024.0).collect()
}

fn assert_close(what: &str, found: f64, expected: f64) {
    assert!(
        (found - expected).abs() < TOLERANCE,
        "{what}: {found}, not {expected}"
    );
}

#[test]
fn classification_is_that_of_the_references() {
    let mut compared = BTreeMap::<&str, usize>::new();
    for case in &golden().classification {
        let flat = scores(&case.scores.concat());
        let answers = Answers::of_scores(&flat, &case.labels, case.classes, 5).expect("answers");
        let groups = Groups::new(&case.group_of, case.groups).expect("groups");
        for (name, expected) in &case.values {
            let (metric, groups) = match name.as_str() {
                "acc_worst_named_region" => {
                    let known = groups
                        .clone()
                        .leaving_out(&[OTHER])
                        .expect("others are left");
                    (ClassificationMetric::AccWorstRegion, known)
                }
                name => (
                    ClassificationMetric::by_name(name).expect("a metric"),
                    groups.clone(),
                ),
            };
            let statistic = metric
                .of(&answers, Some(&groups))
                .expect("measured")
                .expect("defined");
            assert_close(name, statistic.whole(), *expected);
            // Of a sample in which only `Other` was drawn the references have no worst region.
            if let Some(expected) = case.values_of_drawn.get(name) {
                assert_close(name, statistic.value(&case.drawn), *expected);
            }
            *compared.entry(metric.name()).or_default() += 1;
        }
        for metric in [
            ClassificationMetric::Acc5,
            ClassificationMetric::AccTop5WorstGroup,
        ] {
            let defined = metric
                .of(&answers, Some(&groups))
                .expect("measured")
                .is_some();
            assert_eq!(defined, case.classes >= 5, "{}", metric.name());
        }
    }
    let other_is_worst = |case: &&Classification| {
        let named = case.values.get("acc_worst_named_region");
        named.is_some_and(|named| *named > case.values["acc_worst_region"])
    };
    assert!(
        golden()
            .classification
            .iter()
            .any(|case| other_is_worst(&case))
    );
    assert_eq!(
        compared.len(),
        ClassificationMetric::ALL.len(),
        "{compared:?}"
    );
}

#[test]
fn mean_average_precision_is_that_of_clip_benchmark() {
    for case in &golden().multilabel {
        let classes = case.of_classes.len();
        let truth: Vec<bool> = case
            .truth
            .concat()
            .iter()
            .map(|label| *label == 1)
            .collect();
        let precision = MeanAveragePrecision::new(&scores(&case.scores.concat()), &truth, classes)
            .expect("ranked");
        assert_close(
            "mean_average_precision",
            precision.whole(),
            case.mean_average_precision,
        );
        for (class, (found, expected)) in precision
            .of_classes()
            .iter()
            .zip(&case.of_classes)
            .enumerate()
        {
            assert_eq!(
                found.is_some(),
                truth
                    .iter()
                    .skip(class)
                    .step_by(classes)
                    .any(|label| *label)
            );
            assert_close("average precision", found.unwrap_or(0.0), *expected);
        }
    }
}

#[test]
fn jaccard_is_that_of_datacomp() {
    for case in &golden().winogavil {
        let similarities: Vec<Vec<f32>> = case.cues.iter().map(|cue| scores(&cue.scores)).collect();
        let associated = case
            .cues
            .iter()
            .map(|cue| cue.associated.iter().map(|is_one| *is_one == 1).collect());
        let associated: Vec<Vec<bool>> = associated.collect();
        let cues = similarities.iter().zip(&associated);
        let score = Jaccard::new(cues.map(|(similarities, associated)| Cue {
            similarities,
            associated,
        }));
        let score = score.expect("cues");
        for (name, expected) in &case.values {
            assert_close(
                name,
                score.by_name(name).expect("there are such cues").whole(),
                *expected,
            );
        }
        assert_eq!(case.values.len() + 1, Jaccard::names().count());
        assert_close(
            "jaccard_score",
            score.whole(),
            case.values["avg_jaccard_score"],
        );
    }
}

#[test]
fn recall_is_that_of_clip_benchmark() {
    for case in &golden().retrieval {
        let images = case.scores[0].len();
        let by_text: Vec<Vec<f32>> = case.scores.iter().map(|row| scores(row)).collect();
        let place = |scores: &[f32], own: &dyn Fn(usize) -> bool| {
            let order = ranking::first(scores, scores.len());
            order.into_iter().position(own).expect("an answer")
        };
        let texts = by_text.iter().zip(&case.image_of);
        let image_of_text = texts
            .map(|(row, own)| place(row, &|image| image == *own))
            .collect();
        let text_of_image = (0..images).map(|image| {
            let column: Vec<f32> = by_text.iter().map(|row| row[image]).collect();
            place(&column, &|text| case.image_of[text] == image)
        });
        let ranks = Ranks {
            text_of_image: text_of_image.collect(),
            image_of_text,
        };
        let retrieval = Retrieval::new(ranks, &case.image_of).expect("ranks");
        for (name, expected) in &case.values {
            let recall = Recall::by_name(&retrieval, name).expect("a recall");
            assert_close(name, recall.whole(), *expected);
        }
    }
}
