//! Lines of scores over named places, such as time steps: what the page's charts and the figures for print both draw.

use super::content::{Content, TaskScores};
use super::number::percent;
use super::palette::Look;
use super::scale::{Scale, score_domain};
use super::transfer::Estimate;

/// One point: a score and the ends of its 95% interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) value: f64,
    pub(super) interval: Option<[f64; 2]>,
}

/// One line, mostly of a strategy; places without a score are gaps.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) look: Look,
    pub(super) name: String,
    pub(super) points: Vec<Option<Point>>,
}

impl Point {
    /// The point in words, for one who points at it.
    pub(super) fn in_words(&self) -> String {
        let sure = self.interval.map_or(String::new(), |[low, high]| {
            format!("\n95% interval {} to {}", percent(low), percent(high))
        });
        format!("{}{sure}", percent(self.value))
    }
}

impl Line {
    /// Where its points lie; none at a place without a score.
    pub(super) fn places(&self, x: impl Fn(usize) -> f64, y: Scale) -> Vec<Option<(f64, f64)>> {
        let points = self.points.iter().enumerate();
        points
            .map(|(place, point)| Some((x(place), y.at(point.as_ref()?.value))))
            .collect()
    }
}

impl From<Estimate> for Point {
    fn from(estimate: Estimate) -> Self {
        Self {
            value: estimate.value,
            interval: estimate.interval(),
        }
    }
}

/// The lines of all strategies that have scores of `task`, each with a point at each of so many places.
pub(super) fn of_strategies(
    content: &Content,
    task: &TaskScores,
    places: usize,
    point: impl Fn(&TaskScores, usize) -> Option<Point>,
) -> Vec<Line> {
    let strategies = content.strategies.iter().enumerate();
    let line = |(place, strategy): (usize, &super::content::StrategyScores)| {
        let scores = strategy.task(&task.name)?;
        Some(Line {
            look: Look(place),
            name: strategy.name.clone(),
            points: (0..places).map(|place| point(scores, place)).collect(),
        })
    };
    strategies.filter_map(line).collect()
}

/// The domain that holds `lines` with their intervals, and chance.
pub(super) fn domain<'a>(
    lines: impl Iterator<Item = &'a Line> + Clone,
    chance: impl Iterator<Item = Option<f64>> + Clone,
) -> (f64, f64) {
    let ends = |point: &Point| {
        let [low, high] = point.interval.unwrap_or([point.value; 2]);
        [low.max(0.0), point.value, high.min(1.0)]
    };
    let points = lines.flat_map(|line| line.points.iter().flatten());
    score_domain(points.flat_map(ends).chain(chance.flatten()))
}
