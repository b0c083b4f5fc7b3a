//! Everything a report shows, as plain values: whoever reads the artefacts fills these.

mod comparison;
mod ranking;
mod robustness;
mod shift;
mod statics;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub(crate) use comparison::CLEAR;
pub use comparison::{ClassDrop, Comparison, Differing, Drop, GroupDrop, Sample, StepDrop};
pub use ranking::{RankedModel, Ranking};
pub use robustness::{FittedLine, ModelFamily, Robustness, RobustnessModel};
pub(crate) use shift::LEAST_IMAGES;
pub use shift::{ClassMove, DataShift, SURE_Z, Spread, StepLook, Term, WordList};
pub use statics::{StaticColumn, StaticScore, StaticTask};

/// One whole report. The same content always renders to the same bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// Heading of the page.
    pub title: String,
    /// Name of the dataset, such as `tic-emoji`.
    pub dataset: String,
    /// Version of the program that wrote the report, such as `0.1.0`.
    pub version: String,
    /// Time steps, oldest first. Rows and columns of every matrix follow this order.
    pub steps: Vec<Step>,
    /// Rows that are in no step.
    pub left_out: Vec<LeftOut>,
    /// Strategies in the order tables list them.
    pub strategies: Vec<StrategyScores>,
    /// Command lines that made the artefacts, in the order they ran.
    pub commands: Vec<String>,
    /// Whose work the data is.
    pub credits: Vec<Credit>,
    /// What a reader should know before trusting a number.
    pub notes: Vec<String>,
    /// Tasks whose samples have no date, such as ImageNet.
    pub statics: Vec<StaticTask>,
    /// Columns of static scores in the summary, such as ImageNet or the mean over 38 tasks.
    pub static_columns: Vec<StaticColumn>,
    /// Families of models on a data set and on its shifted sibling.
    pub robustness: Vec<Robustness>,
    /// Two scores that order the same models, perhaps differently.
    pub rankings: Vec<Ranking>,
    /// Pairs of models on the same samples.
    pub comparisons: Vec<Comparison>,
    /// What changes over time in the data itself.
    pub shift: Option<DataShift>,
}

/// Rows that are in no step, for one reason.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The command that left them out, such as `split`.
    pub command: String,
    /// Why, in its word, such as `undated`.
    pub reason: String,
    /// How many.
    pub rows: u64,
}

/// One time step of the benchmark.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its name, such as `2017` or `2010-2014`.
    pub name: String,
    /// First day or moment that belongs to it, as it should be printed.
    pub from: String,
    /// First day or moment that no longer belongs to it.
    pub to: String,
    /// Pairs to train on.
    pub train: u64,
    /// Pairs kept for evaluation.
    pub held_out: u64,
    /// A few pairs to look at. They are not part of the data a reader can copy.
    #[serde(skip)]
    pub examples: Vec<Example>,
}

/// One pair shown as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Example {
    /// The text of the pair.
    pub caption: String,
    /// Its class, if the dataset has classes.
    pub class: Option<String>,
    /// The image file: PNG (JPEG, GIF and WebP are recognised too).
    pub png: Vec<u8>,
}

/// What one strategy cost and reached.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StrategyScores {
    /// Its name on the command line, such as `cumulative-equal`.
    pub name: String,
    /// What it does, in one sentence.
    pub description: String,
    /// Cost of each step, in step order; empty if it is not known.
    pub cost: Vec<StepCost>,
    /// Its tasks. The page orders tasks by their first appearance.
    pub tasks: Vec<TaskScores>,
    /// Training loss over all steps.
    pub loss: Vec<LossPoint>,
    /// How it leaves the benchmark's budget, if it does.
    pub over_budget: Option<OverBudget>,
    /// The seed of its run, if it is known.
    #[serde(default)]
    pub seed: Option<u64>,
}

/// How a strategy leaves the budget that the benchmark gives every step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OverBudget {
    /// Stars behind its name: 1 where the budget grows with the steps, 2 where it is the Oracle's.
    pub stars: u8,
    /// What it does more than it may, as a note under the table.
    pub reason: String,
}

/// Cost of one training step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepCost {
    /// Forward multiply-accumulates over all samples.
    pub macs: f64,
    /// Pairs seen, repeats counted.
    pub samples: u64,
}

/// Scores of one strategy on one task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskScores {
    /// Its name in `scores.jsonl`, such as `retrieval`.
    pub name: String,
    /// Its name for people, such as `Retrieval`.
    pub title: String,
    /// The metric that counts, such as `mean_recall@1`.
    pub metric: String,
    /// Score of guessing on each tested step, in [0, 1].
    pub chance: Vec<Option<f64>>,
    /// Evaluation items of each tested step.
    pub n: Vec<Option<u64>>,
    /// `cells[i][j]`: after training step i, on the evaluation set of step j. Rows may be missing.
    pub cells: Vec<Vec<Option<Score>>>,
    /// Mean of the diagonal, in [0, 1].
    pub in_domain: Option<f64>,
    /// Mean of the strict lower triangle, in [0, 1].
    pub backward: Option<f64>,
    /// Mean of the strict upper triangle, in [0, 1].
    pub forward: Option<f64>,
}

/// One cell of a transfer matrix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The score, in [0, 1].
    pub value: f64,
    /// Lower and upper end of its 95% interval.
    pub interval: Option<[f64; 2]>,
}

/// One logged training loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LossPoint {
    /// Pairs seen since the first step began.
    pub samples: u64,
    /// The loss there.
    pub loss: f64,
}

/// One line of thanks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Credit {
    /// What to print.
    pub text: String,
    /// Where the line leads; only `http` and `https` addresses become links.
    pub url: Option<String>,
}

impl StrategyScores {
    /// Cost of all steps in forward multiply-accumulates, if it is known.
    pub(super) fn macs(&self) -> Option<f64> {
        let total: f64 = self.cost.iter().map(|step| step.macs).sum();
        (total.is_finite() && total > 0.0).then_some(total)
    }

    /// Pairs seen in all steps.
    pub(super) fn samples(&self) -> u64 {
        self.cost.iter().map(|step| step.samples).sum()
    }

    pub(super) fn task(&self, name: &str) -> Option<&TaskScores> {
        self.tasks.iter().find(|task| task.name == name)
    }
}

impl TaskScores {
    /// The cell of trained step `i` and tested step `j`; a value that is no number counts as missing.
    pub(super) fn cell(&self, i: usize, j: usize) -> Option<Score> {
        let score = (*self.cells.get(i)?.get(j)?)?;
        let interval = score
            .interval
            .filter(|ends| ends.iter().all(|end| end.is_finite()));
        score
            .value
            .is_finite()
            .then_some(Score { interval, ..score })
    }

    /// Score of guessing on tested step `j`.
    pub(super) fn chance_at(&self, j: usize) -> Option<f64> {
        self.chance
            .get(j)
            .copied()
            .flatten()
            .filter(|chance| chance.is_finite())
    }

    /// Score of guessing, if it is the same on all steps.
    pub(crate) fn common_chance(&self, steps: usize) -> Option<f64> {
        let first = self.chance_at(0);
        first.filter(|_| (1..steps).all(|j| self.chance_at(j) == first))
    }

    /// Evaluation items of tested step `j`.
    pub(super) fn items_at(&self, j: usize) -> Option<u64> {
        self.n.get(j).copied().flatten()
    }

    /// The metric in words.
    pub(super) fn metric_in_words(&self) -> String {
        metric_in_words(&self.metric)
    }
}

/// A metric's name in words.
pub(super) fn metric_in_words(metric: &str) -> String {
    match metric {
        "acc1" => "top-1 accuracy".to_owned(),
        "acc5" => "top-5 accuracy".to_owned(),
        other => other.replace('_', " "),
    }
}

impl Content {
    /// How many runs the scores are of, and by which seeds.
    pub(super) fn runs_in_words(&self) -> String {
        let seeds: Option<BTreeSet<u64>> = self
            .strategies
            .iter()
            .map(|strategy| strategy.seed)
            .collect();
        let seeds: Vec<String> = seeds
            .unwrap_or_default()
            .iter()
            .map(ToString::to_string)
            .collect();
        let seeds = match seeds.as_slice() {
            [] => String::new(),
            [seed] => format!(", seed {seed}"),
            seeds => format!(", seeds {}", seeds.join(", ")),
        };
        match self.strategies.len() {
            1 => format!("One run{seeds}."),
            _ => format!("One run a strategy{seeds}."),
        }
    }

    /// One of each task, in the order of first appearance.
    pub(super) fn tasks(&self) -> Vec<&TaskScores> {
        let mut tasks: Vec<&TaskScores> = Vec::new();
        for task in self.strategies.iter().flat_map(|strategy| &strategy.tasks) {
            if tasks.iter().all(|known| known.name != task.name) {
                tasks.push(task);
            }
        }
        tasks
    }
}
