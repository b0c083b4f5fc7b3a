//! Drops between two models: overall, per step, per group of classes, per class.

use super::cell::{count_cell, name_cell, number_cell};
use super::class_drops::class_drops;
use super::content::{CLEAR, Comparison, Content, Drop, GroupDrop, metric_in_words};
use super::csv::Records;
use super::escape::{isolated, text};
use super::export::table::drops::{COLUMNS, records};
use super::figure::{data_behind, of_task};
use super::interval_mark::Marks;
use super::long_table::{Column, LongTable, drawn, numbers, words};
use super::lost::worse_by_class;
use super::number::{count, counted, hundredths, percent, probability, signed};

/// All comparisons with their data; nothing if there is none.
pub(super) fn drops(content: &Content) -> Option<String> {
    let all: String = content
        .comparisons
        .iter()
        .enumerate()
        .map(|(place, one)| of_task(content, &one.task, of_comparison(one, place)))
        .collect();
    (!all.is_empty()).then_some(all)
}

fn of_comparison(comparison: &Comparison, place: usize) -> String {
    let mut html = format!(
        "<h3>{} <small>{}; A: {}; B: {}</small></h3>\n<p class=\"verdict\">{}</p>\n{}",
        isolated(&comparison.task),
        text(&metric_in_words(&comparison.metric)),
        isolated(&comparison.a),
        isolated(&comparison.b),
        overall(comparison),
        worse_by_class(comparison)
    );
    if !comparison.steps.is_empty() {
        html += &steps(comparison, place);
    }
    if !comparison.groups.is_empty() {
        html += &groups(comparison, place);
    }
    if !comparison.classes.is_empty() {
        html += &class_drops(comparison, place);
    }
    let data = Records {
        columns: COLUMNS,
        rows: records(comparison),
    };
    html + &data_behind(
        &format!("drops on {}", comparison.task),
        &data.text(),
        comparison.command.as_deref().as_slice(),
    )
}

fn overall(comparison: &Comparison) -> String {
    let Drop {
        n,
        a,
        b,
        drop,
        low,
        high,
        p,
    } = comparison.overall;
    let p = p.map_or(String::new(), |p| format!(", p {}", text(&probability(p))));
    let mean = comparison.mean_of_steps.map_or(String::new(), |mean| {
        format!(
            " Every step weighing the same, as in the summary: {} points (95% {} to {}).",
            signed(mean.drop),
            signed(mean.low),
            signed(mean.high)
        )
    });
    format!(
        "A {}, B {} over {} samples: A − B is <strong>{} points</strong> (95% {} to {}{p}).{mean}",
        percent(a),
        percent(b),
        count(n),
        signed(drop),
        signed(low),
        signed(high)
    )
}

fn steps(comparison: &Comparison, place: usize) -> String {
    let drops: Vec<&Drop> = comparison.steps.iter().map(|step| &step.drop).collect();
    let marks = marks(drops.iter().copied());
    let rows = comparison
        .steps
        .iter()
        .map(|step| {
            format!(
                "<tr>{}{}</tr>\n",
                name_cell(&step.step, None),
                figures(marks, &step.step, &step.drop, None, step.drop.p)
            )
        })
        .collect();
    LongTable {
        id: format!("drops-{place}-steps"),
        caption: format!(
            "Drop on every tested step, in points; right of zero B is worse. {}",
            p_of_steps(comparison)
        ),
        columns: columns("step", None, "p"),
        filtered: None,
        choices: Vec::new(),
        rows,
        tree: false,
    }
    .html()
}

/// What the p-values of steps are of.
fn p_of_steps(comparison: &Comparison) -> String {
    let of = if comparison.test.is_empty() {
        "p is".to_owned()
    } else {
        format!("p: {},", text(&comparison.test))
    };
    format!(
        "{of} not corrected for the number of steps ({}).",
        comparison.steps.len()
    )
}

fn groups(comparison: &Comparison, place: usize) -> String {
    let mut sorted: Vec<&GroupDrop> = comparison.groups.iter().collect();
    sorted.sort_by(|a, b| b.drop.drop.total_cmp(&a.drop.drop));
    let marks = marks(sorted.iter().map(|group| &group.drop));
    let rows = sorted
        .iter()
        .map(|group| {
            let attribute = |name: &str, value: Option<&String>| {
                value.map_or(String::new(), |value| {
                    format!(" data-{name}=\"{}\"", text(value))
                })
            };
            format!(
                "<tr{}{}>{}{}{}</tr>\n",
                attribute("id", group.synset.as_ref()),
                attribute("parent", group.parent.as_ref()),
                name_cell(&group.name, group.synset.as_deref()),
                count_cell(group.classes),
                figures(
                    marks,
                    &group.name,
                    &group.drop,
                    Some(group.is_clear()),
                    group.p_adjusted
                )
            )
        })
        .collect();
    let clear = comparison
        .groups
        .iter()
        .filter(|group| group.is_clear())
        .count();
    let table = LongTable {
        id: format!("drops-{place}"),
        caption: format!(
            "Groups of classes by their drop, in points; right of zero B is worse. {}",
            judged(
                comparison,
                clear,
                &counted(comparison.groups.len(), "group", "groups")
            )
        ),
        columns: columns("group", Some("classes"), "p, adjusted"),
        filtered: Some("groups"),
        choices: Vec::new(),
        rows,
        tree: true,
    };
    format!("<h4>Groups of classes</h4>\n{}", table.html())
}

/// How many of a family differ, and what the colour of their marks says.
pub(super) fn judged(comparison: &Comparison, clear: usize, family: &str) -> String {
    let corrected = if comparison.correction.is_empty() {
        String::new()
    } else {
        format!(" after {}'s correction", text(&comparison.correction))
    };
    format!(
        "Coloured: p &lt; {CLEAR}{corrected}, {clear} of {family}. Each 95% interval stands for itself, uncorrected."
    )
}

pub(super) fn columns<'a>(name: &'a str, classes: Option<&'a str>, p: &'a str) -> Vec<Column<'a>> {
    let mut columns = vec![words(name)];
    columns.extend(classes.map(numbers));
    columns.extend(["n", "A, %", "B, %", "drop"].map(numbers));
    columns.extend([drawn("A − B, 95%"), numbers(p)]);
    columns
}

pub(super) fn marks<'a>(drops: impl Iterator<Item = &'a Drop>) -> Marks {
    Marks::holding(drops.flat_map(|drop| [drop.low, drop.drop, drop.high]))
}

/// The cells of a drop. Its mark has a colour where the difference is `clear`, or by its interval where nobody tested that.
pub(super) fn figures(
    marks: Marks,
    name: &str,
    drop: &Drop,
    clear: Option<bool>,
    p: Option<f64>,
) -> String {
    let tip = format!(
        "{name}: A {}, B {}\ndrop {} points, 95% {} to {}\nn = {}",
        percent(drop.a),
        percent(drop.b),
        signed(drop.drop),
        signed(drop.low),
        signed(drop.high),
        count(drop.n)
    );
    let interval = Some([drop.low, drop.high]);
    [
        count_cell(drop.n),
        number_cell(Some(drop.a), hundredths),
        number_cell(Some(drop.b), hundredths),
        number_cell(Some(drop.drop), signed),
        match clear {
            Some(clear) => marks.judged(drop.drop, interval, clear, &tip),
            None => marks.interval(drop.drop, interval, &tip),
        },
        number_cell(p, probability),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StepDrop;

    #[test]
    fn colour_follows_the_corrected_p() {
        let motor_vehicle = GroupDrop {
            name: "motor vehicle".to_owned(),
            drop: Drop {
                drop: 0.041,
                low: 0.03,
                ..Drop::default()
            },
            p_adjusted: Some(1.0),
            ..GroupDrop::default()
        };
        let mut comparison = Comparison {
            correction: "Holm".to_owned(),
            groups: vec![motor_vehicle],
            ..Comparison::default()
        };
        comparison.groups[0].drop.high = 0.05;
        let unclear = groups(&comparison, 0);
        assert!(unclear.contains("class=\"unsure\"") && unclear.contains("0 of 1 group."));
        comparison.groups[0].p_adjusted = Some(0.01);
        assert!(groups(&comparison, 0).contains("class=\"above\""));
    }

    #[test]
    fn steps_name_their_test_and_the_verdict_both_means() {
        let drop = Drop {
            n: 90,
            drop: 0.05,
            low: 0.01,
            high: 0.09,
            ..Drop::default()
        };
        let comparison = Comparison {
            overall: drop,
            mean_of_steps: Some(Drop { drop: 0.07, ..drop }),
            test: "McNemar’s exact test".to_owned(),
            steps: vec![StepDrop::default(); 7],
            ..Comparison::default()
        };
        let html = of_comparison(&comparison, 0);
        assert!(
            html.contains("p: McNemar’s exact test, not corrected for the number of steps (7).")
        );
        assert!(html.contains("<strong>+5.0 points</strong>"));
        assert!(html.contains(
            "Every step weighing the same, as in the summary: +7.0 points (95% +1.0 to +9.0)."
        ));
    }
}
