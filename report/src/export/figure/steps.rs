//! Scores after each training step: on that step, or on the steps before it.

use super::super::axes::percent_tick;
use super::super::canvas::Drawing;
use super::curves::{Curves, Line, Point, domain};
use crate::palette::Look;
use crate::{Content, TaskScores};

/// Which scores of a step are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    InDomain,
    Backward,
}

/// Both, in the order of files.
pub(super) const SIDES: [Side; 2] = [Side::InDomain, Side::Backward];

impl Side {
    /// Its name in files.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::InDomain => "in-domain",
            Self::Backward => "backward",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::InDomain => "on the step just trained",
            Self::Backward => "mean over all earlier steps",
        }
    }

    fn point(self, task: &TaskScores, i: usize) -> Option<Point> {
        match self {
            Self::InDomain => task.cell(i, i).map(|score| Point {
                value: score.value,
                interval: task.interval_on_own_step(i),
            }),
            Self::Backward => task.on_earlier_steps(i).map(|mean| Point {
                value: mean.value,
                interval: mean.interval(),
            }),
        }
    }

    fn chance(self, task: &TaskScores, i: usize) -> Option<f64> {
        match self {
            Self::InDomain => task.chance_at(i),
            Self::Backward => task.chance_on_earlier_steps(i),
        }
    }
}

/// The figure of one task; both sides share their scale.
pub(super) fn draw(content: &Content, task: &TaskScores, side: Side) -> Option<Drawing> {
    let names: Vec<String> = content.steps.iter().map(|step| step.name.clone()).collect();
    let both = SIDES.map(|side| lines(content, task, side));
    let chances = SIDES.map(|side| {
        (0..names.len())
            .map(|i| side.chance(task, i))
            .collect::<Vec<_>>()
    });
    let curves = Curves {
        title: &task.title,
        aside: side.words(),
        horizontal: "trained through",
        vertical: &format!("{}, %", task.metric_in_words()),
        names: &names,
        marked: None,
        lines: &both[side as usize],
        chance: &chances[side as usize],
        domain: domain(both.iter().flatten(), chances.iter().flatten().copied()),
        tick: percent_tick,
    };
    curves.draw()
}

fn lines(content: &Content, task: &TaskScores, side: Side) -> Vec<Line> {
    let of_strategy = |(place, strategy): (usize, &crate::StrategyScores)| {
        let scores = strategy.task(&task.name)?;
        Some(Line {
            look: Look(place),
            name: strategy.name.clone(),
            points: (0..content.steps.len())
                .map(|i| side.point(scores, i))
                .collect(),
        })
    };
    let strategies = content.strategies.iter().enumerate();
    strategies.filter_map(of_strategy).collect()
}
