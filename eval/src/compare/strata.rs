//! Samples in strata (time steps, tasks, classes): each, all pooled, and the mean over strata.

use thiserror::Error;

use super::drop::{PairedDrop, Summary, Test};
use super::mcnemar::mcnemar;
use super::paired::Paired;
use super::resampling::Resampling;
use super::sign_flip::sign_flip;
use crate::interval::{Spread, bootstrap};

/// Paired outcomes of one stratum.
#[derive(Clone, Debug, PartialEq)]
pub struct Stratum {
    /// Name of the time step, task or class.
    pub name: String,
    /// Its samples.
    pub pairs: Paired,
}

/// Drops in strata.
#[derive(Clone, Debug, PartialEq)]
pub struct Stratified {
    /// Each stratum by name, in the order given.
    pub each: Vec<(String, PairedDrop)>,
    /// All samples, each with the same weight.
    pub pooled: PairedDrop,
    /// The mean over strata, each with the same weight: over tasks a suite's score, over classes the
    /// mean per-class recall.
    pub mean: PairedDrop,
}

/// Why samples are in no strata.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum StrataError {
    /// There are no strata.
    #[error("there are no strata to compare models on")]
    Empty,
    /// Not one stratum a sample.
    #[error("strata of {rows} rows for {samples} samples; there must be one a sample")]
    Rows {
        /// Number of samples.
        samples: usize,
        /// Rows with a stratum.
        rows: usize,
    },
    /// A stratum that there is not.
    #[error("row {row} is in stratum {stratum}, there are {strata}, from 0")]
    Unknown {
        /// The sample's row, from 0.
        row: usize,
        /// Its stratum.
        stratum: usize,
        /// Number of strata.
        strata: usize,
    },
    /// A stratum without samples.
    #[error("stratum {name:?} has no samples")]
    NoSamples {
        /// The stratum's name.
        name: String,
    },
}

impl Stratum {
    /// Splits samples into named strata.
    ///
    /// # Shapes
    /// strata `[samples]`, indices into `names`.
    ///
    /// # Errors
    /// [`StrataError`] naming the row without a stratum or the stratum without a row.
    pub fn split(
        pairs: &Paired,
        strata: &[usize],
        names: &[String],
    ) -> Result<Vec<Self>, StrataError> {
        let (samples, rows) = (pairs.samples(), strata.len());
        if samples != rows {
            return Err(StrataError::Rows { samples, rows });
        }
        if let Some(row) = strata.iter().position(|stratum| *stratum >= names.len()) {
            let (stratum, strata) = (strata[row], names.len());
            return Err(StrataError::Unknown {
                row,
                stratum,
                strata,
            });
        }
        let stratum = |(at, name): (usize, &String)| {
            let chosen = pairs.select(|row| strata[row] == at);
            let pairs = chosen.ok_or_else(|| StrataError::NoSamples { name: name.clone() })?;
            Ok(Self {
                name: name.clone(),
                pairs,
            })
        };
        names.iter().enumerate().map(stratum).collect()
    }
}

/// Drops in each stratum, pooled, and their mean.
///
/// Intervals of the pooled drop and of the mean resample the samples within each stratum, whose
/// sizes are no accident.
///
/// # Errors
/// [`StrataError::Empty`] when there are no strata.
pub fn stratify(strata: &[Stratum], resampling: &Resampling) -> Result<Stratified, StrataError> {
    if strata.is_empty() {
        return Err(StrataError::Empty);
    }
    let summaries: Vec<Summary> = strata
        .iter()
        .map(|stratum| stratum.pairs.summary())
        .collect();
    let samples: u64 = summaries.iter().map(|one| one.differences.n()).sum();
    let by_samples = |one: &Summary| one.differences.n() as f64 / samples as f64;
    let equal = |_: &Summary| 1.0 / summaries.len() as f64;
    let names = strata.iter().map(|stratum| stratum.name.clone());
    let drops = summaries.iter().map(|summary| summary.drop(resampling));
    Ok(Stratified {
        each: names.zip(drops).collect(),
        pooled: weighted(&summaries, by_samples, true, resampling),
        mean: weighted(&summaries, equal, false, resampling),
    })
}

/// The weighted mean of the strata's drops; counts of hits answer for it when every sample weighs
/// the same.
fn weighted(
    summaries: &[Summary],
    weight: impl Fn(&Summary) -> f64,
    samples_weigh_the_same: bool,
    resampling: &Resampling,
) -> PairedDrop {
    let mean = |of: fn(&Summary) -> f64| -> f64 {
        summaries.iter().map(|one| weight(one) * of(one)).sum()
    };
    let total = |of: fn(&Summary) -> u64| -> u64 { summaries.iter().map(of).sum() };
    let parts: Vec<(f64, &Spread)> = summaries
        .iter()
        .map(|one| (weight(one), &one.differences))
        .collect();
    let (low, high) = bootstrap(resampling.resamples, resampling.seed, |stream| {
        parts
            .iter()
            .map(|(weight, spread)| weight * spread.resample(stream))
            .sum()
    });
    let (a_only, b_only) = (total(|one| one.a_only), total(|one| one.b_only));
    let hits = summaries.iter().all(|one| one.test == Test::McNemar);
    let (p, test) = if hits && samples_weigh_the_same {
        (mcnemar(a_only, b_only).exact, Test::McNemar)
    } else {
        let scaled: Vec<Spread> = parts
            .iter()
            .map(|(weight, spread)| spread.scaled(weight / spread.n() as f64))
            .collect();
        (sign_flip(&scaled, resampling), Test::SignFlip)
    };
    PairedDrop {
        samples: total(|one| one.differences.n()),
        a: mean(|one| one.a),
        b: mean(|one| one.b),
        drop: mean(|one| one.differences.mean()),
        low,
        high,
        p,
        test,
        a_only,
        b_only,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `n` samples, of which only A has the first `a_only`; nobody has the others.
    fn stratum(name: &str, a_only: usize, n: usize) -> Stratum {
        let a: Vec<bool> = (0..n).map(|row| row < a_only).collect();
        Stratum {
            name: name.to_owned(),
            pairs: Paired::hits(&a, &vec![false; n]).expect("pairs"),
        }
    }

    #[test]
    fn pooling_weighs_samples_and_the_mean_weighs_strata() {
        let strata = [stratum("2016", 10, 100), stratum("2017", 90, 300)];
        let found = stratify(&strata, &Resampling::default()).expect("two strata");
        assert_eq!(found.each[0].0, "2016");
        assert!((found.each[0].1.drop - 0.1).abs() < 1e-12);
        assert!((found.pooled.drop - 0.25).abs() < 1e-12);
        assert!((found.mean.drop - 0.2).abs() < 1e-12);
        assert_eq!(
            (found.pooled.test, found.mean.test),
            (Test::McNemar, Test::SignFlip)
        );
        // Within strata: √(0.09 · 100 + 0.21 · 300) / 400 and √(0.09 / 100 + 0.21 / 300) / 2.
        let wide = |drop: &PairedDrop| (drop.high - drop.low) / (2.0 * 1.96);
        assert!(
            (wide(&found.pooled) / 0.02121 - 1.0).abs() < 0.08,
            "{found:?}"
        );
        assert!((wide(&found.mean) / 0.02 - 1.0).abs() < 0.08, "{found:?}");
        assert_eq!(found.mean.p, 1e-4);
    }

    #[test]
    fn one_stratum_is_what_it_is_alone() {
        let alone = stratum("all", 8, 50);
        let found = stratify(std::slice::from_ref(&alone), &Resampling::default());
        let found = found.expect("a stratum");
        assert_eq!(found.pooled, alone.pairs.drop(&Resampling::default()));
        assert_eq!(
            (found.mean.low, found.mean.high),
            (found.pooled.low, found.pooled.high)
        );
        // 2 / 2⁸, found by random signs.
        assert!(
            (found.mean.p / found.pooled.p - 1.0).abs() < 0.4,
            "{found:?}"
        );
    }

    #[test]
    fn samples_are_split_by_stratum_and_strays_are_named() {
        let pairs = Paired::values(vec![0.1, 0.2, 0.3], vec![0.0; 3]).expect("pairs");
        let names = ["a".to_owned(), "b".to_owned()];
        let strata = Stratum::split(&pairs, &[1, 0, 1], &names).expect("two strata");
        assert_eq!(strata[0].pairs.a(), [0.2]);
        assert_eq!(strata[1].pairs.a(), [0.1, 0.3]);
        let error = |strata: &[usize]| Stratum::split(&pairs, strata, &names).expect_err("wrong");
        assert_eq!(
            error(&[0, 1]),
            StrataError::Rows {
                samples: 3,
                rows: 2
            }
        );
        assert_eq!(
            error(&[0, 1, 2]),
            StrataError::Unknown {
                row: 2,
                stratum: 2,
                strata: 2
            }
        );
        assert_eq!(
            error(&[0, 0, 0]),
            StrataError::NoSamples { name: "b".into() }
        );
        assert_eq!(
            stratify(&[], &Resampling::default()),
            Err(StrataError::Empty)
        );
    }
}
