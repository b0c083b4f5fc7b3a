//! Matrices as CSV: every measured cell, and every mean.

use ticclip_eval::transfer::{Part, Side};

use crate::command::failure::Failure;
use crate::score::Matrix;

/// Side of training and what the drift there is called.
const DRIFTS: [(Side, &str); 2] = [
    (Side::Past, "drift per week, past"),
    (Side::Future, "drift per week, future"),
];

/// A line a measured cell.
pub(super) fn cells(matrices: &[Matrix<'_>]) -> Result<Vec<u8>, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = [
        "strategy",
        "task",
        "metric",
        "trained_step",
        "tested_step",
        "value",
        "low",
        "high",
        "n",
        "chance",
        "model",
    ];
    writer.write_record(header).map_err(Failure::failed)?;
    for matrix in matrices {
        for score in matrix.measured() {
            let step = |step: &Option<String>| step.clone().unwrap_or_default();
            let record = [
                matrix.strategy.to_owned(),
                matrix.task.to_owned(),
                matrix.metric.to_owned(),
                step(&score.trained_step),
                step(&score.tested_step),
                score.value.to_string(),
                score.low.to_string(),
                score.high.to_string(),
                score.n.to_string(),
                score.chance.to_string(),
                score.model.clone(),
            ];
            writer.write_record(record).map_err(Failure::failed)?;
        }
    }
    finish(writer)
}

/// A line a mean, and a line a drift.
pub(super) fn means(matrices: &[Matrix<'_>]) -> Result<Vec<u8>, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = ["strategy", "task", "metric", "part", "value", "low", "high"];
    writer.write_record(header).map_err(Failure::failed)?;
    for matrix in matrices {
        let means = Part::ALL.into_iter().filter_map(|part| {
            let mean = matrix.mean(part)?;
            Some((part.name(), [mean.value, mean.low, mean.high]))
        });
        let drifts = DRIFTS.into_iter().filter_map(|(side, name)| {
            let drift = matrix.drift(side)?;
            Some((name, [drift.per_week, drift.low, drift.high]))
        });
        for (part, figures) in means.chain(drifts) {
            let mut record = [matrix.strategy, matrix.task, matrix.metric, part]
                .map(str::to_owned)
                .to_vec();
            record.extend(figures.map(|figure| figure.to_string()));
            writer.write_record(record).map_err(Failure::failed)?;
        }
    }
    finish(writer)
}

fn finish(writer: csv::Writer<Vec<u8>>) -> Result<Vec<u8>, Failure> {
    let bytes = writer.into_inner();
    bytes.map_err(|error| Failure::failed(error.into_error()))
}
