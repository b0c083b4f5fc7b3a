//! Effective robustness: models on a data set and on its shifted sibling, with the line of each family.

use serde::{Deserialize, Serialize};

use crate::number::fixed;

/// A line that explains less of the variance is none: what lies above it says nothing.
const LEAST_R_SQUARED: f64 = 0.5;

/// A base data set against a shifted one, such as ImageNet against its six shifts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Robustness {
    /// Its heading, such as `ImageNet against its shifts`.
    pub title: String,
    /// What the horizontal axis measures, such as `ImageNet, top-1`.
    pub base: String,
    /// What the vertical axis measures, such as `mean of six shifts, top-1`.
    pub shift: String,
    /// Families, each with a line of its own.
    pub families: Vec<ModelFamily>,
    /// Names of models with all or no samples right, which have no place on a logit scale.
    #[serde(default)]
    pub left_out: Vec<String>,
    /// What else a reader must know of this pair of data sets.
    #[serde(default)]
    pub note: Option<String>,
    /// The command line that made these figures.
    pub command: Option<String>,
}

/// Models that are expected to lie on one line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelFamily {
    /// Its name, such as `sequential` or `trained to 2014-2016`.
    pub name: String,
    /// The line through its models; none with too few of them.
    pub line: Option<FittedLine>,
    /// Its models.
    pub models: Vec<RobustnessModel>,
}

/// A fitted line: link(shift) = intercept + slope · link(base).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FittedLine {
    /// The scale it is straight on: `logit` or `probit`.
    pub link: String,
    /// Slope on the link's scale.
    pub slope: f64,
    /// Intercept on the link's scale.
    pub intercept: f64,
    /// Share of variance that it explains, on the link's scale.
    pub r_squared: f64,
    /// Points (base, shift) of the line to draw, each in (0, 1), by increasing base.
    pub points: Vec<[f64; 2]>,
}

/// A model of a family.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RobustnessModel {
    /// Its name, such as `oracle, 2019`.
    pub name: String,
    /// Score without the shift, in [0, 1].
    pub base: f64,
    /// Score with it, in [0, 1].
    pub shift: f64,
    /// Score under the shift minus what its family's line expects.
    pub residual: Option<f64>,
    /// 95% interval of the residual.
    pub interval: Option<[f64; 2]>,
}

impl ModelFamily {
    /// The line, if it rises and explains at least half of the variance; only then may models be held against it.
    pub(crate) fn holding_line(&self) -> Option<&FittedLine> {
        self.line
            .as_ref()
            .filter(|line| line.r_squared >= LEAST_R_SQUARED && line.slope > 0.0)
    }

    /// The residuals of a model and their interval, where there is a line to hold it against.
    pub(crate) fn residual(&self, model: &RobustnessModel) -> Option<(f64, Option<[f64; 2]>)> {
        self.holding_line()?;
        let interval = model
            .interval
            .filter(|ends| ends.iter().all(|end| end.is_finite()));
        let residual = model.residual.filter(|residual| residual.is_finite())?;
        Some((residual, interval))
    }

    /// How well a line fits, in words.
    pub(crate) fn fit_in_words(&self) -> String {
        let decimals = |value: f64| fixed(value, 2).replace('-', "−");
        let models = match self.models.len() {
            1 => "1 model".to_owned(),
            models => format!("{models} models"),
        };
        match &self.line {
            None => format!("no line: {models}"),
            Some(line) if self.holding_line().is_some() => format!(
                "slope {}, R² {}",
                decimals(line.slope),
                decimals(line.r_squared)
            ),
            Some(line) if line.r_squared < LEAST_R_SQUARED => {
                format!("no line: R² {} ({models})", decimals(line.r_squared))
            }
            Some(line) => format!("no line: slope {} ({models})", decimals(line.slope)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn family(line: Option<(f64, f64)>) -> ModelFamily {
        let model = RobustnessModel {
            residual: Some(0.1),
            interval: Some([0.05, 0.15]),
            ..RobustnessModel::default()
        };
        ModelFamily {
            name: "ema".to_owned(),
            line: line.map(|(slope, r_squared)| FittedLine {
                slope,
                r_squared,
                ..FittedLine::default()
            }),
            models: vec![model; 7],
        }
    }

    #[test]
    fn models_are_held_against_a_line_that_rises_and_fits() {
        let says = |line| {
            let family = family(line);
            let residual = family.residual(&family.models[0]);
            (family.fit_in_words(), residual.is_some())
        };
        assert_eq!(
            says(Some((0.861, 0.5))),
            ("slope 0.86, R² 0.50".to_owned(), true)
        );
        assert_eq!(
            says(Some((0.861, 0.027))),
            ("no line: R² 0.03 (7 models)".to_owned(), false)
        );
        assert_eq!(
            says(Some((-4.37, 0.81))),
            ("no line: slope −4.37 (7 models)".to_owned(), false)
        );
        assert_eq!(says(None), ("no line: 7 models".to_owned(), false));
    }
}
