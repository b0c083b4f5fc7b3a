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
    /// The mean of the steps' drops, every step weighing the same, as in the summary; none with fewer than two steps.
    #[serde(default)]
    pub mean_of_steps: Option<Drop>,
    /// What the p-values are of, such as `McNemar’s exact test`; empty where nobody says.
    #[serde(default)]
    pub test: String,
    /// The drop on every tested step, for a task with time steps.
    pub steps: Vec<StepDrop>,
    /// Groups of classes, mostly WordNet subtrees.
    pub groups: Vec<GroupDrop>,
    /// How adjusted p-values were corrected for the number of groups or of classes, such as `Holm`.
    pub correction: String,
    /// Single classes.
    pub classes: Vec<ClassDrop>,
    /// Single samples on which the models differ, or a choice of them.
    pub samples: Vec<Sample>,
    /// How many samples there are of which `samples` are a choice, if that is known.
    #[serde(default)]
    pub differing: Option<Differing>,
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

/// Samples on which two models differ, all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differing {
    /// Samples that A has right and B wrong.
    pub only_a: u64,
    /// Samples that B has right and A wrong.
    pub only_b: u64,
    /// Samples of which one model has more right, but not all against nothing, as in one direction of retrieval.
    pub partly: u64,
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
    /// 95% interval of A − B.
    #[serde(default)]
    pub interval: Option<[f64; 2]>,
    /// Probability of a difference at least as large if there were none.
    #[serde(default)]
    pub p: Option<f64>,
    /// The same, corrected for all classes.
    #[serde(default)]
    pub p_adjusted: Option<f64>,
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

/// Adjusted probabilities below this are called clear.
pub(crate) const CLEAR: f64 = 0.05;

impl GroupDrop {
    /// Whether the difference is told from none among all groups.
    pub(crate) fn is_clear(&self) -> bool {
        self.p_adjusted.is_some_and(|p| p < CLEAR)
    }
}

impl ClassDrop {
    /// The difference, with its interval where that is known.
    pub(crate) fn difference(&self) -> Drop {
        let [low, high] = self.interval.unwrap_or([f64::NAN; 2]);
        Drop {
            n: self.n,
            a: self.a,
            b: self.b,
            drop: self.a - self.b,
            low,
            high,
            p: self.p,
        }
    }

    /// Whether the difference is told from none among all classes.
    pub(crate) fn is_clear(&self) -> bool {
        self.p_adjusted.is_some_and(|p| p < CLEAR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparison_of_an_earlier_version_is_read() {
        let mut json = serde_json::to_value(Comparison {
            classes: vec![ClassDrop::default()],
            ..Comparison::default()
        })
        .expect("a comparison is JSON");
        let keys = json.as_object_mut().expect("an object");
        for new in ["mean_of_steps", "test", "differing"] {
            assert!(keys.remove(new).is_some(), "{new}");
        }
        let class = keys["classes"][0].as_object_mut().expect("an object");
        for new in ["interval", "p", "p_adjusted"] {
            assert!(class.remove(new).is_some(), "{new}");
        }
        let read: Comparison = serde_json::from_value(json).expect("old keys are enough");
        assert_eq!(read.differing, None);
        assert!(!read.classes[0].is_clear());
    }
}
