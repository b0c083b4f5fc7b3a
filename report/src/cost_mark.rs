//! Cost marks: what each strategy's training cost and reached on a task, for charts of score against compute.

use super::content::{Content, StrategyScores, TaskScores};
use super::number::{percent, scientific};
use super::scale::Scale;

/// One strategy in the chart.
pub(super) struct CostMark {
    pub(super) strategy: usize,
    pub(super) macs: f64,
    pub(super) in_domain: Option<f64>,
    pub(super) backward: Option<f64>,
}

/// The strategies whose cost is known and that have a score on the task.
pub(super) fn cost_marks(content: &Content, task: &TaskScores) -> Vec<CostMark> {
    let finite = |score: Option<f64>| score.filter(|score| score.is_finite());
    let mark = |(strategy, scores): (usize, &StrategyScores)| {
        let macs = scores.macs()?;
        let task = scores.task(&task.name)?;
        let (in_domain, backward) = (finite(task.in_domain), finite(task.backward));
        in_domain.or(backward)?;
        Some(CostMark {
            strategy,
            macs,
            in_domain,
            backward,
        })
    };
    let strategies = content.strategies.iter().enumerate();
    strategies.filter_map(mark).collect()
}

/// Where the marks stand: strategies of about the same cost side by side, so far apart, instead of upon each other.
pub(super) fn places(marks: &[CostMark], x: Scale, apart: f64) -> Vec<f64> {
    let close = |a: &CostMark, b: &CostMark| (x.at(a.macs) - x.at(b.macs)).abs() < apart / 2.0;
    let place = |(place, mark): (usize, &CostMark)| {
        let crowd =
            |marks: &[CostMark]| marks.iter().filter(|other| close(mark, other)).count() as f64;
        x.at(mark.macs) + apart * (crowd(&marks[..place]) - (crowd(marks) - 1.0) / 2.0)
    };
    marks.iter().enumerate().map(place).collect()
}

/// The chart in words.
pub(super) fn description(content: &Content, marks: &[CostMark]) -> String {
    let mut words =
        vec!["Scatter chart, compute along the bottom, score in percent upwards.".to_owned()];
    words.extend(marks.iter().map(|mark| {
        let shown = |score: Option<f64>| score.map_or("not tested".to_owned(), percent);
        format!(
            "{}: {} MACs, in-domain {}, backward {}.",
            content.strategies[mark.strategy].name,
            scientific(mark.macs),
            shown(mark.in_domain),
            shown(mark.backward)
        )
    }));
    words.join(" ")
}
