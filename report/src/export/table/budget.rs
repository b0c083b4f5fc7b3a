//! Budgets: which strategies leave the one that the benchmark gives every step, and what a strategy costs against it.

use crate::{Content, StrategyScores};

/// The strategy that trains on new pairs alone, for the budget of one step a step.
const BASELINE: &str = "sequential";

/// Stars behind the name of a strategy beyond the budget.
pub(super) fn stars(strategy: &StrategyScores) -> String {
    let stars = strategy.over_budget.as_ref().map_or(0, |over| over.stars);
    "*".repeat(usize::from(stars))
}

/// What the stars mean, each reason once, if there are any.
pub(super) fn note(content: &Content) -> Option<String> {
    let mut reasons: Vec<(u8, &str)> = content
        .strategies
        .iter()
        .filter_map(|strategy| strategy.over_budget.as_ref())
        .map(|over| (over.stars, over.reason.as_str()))
        .collect();
    reasons.sort_unstable();
    reasons.dedup();
    let reasons: Vec<String> = reasons
        .into_iter()
        .map(|(stars, reason)| format!("{} {reason}", "*".repeat(usize::from(stars))))
        .collect();
    (!reasons.is_empty()).then(|| format!("Beyond the budget: {}.", reasons.join("; ")))
}

/// The cost of the baseline, or of the cheapest strategy where there is no baseline.
pub(super) fn baseline(content: &Content) -> Option<f64> {
    let known = || {
        let strategies = content.strategies.iter();
        strategies.filter_map(|strategy| Some((strategy.name.as_str(), strategy.macs()?)))
    };
    known()
        .find(|(name, _)| *name == BASELINE)
        .or_else(|| known().min_by(|a, b| a.1.total_cmp(&b.1)))
        .map(|(_, macs)| macs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OverBudget, StepCost};

    fn strategy(name: &str, macs: f64, over: Option<(u8, &str)>) -> StrategyScores {
        StrategyScores {
            name: name.to_owned(),
            cost: vec![StepCost { macs, samples: 1 }],
            over_budget: over.map(|(stars, reason)| OverBudget {
                stars,
                reason: reason.to_owned(),
            }),
            ..StrategyScores::default()
        }
    }

    fn content(strategies: Vec<StrategyScores>) -> Content {
        Content {
            strategies,
            ..Content::default()
        }
    }

    #[test]
    fn stars_are_explained_once_each() {
        let content = content(vec![
            strategy("oracle", 28.0, Some((2, "trains anew on everything"))),
            strategy("sequential", 7.0, None),
            strategy("a", 8.0, Some((1, "budgets grow"))),
            strategy("b", 9.0, Some((1, "budgets grow"))),
        ]);
        let marks: Vec<String> = content.strategies.iter().map(stars).collect();
        assert_eq!(marks, ["**", "", "*", "*"]);
        assert_eq!(
            note(&content).as_deref(),
            Some("Beyond the budget: * budgets grow; ** trains anew on everything.")
        );
    }

    #[test]
    fn cheapest_stands_in_for_a_missing_baseline() {
        let of = |strategies| baseline(&content(strategies));
        let cheap = || strategy("cheap", 3.0, None);
        assert_eq!(
            of(vec![cheap(), strategy("sequential", 7.0, None)]),
            Some(7.0)
        );
        assert_eq!(of(vec![cheap(), strategy("dear", 7.0, None)]), Some(3.0));
        assert_eq!(of(vec![strategy("a", 0.0, None)]), None);
        assert_eq!(note(&content(vec![cheap()])), None);
    }
}
