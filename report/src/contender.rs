//! One strategy in the comparison that makes the headline, and the sentences it can earn.

use super::content::{StrategyScores, TaskScores};
use super::number::{hundredths, percent, times};
use super::transfer::{Estimate, Part};

/// Budgets that differ by less than this count as the same.
const SAME_BUDGET: f64 = 1.05;

/// Below this share of the smaller score, a ratio of scores says more about luck than about methods.
const SMALLEST_DIVISOR: f64 = 0.005;

/// One strategy with its scores on the task that leads.
#[derive(Clone, Copy)]
pub(super) struct Contender<'a> {
    pub(super) strategy: &'a StrategyScores,
    pub(super) task: &'a TaskScores,
    pub(super) steps: usize,
}

impl Contender<'_> {
    pub(super) fn part(&self, part: Part) -> Option<Estimate> {
        self.task.estimate(part, self.steps)
    }

    pub(super) fn backward(&self) -> Estimate {
        self.part(Part::Backward)
            .expect("only strategies with a backward score are compared")
    }

    /// Whether the interval of its backward score is known.
    pub(super) fn is_measured(&self) -> bool {
        self.backward().half_width.is_some()
    }

    /// By what it cost; where that is not known, by whether it alone leaves the budget.
    pub(super) fn costs_more_than(&self, other: Self) -> bool {
        match (self.strategy.macs(), other.strategy.macs()) {
            (Some(mine), Some(theirs)) => mine > SAME_BUDGET * theirs,
            _ => self.strategy.over_budget.is_some() && other.strategy.over_budget.is_none(),
        }
    }

    /// Points lost on past steps on the same pairs, if clearly any.
    pub(super) fn forgets(&self) -> Option<f64> {
        let drop = self.task.drop_from_diagonal(Part::Backward, self.steps)?;
        drop.clearly_above(Estimate::exact(0.0))
            .then_some(drop.value)
    }

    /// The sentence for a strategy that is clearly better than the baseline on past steps.
    pub(super) fn outdoes(&self, baseline: Self) -> String {
        let (mine, theirs) = (self.backward().value, baseline.backward().value);
        let keeps_all = self
            .part(Part::InDomain)
            .is_some_and(|diagonal| mine >= 0.9 * diagonal.value);
        let verb = match (baseline.forgets(), keeps_all) {
            (Some(_), true) => "keeps what sequential training forgets",
            (Some(_), false) => "keeps more of what sequential training forgets",
            (None, _) => "does better on past steps than sequential training",
        };
        let ratio = if theirs > SMALLEST_DIVISOR && mine / theirs >= 1.2 {
            format!(" ({})", times(mine / theirs))
        } else {
            String::new()
        };
        let cost = match (self.strategy.macs(), baseline.strategy.macs()) {
            (Some(my_macs), Some(their_macs)) if my_macs > SAME_BUDGET * their_macs => {
                format!(", for {} the compute", times(my_macs / their_macs))
            }
            (Some(my_macs), Some(their_macs)) if my_macs * SAME_BUDGET >= their_macs => {
                let about = if (my_macs / their_macs - 1.0).abs() < 0.005 {
                    ""
                } else {
                    "about "
                };
                format!(", at {about}the same compute")
            }
            (Some(_), Some(_)) => ", for less compute".to_owned(),
            _ if self.costs_more_than(baseline) => ", beyond the budget of the others".to_owned(),
            _ => String::new(),
        };
        format!(
            "{} {verb}: backward {} {} against {}{ratio}{cost}",
            capitalised(&self.strategy.name),
            self.task.name,
            percent(mine),
            percent(theirs)
        )
    }

    /// What the winner on past steps pays, or gains, on the step just trained.
    pub(super) fn price(&self, baseline: Self) -> Option<String> {
        if self.strategy.name == baseline.strategy.name {
            return None;
        }
        let (mine, theirs) = (self.part(Part::InDomain)?, baseline.part(Part::InDomain)?);
        mine.half_width.and(theirs.half_width)?;
        let verdict = if mine.clearly_above(theirs) {
            "is ahead"
        } else if theirs.clearly_above(mine) {
            "pays for it"
        } else {
            "does not clearly differ"
        };
        Some(format!(
            "On the step just trained, {} {verdict}: {} against {} for {}.",
            self.strategy.name,
            percent(mine.value),
            percent(theirs.value),
            baseline.strategy.name
        ))
    }

    /// How much worse a model is on steps that came after its training, if clearly.
    pub(super) fn ageing(&self) -> Option<String> {
        let drop = self.task.drop_from_diagonal(Part::Forward, self.steps)?;
        let half_width = drop.half_width?;
        let (early, late) = self.task.beside_diagonal(Part::Forward, self.steps)?;
        drop.clearly_above(Estimate::exact(0.0)).then(|| {
            format!(
                "On steps later than their training, models of {} reach {} in {}, against {} of the models trained up to \
                 those steps, on the same pairs (−{} ± {} points); later models may also have trained longer or on more, so \
                 not all of it need be age.",
                self.strategy.name,
                percent(early),
                self.task.name,
                percent(late),
                hundredths(drop.value),
                hundredths(half_width)
            )
        })
    }

    pub(super) fn own_numbers(&self) -> String {
        let shown: Vec<String> = [Part::InDomain, Part::Backward, Part::Forward]
            .into_iter()
            .filter_map(|part| {
                Some(format!(
                    "{} {}",
                    percent(self.part(part)?.value),
                    part.name()
                ))
            })
            .collect();
        format!(
            "{} in {}: {}",
            capitalised(&self.strategy.name),
            self.task.name,
            shown.join(", ")
        )
    }
}

/// A name at the beginning of a sentence.
pub(super) fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
