//! Drops of single classes between two models.

use super::cell::{count_cell, name_cell, number_cell};
use super::content::{ClassDrop, Comparison, Drop};
use super::drops::{columns, figures, judged, marks};
use super::escape::text;
use super::interval_mark::Marks;
use super::long_table::{LongTable, drawn, numbers, words};
use super::number::{count, counted, hundredths, signed};

/// The table of all classes, the largest drop first.
pub(super) fn class_drops(comparison: &Comparison, place: usize) -> String {
    let mut sorted: Vec<(&ClassDrop, Drop)> = comparison
        .classes
        .iter()
        .map(|class| (class, class.difference()))
        .collect();
    sorted.sort_by(|one, other| other.1.drop.total_cmp(&one.1.drop));
    let tested = sorted.iter().any(|(class, _)| class.p_adjusted.is_some());
    let marks = if tested {
        marks(sorted.iter().map(|(_, drop)| drop))
    } else {
        Marks::holding(sorted.iter().map(|(_, drop)| drop.drop))
    };
    let rows = sorted
        .iter()
        .map(|(class, drop)| {
            let group = class.group.as_ref().map_or(String::new(), |group| {
                format!(" data-group=\"{}\"", text(group))
            });
            let figures = if tested {
                let clear = Some(class.is_clear());
                figures(marks, &class.name, drop, clear, class.p_adjusted)
            } else {
                untested(marks, &class.name, drop)
            };
            format!(
                "<tr{group}>{}{figures}</tr>\n",
                name_cell(&class.name, None)
            )
        })
        .collect();
    let clear = sorted.iter().filter(|(class, _)| class.is_clear()).count();
    let (caption, columns) = if tested {
        let family = counted(sorted.len(), "class", "classes");
        (
            format!(
                "Single classes by their drop, in points; right of zero B is worse. {}",
                judged(comparison, clear, &family)
            ),
            columns("class", None, "p, adjusted"),
        )
    } else {
        let mut columns = vec![words("class")];
        columns.extend(["n", "A, %", "B, %", "drop"].map(numbers));
        columns.push(drawn("A − B"));
        (
            "Single classes by their drop, in points. One class has few samples: read this for hints, not for proof."
                .to_owned(),
            columns,
        )
    };
    let table = LongTable {
        id: format!("classes-{place}"),
        caption,
        columns,
        filtered: Some("classes"),
        choices: Vec::new(),
        rows,
        tree: false,
    };
    format!("<h4>Classes</h4>\n{}", table.html())
}

/// The cells of a class without an interval, as older comparisons have them.
fn untested(marks: Marks, name: &str, drop: &Drop) -> String {
    let tip = format!(
        "{name}: {} points, n = {}",
        signed(drop.drop),
        count(drop.n)
    );
    [
        count_cell(drop.n),
        number_cell(Some(drop.a), hundredths),
        number_cell(Some(drop.b), hundredths),
        number_cell(Some(drop.drop), signed),
        marks.bar(drop.drop, &tip),
    ]
    .concat()
}
