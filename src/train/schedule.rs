//! The learning rate over a step: a linear warm-up, then the schedule's own course.

use serde::{Deserialize, Serialize};

/// The course of the learning rate after the warm-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Half a cosine, from the peak to 0.
    #[default]
    Cosine,
    /// The peak throughout.
    Constant,
    /// The peak, then half a cosine to 0 on a branch at the step's end: the branch is the step's result, and the next
    /// step goes on from where it left the trunk.
    ConstCosine,
}

/// The learning rates of one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rates {
    pub(super) schedule: Schedule,
    /// Updates of the step.
    pub(super) updates: u64,
    /// Updates over which the rate rises from 0.
    pub(super) warmup: u64,
    /// The rate it rises to.
    pub(super) peak: f64,
    /// Share of the updates on the branch of [`Schedule::ConstCosine`].
    pub(super) decay_share: f64,
}

impl Rates {
    /// Learning rate of update `update`, from 0.
    pub(super) fn at(&self, update: u64) -> f64 {
        if update < self.warmup {
            return self.peak * (update + 1) as f64 / self.warmup as f64;
        }
        let falls_from = match self.schedule {
            Schedule::Cosine => self.warmup,
            Schedule::Constant => return self.peak,
            Schedule::ConstCosine => self.trunk().unwrap_or(0).max(self.warmup),
        };
        let Some(falling) = update.checked_sub(falls_from) else {
            return self.peak;
        };
        let done = falling as f64 / (self.updates - falls_from).max(1) as f64;
        0.5 * (1.0 + (std::f64::consts::PI * done).cos()) * self.peak
    }

    /// Updates on the trunk, which the next step goes on from, where that is not the end.
    pub(super) fn trunk(&self) -> Option<u64> {
        let branch = (self.updates as f64 * self.decay_share).round() as u64;
        (self.schedule == Schedule::ConstCosine).then(|| self.updates - branch.min(self.updates))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(schedule: Schedule, updates: u64, warmup: u64) -> Rates {
        Rates {
            schedule,
            updates,
            warmup,
            peak: 1.0,
            decay_share: 0.2,
        }
    }

    #[test]
    fn the_rate_rises_to_its_peak_and_falls_towards_zero() {
        let rates = rates(Schedule::Cosine, 100, 10);
        assert_eq!(rates.at(0), 0.1);
        assert_eq!(rates.at(9), 1.0);
        assert_eq!(rates.at(10), 1.0);
        assert!((rates.at(55) - 0.5).abs() < 1e-12);
        assert!(rates.at(99) < 1e-3);
        assert_eq!(rates.trunk(), None);
    }

    #[test]
    fn without_warm_up_a_step_starts_at_its_peak() {
        for schedule in [Schedule::Cosine, Schedule::Constant, Schedule::ConstCosine] {
            assert_eq!(rates(schedule, 10, 0).at(0), 1.0);
        }
    }

    #[test]
    fn a_constant_rate_stays() {
        assert_eq!(rates(Schedule::Constant, 100, 10).at(99), 1.0);
    }

    #[test]
    fn a_branch_falls_at_the_end_only() {
        let rates = rates(Schedule::ConstCosine, 100, 10);
        assert_eq!(rates.trunk(), Some(80));
        assert_eq!(rates.at(80), 1.0);
        assert!((rates.at(90) - 0.5).abs() < 1e-12);
        assert!(rates.at(99) < 1e-2);
    }
}
