//! Groups of samples, such as the region or the income of where an image was taken.

use super::MetricError;

/// The group of every sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    of: Vec<u32>,
    counts: Vec<bool>,
}

impl Groups {
    /// Takes the group of every sample. Groups of no sample are allowed; they are absent from what is measured.
    ///
    /// # Shapes
    /// of `[samples]`, each below `groups`.
    ///
    /// # Errors
    /// [`MetricError`] naming the row whose group is not there.
    pub fn new(of: &[usize], groups: usize) -> Result<Self, MetricError> {
        if of.is_empty() {
            return Err(MetricError::Empty);
        }
        match of.iter().position(|group| *group >= groups) {
            None => Ok(Self {
                of: of.iter().map(|group| *group as u32).collect(),
                counts: vec![true; groups],
            }),
            Some(row) => Err(MetricError::Group {
                row,
                group: of[row],
                groups,
            }),
        }
    }

    /// Leaves groups out of the worst: WILDS ignores the region `Other` of FMoW (DataComp does not).
    ///
    /// # Errors
    /// [`MetricError::NoGroup`] when no sample is of a group that is left.
    pub fn leaving_out(mut self, groups: &[usize]) -> Result<Self, MetricError> {
        for group in groups {
            if let Some(counts) = self.counts.get_mut(*group) {
                *counts = false;
            }
        }
        if self.of.iter().any(|group| self.counts[*group as usize]) {
            Ok(self)
        } else {
            Err(MetricError::NoGroup)
        }
    }

    /// Number of groups.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.counts.len()
    }

    /// The group of every sample.
    #[must_use]
    pub fn of(&self) -> &[u32] {
        &self.of
    }

    /// Whether a group can be the worst.
    #[must_use]
    pub fn counts(&self, group: usize) -> bool {
        self.counts[group]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_is_not_there_is_named_with_its_row() {
        let error = Groups::new(&[0, 1, 2], 2).expect_err("two groups");
        let (row, group, groups) = (2, 2, 2);
        assert_eq!(error, MetricError::Group { row, group, groups });
        assert_eq!(Groups::new(&[], 2), Err(MetricError::Empty));
    }

    #[test]
    fn some_group_has_to_count() {
        let groups = Groups::new(&[1, 1, 5], 6).expect("groups");
        let left = groups.clone().leaving_out(&[5]).expect("group 1 is left");
        assert!(left.counts(1) && !left.counts(5));
        assert_eq!(groups.leaving_out(&[5, 1]), Err(MetricError::NoGroup));
    }
}
