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

/// The axis between `ends`: equal ratios where budgets differ much, else even steps from zero.
pub(super) fn cost_scale(marks: &[CostMark], ends: (f64, f64)) -> Scale {
    let highest = marks.iter().map(|mark| mark.macs).fold(0.0, f64::max);
    let lowest = marks.iter().map(|mark| mark.macs).fold(highest, f64::min);
    if highest > 6.0 * lowest {
        Scale::logarithmic((lowest * 0.7, highest * 1.4), ends)
    } else {
        Scale::linear((0.0, highest * 1.15), ends)
    }
}

/// Costs this close together, as a share of the axis, cannot be told apart on it.
const EQUAL: f64 = 0.01;
/// A crowd is at most this wide, as a share of the axis, so that its marks still show what they cost.
const WIDEST: f64 = 0.04;
/// How far a crowd may reach towards the next one, as a share of the way there.
const REACH: f64 = 0.4;

/// Where the marks stand: those of equal cost side by side about that cost, at most `apart` from each other.
///
/// A mark alone stands at its cost, and no mark passes one of another cost.
pub(super) fn places(marks: &[CostMark], x: Scale, apart: f64) -> Vec<f64> {
    let crowds = crowds(marks, x);
    let centre = |crowd: &Vec<usize>| {
        let sum: f64 = crowd.iter().map(|mark| x.at(marks[*mark].macs)).sum();
        sum / crowd.len() as f64
    };
    let centres: Vec<f64> = crowds.iter().map(centre).collect();
    let mut places = vec![0.0; marks.len()];
    for (place, crowd) in crowds.iter().enumerate() {
        let centre = centres[place];
        let beside = [place.checked_sub(1), Some(place + 1)];
        let nearest = beside
            .into_iter()
            .filter_map(|other| Some((centres.get(other?)? - centre).abs()))
            .fold(f64::INFINITY, f64::min);
        let gaps = (crowd.len() - 1) as f64;
        let width = (apart * gaps)
            .min(WIDEST * x.length())
            .min(2.0 * REACH * nearest);
        for (order, mark) in crowd.iter().enumerate() {
            places[*mark] = centre + width * (order as f64 / gaps.max(1.0) - 0.5 * gaps.min(1.0));
        }
    }
    places
}

/// Marks of equal cost, from the cheapest to the dearest; within a crowd, too.
fn crowds(marks: &[CostMark], x: Scale) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..marks.len()).collect();
    order.sort_by(|a, b| marks[*a].macs.total_cmp(&marks[*b].macs));
    let mut crowds: Vec<Vec<usize>> = Vec::new();
    for mark in order {
        let at = |mark: usize| x.at(marks[mark].macs);
        match crowds.last_mut() {
            Some(crowd) if at(mark) - at(crowd[0]) <= EQUAL * x.length() => crowd.push(mark),
            _ => crowds.push(vec![mark]),
        }
    }
    crowds
}

/// Words behind a chart's heading, where marks do not stand exactly at their costs.
pub(super) fn moved(marks: &[CostMark], x: Scale) -> Option<&'static str> {
    let shared = crowds(marks, x).iter().any(|crowd| crowd.len() > 1);
    shared.then_some("equal costs side by side")
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

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(costs: &[f64]) -> Vec<CostMark> {
        let mark = |(strategy, macs): (usize, &f64)| CostMark {
            strategy,
            macs: *macs,
            in_domain: Some(0.5),
            backward: None,
        };
        costs.iter().enumerate().map(mark).collect()
    }

    /// An axis of 300 units from 0 to 100.
    fn axis() -> Scale {
        Scale::linear((0.0, 100.0), (0.0, 300.0))
    }

    #[test]
    fn marks_of_the_same_cost_stand_side_by_side() {
        let marks = marks(&[50.0, 90.0, 50.0]);
        assert_eq!(places(&marks, axis(), 10.0), [145.0, 270.0, 155.0]);
        assert_eq!(moved(&marks, axis()), Some("equal costs side by side"));
    }

    #[test]
    fn marks_alone_stand_at_their_cost() {
        let marks = marks(&[50.0, 52.0, 90.0]);
        assert_eq!(places(&marks, axis(), 10.0), [150.0, 156.0, 270.0]);
        assert_eq!(moved(&marks, axis()), None);
    }

    #[test]
    fn crowd_is_no_wider_than_its_share_of_the_axis() {
        let at = places(&marks(&[50.0; 8]), axis(), 13.0);
        assert!(at.is_sorted());
        assert!((at[7] - at[0] - 12.0).abs() < 1e-9, "{at:?}");
        assert!((at[0] + at[7] - 300.0).abs() < 1e-9, "{at:?}");
    }

    #[test]
    fn crowds_do_not_reach_each_other() {
        // Neighbours that are 6 units apart would reach 12 units each.
        let costs = [[50.0; 8], [52.0; 8]].concat();
        let at = places(&marks(&costs), axis(), 13.0);
        let dearest = at[..8].iter().copied().fold(0.0, f64::max);
        let cheapest = at[8..].iter().copied().fold(f64::INFINITY, f64::min);
        assert!(dearest + 1.0 < cheapest, "{at:?}");
    }
}
