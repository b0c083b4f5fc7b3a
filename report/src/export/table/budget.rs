//! Budgets: what each strategy costs against the one all others are measured by.

use crate::{Content, StrategyScores};

/// The strategy that trains on new pairs alone, for the budget of one step a step.
const BASELINE: &str = "sequential";
/// Budgets that differ by less than this count as the same.
const SAME: f64 = 1.05;
/// From here on, a budget is another class.
const FAR_ABOVE: f64 = 2.0;

/// The budget that counts as kept.
pub(super) struct Budget<'a> {
    baseline: Option<(&'a str, f64)>,
    marks: Vec<&'static str>,
}

impl<'a> Budget<'a> {
    /// The cost of the baseline, or of the cheapest strategy where there is no baseline.
    pub(super) fn of(content: &'a Content) -> Self {
        let known = || {
            let strategies = content.strategies.iter();
            strategies.filter_map(|strategy| Some((strategy.name.as_str(), strategy.macs()?)))
        };
        let baseline = known()
            .find(|(name, _)| *name == BASELINE)
            .or_else(|| known().min_by(|a, b| a.1.total_cmp(&b.1)));
        let mut budget = Self {
            baseline,
            marks: Vec::new(),
        };
        budget.marks = content
            .strategies
            .iter()
            .map(|strategy| budget.mark(strategy))
            .collect();
        budget
    }

    /// How many times the budget a strategy costs.
    pub(super) fn ratio(&self, strategy: &StrategyScores) -> Option<f64> {
        Some(strategy.macs()? / self.baseline?.1)
    }

    /// `*` above the budget, `**` far above it.
    pub(super) fn mark(&self, strategy: &StrategyScores) -> &'static str {
        match self.ratio(strategy) {
            Some(ratio) if ratio >= FAR_ABOVE => "**",
            Some(ratio) if ratio > SAME => "*",
            _ => "",
        }
    }

    /// What the marks mean, if there are any.
    pub(super) fn note(&self) -> Option<String> {
        let (name, _) = self.baseline?;
        let marked = |mark: &str| self.marks.contains(&mark);
        let over = format!("more than {SAME} times the compute of {name}");
        let far = format!("at least {FAR_ABOVE} times");
        match (marked("*"), marked("**")) {
            (true, true) => Some(format!("Beyond the budget: * {over}, ** {far}.")),
            (true, false) => Some(format!("Beyond the budget: * {over}.")),
            (false, true) => Some(format!(
                "Beyond the budget: ** {far} the compute of {name}."
            )),
            (false, false) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StepCost;

    fn content(costs: &[(&str, f64)]) -> Content {
        let strategy = |(name, macs): &(&str, f64)| StrategyScores {
            name: (*name).to_owned(),
            cost: vec![StepCost {
                macs: *macs,
                samples: 1,
            }],
            ..StrategyScores::default()
        };
        Content {
            strategies: costs.iter().map(strategy).collect(),
            ..Content::default()
        }
    }

    fn marks(content: &Content) -> Vec<&'static str> {
        let budget = Budget::of(content);
        content.strategies.iter().map(|s| budget.mark(s)).collect()
    }

    #[test]
    fn strategies_are_measured_by_sequential() {
        let content = content(&[
            ("cheap", 3.0),
            ("sequential", 7.0),
            ("lwf", 8.4),
            ("oracle", 28.0),
        ]);
        assert_eq!(marks(&content), ["", "", "*", "**"]);
        let note = Budget::of(&content).note().expect("there are marks");
        assert_eq!(
            note,
            "Beyond the budget: * more than 1.05 times the compute of sequential, ** at least 2 times."
        );
    }

    #[test]
    fn cheapest_stands_in_for_a_missing_baseline() {
        assert_eq!(marks(&content(&[("a", 4.0), ("b", 1.0)])), ["**", ""]);
    }

    #[test]
    fn nothing_is_marked_where_no_cost_is_known() {
        let content = content(&[("a", 0.0), ("b", f64::NAN)]);
        assert_eq!(marks(&content), ["", ""]);
        assert_eq!(Budget::of(&content).note(), None);
    }
}
