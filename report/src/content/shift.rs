//! What changes over time in the data: words, looks, classes.

use serde::{Deserialize, Serialize};

use crate::number::count;

/// Changes between time steps, as `shift` finds them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DataShift {
    /// Lists of words and phrases, the surest first.
    pub words: Vec<WordList>,
    /// How the images of every step look.
    pub looks: Vec<StepLook>,
    /// Classes whose images move, as a model sees them.
    pub moves: Vec<ClassMove>,
    /// The name of that model, if it is known.
    #[serde(default)]
    pub model: Option<String>,
    /// The command line that made these figures.
    pub command: Option<String>,
}

/// Words that rise, are new or belong to a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WordList {
    /// What the list is of: `rising`, `new`, `characteristic`, `growing` or `shrinking`.
    pub list: String,
    /// Its step; none where it is about all steps.
    pub step: Option<String>,
    /// The terms, the surest first.
    pub terms: Vec<Term>,
}

impl WordList {
    /// The terms that chance does not explain.
    pub(crate) fn sure(&self) -> impl Iterator<Item = &Term> {
        self.terms.iter().filter(|term| term.is_sure())
    }
}

impl Term {
    /// Whether chance does not explain it.
    pub(crate) fn is_sure(&self) -> bool {
        self.z.is_finite() && self.z.abs() >= SURE_Z
    }
}

/// Below so many standard errors a term is not told apart from chance (as in Monroe, Colaresi and Quinn 2008).
pub const SURE_Z: f64 = 1.96;

/// A word or phrase.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// The word or phrase.
    pub term: String,
    /// Its log-odds in standard errors.
    pub z: f64,
    /// Log-odds of the step against those it is compared with, shrunk by a prior.
    pub log_odds: f64,
    /// Captions of every step that have it.
    pub counts: Vec<u64>,
    /// Their share of the step's captions, in [0, 1].
    pub shares: Vec<f64>,
}

/// The images of one step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepLook {
    /// The step's name.
    pub step: String,
    /// Images looked at.
    pub images: u64,
    /// Widths in pixels.
    pub width: Spread,
    /// Heights in pixels.
    pub height: Spread,
    /// Median of width / height.
    pub aspect: f64,
    /// Share of images with a white background, in [0, 1].
    pub white: f64,
    /// Its 95% interval.
    pub white_interval: [f64; 2],
}

/// A median between two quantiles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The 5% quantile.
    pub low: f64,
    /// The median.
    pub median: f64,
    /// The 95% quantile.
    pub high: f64,
}

/// With fewer images on a side, a mean says little.
pub(crate) const LEAST_IMAGES: u64 = 5;

impl ClassMove {
    /// Whether one of the steps has too few images of the class to tell that it moved.
    pub(crate) fn has_few(&self) -> bool {
        self.before.min(self.after) < LEAST_IMAGES
    }

    /// Images on both sides, in words.
    pub(crate) fn images_in_words(&self) -> String {
        format!("{} → {}", count(self.before), count(self.after))
    }
}

/// A class whose mean vector moved between two steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClassMove {
    /// The earlier step's name.
    pub from: String,
    /// The later step's name.
    pub to: String,
    /// The class's name.
    pub name: String,
    /// Images of the class in the earlier step.
    pub before: u64,
    /// Images in the later one.
    pub after: u64,
    /// Cosine distance of the two means.
    pub distance: f64,
    /// The distance that shuffled images have.
    pub expected: f64,
    /// The excess in standard deviations of shuffles.
    pub z: f64,
    /// Share of shuffles that are as far apart.
    pub p: f64,
}
