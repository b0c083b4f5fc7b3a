//! Effective robustness: how much better a model does under a shift than its family would lead one
//! to expect from its accuracy without the shift (Taori et al. 2020; Miller et al. 2021).

mod line;

use statrs::distribution::{ContinuousCDF, Normal};
use thiserror::Error;

use crate::compare::Resampling;
use crate::interval::{Stream, bootstrap};
use line::Line;

/// Models that determine a line well enough to be off it.
const LEAST_MODELS: usize = 3;

/// The scale on which accuracies of a family lie on a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// ln(p / (1 − p)).
    #[default]
    Logit,
    /// The standard normal quantile of p.
    Probit,
}

/// An accuracy and the number of samples it was measured on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Accuracy {
    /// Share of hits, strictly between 0 and 1.
    pub value: f64,
    /// Number of samples.
    pub samples: u64,
}

/// A model on a data set and on its shifted sibling.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The model's name.
    pub name: String,
    /// Without the shift.
    pub base: Accuracy,
    /// With it.
    pub shift: Accuracy,
}

/// The line through a family of models: link(shift) = intercept + slope · link(base).
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    link: Link,
    points: Vec<(f64, f64)>,
    line: Line,
    r_squared: f64,
}

/// A model against its family's line.
#[derive(Clone, Debug, PartialEq)]
pub struct Effective {
    /// The model's name.
    pub name: String,
    /// Accuracy under the shift that the family leads one to expect.
    pub expected: f64,
    /// Accuracy under the shift − what is expected.
    pub residual: f64,
    /// Lower end of its 95% interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Why there is no line, or no place relative to it.
#[derive(Debug, Error, PartialEq)]
pub enum RobustnessError {
    /// Too few models.
    #[error("{models} models make no family; a line needs at least {LEAST_MODELS}")]
    Few {
        /// Number of models.
        models: usize,
    },
    /// All models are equally good without the shift.
    #[error("all {models} models have the base accuracy {accuracy}; a line needs different ones")]
    Constant {
        /// Number of models.
        models: usize,
        /// Their accuracy.
        accuracy: f64,
    },
    /// An accuracy without a place on the line's scale.
    #[error("the {which} accuracy of {model} is {value}; it must lie strictly between 0 and 1")]
    Accuracy {
        /// The model.
        model: String,
        /// `base` or `shift`.
        which: &'static str,
        /// The accuracy.
        value: f64,
    },
    /// An accuracy of nothing.
    #[error("the {which} accuracy of {model} is of no samples")]
    Samples {
        /// The model.
        model: String,
        /// `base` or `shift`.
        which: &'static str,
    },
}

impl Link {
    fn of(self, share: f64) -> f64 {
        match self {
            Self::Logit => (share / (1.0 - share)).ln(),
            Self::Probit => Normal::standard().inverse_cdf(share),
        }
    }

    fn inverse(self, value: f64) -> f64 {
        match self {
            Self::Logit => 1.0 / (1.0 + (-value).exp()),
            Self::Probit => Normal::standard().cdf(value),
        }
    }
}

impl Measured {
    fn check(&self) -> Result<(), RobustnessError> {
        for (which, accuracy) in [("base", self.base), ("shift", self.shift)] {
            let model = || self.name.clone();
            if !(accuracy.value > 0.0 && accuracy.value < 1.0) {
                let (model, value) = (model(), accuracy.value);
                return Err(RobustnessError::Accuracy {
                    model,
                    which,
                    value,
                });
            }
            if accuracy.samples == 0 {
                let model = model();
                return Err(RobustnessError::Samples { model, which });
            }
        }
        Ok(())
    }
}

impl Accuracy {
    /// The accuracy on as many samples drawn anew; kept off 0 and 1 by half a sample.
    fn redraw(self, stream: &mut Stream) -> f64 {
        let n = self.samples as f64;
        let hits = stream.binomial(self.samples, self.value) as f64;
        hits.clamp(0.5, n - 0.5) / n
    }
}

impl Family {
    /// Fits the line through the models by least squares.
    ///
    /// # Errors
    /// [`RobustnessError`] with fewer than three models, equal base accuracies, or an accuracy that
    /// does not lie strictly between 0 and 1.
    pub fn fit(link: Link, models: &[Measured]) -> Result<Self, RobustnessError> {
        models.iter().try_for_each(Measured::check)?;
        if models.len() < LEAST_MODELS {
            let models = models.len();
            return Err(RobustnessError::Few { models });
        }
        let place = |model: &Measured| (link.of(model.base.value), link.of(model.shift.value));
        let points: Vec<(f64, f64)> = models.iter().map(place).collect();
        let Some(line) = Line::through(points.iter().copied()) else {
            return Err(RobustnessError::Constant {
                models: models.len(),
                accuracy: models[0].base.value,
            });
        };
        let mean = points.iter().map(|(_, y)| y).sum::<f64>() / points.len() as f64;
        let total: f64 = points.iter().map(|(_, y)| (y - mean).powi(2)).sum();
        let left: f64 = points.iter().map(|(x, y)| (y - line.at(*x)).powi(2)).sum();
        Ok(Self {
            link,
            points,
            line,
            r_squared: if total > 0.0 { 1.0 - left / total } else { 1.0 },
        })
    }

    /// Slope on the link's scale.
    #[must_use]
    pub fn slope(&self) -> f64 {
        self.line.slope
    }

    /// Intercept on the link's scale.
    #[must_use]
    pub fn intercept(&self) -> f64 {
        self.line.intercept
    }

    /// Share of the variance under the shift that the line explains, on the link's scale.
    #[must_use]
    pub fn r_squared(&self) -> f64 {
        self.r_squared
    }

    /// Accuracy under the shift that the line gives for an accuracy in (0, 1) without it.
    #[must_use]
    pub fn expected(&self, base: f64) -> f64 {
        self.link.inverse(self.line.at(self.link.of(base)))
    }

    /// How far a model is above the line.
    ///
    /// The interval has both sources of doubt: the family's models are drawn with replacement, and
    /// the model's two accuracies from samples drawn anew. A model that is itself in the family draws
    /// the line towards it.
    ///
    /// # Errors
    /// [`RobustnessError`] when an accuracy of the model does not lie strictly between 0 and 1.
    pub fn effective(
        &self,
        model: &Measured,
        resampling: &Resampling,
    ) -> Result<Effective, RobustnessError> {
        model.check()?;
        let expected = self.expected(model.base.value);
        let (low, high) = bootstrap(resampling.resamples, resampling.seed, |stream| {
            let line = self.redraw(stream);
            let base = model.base.redraw(stream);
            model.shift.redraw(stream) - self.link.inverse(line.at(self.link.of(base)))
        });
        Ok(Effective {
            name: model.name.clone(),
            expected,
            residual: model.shift.value - expected,
            low,
            high,
        })
    }

    /// The line through as many models drawn anew, among them two of different base accuracy.
    fn redraw(&self, stream: &mut Stream) -> Line {
        loop {
            let drawn: Vec<(f64, f64)> = (0..self.points.len())
                .map(|_| self.points[stream.below(self.points.len())])
                .collect();
            if let Some(line) = Line::through(drawn.into_iter()) {
                return line;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str, base: f64, shift: f64) -> Measured {
        let accuracy = |value| Accuracy {
            value,
            samples: 10_000,
        };
        Measured {
            name: name.to_owned(),
            base: accuracy(base),
            shift: accuracy(shift),
        }
    }

    fn family(link: Link) -> Vec<Measured> {
        [0.3, 0.45, 0.6, 0.7, 0.8]
            .into_iter()
            .map(|base| model("on the line", base, link.inverse(0.9 * link.of(base) - 0.5)))
            .collect()
    }

    #[test]
    fn models_on_a_line_give_the_line_and_no_residual() {
        for link in [Link::Logit, Link::Probit] {
            let models = family(link);
            let fit = Family::fit(link, &models).expect("five models");
            assert!((fit.slope() - 0.9).abs() < 1e-9 && (fit.intercept() + 0.5).abs() < 1e-9);
            assert!((fit.r_squared() - 1.0).abs() < 1e-9);
            let on_it = fit
                .effective(&models[2], &Resampling::default())
                .expect("in range");
            assert!(on_it.residual.abs() < 1e-9);
            assert!(on_it.low < 0.0 && on_it.high > 0.0);
        }
    }

    #[test]
    fn a_robust_model_is_above_by_what_it_gained() {
        let fit = Family::fit(Link::Logit, &family(Link::Logit)).expect("five models");
        let expected = fit.expected(0.65);
        let robust = model("robust", 0.65, expected + 0.05);
        let found = fit
            .effective(&robust, &Resampling::default())
            .expect("in range");
        assert!((found.residual - 0.05).abs() < 1e-12);
        // The line is exact: the model's own samples alone leave a doubt of √(p(1 − p)/n) on the
        // shift and of slope · (share under the shift) on the base.
        let variance = |p: f64| p * (1.0 - p) / 10_000.0;
        let lever = 0.9 * expected * (1.0 - expected) / (0.65 * 0.35);
        let error = (variance(expected + 0.05) + lever * lever * variance(0.65)).sqrt();
        let wide = (found.high - found.low) / (2.0 * 1.96);
        assert!((wide / error - 1.0).abs() < 0.08, "{wide} {error}");
    }

    #[test]
    fn what_makes_no_line_is_named() {
        let mut models = family(Link::Logit);
        let fit = |models: &[Measured]| Family::fit(Link::Logit, models).expect_err("no line");
        assert_eq!(fit(&models[..2]), RobustnessError::Few { models: 2 });
        let equal: Vec<Measured> = (0..4)
            .map(|at| model("m", 0.6, 0.3 + 0.1 * f64::from(at)))
            .collect();
        assert_eq!(
            fit(&equal),
            RobustnessError::Constant {
                models: 4,
                accuracy: 0.6
            }
        );
        models[1] = model("perfect", 0.7, 1.0);
        let message = fit(&models).to_string();
        assert!(
            message.contains("shift accuracy of perfect is 1"),
            "{message}"
        );
        models[1].shift = Accuracy {
            value: 0.5,
            samples: 0,
        };
        assert!(fit(&models).to_string().contains("no samples"));
        models[1].shift.value = f64::NAN;
        assert!(matches!(fit(&models), RobustnessError::Accuracy { .. }));
    }
}
