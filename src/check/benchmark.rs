//! Benchmark: the folder that `shard` wrote, with its steps and sets.

use std::collections::BTreeSet;
use std::io;
use std::path::{Component, Path};

use super::CheckError;
use super::finding::{Finding, FindingKind, Place};
use super::set::{BenchmarkSet, SetKind};
use crate::shard::{STEPS_FILE, StepRecord, StepsRecord};
use crate::timeline::{Step, Timeline};

/// A benchmark whose tars have not been opened yet.
pub(super) struct Benchmark {
    pub(super) dataset: String,
    pub(super) steps: Vec<StepRecord>,
    /// Retrieval sets of all steps, then classification sets, then training sets.
    pub(super) sets: Vec<BenchmarkSet>,
    /// What is wrong so far.
    pub(super) findings: Vec<Finding>,
}

impl Benchmark {
    /// Looks at the benchmark in `folder`.
    pub(super) fn open(folder: &Path) -> Result<Self, CheckError> {
        if !folder.join(STEPS_FILE).is_file() {
            return Err(CheckError::no_steps(folder));
        }
        let record = StepsRecord::read(folder)?;
        let mut benchmark = Self {
            dataset: record.dataset,
            steps: Vec::new(),
            sets: Vec::new(),
            findings: Vec::new(),
        };
        benchmark.check_steps(record.steps);
        let io = |path: &Path| {
            let path = path.to_owned();
            |source| CheckError::Io { path, source }
        };
        for kind in SetKind::ALL {
            for (index, step) in benchmark.steps.iter().enumerate() {
                let said = match kind {
                    SetKind::Train => Some(step.train),
                    SetKind::Retrieval => Some(step.held_out),
                    SetKind::Classification => None,
                };
                let of_step = (index, step.name.as_str());
                let findings = &mut benchmark.findings;
                let set = BenchmarkSet::survey(folder, kind, of_step, said, findings);
                benchmark.sets.push(set.map_err(io(folder))?);
            }
            benchmark.unlisted(folder, kind).map_err(io(folder))?;
        }
        Ok(benchmark)
    }

    /// Keeps the steps whose names are names of folders, each once.
    fn check_steps(&mut self, steps: Vec<StepRecord>) {
        let timeline = steps.iter().map(|step| Step {
            name: step.name.clone(),
            from: step.from,
            to: step.to,
        });
        if let Err(error) = Timeline::new(timeline.collect()) {
            self.findings.push(Finding {
                kind: FindingKind::BadSteps,
                at: None,
                other: None,
                detail: format!("{STEPS_FILE}: {error}"),
            });
        }
        let mut names = BTreeSet::new();
        for step in steps {
            let mut parts = Path::new(&step.name).components();
            let is_name =
                matches!(parts.next(), Some(Component::Normal(_))) && parts.next().is_none();
            if is_name && names.insert(step.name.clone()) {
                self.steps.push(step);
            }
        }
    }

    /// Names the folders among the sets of a kind that are no step's.
    fn unlisted(&mut self, folder: &Path, kind: SetKind) -> io::Result<()> {
        let folder = folder.join(kind.folder());
        if !folder.is_dir() {
            return Ok(());
        }
        let mut names = BTreeSet::new();
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_step = self.steps.iter().any(|step| step.name == name);
            if !is_step && !name.starts_with('.') && entry.path().is_dir() {
                names.insert(name);
            }
        }
        for step in names {
            let place = Place {
                set: kind,
                step,
                file: None,
                key: None,
                uid: None,
            };
            let detail = format!("{STEPS_FILE} has no such step; it was not looked at");
            self.findings
                .push(Finding::at(FindingKind::UnlistedSet, place, detail));
        }
        Ok(())
    }
}
