//! Scores a model on one task, and tells every metric: what `ticclip eval` does, without its files.
//!
//! ```text
//! cargo run --release --example score_model -- MODEL TASK DATA
//! ```
//!
//! MODEL is a folder in open_clip's layout, TASK the name of a task such as `cifar10`, DATA the folder that has its set.

use std::error::Error;
use std::io::Write;
use std::path::Path;

use ticclip::device::{self, Choice};
use ticclip::model::Precision;
use ticclip::score::{Exam, Examiner, ModelFolder, suite};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [model, task, data] = words.as_slice() else {
        return Err("score_model MODEL TASK DATA".into());
    };
    let suite = suite()?;
    let task = suite.select(std::slice::from_ref(task))?[0];
    // The second list names the time steps of the data, for tasks that have one set a step.
    let exam = Exam::open(task, Path::new(data), &[], None)?
        .ok_or_else(|| format!("{data}: no set of {} here", task.name))?;
    let (device, name) = device::open(Choice::Cpu)?;
    let folder = ModelFolder::open(Path::new(model), None, None)?;
    // No folder for features: they are not kept.
    let examiner = Examiner::new(&device, &name, Precision::F32, None);
    let examinee = examiner.open(&folder)?;
    let mut out = std::io::stdout().lock();
    for marked in examiner.mark(&examinee, &exam)? {
        let marks = marked.marks;
        let (low, high) = marks.interval;
        writeln!(
            out,
            "{} {:.4} ({low:.4} to {high:.4}, chance {:.4}, n {})",
            task.metric, marks.value, marks.chance, marks.n
        )?;
        for (metric, value) in &marks.metrics {
            writeln!(out, "  {metric} {value:.4}")?;
        }
    }
    Ok(())
}
