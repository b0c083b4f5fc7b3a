//! The log of a strategy's updates: `metrics.jsonl`, and curves in other formats beside it.

use std::path::Path;

use super::curves::{CurveFormat, Curves};
use super::error::TrainError;
use super::metrics::{self, MetricsLog, UpdateRecord};
use super::plan::StepPlan;

/// Appends what is known after each update.
pub(super) struct UpdateLog<'a> {
    metrics: MetricsLog,
    curves: Curves,
    /// The strategy's folder.
    home: &'a Path,
}

impl<'a> UpdateLog<'a> {
    /// Takes the files up after `update` updates of a step; what a killed run wrote beyond that is dropped.
    pub(super) fn resume(
        plan: &'a StepPlan<'a>,
        update: u64,
        formats: &[CurveFormat],
    ) -> Result<Self, TrainError> {
        let log = MetricsLog::resume(plan.metrics, plan.earlier, plan.name, update)
            .map_err(TrainError::io(plan.metrics))?;
        let home = plan.metrics.parent().unwrap_or(Path::new("."));
        let records = metrics::read(plan.metrics).map_err(TrainError::io(plan.metrics))?;
        Ok(Self {
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
}
