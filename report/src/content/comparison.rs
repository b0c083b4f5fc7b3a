//! Two models on the same samples: drops of the task, its steps, its groups of classes, and single samples.

use serde::{Deserialize, Serialize};

/// Model B against model A on one task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Name of model A, mostly the newer one.
    pub a: String,
    /// Name of model B.
    pub b: String,
    /// The task's name for people.
    pub task: String,
    /// The metric, such as `acc1`.
    pub metric: String,
    /// The drop over all samples.
    pub overall: Drop,
    /// The drop on every tested step, for a task with time steps.
    pub steps: Vec<StepDrop>,
    /// Groups of classes, mostly WordNet subtrees.
    pub groups: Vec<GroupDrop>,
    /// How adjusted p-values were corrected, such as `Holm`.
    pub correction: String,
    /// Single classes.
    pub classes: Vec<ClassDrop>,
    /// Single samples on which the models differ, or a choice of them.
    pub samples: Vec<Sample>,
    /// The command line that made these figures.
    pub command: Option<String>,
}

/// A difference on paired samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Drop {
    /// Samples.
    pub n: u64,
    /// Score of A, in [0, 1].
    pub a: f64,
    /// Score of B, in [0, 1].
    pub b: f64,
    /// A − B: positive where B is worse.
    pub drop: f64,
    /// Lower end of its 95% interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Probability of a difference at least as large if there were none.
    pub p: Option<f64>,
}

/// The drop on one tested step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepDrop {
    /// The step's name.
    pub step: String,
    /// The drop on its samples.
    pub drop: Drop,
}

/// The drop on a group of classes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GroupDrop {
    /// Its name, such as `motor vehicle`.
    pub name: String,
    /// The WordNet id of its root, such as `n03791235`.
    pub synset: Option<String>,
    /// The id of the nearest group that holds it.
    pub parent: Option<String>,
    /// Classes in it.
    pub classes: u64,
    /// The drop on its samples.
    pub drop: Drop,
    /// The p-value, corrected for all groups.
    pub p_adjusted: Option<f64>,
}

/// The scores on a single class.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClassDrop {
    /// Its name.
    pub name: String,
    /// The id of the nearest group that holds it.
    pub group: Option<String>,
    /// Samples.
    pub n: u64,
    /// Score of A, in [0, 1].
    pub a: f64,
    /// Score of B, in [0, 1].
    pub b: f64,
}

/// What two models said about one sample.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Its key in the evaluation set.
    pub key: String,
    /// The tested step, if it has one.
    pub step: Option<String>,
    /// The right class, if it has one.
    pub class: Option<String>,
    /// Its caption, if it has one.
    pub caption: Option<String>,
    /// Whether A was right.
    pub a_right: bool,
    /// Whether B was right.
    pub b_right: bool,
    /// What A said, as it should be printed.
    pub a_answer: String,
    /// What B said, as it should be printed.
    pub b_answer: String,
    /// A small image file: PNG, JPEG, GIF or WebP. It is not part of the data a reader can copy.
    #[serde(skip)]
    pub thumbnail: Vec<u8>,
}

impl ClassDrop {
    /// The difference alone: a single class has too few samples for an interval.
    pub(crate) fn difference(&self) -> Drop {
        Drop {
            n: self.n,
            a: self.a,
            b: self.b,
            drop: self.a - self.b,
            low: f64::NAN,
            high: f64::NAN,
            p: None,
        }
    }
}
