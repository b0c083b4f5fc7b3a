//! Words that change over time: one table a list.

use super::super::stem::Stems;
use super::{Cell, Emphasis, Field, Group, MOST, Records, Row, Section, Table};
use crate::transfer::Estimate;
use crate::{Content, DataShift, SURE_Z, Term, WordList};

pub(crate) const COLUMNS: &[&str] = &[
    "list", "of_step", "term", "z", "log_odds", "step", "captions", "share",
];

/// The table of one list; none if it is empty.
///
/// Its rows are the terms that chance does not explain; the records are all terms.
pub(super) fn words(
    content: &Content,
    shift: &DataShift,
    list: &WordList,
    stems: &mut Stems,
) -> Option<Table> {
    let steps = steps(content, shift);
    let rows = records(content, shift, list);
    if rows.is_empty() {
        return None;
    }
    let names: Vec<&str> = [list.list.as_str()]
        .into_iter()
        .chain(list.step.as_deref())
        .collect();
    Some(Table {
        stem: stems.stem("words", &names),
        caption: format!(
            "Words and phrases of captions ({}): log-odds, and the share of captions of every step that have them, in percent.",
            names.join(", ")
        ),
        corner: "Term",
        sections: section(list, steps.len()).into_iter().collect(),
        notes: notes(list),
        groups: vec![
            Group {
                title: String::new(),
                columns: vec!["z".to_owned(), "log-odds".to_owned()],
            },
            Group {
                title: "Share of captions, %".to_owned(),
                columns: steps,
            },
        ],
        records: Records {
            columns: COLUMNS,
            rows,
        },
    })
}

/// The surest terms; none if no term is sure.
fn section(list: &WordList, steps: usize) -> Option<Section> {
    let rows: Vec<Row> = list
        .sure()
        .take(MOST)
        .map(|term| row(term, steps))
        .collect();
    (!rows.is_empty()).then(|| Section {
        title: String::new(),
        rows,
    })
}

fn notes(list: &WordList) -> Vec<String> {
    let mut notes = vec!["z: log-odds in standard errors.".to_owned()];
    let sure = list.sure().count();
    if sure > MOST {
        notes.push(format!("Shown are the surest {MOST} of {sure}."));
    }
    match finite(list).count() - sure {
        0 => {}
        unsure => notes.push(format!("{unsure} more below z {SURE_Z}.")),
    }
    notes
}

fn finite(list: &WordList) -> impl Iterator<Item = &Term> {
    list.terms.iter().filter(|term| term.z.is_finite())
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

/// One row a term and step.
pub(crate) fn records(content: &Content, shift: &DataShift, list: &WordList) -> Vec<Vec<Field>> {
    let steps = steps(content, shift);
    let of_step = |term: &Term, place: usize| {
        vec![
            Field::Text(list.list.clone()),
            Field::Text(list.step.clone().unwrap_or_default()),
            Field::Text(term.term.clone()),
            Field::Number(Some(term.z)),
            Field::Number(Some(term.log_odds)),
            Field::Text(steps[place].clone()),
            Field::Whole(term.counts.get(place).copied()),
            Field::Number(term.shares.get(place).copied()),
        ]
    };
    finite(list)
        .flat_map(|term| (0..steps.len()).map(move |place| (term, place)))
        .map(|(term, place)| of_step(term, place))
        .collect()
}
