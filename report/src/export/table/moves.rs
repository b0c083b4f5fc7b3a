//! Classes whose images move between two steps, as a model sees them.

use super::super::stem::Stems;
use super::{Cell, Field, Group, MOST, Records, Row, Section, Table};
use crate::content::LEAST_IMAGES;
use crate::number::counted;
use crate::{ClassMove, DataShift};

pub(crate) const COLUMNS: &[&str] = &[
    "class",
    "from_step",
    "to_step",
    "images_before",
    "images_after",
    "distance",
    "expected",
    "z",
    "p",
];

/// The table; none if no classes were compared.
pub(super) fn moves(shift: &DataShift, stems: &mut Stems) -> Option<Table> {
    let moves = surest_first(shift);
    if moves.is_empty() {
        return None;
    }
    let (few, enough): (Vec<&ClassMove>, Vec<&ClassMove>) =
        moves.iter().copied().partition(|one| one.has_few());
    let rows: Vec<Row> = enough.iter().take(MOST).map(|one| row(one)).collect();
    let mut notes = vec![
        "Distance: cosine distance of a class's mean vectors; expected: of shuffled images; z: the excess in standard \
         deviations of shuffles; p: share of shuffles that are as far apart."
            .to_owned(),
    ];
    notes.push(format!(
        "p is not corrected ({}).",
        counted(shift.moves.len(), "comparison", "comparisons")
    ));
    if enough.len() > rows.len() {
        notes.push(format!(
            "Shown are the surest {} of {}.",
            rows.len(),
            enough.len()
        ));
    }
    if !few.is_empty() {
        notes.push(format!(
            "Not shown: {} with fewer than {LEAST_IMAGES} images on a side.",
            few.len()
        ));
    }
    let title = String::new();
    let sections = match rows.is_empty() {
        true => Vec::new(),
        false => vec![Section { title, rows }],
    };
    Some(Table {
        stem: stems.stem("moves", &[]),
        caption: match &shift.model {
            Some(model) => {
                format!("Classes whose images move between two steps, as {model} sees them.")
            }
            None => "Classes whose images move between two steps.".to_owned(),
        },
        corner: "Class",
        groups: vec![Group {
            title: String::new(),
            columns: ["steps", "images", "distance", "expected", "z", "p"]
                .map(str::to_owned)
                .to_vec(),
        }],
        sections,
        notes,
        records: Records {
            columns: COLUMNS,
            rows: records(shift),
        },
    })
}

fn surest_first(shift: &DataShift) -> Vec<&ClassMove> {
    let mut moves: Vec<&ClassMove> = shift.moves.iter().filter(|one| one.z.is_finite()).collect();
    moves.sort_by(|a, b| b.z.total_cmp(&a.z));
    moves
}

/// One row a class and pair of steps, the surest first.
pub(crate) fn records(shift: &DataShift) -> Vec<Vec<Field>> {
    surest_first(shift).into_iter().map(record).collect()
}

fn row(one: &ClassMove) -> Row {
    let number = |value: f64, cell: fn(f64) -> Cell| {
        let finite = Some(value).filter(|value| value.is_finite());
        finite.map_or(Cell::Missing, cell)
    };
    Row {
        label: one.name.clone(),
        stars: String::new(),
        cells: vec![
            Cell::Words(format!("{} – {}", one.from, one.to)),
            Cell::Words(one.images_in_words()),
            number(one.distance, Cell::Number),
            number(one.expected, Cell::Number),
            number(one.z, Cell::Tenths),
            number(one.p, Cell::Probability),
        ],
    }
}

fn record(one: &ClassMove) -> Vec<Field> {
    vec![
        Field::Text(one.name.clone()),
        Field::Text(one.from.clone()),
        Field::Text(one.to.clone()),
        Field::Whole(Some(one.before)),
        Field::Whole(Some(one.after)),
        Field::Number(Some(one.distance)),
        Field::Number(Some(one.expected)),
        Field::Number(Some(one.z)),
        Field::Number(Some(one.p)),
    ]
}
