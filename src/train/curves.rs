//! Curves of a run in formats that other programs draw, beside `metrics.jsonl`.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::ValueEnum;

use super::error::TrainError;
use super::metrics::UpdateRecord;
use super::tensorboard::{EventFile, Scalars};

/// TensorBoard knows a file of its own by this name.
pub const EVENTS: &str = "events.out.tfevents.ticclip";
/// Rows of updates.
pub const CSV: &str = "metrics.csv";

/// A format of curves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CurveFormat {
    /// `metrics.csv`: a row an update.
    Csv,
    /// An event file of TensorBoard's.
    Tensorboard,
}

/// The files that are asked for.
#[derive(Debug)]
pub(super) struct Curves {
    csv: Option<csv::Writer<File>>,
    events: Option<EventFile>,
    /// Updates since the first step's start.
    updates: i64,
}

const COLUMNS: [&str; 8] = [
    "step",
    "update",
    "samples",
    "loss",
    "accuracy",
    "learning_rate",
    "temperature",
    "gradient_norm",
];

impl Curves {
    /// Writes what `records` tell, in place of what a run has left that was killed.
    pub(super) fn resume(
        home: &Path,
        formats: &[CurveFormat],
        records: &[UpdateRecord],
    ) -> Result<Self, TrainError> {
        let mut curves = Self {
            csv: None,
            events: None,
            updates: 0,
        };
        let now = now();
        if formats.contains(&CurveFormat::Csv) {
            let path = home.join(CSV);
            let file = OpenOptions::new()
                .create(true)
                .write(true)
                .truncate(true)
                .open(&path);
            let mut csv = csv::Writer::from_writer(file.map_err(TrainError::io(&path))?);
            csv.write_record(COLUMNS)
                .map_err(|error| TrainError::io(&path)(error.into()))?;
            curves.csv = Some(csv);
        }
        if formats.contains(&CurveFormat::Tensorboard) {
            let events = EventFile::create(&home.join(EVENTS), now, std::iter::empty())?;
            curves.events = Some(events);
        }
        for record in records {
            curves.append(record, home)?;
        }
        Ok(curves)
    }

    /// Adds an update.
    pub(super) fn append(&mut self, record: &UpdateRecord, home: &Path) -> Result<(), TrainError> {
        self.updates += 1;
        if let Some(csv) = &mut self.csv {
            let path = home.join(CSV);
            let norm = record.gradient_norm.map(|norm| norm.to_string());
            let row = [
                record.step.clone(),
                record.update.to_string(),
                record.samples.to_string(),
                record.loss.to_string(),
                record.accuracy.to_string(),
                record.learning_rate.to_string(),
                record.temperature.to_string(),
                norm.unwrap_or_default(),
            ];
            csv.write_record(row)
                .map_err(|error| TrainError::io(&path)(error.into()))?;
            csv.flush().map_err(TrainError::io(&path))?;
        }
        if let Some(events) = &mut self.events {
            let mut values = vec![
                ("train/loss", record.loss),
                ("train/accuracy", record.accuracy as f32),
                ("train/learning_rate", record.learning_rate as f32),
                ("train/temperature", record.temperature),
            ];
            values.extend(
                record
                    .gradient_norm
                    .map(|norm| ("train/gradient_norm", norm as f32)),
            );
            let scalars = Scalars {
                wall_time: now(),
                step: self.updates,
                values: &values,
            };
            events
                .append(&scalars)
                .map_err(TrainError::io(&home.join(EVENTS)))?;
        }
        Ok(())
    }
}

/// Seconds since 1970.
fn now() -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map(|since| since.as_secs_f64()).unwrap_or_default()
}
