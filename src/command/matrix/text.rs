//! Matrices in text: percent by trained and tested step, chance below, means and drift beside.

use ticclip_eval::transfer::{Drift, Part, Side};

use crate::score::{Estimate, Matrix};

/// The matrix in percent, chance below it.
pub(in crate::command) fn text(matrix: &Matrix<'_>) -> String {
    let (steps, columns) = (&matrix.merged.raw.trained, &matrix.merged.columns);
    let first = steps
        .iter()
        .map(|step| step.len())
        .max()
        .unwrap_or(0)
        .max(13);
    let wide = |step: &str| step.len().max(6);
    let mut text = format!(
        "{} · {} · {} in %, after each step (rows) on the held-out pairs of each step (columns)\n{:first$}",
        matrix.task, matrix.strategy, matrix.metric, ""
    );
    let line = |name: &str, value: &dyn Fn(usize) -> Option<String>| {
        let mut line = format!("{name:first$}");
        for (at, column) in columns.iter().enumerate() {
            let value = value(at).unwrap_or_else(|| "·".to_owned());
            line.push_str(&format!("  {value:>width$}", width = wide(&column.name)));
        }
        line + "\n"
    };
    let names: Vec<String> = columns
        .iter()
        .map(|column| format!("  {:>width$}", column.name, width = wide(&column.name)))
        .collect();
    text.push_str(&(names.concat() + "\n"));
    for (trained, name) in steps.iter().enumerate() {
        text.push_str(&line(name, &|column| {
            Some(percent(matrix.merged.values[trained][column]?))
        }));
    }
    text.push_str(&line("chance", &|column| {
        Some(percent(matrix.column(column)?.1))
    }));
    text.push_str(&line("held-out pairs", &|column| {
        Some(matrix.column(column)?.0.to_string())
    }));
    text
}

fn percent(value: f64) -> String {
    format!("{:.1}", value * 100.0)
}

/// "in-domain 20.1%  backward 8.0%  forward 3.2%  chance 1.4%".
pub(in crate::command) fn means(matrix: &Matrix<'_>) -> String {
    let mean = |part| matrix.merged.mean(part);
    let means = [
        ("in-domain", mean(Part::InDomain)),
        ("backward", mean(Part::Backward)),
        ("forward", mean(Part::Forward)),
        ("chance", matrix.chance()),
    ];
    let parts = means.map(|(name, mean)| match mean {
        Some(mean) => format!("{name} {:5.1}%", mean * 100.0),
        None => format!("{name}     –"),
    });
    parts.join("  ")
}

/// The means of all parts with their intervals, and the drift, a line each; what cannot be known has none.
pub(super) fn summary(matrix: &Matrix<'_>) -> String {
    let mut text = String::new();
    for part in Part::ALL {
        if let Some(Estimate { value, low, high }) = matrix.mean(part) {
            text.push_str(&format!(
                "{:13}  {:>6}%  (95% {} – {})\n",
                part.name(),
                percent(value),
                percent(low),
                percent(high)
            ));
        }
    }
    for (side, name) in [(Side::Past, "drift, past"), (Side::Future, "drift, future")] {
        if let Some(drift) = matrix.drift(side) {
            text.push_str(&format!("{name:13}  {}\n", drift_text(&drift)));
        }
    }
    let unplaced = matrix.unplaced();
    if !unplaced.is_empty() {
        text.push_str(&format!(
            "in no mean, since it is not known that they lie in one training step or in none: {}\n",
            unplaced.join(", ")
        ));
    }
    text
}

fn drift_text(drift: &Drift) -> String {
    let points = |value: f64| format!("{:+.3}", value * 100.0);
    let mut text = format!(
        "{} points a week later (95% {} … {})",
        points(drift.per_week),
        points(drift.low),
        points(drift.high)
    );
    if let Some(loss) = drift.loss_per_year {
        text.push_str(&format!(
            ", {:+.1}% of the score a year away from training",
            -100.0 * loss
        ));
    }
    text
}
