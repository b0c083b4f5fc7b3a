//! Classes whose images move between steps, as a model sees them.

use super::cell::number_cell;
use super::content::{ClassMove, DataShift, LEAST_IMAGES};
use super::csv::Records;
use super::escape::{isolated, text};
use super::export::table::moves::{COLUMNS, records};
use super::figure::data_behind;
use super::interval_mark::Marks;
use super::long_table::{Choice, LongTable, drawn, numbers, words};
use super::number::{counted, fixed, probability};

/// The table of all moves, the surest first, with its data; nothing if there is none.
pub(super) fn class_moves(shift: &DataShift) -> Option<String> {
    if shift.moves.is_empty() {
        return None;
    }
    let mut sorted: Vec<&ClassMove> = shift.moves.iter().collect();
    sorted.sort_by(|a, b| a.has_few().cmp(&b.has_few()).then(b.z.total_cmp(&a.z)));
    let marks = Marks::holding(sorted.iter().map(|one| one.distance - one.expected));
    let mut steps: Vec<&str> = Vec::new();
    for one in &shift.moves {
        if !steps.contains(&one.to.as_str()) {
            steps.push(&one.to);
        }
    }
    let table = LongTable {
        id: "moves".to_owned(),
        caption: caption(shift),
        columns: vec![
            words("class"),
            words("steps"),
            numbers("images"),
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

fn caption(shift: &DataShift) -> String {
    let seen_by = shift.model.as_ref().map_or(String::new(), |model| {
        format!(", as {} sees them", isolated(model))
    });
    let few = if shift.moves.iter().any(ClassMove::has_few) {
        format!(" Grey: fewer than {LEAST_IMAGES} images on a side.")
    } else {
        String::new()
    };
    format!(
        "Cosine distance of a class’s mean vectors between two steps{seen_by}, beyond what shuffled images would have. p from \
         shuffles, not corrected ({}).{few}",
        counted(shift.moves.len(), "comparison", "comparisons")
    )
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
        "<tr{few} data-step=\"{to}\"><th scope=\"row\" data-value=\"{name}\">{shown}</th><td data-value=\"{from}→{to}\">{from} → {to}</td>\
         <td class=\"num\" data-value=\"{}\">{}</td>{}{}{}{}</tr>\n",
        one.before.min(one.after),
        one.images_in_words(),
        number_cell(Some(one.distance), |distance| fixed(distance, 3)),
        marks.bar(beyond, &tip),
        number_cell(Some(one.z), |z| fixed(z, 1).replace('-', "−")),
        number_cell(Some(one.p), probability),
        few = if one.has_few() { " class=\"few\"" } else { "" },
        to = text(&one.to),
        from = text(&one.from),
        name = text(&one.name),
        shown = isolated(&one.name),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class_move(name: &str, [before, after]: [u64; 2], z: f64) -> ClassMove {
        ClassMove {
            name: name.to_owned(),
            before,
            after,
            z,
            ..ClassMove::default()
        }
    }

    #[test]
    fn both_sides_are_told_and_few_images_come_last() {
        let shift = DataShift {
            moves: vec![
                class_move("flags", [1, 28], 17.221),
                class_move("food", [9, 1200], -0.7),
            ],
            model: Some("oracle/2020".to_owned()),
            ..DataShift::default()
        };
        let html = class_moves(&shift).expect("there are moves");
        assert!(html.contains("<td class=\"num\" data-value=\"1\">1 → 28</td>"));
        let few = html
            .find("<tr class=\"few\"")
            .expect("one class has few images");
        assert!(html.find("9 → 1,200").expect("the other class") < few);
        assert!(html.contains(">−0.7</td>"));
        assert!(html.contains("as <bdi>oracle/2020</bdi> sees them"));
        assert!(html.contains(
            "p from shuffles, not corrected (2 comparisons). Grey: fewer than 5 images on a side."
        ));
    }
}
