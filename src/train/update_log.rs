//! The log of a strategy's updates: `metrics.jsonl`, curves in other formats beside it, and the keys of batches.

use std::path::Path;

use super::curves::{CurveFormat, Curves};
use super::error::TrainError;
use super::metrics::{self, BatchRecord, LineLog, UpdateRecord};
use super::plan::StepPlan;

/// Keys of every batch, beside `metrics.jsonl`.
pub const BATCHES: &str = "batches.jsonl";

/// Appends what is known after each update.
pub(super) struct UpdateLog<'a> {
    metrics: LineLog,
    curves: Curves,
    /// Where keys are wanted.
    batches: Option<LineLog>,
    /// The strategy's folder.
    home: &'a Path,
}

impl<'a> UpdateLog<'a> {
    /// Takes the files up after `update` updates of a step; what a killed run wrote beyond that is dropped.
    pub(super) fn resume(
        plan: &'a StepPlan<'a>,
        update: u64,
        formats: &[CurveFormat],
        batch_keys: bool,
    ) -> Result<Self, TrainError> {
        let StepPlan { earlier, name, .. } = plan;
        let log = LineLog::resume::<UpdateRecord>(plan.metrics, earlier, name, update)
            .map_err(TrainError::io(plan.metrics))?;
        let home = plan.metrics.parent().unwrap_or(Path::new("."));
        let records = metrics::read(plan.metrics).map_err(TrainError::io(plan.metrics))?;
        let batches = home.join(BATCHES);
        let batches = batch_keys
            .then(|| LineLog::resume::<BatchRecord>(&batches, earlier, name, update))
            .transpose()
            .map_err(TrainError::io(&batches))?;
        Ok(Self {
            batches,
            metrics: log,
            curves: Curves::resume(home, formats, &records)?,
            home,
        })
    }

    pub(super) fn append(&mut self, record: &UpdateRecord) -> Result<(), TrainError> {
        self.metrics
            .append(record)
            .map_err(TrainError::io(self.metrics.path()))?;
        self.curves.append(record, self.home)
    }

    /// Puts what was appended on the disk.
    pub(super) fn sync(&self) -> Result<(), TrainError> {
        let logs = std::iter::once(&self.metrics).chain(&self.batches);
        for log in logs {
            log.sync().map_err(TrainError::io(log.path()))?;
        }
        Ok(())
    }

    /// The keys of an update's batch, where they are wanted.
    pub(super) fn append_batch(
        &mut self,
        step: &str,
        update: u64,
        keys: Vec<String>,
    ) -> Result<(), TrainError> {
        let Some(batches) = &mut self.batches else {
            return Ok(());
        };
        let step = step.to_owned();
        batches
            .append(&BatchRecord { step, update, keys })
            .map_err(TrainError::io(batches.path()))
    }
}
