//! A task as data: one TOML file says what is asked, of which images, and what counts.

mod class_list;
mod file;
mod folders;
mod grouping;
mod kind;
mod membership;

pub use class_list::{ClassList, ClassListError};
pub use file::{Problem, TaskError};
pub use grouping::{Grouping, Metadata};
pub use kind::Kind;
pub use membership::Membership;

/// One task. Whatever a file leaves out is told by the data, or does not apply.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The name it is called by, fit for a file's name.
    pub name: String,
    /// How a model is asked.
    pub kind: Kind,
    /// The metric that counts, one of [`Kind::metrics`].
    pub metric: String,
    /// The data set's name in DataComp or CLIP_benchmark, where that is another one; may hold `{step}`.
    pub key: Option<String>,
    /// More names under which the same data is found.
    pub also: Vec<String>,
    /// The name for reports.
    pub title: Option<String>,
    /// Classes that images are told apart by.
    pub classes: Option<usize>,
    /// Samples of the whole test set.
    pub size: Option<u64>,
    /// What guessing reaches, in [0, 1], as DataComp states it: it knows how often each class occurs.
    pub chance: Option<f64>,
    /// Groups it counts in.
    pub groups: Vec<Membership>,
    /// Folder of its data below `--data`, where that is not found by its names; `{step}` stands for a time step.
    pub data: Option<String>,
    /// Time steps that `{step}` may stand for, in order of time; none if the data tells them.
    pub steps: Vec<String>,
    /// Where its classes stand in WordNet: the name of a shipped [`ClassList`], or a file of one.
    pub class_list: Option<String>,
    /// Groups that its samples fall into.
    pub grouping: Option<Grouping>,
    /// Whether CLIP_benchmark has images to train on beside those to test on: a linear probe can be fitted.
    pub train: bool,
    /// What a reader should know.
    pub note: Option<String>,
}
