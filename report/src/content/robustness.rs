//! Effective robustness: models on a data set and on its shifted sibling, with the line of each family.

use serde::{Deserialize, Serialize};

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
