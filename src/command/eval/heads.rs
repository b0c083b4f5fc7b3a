//! Heads that are given: whether they are of anything that is asked for.

use std::collections::BTreeSet;
use std::path::Path;

use ticclip_eval::near::{did_you_mean, near};
use ticclip_eval::suite::Suite;

use super::Failure;
use crate::command::require_folder;
use crate::score::{Exam, head_file};

/// Refuses a folder without a head for any of the exams, and says which of its files belong to no task.
pub(super) fn check(
    heads: &Path,
    suite: &Suite,
    steps: &[String],
    exams: &[Exam],
) -> Result<(), Failure> {
    require_folder(heads)?;
    let steps = || std::iter::once(None).chain(steps.iter().map(|step| Some(step.as_str())));
    let known: BTreeSet<String> = suite
        .tasks()
        .flat_map(|task| steps().map(|step| head_file(&task.name, step)))
        .collect();
    let listed = std::fs::read_dir(heads)
        .map_err(|error| Failure::wrong_input(anyhow::anyhow!("{}: {error}", heads.display())))?;
    let mut others: Vec<String> = listed
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".safetensors") && !known.contains(name))
        .collect();
    others.sort();
    let told: Vec<String> = others
        .iter()
        .map(|other| {
            let near = near(other, known.iter().map(String::as_str));
            format!("{other} is of no task{}", did_you_mean(&near))
        })
        .collect();
    if exams.iter().any(Exam::has_head) {
        for told in told {
            tracing::warn!("{}: {told}", heads.display());
        }
        return Ok(());
    }
    let asked: Vec<String> = exams
        .iter()
        .map(|exam| head_file(&exam.task.name, None))
        .collect();
    let told = match told.as_slice() {
        [] => String::new(),
        told => format!("; {}", told.join("; ")),
    };
    Err(Failure::wrong_input(anyhow::anyhow!(
        "{}: no head of a task that is asked for, such as {}{told}",
        heads.display(),
        asked.join(", ")
    )))
}
