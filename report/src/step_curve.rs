//! Scores after each training step: on that step, and on the steps before it.

use super::content::{Content, TaskScores};
use super::csv::Records;
use super::export::table::steps;
use super::figure::{data_behind, panel, per_task};
use super::line::{Line, Point, domain, of_strategies};
use super::line_chart::LineChart;
use super::provenance::commands_of;

/// Which scores of a trained step are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    InDomain,
    Backward,
}

/// Both, in their order on the page and in files.
pub(super) const SIDES: [Side; 2] = [Side::InDomain, Side::Backward];

impl Side {
    /// Its name in files.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::InDomain => "in-domain",
            Self::Backward => "backward",
        }
    }

    /// What it is the score on.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::InDomain => "on the step just trained",
            Self::Backward => "mean over all earlier steps",
        }
    }

    /// The lines of all strategies.
    pub(super) fn lines(self, content: &Content, task: &TaskScores) -> Vec<Line> {
        of_strategies(content, task, content.steps.len(), |scores, i| match self {
            Self::InDomain => scores.cell(i, i).map(|score| Point {
                value: score.value,
                interval: scores.interval_on_own_step(i),
            }),
            Self::Backward => scores.on_earlier_steps(i).map(Point::from),
        })
    }

    /// The score of guessing at each of so many steps.
    pub(super) fn chance(self, task: &TaskScores, steps: usize) -> Vec<Option<f64>> {
        let chance = |i| match self {
            Self::InDomain => task.chance_at(i),
            Self::Backward => task.chance_on_earlier_steps(i),
        };
        (0..steps).map(chance).collect()
    }
}

/// The panels of all tasks with the data behind them.
pub(super) fn step_curves(content: &Content) -> String {
    let mut rows = Vec::new();
    let names: Vec<String> = content.steps.iter().map(|step| step.name.clone()).collect();
    let tip = |line: &Line, place: usize, point: Point| {
        format!("{} after {}: {}", line.name, names[place], point.in_words())
    };
    let panels = per_task(content, |place, task| {
        let lines = SIDES.map(|side| side.lines(content, task));
        let chances = SIDES.map(|side| side.chance(task, names.len()));
        let domain = domain(lines.iter().flatten(), chances.iter().flatten().copied());
        let mut html = String::new();
        for (side, (lines, chance)) in SIDES.into_iter().zip(lines.iter().zip(&chances)) {
            let chart = LineChart {
                id: format!("curve-{place}-{}", side.name()),
                title: format!("{}, {}", task.title, side.words()),
                horizontal_title: "trained through",
                names: &names,
                marked: None,
                lines,
                chance,
                domain,
                tip: &tip,
            };
            let aside = format!("{}, {} %", side.words(), task.metric_in_words());
            html += &panel(&task.title, &aside, &chart.draw());
        }
        rows.extend(steps::records(content, task));
        html
    });
    let columns = steps::COLUMNS;
    format!("<div class=\"panels two\">\n{panels}</div>\n")
        + &data_behind(
            "scores by training step",
            &Records { columns, rows }.text(),
            &commands_of(content, &["eval"]),
        )
}

#[cfg(test)]
mod tests {
    use crate::tests::made_up::plausible;

    #[test]
    fn both_panels_have_whiskers() {
        let html = super::step_curves(&plausible());
        for kind in ["in-domain", "backward"] {
            let chart = html.split(&format!("curve-0-{kind}-t curve")).nth(1);
            let chart = chart.and_then(|rest| rest.split("</svg>").next());
            let chart = chart.expect("the chart is there");
            assert!(chart.contains("class=\"whisker\""), "{kind}");
        }
    }
}
