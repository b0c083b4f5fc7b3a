//! What answers are worth, each in [0, 1].
//!
//! Answers are checked once ([`Answers`], [`Retrieval`], [`Groups`]); every metric is a [`Statistic`]
//! of them, whose value can be taken over all rows or over a sample of them.

mod accuracy;
mod answers;
mod average_precision;
mod binomial;
#[cfg(test)]
mod enumeration;
mod error;
mod f1_macro;
#[cfg(test)]
mod golden;
mod groups;
mod jaccard;
mod mean_per_class_recall;
mod named;
mod ranking;
mod recall;
mod retrieval;
mod worst_group;

pub use accuracy::{Accuracy, chance_by_frequency};
pub use answers::Answers;
pub use average_precision::MeanAveragePrecision;
pub use error::MetricError;
pub use f1_macro::F1Macro;
pub use groups::Groups;
pub use jaccard::{Cue, Jaccard};
pub use mean_per_class_recall::MeanPerClassRecall;
pub use named::ClassificationMetric;
pub use recall::Recall;
pub use retrieval::Retrieval;
pub use worst_group::WorstGroup;

/// A metric of answers that have been checked, ready to be taken over any sample of their rows.
pub trait Statistic: Send + Sync {
    /// Rows there are to sample from: independent samples, or images with all of their captions.
    fn rows(&self) -> usize;

    /// The metric over `rows`, each as often as it is listed; NaN where these leave nothing to measure, such as
    /// no row at all or none of a group that counts.
    ///
    /// # Panics
    /// When one of them is not below [`Self::rows`].
    fn value(&self, rows: &[u32]) -> f64;

    /// The metric over every row once.
    fn whole(&self) -> f64 {
        let all: Vec<u32> = (0..self.rows() as u32).collect();
        self.value(&all)
    }

    /// What every row adds to a mean that is [`Self::whole`]; none for a metric that is no mean over rows.
    fn contributions(&self) -> Option<Vec<f64>> {
        None
    }

    /// Expected value, over these rows, of answers drawn at random without looking.
    fn chance(&self) -> f64;
}
