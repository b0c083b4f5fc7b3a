//! Exports as a whole, on made-up content.

mod figures;
mod pages;
mod tables;

use super::{Format, characters_without_glyph, files};
use crate::tests::content::made_up;
use crate::tests::made_up::{hostile, plausible, with_holes};
use crate::{Content, Score, Step, StepCost, StrategyScores, TaskScores};

/// Every kind of content that has to be drawn.
fn contents() -> Vec<(&'static str, Content)> {
    vec![
        ("plausible", plausible()),
        ("everything", everything()),
        ("hostile", hostile(&everything())),
        ("one step", sized(1, 1)),
        ("many steps", sized(110, 2)),
        ("many strategies", sized(9, 13)),
        ("holes", with_holes()),
    ]
}

/// All that a report can hold.
fn everything() -> Content {
    made_up(2)
}

/// `strategies` that score alike on `steps`.
fn sized(steps: usize, strategies: usize) -> Content {
    let score = |i: usize, j: usize| {
        let value = 0.1 + 0.5 / (1.0 + i.abs_diff(j) as f64);
        Some(Score {
            value,
            interval: Some([value - 0.02, value + 0.02]),
        })
    };
    let task = TaskScores {
        name: "retrieval".to_owned(),
        title: "Retrieval".to_owned(),
        metric: "mean_recall@1".to_owned(),
        chance: vec![Some(0.01); steps],
        n: vec![Some(100); steps],
        cells: (0..steps)
            .map(|i| (0..steps).map(|j| score(i, j)).collect())
            .collect(),
        in_domain: Some(0.6),
        backward: (steps > 1).then_some(0.3),
        forward: (steps > 1).then_some(0.3),
    };
    let strategy = |number: usize| StrategyScores {
        name: format!("strategy-of-a-long-name-{number}"),
        cost: vec![
            StepCost {
                macs: 1e15 * (number + 1) as f64,
                samples: 1000,
            };
            steps
        ],
        tasks: vec![task.clone()],
        loss: plausible().strategies[0].loss.clone(),
        ..StrategyScores::default()
    };
    let step = |number: usize| Step {
        name: format!("{}", 2000 + number),
        ..Step::default()
    };
    Content {
        dataset: "made-up".to_owned(),
        steps: (0..steps).map(step).collect(),
        strategies: (0..strategies).map(strategy).collect(),
        ..Content::default()
    }
}

#[test]
fn files_have_stable_names_in_a_fixed_order() {
    let formats = [Format::Markdown, Format::Svg, Format::Svg];
    let files = files(&plausible(), &formats).expect("everything can be written");
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    insta::assert_snapshot!(names.join("\n"));
}

#[test]
fn same_content_gives_the_same_bytes() {
    let all: Vec<Format> = Format::FIGURES.into_iter().chain(Format::TABLES).collect();
    let once = files(&plausible(), &all).expect("everything can be written");
    let twice = files(&plausible(), &all).expect("everything can be written");
    for (one, other) in once.iter().zip(&twice) {
        assert_eq!(one.name, other.name);
        assert!(one.bytes == other.bytes, "{} differs", one.name);
    }
    assert_eq!(once.len(), twice.len());
}

#[test]
fn content_without_scores_has_no_figures() {
    let all: Vec<Format> = Format::FIGURES.into_iter().chain(Format::TABLES).collect();
    assert_eq!(files(&Content::default(), &all), Ok(Vec::new()));
    assert_eq!(files(&plausible(), &[]), Ok(Vec::new()));
}

#[test]
fn characters_that_pixels_cannot_show_are_told() {
    assert!(characters_without_glyph(&plausible()).is_empty());
    let mut content = plausible();
    content.steps[0].name = "二〇一〇 été".to_owned();
    let told = characters_without_glyph(&content);
    assert!(told.contains(&'二') && !told.contains(&'é'));
}
