//! What changes over time in a report: the tables that `shift` wrote.

use std::path::Path;

use anyhow::Context as _;
use csv::StringRecord;
use ticclip_report::{ClassMove, DataShift, Spread, StepLook, Term, WordList};

use super::commands::{last_command, option_of_last_command};
use super::{Failure, model_name};
use crate::command::shift::{CLASSES, LOOKS, WORDS};

/// Reads the tables in `shift`'s folder; those of images and classes may be missing.
pub(super) fn shift(folder: &Path) -> Result<DataShift, Failure> {
    let read = || -> anyhow::Result<DataShift> {
        Ok(DataShift {
            words: words(&folder.join(WORDS))?,
            looks: rows(&folder.join(LOOKS))?
                .unwrap_or_default()
                .iter()
                .map(look)
                .collect::<anyhow::Result<_>>()
                .with_context(|| folder.join(LOOKS).display().to_string())?,
            moves: rows(&folder.join(CLASSES))?
                .unwrap_or_default()
                .iter()
                .map(class_move)
                .collect::<anyhow::Result<_>>()
                .with_context(|| folder.join(CLASSES).display().to_string())?,
            model: None,
            command: None,
        })
    };
    let mut shift = read().map_err(Failure::wrong_input)?;
    shift.command = last_command(folder)?;
    shift.model = option_of_last_command(folder, "--model")?
        .map(|model| model_name::short(&model.replace('\\', "/")).to_owned());
    Ok(shift)
}

/// The rows of a table; none if there is no such file.
fn rows(path: &Path) -> anyhow::Result<Option<Vec<StringRecord>>> {
    if !path.is_file() {
        return Ok(None);
    }
    let context = || path.display().to_string();
    let mut reader = csv::Reader::from_path(path).with_context(context)?;
    let rows = reader.records().collect::<Result<_, _>>();
    rows.map(Some).with_context(context)
}

/// The cell in a column, as what it should be.
fn cell<T: std::str::FromStr>(row: &StringRecord, column: usize) -> anyhow::Result<T> {
    let text = row.get(column).unwrap_or_default();
    text.parse().map_err(|_| {
        let line = row.position().map_or(0, csv::Position::line);
        anyhow::anyhow!(
            "line {line}: {text:?} in column {} is no number",
            column + 1
        )
    })
}

fn words(path: &Path) -> anyhow::Result<Vec<WordList>> {
    let context = || path.display().to_string();
    let rows = rows(path)?.with_context(|| {
        format!(
            "{}: no table of words; `ticclip shift --out DIR` writes one",
            context()
        )
    })?;
    let mut lists: Vec<WordList> = Vec::new();
    for row in &rows {
        let (list, step) = (&row[0], (!row[1].is_empty()).then(|| row[1].to_owned()));
        if lists
            .last()
            .is_none_or(|last| last.list != *list || last.step != step)
        {
            lists.push(WordList {
                list: list.to_owned(),
                step,
                terms: Vec::new(),
            });
        }
        let term = term(row).with_context(context)?;
        if let Some(last) = lists.last_mut() {
            last.terms.push(term);
        }
    }
    Ok(lists)
}

fn term(row: &StringRecord) -> anyhow::Result<Term> {
    // A count and a share of every step stand behind the first six columns.
    let steps = (row.len().saturating_sub(6)) / 2;
    let every = |first: usize| (0..steps).map(move |step| first + 2 * step);
    Ok(Term {
        term: row[3].to_owned(),
        z: cell(row, 4)?,
        log_odds: cell(row, 5)?,
        counts: every(6)
            .map(|column| cell(row, column))
            .collect::<Result<_, _>>()?,
        shares: every(7)
            .map(|column| cell(row, column))
            .collect::<Result<_, _>>()?,
    })
}

fn look(row: &StringRecord) -> anyhow::Result<StepLook> {
    let spread = |first: usize| {
        anyhow::Ok(Spread {
            low: cell(row, first)?,
            median: cell(row, first + 1)?,
            high: cell(row, first + 2)?,
        })
    };
    Ok(StepLook {
        step: row[0].to_owned(),
        images: cell(row, 1)?,
        width: spread(2)?,
        height: spread(5)?,
        aspect: cell(row, 8)?,
        white: cell(row, 9)?,
        white_interval: [cell(row, 10)?, cell(row, 11)?],
    })
}

fn class_move(row: &StringRecord) -> anyhow::Result<ClassMove> {
    let name = row[3].to_owned();
    Ok(ClassMove {
        from: row[0].to_owned(),
        to: row[1].to_owned(),
        name: if name.is_empty() {
            format!("class {}", &row[2])
        } else {
            name
        },
        before: cell(row, 4)?,
        after: cell(row, 5)?,
        distance: cell(row, 6)?,
        expected: cell(row, 7)?,
        z: cell(row, 8)?,
        p: cell(row, 9)?,
    })
}
