//! The tables of a report: what stands in them, apart from how it is written.
//!
//! Their records are also the data behind the page's figures.

mod budget;
pub(crate) mod drops;
mod latex;
mod markdown;
pub(crate) mod matrix;
pub(crate) mod moves;
pub(crate) mod statics;
pub(crate) mod steps;
pub(crate) mod summary;
pub(crate) mod words;

pub(super) use latex::latex;
pub(super) use markdown::markdown;

use super::stem::Stems;
use crate::Content;
use crate::clearly_best::{BEST, clearly_best};
use crate::csv::{Field, Records};
use crate::number::{fixed, hundredths, signed};
use crate::transfer::{Estimate, HALF};

/// One table, for people and for programs.
#[derive(Debug)]
pub(super) struct Table {
    /// The name of its files without their endings.
    pub(super) stem: String,
    /// What it shows, one sentence.
    pub(super) caption: String,
    /// Heading of the first column.
    pub(super) corner: &'static str,
    pub(super) groups: Vec<Group>,
    /// None where there is nothing for people to read; then there are the records alone.
    pub(super) sections: Vec<Section>,
    /// What stands below it, a sentence each.
    pub(super) notes: Vec<String>,
    /// The same and more, a number a row.
    pub(super) records: Records,
}

/// Columns under one heading.
#[derive(Debug)]
pub(super) struct Group {
    /// Empty if the columns need none.
    pub(super) title: String,
    pub(super) columns: Vec<String>,
}

/// Rows between two rules.
#[derive(Debug)]
pub(super) struct Section {
    /// Empty if the rows need none.
    pub(super) title: String,
    pub(super) rows: Vec<Row>,
}

/// One row.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) label: String,
    /// Behind the label, for what a note explains; mostly none.
    pub(super) stars: String,
    /// As many as there are columns in all groups.
    pub(super) cells: Vec<Cell>,
}

/// One cell, before it is worded.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    /// Nothing is known.
    Missing,
    /// A score in [0, 1].
    Score {
        estimate: Estimate,
        emphasis: Emphasis,
    },
    /// Forward multiply-accumulates.
    Macs(f64),
    /// A count.
    Whole(u64),
    /// A difference of scores, and the ends of its 95% interval.
    Difference { value: f64, interval: [f64; 2] },
    /// A p-value.
    Probability(f64),
    /// Any other number.
    Number(f64),
    /// A number to one figure behind the point.
    Tenths(f64),
    /// Words, maybe from outside.
    Words(String),
}

/// What sets a score apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Emphasis {
    None,
    /// Bold: clearly the best of its column.
    Best,
    /// Italic: on the diagonal of its matrix.
    Diagonal,
}

impl Cell {
    /// A plain score.
    fn score(estimate: Option<Estimate>) -> Self {
        estimate.map_or(Self::Missing, |estimate| Self::Score {
            estimate,
            emphasis: Emphasis::None,
        })
    }

    /// A score without error, such as chance.
    fn exact(value: Option<f64>) -> Self {
        Self::score(value.map(|value| Estimate {
            value,
            half_width: None,
        }))
    }
}

/// Sets the best of each column apart, where it is clearly the best.
fn mark_best(rows: &mut [Row]) {
    let columns = rows.first().map_or(0, |row| row.cells.len());
    for column in 0..columns {
        let estimates: Vec<Option<Estimate>> = rows
            .iter()
            .map(|row| match row.cells[column] {
                Cell::Score { estimate, .. } => Some(estimate),
                _ => None,
            })
            .collect();
        if let Some(best) = clearly_best(&estimates)
            && let Cell::Score { emphasis, .. } = &mut rows[best].cells[column]
        {
            *emphasis = Emphasis::Best;
        }
    }
}

/// Sets the best of each row apart, where it is clearly the best. What guessing reaches has no interval and is never compared.
fn mark_best_of_rows(rows: &mut [Row]) {
    for row in rows {
        let estimates: Vec<Option<Estimate>> = row
            .cells
            .iter()
            .map(|cell| match cell {
                Cell::Score { estimate, .. } => estimate.half_width.map(|_| *estimate),
                _ => None,
            })
            .collect();
        if let Some(best) = clearly_best(&estimates)
            && let Cell::Score { emphasis, .. } = &mut row.cells[best]
        {
            *emphasis = Emphasis::Best;
        }
    }
}

/// More rows of a long list are in the CSV file only.
const MOST: usize = 20;

/// A number of no unit, to three figures behind the point.
fn number(value: f64) -> String {
    let shown = format!("{:.3}", value.abs());
    let sign = if value < 0.0 && shown != "0.000" {
        "−"
    } else {
        ""
    };
    format!("{sign}{shown}")
}

/// A number of no unit, to one figure behind the point.
fn tenths(value: f64) -> String {
    fixed(value, 1).replace('-', "−")
}

/// What bold means in a row.
const BEST_OF_ROW: &str =
    "Bold: above every other strategy of its row by more than both intervals together.";

/// A difference and its interval, in words, minus signs among them.
fn difference(value: f64, interval: [f64; 2]) -> String {
    let [low, high] = interval.map(signed);
    if interval.iter().all(|end| end.is_finite()) {
        format!("{} ({low} to {high})", signed(value))
    } else {
        signed(value)
    }
}

/// Parts of a score's words: the value, and half its interval.
fn worded(estimate: Estimate) -> (String, Option<String>) {
    (
        hundredths(estimate.value),
        estimate.half_width.map(hundredths),
    )
}

/// All tables that `content` has numbers for.
pub(super) fn all(content: &Content) -> Vec<Table> {
    let mut stems = Stems::default();
    let mut tables = Vec::new();
    tables.extend(summary::summary(content, &mut stems));
    for task in content.tasks() {
        tables.extend(steps::steps(content, task, &mut stems));
        for strategy in &content.strategies {
            tables.extend(matrix::matrix(content, task, strategy, &mut stems));
        }
    }
    tables.extend(statics::statics(content, &mut stems));
    if let Some(shift) = &content.shift {
        for list in &shift.words {
            tables.extend(words::words(content, shift, list, &mut stems));
        }
        tables.extend(moves::moves(shift, &mut stems));
    }
    for comparison in &content.comparisons {
        tables.extend(drops::drops(comparison, &mut stems));
    }
    tables
}
