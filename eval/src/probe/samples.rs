//! Features with labels: what a probe is fitted on and tested on.

use std::fmt;

use thiserror::Error;

use crate::embeddings::Embeddings;

/// Which samples an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// Those a probe is fitted on.
    Training,
    /// Those the regularisation is chosen by.
    Validation,
    /// Those it is tested on.
    Test,
}

impl fmt::Display for Set {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Training => "training",
            Self::Validation => "validation",
            Self::Test => "test",
        })
    }
}

/// Why samples make no probe.
#[derive(Debug, Error, PartialEq)]
pub enum ProbeError {
    /// Not one label a sample, or no sample at all.
    #[error(
        "{rows} {set} samples and {labels} labels; there must be one label a sample, and a sample"
    )]
    Labels {
        /// Which samples.
        set: Set,
        /// Number of rows of features.
        rows: usize,
        /// Number of labels.
        labels: usize,
    },
    /// A label that no class has.
    #[error("{set} sample {sample} has label {label}; there are {classes} classes, from 0")]
    Label {
        /// Which samples.
        set: Set,
        /// The sample's index.
        sample: usize,
        /// Its label.
        label: usize,
        /// Number of classes.
        classes: usize,
    },
    /// Features of another width than those the probe is fitted on.
    #[error(
        "{set} features have {width} values a row, the probe's training features have {training}"
    )]
    Width {
        /// Which samples.
        set: Set,
        /// Their width.
        width: usize,
        /// The training features' width.
        training: usize,
    },
    /// Nothing to tell apart.
    #[error("all {samples} samples to fit on have label {label}; a probe needs two classes")]
    OneClass {
        /// Number of samples to fit on.
        samples: usize,
        /// Their label.
        label: usize,
    },
    /// No shot at all.
    #[error("0 shots a class leave nothing to fit on; 1 or more do")]
    NoShots,
    /// A class with fewer samples than shots.
    #[error("class {class} has {samples} training samples, fewer than the {shots} shots asked for")]
    Shots {
        /// The first such class.
        class: usize,
        /// Its samples.
        samples: usize,
        /// Shots asked for.
        shots: usize,
    },
    /// Nothing to choose the regularisation by.
    #[error(
        "no class has a sample to spare for validation: each has {most} at most; name C, or give validation samples"
    )]
    NothingHeldOut {
        /// Samples of the largest class.
        most: usize,
    },
    /// No share of the samples.
    #[error("{share} of the training samples cannot be held out; a share above 0 and below 1 can")]
    Share {
        /// The share asked for.
        share: f64,
    },
    /// No regularisation.
    #[error("C = {c} is not a regularisation; it is a positive number")]
    C {
        /// The value asked for.
        c: f64,
    },
}

/// Features and one label a row, checked by what uses them.
#[derive(Clone, Copy, Debug)]
pub struct Samples<'a> {
    /// `[samples, dim]`.
    pub features: &'a Embeddings,
    /// `[samples]`, each below the number of classes.
    pub labels: &'a [usize],
}

impl<'a> Samples<'a> {
    /// Puts features and labels together.
    #[must_use]
    pub fn new(features: &'a Embeddings, labels: &'a [usize]) -> Self {
        Self { features, labels }
    }

    /// Refuses what does not fit together.
    pub(super) fn check(
        &self,
        set: Set,
        classes: usize,
        training: usize,
    ) -> Result<(), ProbeError> {
        let (rows, labels, width) = (self.features.rows(), self.labels.len(), self.features.dim());
        if rows != labels || rows == 0 {
            return Err(ProbeError::Labels { set, rows, labels });
        }
        if width != training {
            return Err(ProbeError::Width {
                set,
                width,
                training,
            });
        }
        let stray = self.labels.iter().position(|label| *label >= classes);
        stray.map_or(Ok(()), |sample| {
            Err(ProbeError::Label {
                set,
                sample,
                label: self.labels[sample],
                classes,
            })
        })
    }
}

/// Some rows of some samples.
pub(super) type Chosen<'a> = (Samples<'a>, &'a [usize]);

/// Training samples as the objective wants them: a copy of the chosen rows, minus their mean.
///
/// The bias is not regularised, so moving the origin changes neither the least value of the
/// objective nor its weights; it changes how fast they are found, since image features of one
/// model share a large common part.
pub(super) struct Centred {
    /// `[samples, dim]`.
    pub(super) values: Vec<f32>,
    /// `[dim]`.
    pub(super) mean: Vec<f32>,
    /// `[samples]`, indices into `present`.
    pub(super) labels: Vec<usize>,
    /// Classes that have a sample, ascending.
    pub(super) present: Vec<usize>,
}

impl Centred {
    /// Copies the chosen rows.
    ///
    /// # Errors
    /// [`ProbeError::OneClass`] when they have one label only.
    pub(super) fn new(chosen: &[Chosen<'_>]) -> Result<Self, ProbeError> {
        let dim = chosen[0].0.features.dim();
        let rows = || {
            chosen
                .iter()
                .flat_map(|(samples, rows)| rows.iter().map(move |row| (samples, *row)))
        };
        let labels: Vec<usize> = rows().map(|(samples, row)| samples.labels[row]).collect();
        let mut present = labels.clone();
        present.sort_unstable();
        present.dedup();
        if present.len() < 2 {
            return Err(ProbeError::OneClass {
                samples: labels.len(),
                label: labels[0],
            });
        }
        let mut sums = vec![0.0_f64; dim];
        for (samples, row) in rows() {
            for (sum, value) in sums.iter_mut().zip(samples.features.row(row)) {
                *sum += f64::from(*value);
            }
        }
        let mean: Vec<f32> = sums
            .iter()
            .map(|sum| (sum / labels.len() as f64) as f32)
            .collect();
        let mut values = Vec::with_capacity(labels.len() * dim);
        for (samples, row) in rows() {
            let features = samples.features.row(row).iter().zip(&mean);
            values.extend(features.map(|(value, mean)| value - mean));
        }
        let place = |label: &usize| present.partition_point(|class| class < label);
        Ok(Self {
            labels: labels.iter().map(place).collect(),
            values,
            mean,
            present,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.labels.len()
    }

    pub(super) fn dim(&self) -> usize {
        self.mean.len()
    }

    pub(super) fn classes(&self) -> usize {
        self.present.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embeddings::EmbeddingsError;

    fn rows() -> Embeddings {
        Embeddings::new(vec![1.0, 0.0, 0.0, 1.0, -1.0, 0.0], 2).expect("unit rows")
    }

    #[test]
    fn chosen_rows_are_copied_without_their_mean_and_absent_classes_closed_up() {
        let features = rows();
        let samples = Samples::new(&features, &[7, 2, 2]);
        let centred = Centred::new(&[(samples, &[2]), (samples, &[0])]).expect("two classes");
        assert_eq!(centred.values, [-1.0, 0.0, 1.0, 0.0]);
        assert_eq!((centred.labels, centred.present), (vec![0, 1], vec![2, 7]));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let features = rows();
        let check = |labels: &[usize], training| {
            Samples::new(&features, labels)
                .check(Set::Test, 3, training)
                .expect_err("it does not fit")
                .to_string()
        };
        let stray = check(&[0, 3, 4], 2);
        assert!(
            stray.contains("test sample 1 has label 3; there are 3 classes"),
            "{stray}"
        );
        assert!(check(&[0, 1], 2).contains("3 test samples and 2 labels"));
        let wide = check(&[0, 1, 2], 4);
        assert!(
            wide.contains("2 values a row") && wide.contains("have 4"),
            "{wide}"
        );
    }

    #[test]
    fn one_class_is_nothing_to_tell_apart() {
        let features = rows();
        let samples = Samples::new(&features, &[4, 4, 4]);
        let error = Centred::new(&[(samples, &[0, 1, 2])]).err();
        assert_eq!(
            error,
            Some(ProbeError::OneClass {
                samples: 3,
                label: 4
            })
        );
    }

    #[test]
    fn features_that_are_no_numbers_never_become_samples() {
        let error = Embeddings::new(vec![1.0, 0.0, f32::NAN, 0.0], 2);
        assert_eq!(error, Err(EmbeddingsError::NotFinite { row: 1 }));
    }
}
