//! Metrics of a classification by the names that tasks call them by.

use super::{
    Accuracy, Answers, F1Macro, Groups, MeanPerClassRecall, MetricError, Statistic, WorstGroup,
};

/// A metric of answers to a classification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClassificationMetric {
    /// Share of samples whose first guess is right.
    Acc1,
    /// Share of samples with the right class among five guesses; absent below five classes.
    Acc5,
    /// Mean of the classes' recalls.
    MeanPerClassRecall,
    /// Mean of the classes' F1.
    F1Macro,
    /// Top-1 accuracy of the worst region.
    AccWorstRegion,
    /// Top-1 accuracy of the worst group.
    AccWorstGroup,
    /// Top-5 accuracy of the worst group; absent below five classes.
    AccTop5WorstGroup,
}

impl ClassificationMetric {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Acc1,
        Self::Acc5,
        Self::MeanPerClassRecall,
        Self::F1Macro,
        Self::AccWorstRegion,
        Self::AccWorstGroup,
        Self::AccTop5WorstGroup,
    ];

    /// The metric of this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Acc1 => "acc1",
            Self::Acc5 => "acc5",
            Self::MeanPerClassRecall => "mean_per_class_recall",
            Self::F1Macro => "f1_macro",
            Self::AccWorstRegion => "acc_worst_region",
            Self::AccWorstGroup => "acc_worst_group",
            Self::AccTop5WorstGroup => "acc_top5_worst_group",
        }
    }

    /// Guesses of each sample that it looks at.
    #[must_use]
    pub fn depth(self) -> usize {
        match self {
            Self::Acc5 | Self::AccTop5WorstGroup => 5,
            _ => 1,
        }
    }

    /// Whether it needs to know the group of every sample.
    #[must_use]
    pub fn needs_groups(self) -> bool {
        matches!(
            self,
            Self::AccWorstRegion | Self::AccWorstGroup | Self::AccTop5WorstGroup
        )
    }

    /// The metric of these answers; none where it is not defined for so few classes, or needs groups and there
    /// are none.
    ///
    /// # Errors
    /// [`MetricError`] when there are fewer guesses than it looks at, or groups of other samples.
    pub fn of(
        self,
        answers: &Answers,
        groups: Option<&Groups>,
    ) -> Result<Option<Box<dyn Statistic>>, MetricError> {
        match (self, groups) {
            (Self::Acc1, _) => Ok(Some(Box::new(Accuracy::first(answers)))),
            (Self::MeanPerClassRecall, _) => Ok(Some(Box::new(MeanPerClassRecall::new(answers)))),
            (Self::F1Macro, _) => Ok(Some(Box::new(F1Macro::new(answers)))),
            (Self::Acc5, _) => {
                let accuracy = Accuracy::at(answers, self.depth())?;
                Ok(accuracy.map(|accuracy| Box::new(accuracy) as Box<dyn Statistic>))
            }
            (
                Self::AccWorstRegion | Self::AccWorstGroup | Self::AccTop5WorstGroup,
                Some(groups),
            ) => {
                let Some(accuracy) = Accuracy::at(answers, self.depth())? else {
                    return Ok(None);
                };
                Ok(Some(Box::new(WorstGroup::new(accuracy, groups.clone())?)))
            }
            (_, None) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_found_by_its_name() {
        for metric in ClassificationMetric::ALL {
            assert_eq!(ClassificationMetric::by_name(metric.name()), Some(metric));
        }
        assert_eq!(ClassificationMetric::by_name("accuracy"), None);
    }

    #[test]
    fn what_is_not_defined_is_absent() {
        let few = Answers::new([&[0, 1, 2, 3][..]], &[0], 4).expect("an answer");
        let groups = Groups::new(&[0], 1).expect("a group");
        let there = |metric: &ClassificationMetric, groups| {
            metric.of(&few, groups).expect("measured").is_some()
        };
        let defined = |groups| {
            ClassificationMetric::ALL
                .iter()
                .filter(|metric| there(metric, groups))
                .count()
        };
        assert_eq!(defined(None), 3);
        assert_eq!(defined(Some(&groups)), 5);
    }
}
