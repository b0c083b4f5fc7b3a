//! Classes whose images move between steps, as a model sees them.

use super::cell::{count_cell, number_cell};
use super::content::{ClassMove, DataShift};
use super::csv::Records;
use super::escape::{isolated, text};
use super::export::table::moves::{COLUMNS, records};
use super::figure::data_behind;
use super::interval_mark::Marks;
use super::long_table::{Choice, LongTable, drawn, numbers, words};
use super::number::{fixed, probability};

/// The table of all moves, the surest first, with its data; nothing if there is none.
pub(super) fn class_moves(shift: &DataShift) -> Option<String> {
    if shift.moves.is_empty() {
        return None;
    }
    let mut sorted: Vec<&ClassMove> = shift.moves.iter().collect();
    sorted.sort_by(|a, b| b.z.total_cmp(&a.z));
    let marks = Marks::holding(sorted.iter().map(|one| one.distance - one.expected));
    let mut steps: Vec<&str> = Vec::new();
    for one in &shift.moves {
        if !steps.contains(&one.to.as_str()) {
            steps.push(&one.to);
        }
    }
    let table = LongTable {
        id: "moves".to_owned(),
        caption: "Cosine distance of a class’s mean vectors between two steps, beyond what shuffled images would have."
            .to_owned(),
        columns: vec![
            words("class"),
            words("steps"),
            numbers("n"),
            numbers("distance"),
            drawn("beyond chance"),
            numbers("z"),
            numbers("p"),
        ],
        filtered: Some("classes"),
        choices: vec![Choice {
            key: "step",
            label: "to step",
            options: steps
                .into_iter()
                .map(|step| (step.to_owned(), step.to_owned()))
                .collect(),
        }],
        rows: sorted.into_iter().map(|one| row(one, marks)).collect(),
        tree: false,
    };
    let data = Records {
        columns: COLUMNS,
        rows: records(shift),
    };
    Some(format!(
        "<h3>Classes that move</h3>\n{}{}",
        table.html(),
        data_behind(
            "classes that move",
            &data.text(),
            shift.command.as_deref().as_slice()
        )
    ))
}

fn row(one: &ClassMove, marks: Marks) -> String {
    let beyond = one.distance - one.expected;
    let tip = format!(
        "{}, {} to {}: distance {}, {} by chance",
        one.name,
        one.from,
        one.to,
        fixed(one.distance, 3),
        fixed(one.expected, 3)
    );
    format!(
        "<tr data-step=\"{to}\"><th scope=\"row\" data-value=\"{name}\">{shown}</th><td data-value=\"{from}→{to}\">{from} → {to}</td>\
         {}{}{}{}{}</tr>\n",
        count_cell(one.before + one.after),
        number_cell(Some(one.distance), |distance| fixed(distance, 3)),
        marks.bar(beyond, &tip),
        number_cell(Some(one.z), |z| fixed(z, 1)),
        number_cell(Some(one.p), probability),
        to = text(&one.to),
        from = text(&one.from),
        name = text(&one.name),
        shown = isolated(&one.name),
    )
}
