//! What a linear probe makes of a model's features, from the samples to the guesses.

use super::draw::{few_shot, hold_out};
use super::fit::{Fit, Solver, Training, check_c};
use super::samples::{ProbeError, Samples, Set};
use super::sweep::{Candidate, Sweep, sweep};
use crate::classify::Guess;

/// Share of the training samples that is held out where nothing else is said.
const HELD_OUT: f64 = 0.2;

/// How much a probe is regularised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Regularisation {
    /// At this C, the inverse of the regularisation.
    Fixed(f64),
    /// At the C that is best on validation samples: those given, else this share of the training
    /// samples, above 0 and below 1.
    Swept {
        /// Share of the training samples, when no validation samples are given.
        held_out: f64,
    },
}

/// How a probe is fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProbeConfig {
    /// A given C or a sweep.
    pub regularisation: Regularisation,
    /// Training samples of every class; all of them if none.
    pub shots: Option<usize>,
    /// Seed of the draws of shots and of held-out samples.
    pub seed: u64,
    /// When a fit is good enough.
    pub solver: Solver,
}

impl Default for ProbeConfig {
    fn default() -> Self {
        Self {
            regularisation: Regularisation::Swept { held_out: HELD_OUT },
            shots: None,
            seed: 0,
            solver: Solver::default(),
        }
    }
}

/// The samples of an evaluation.
#[derive(Clone, Copy, Debug)]
pub struct ProbeSamples<'a> {
    /// To fit on.
    pub train: Samples<'a>,
    /// To choose the regularisation by, where the dataset has a split for that.
    pub validation: Option<Samples<'a>>,
    /// To test on.
    pub test: Samples<'a>,
}

/// What a probe scored.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The C that was given or chosen.
    pub c: f64,
    /// Every C of the sweep, ascending; empty without one.
    pub path: Vec<Candidate>,
    /// The probe fitted at that C on `train_samples`, and how.
    pub fit: Fit,
    /// Samples of the last fit.
    pub train_samples: usize,
    /// Share of those samples whose best guess is right.
    pub train_accuracy: f64,
    /// Share of the test samples whose best guess is right.
    pub test_accuracy: f64,
    /// Guesses of every test sample's class, to be scored like zero-shot ones.
    pub guesses: Vec<Guess>,
}

/// Fits a probe and tests it.
///
/// With a sweep, the probe is fitted again at the chosen C: on all training samples, held-out ones
/// included, and on given validation samples too unless `shots` limit the training samples.
///
/// # Errors
/// [`ProbeError`] naming the set and the sample that does not fit, or what cannot be drawn or swept.
pub fn evaluate(
    samples: &ProbeSamples<'_>,
    classes: usize,
    config: &ProbeConfig,
) -> Result<Evaluation, ProbeError> {
    let (train, test) = (samples.train, samples.test);
    let dim = train.features.dim();
    train.check(Set::Training, classes, dim)?;
    test.check(Set::Test, classes, dim)?;
    if let Some(validation) = samples.validation {
        validation.check(Set::Validation, classes, dim)?;
    }
    let rows = match config.shots {
        Some(shots) => few_shot(train.labels, shots, config.seed)?,
        None => (0..train.labels.len()).collect(),
    };
    let given: Option<(Samples<'_>, Vec<usize>)> = samples
        .validation
        .map(|validation| (validation, (0..validation.labels.len()).collect()));
    let (c, swept) = match (config.regularisation, &given) {
        (Regularisation::Fixed(c), _) => {
            check_c(c)?;
            (c, None)
        }
        (Regularisation::Swept { .. }, Some((validation, chosen))) => {
            let training = Training::new(&[(train, &rows)])?;
            let found = sweep(&training, (*validation, chosen), classes, &config.solver);
            (found.best.c, Some(found))
        }
        (Regularisation::Swept { held_out }, None) => {
            let (kept, held) = hold_out(train.labels, &rows, held_out, config.seed)?;
            let training = Training::new(&[(train, &kept)])?;
            let found = sweep(&training, (train, &held), classes, &config.solver);
            (found.best.c, Some(found))
        }
    };
    let mut chosen = vec![(train, rows.as_slice())];
    if let (Some((validation, rows)), Some(_), None) = (&given, &swept, config.shots) {
        chosen.push((*validation, rows));
    }
    let training = Training::new(&chosen)?;
    let start = swept.as_ref().map(|found| found.minimum.at.as_slice());
    let fit = training.fit(&training.minimise(c, start, &config.solver), classes);
    drop(training);
    let train_samples: usize = chosen.iter().map(|(_, rows)| rows.len()).sum();
    let right = |part: &(Samples<'_>, &[usize])| fit.probe.measure(*part).0 * part.1.len() as f64;
    let train_accuracy = chosen.iter().map(right).sum::<f64>() / train_samples as f64;
    let guesses = fit.probe.guesses(test.features)?;
    let hits = guesses
        .iter()
        .zip(test.labels)
        .filter(|(guess, label)| guess.classes.first() == Some(label));
    Ok(Evaluation {
        c,
        path: swept.map_or_else(Vec::new, |Sweep { path, .. }| path),
        train_samples,
        train_accuracy,
        test_accuracy: hits.count() as f64 / test.labels.len() as f64,
        guesses,
        fit,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embeddings::Embeddings;
    use crate::probe::scattered::clustered;

    type Data = (Embeddings, Vec<usize>);

    fn samples((features, labels): &Data) -> Samples<'_> {
        Samples::new(features, labels)
    }

    /// 8 classes: 240 training, 80 validation and 160 test samples.
    fn data() -> [Data; 3] {
        [(240, 2), (80, 3), (160, 4)].map(|(n, seed)| clustered(n, 8, 32, seed))
    }

    fn evaluated(data: &[Data; 3], given: bool, config: &ProbeConfig) -> Evaluation {
        let [train, validation, test] = data;
        let samples = ProbeSamples {
            train: samples(train),
            validation: given.then(|| samples(validation)),
            test: samples(test),
        };
        evaluate(&samples, 8, config).expect("an evaluation")
    }

    fn fixed(c: f64) -> ProbeConfig {
        ProbeConfig {
            regularisation: Regularisation::Fixed(c),
            ..ProbeConfig::default()
        }
    }

    #[test]
    fn a_swept_c_is_the_best_of_its_path_and_fitted_on_all_samples() {
        let data = data();
        let found = evaluated(&data, false, &ProbeConfig::default());
        let most = found
            .path
            .iter()
            .map(|tried| tried.accuracy)
            .fold(0.0, f64::max);
        let chosen = found.path.iter().find(|tried| tried.c == found.c);
        assert_eq!(chosen.map(|tried| tried.accuracy), Some(most));
        assert!(found.path.is_sorted_by(|a, b| a.c < b.c) && found.path.len() >= 7);
        assert_eq!(found.train_samples, 240);
        let again = evaluated(&data, false, &fixed(found.c));
        assert!((found.fit.objective / again.fit.objective - 1.0).abs() < 1e-6);
        assert!(found.test_accuracy > 0.5 && found.test_accuracy == again.test_accuracy);
        assert_eq!(found, evaluated(&data, false, &ProbeConfig::default()));
    }

    #[test]
    fn given_validation_samples_are_fitted_on_in_the_end_but_not_with_few_shots() {
        let data = data();
        let whole = evaluated(&data, true, &ProbeConfig::default());
        assert_eq!(whole.train_samples, 320);
        let few = ProbeConfig {
            shots: Some(4),
            ..ProbeConfig::default()
        };
        assert_eq!(evaluated(&data, true, &few).train_samples, 32);
        assert_eq!(evaluated(&data, true, &fixed(1.0)).train_samples, 240);
    }

    #[test]
    fn accuracies_are_shares_of_first_guesses() {
        let data = data();
        let found = evaluated(&data, false, &fixed(1.0));
        let right = |guesses: &[Guess], labels: &[usize]| {
            let hits = guesses
                .iter()
                .zip(labels)
                .filter(|(guess, label)| guess.classes[0] == **label);
            hits.count() as f64 / labels.len() as f64
        };
        assert_eq!(found.test_accuracy, right(&found.guesses, &data[2].1));
        let trained = found.fit.probe.guesses(&data[0].0).expect("the width");
        assert_eq!(found.train_accuracy, right(&trained, &data[0].1));
        assert!(found.path.is_empty() && found.train_accuracy > found.test_accuracy);
    }

    #[test]
    fn a_class_without_a_training_sample_is_listed_and_never_guessed() {
        let mut data = data();
        data[0]
            .1
            .iter_mut()
            .for_each(|label| *label = (*label).min(6));
        let found = evaluated(&data, false, &fixed(1.0));
        assert_eq!(found.fit.probe.absent(), [7]);
        assert!(
            found
                .guesses
                .iter()
                .all(|guess| !guess.classes.contains(&7))
        );
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let [train, validation, test] = data();
        let narrow = clustered(9, 3, 31, 5);
        let refused = |train: &Data, validation: Option<&Data>, test: &Data, classes: usize| {
            let samples = ProbeSamples {
                train: samples(train),
                validation: validation.map(samples),
                test: samples(test),
            };
            evaluate(&samples, classes, &ProbeConfig::default()).expect_err("it does not fit")
        };
        let wide = refused(&train, Some(&narrow), &test, 8);
        assert!(
            matches!(
                wide,
                ProbeError::Width {
                    set: Set::Validation,
                    ..
                }
            ),
            "{wide}"
        );
        let stray = refused(&train, Some(&validation), &test, 7);
        assert!(
            matches!(
                stray,
                ProbeError::Label {
                    set: Set::Training,
                    sample: 7,
                    ..
                }
            ),
            "{stray}"
        );
        let alone = (train.0, vec![3; 240]);
        let one = refused(&alone, None, &test, 8);
        assert_eq!(
            one,
            ProbeError::OneClass {
                samples: 192,
                label: 3
            }
        );
    }
}
