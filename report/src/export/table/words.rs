//! Words that change over time: one table a list.

use super::super::stem::Stems;
use super::{Cell, Emphasis, Field, Group, MOST, Records, Row, Section, Table};
use crate::transfer::Estimate;
use crate::{Content, DataShift, Term, WordList};

const COLUMNS: &[&str] = &[
    "list", "of_step", "term", "z", "log_odds", "step", "captions", "share",
];

/// The table of one list; none if it is empty.
pub(super) fn words(
    content: &Content,
    shift: &DataShift,
    list: &WordList,
    stems: &mut Stems,
) -> Option<Table> {
    let steps = steps(content, shift);
    let terms = || list.terms.iter().filter(|term| term.z.is_finite());
    terms().next()?;
    let rows: Vec<Row> = terms()
        .take(MOST)
        .map(|term| row(term, steps.len()))
        .collect();
    let of = list
        .step
        .as_ref()
        .map_or(String::new(), |step| format!(", {step}"));
    let names: Vec<&str> = [list.list.as_str()]
        .into_iter()
        .chain(list.step.as_deref())
        .collect();
    let mut notes = vec!["z: log-odds in standard errors.".to_owned()];
    if terms().count() > rows.len() {
        notes.push(format!(
            "Shown are the surest {} of {}.",
            rows.len(),
            terms().count()
        ));
    }
    Some(Table {
        stem: stems.stem("words", &names),
        caption: format!(
            "Words and phrases of captions ({}{of}): log-odds, and the share of captions of every step that have them, in percent.",
            list.list
        ),
        corner: "Term",
        groups: vec![
            Group {
                title: String::new(),
                columns: vec!["z".to_owned(), "log-odds".to_owned()],
            },
            Group {
                title: "Share of captions, %".to_owned(),
                columns: steps.clone(),
            },
        ],
        sections: vec![Section {
            title: String::new(),
            rows,
        }],
        notes,
        records: Records {
            columns: COLUMNS,
            rows: terms()
                .flat_map(|term| records(list, term, &steps))
                .collect(),
        },
    })
}

/// Names of the steps that shares are of: those of the images if they were looked at, else those of the benchmark.
fn steps(content: &Content, shift: &DataShift) -> Vec<String> {
    let looked: Vec<String> = shift.looks.iter().map(|look| look.step.clone()).collect();
    if looked.is_empty() {
        content.steps.iter().map(|step| step.name.clone()).collect()
    } else {
        looked
    }
}

fn row(term: &Term, steps: usize) -> Row {
    let share = |step: usize| match term.shares.get(step).filter(|share| share.is_finite()) {
        Some(share) => Cell::Score {
            estimate: Estimate {
                value: *share,
                half_width: None,
            },
            emphasis: Emphasis::None,
        },
        None => Cell::Missing,
    };
    let odds = Some(term.log_odds).filter(|odds| odds.is_finite());
    Row {
        label: term.term.clone(),
        stars: String::new(),
        cells: [
            Cell::Number(term.z),
            odds.map_or(Cell::Missing, Cell::Number),
        ]
        .into_iter()
        .chain((0..steps).map(share))
        .collect(),
    }
}

fn records(list: &WordList, term: &Term, steps: &[String]) -> Vec<Vec<Field>> {
    steps
        .iter()
        .enumerate()
        .map(|(place, step)| {
            vec![
                Field::Text(list.list.clone()),
                Field::Text(list.step.clone().unwrap_or_default()),
                Field::Text(term.term.clone()),
                Field::Number(Some(term.z)),
                Field::Number(Some(term.log_odds)),
                Field::Text(step.clone()),
                Field::Whole(term.counts.get(place).copied()),
                Field::Number(term.shares.get(place).copied()),
            ]
        })
        .collect()
}
