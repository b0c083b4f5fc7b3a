//! Drops of single classes between two models: hints, not proof.

use super::cell::{count_cell, name_cell, number_cell};
use super::content::{ClassDrop, Comparison};
use super::escape::text;
use super::interval_mark::Marks;
use super::long_table::{LongTable, drawn, numbers, words};
use super::number::{count, hundredths, signed};

/// The table of all classes, the largest drop first.
pub(super) fn class_drops(comparison: &Comparison, place: usize) -> String {
    let mut sorted: Vec<&ClassDrop> = comparison.classes.iter().collect();
    sorted.sort_by(|one, other| (other.a - other.b).total_cmp(&(one.a - one.b)));
    let marks = Marks::holding(sorted.iter().map(|class| class.a - class.b));
    let rows = sorted
        .iter()
        .map(|class| {
            let drop = class.a - class.b;
            let group = class.group.as_ref().map_or(String::new(), |group| {
                format!(" data-group=\"{}\"", text(group))
            });
            let tip = format!(
                "{}: {} points, n = {}",
                class.name,
                signed(drop),
                count(class.n)
            );
            format!(
                "<tr{group}>{}{}{}{}{}{}</tr>\n",
                name_cell(&class.name, None),
                count_cell(class.n),
                number_cell(Some(class.a), hundredths),
                number_cell(Some(class.b), hundredths),
                number_cell(Some(drop), signed),
                marks.bar(drop, &tip)
            )
        })
        .collect();
    let table = LongTable {
        id: format!("classes-{place}"),
        caption: "Single classes by their drop, in points. One class has few samples: read this for hints, not for proof."
            .to_owned(),
        columns: vec![
            words("class"),
            numbers("n"),
            numbers("A, %"),
            numbers("B, %"),
            numbers("drop"),
            drawn("A − B"),
        ],
        filtered: Some("classes"),
        choices: Vec::new(),
        rows,
        tree: false,
    };
    format!("<h4>Classes</h4>\n{}", table.html())
}
