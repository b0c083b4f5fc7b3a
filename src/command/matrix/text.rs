//! Matrices in text: percent by trained and tested step, chance below, means and drift beside.

use ticclip_eval::transfer::{Drift, Part, Side};

use crate::command::points;
use crate::command::table::Table;
use crate::score::{Estimate, Matrix};

/// The matrix in percent, chance below it.
pub(in crate::command) fn text(matrix: &Matrix<'_>) -> String {
    let columns = &matrix.merged.columns;
    let names = columns.iter().map(|column| column.name.as_str());
    let mut table = Table::new([""]).figures(names);
    let mut line = |name: &str, value: &dyn Fn(usize) -> Option<String>| {
        let values = (0..columns.len()).map(|at| value(at).unwrap_or_else(|| "·".to_owned()));
        table.row(std::iter::once(name.to_owned()).chain(values));
    };
    for (trained, name) in matrix.merged.raw.trained.iter().enumerate() {
        line(name, &|column| {
            Some(percent(matrix.merged.values[trained][column]?))
        });
    }
    line("chance", &|column| Some(percent(matrix.column(column)?.1)));
    line("held-out pairs", &|column| {
        Some(matrix.column(column)?.0.to_string())
    });
    format!(
        "{} · {} · {} in %, after each step (rows) on the held-out pairs of each step (columns)\n{}",
        matrix.task,
        matrix.strategy,
        matrix.metric,
        table.fitted()
    )
}

fn percent(value: f64) -> String {
    format!("{:.1}", value * 100.0)
}

/// The means of all matrices, a line each.
pub(in crate::command) fn means(matrices: &[Matrix<'_>]) -> String {
    let figures = ["in-domain", "backward", "forward", "chance"];
    let mut table = Table::new(["task", "strategy"]).figures(figures);
    for matrix in matrices {
        let mean = |part| matrix.merged.mean(part);
        let figures = [
            mean(Part::InDomain),
            mean(Part::Backward),
            mean(Part::Forward),
            matrix.chance(),
        ];
        let figures = figures.map(|mean| mean.map_or("–".to_owned(), points::percent));
        let names = [matrix.task, matrix.strategy].map(str::to_owned);
        table.row(names.into_iter().chain(figures));
    }
    table.fitted()
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
