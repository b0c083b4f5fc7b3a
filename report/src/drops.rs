//! Drops between two models: overall, per step, per group of classes, per class.

use super::cell::{count_cell, name_cell, number_cell};
use super::class_drops::class_drops;
use super::content::{Comparison, Content, Drop, GroupDrop, metric_in_words};
use super::csv::Records;
use super::escape::{isolated, text};
use super::export::table::drops::{COLUMNS, records};
use super::figure::{data_behind, of_task};
use super::interval_mark::Marks;
use super::long_table::{Column, LongTable, drawn, numbers, words};
use super::number::{count, counted, hundredths, percent, points, probability, signed};

/// Probabilities below this are called clear.
const CLEAR: f64 = 0.05;

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

/// The sentence about the group that loses most beyond what the whole task loses, if one clearly does.
pub(super) fn lost_group(content: &Content) -> Option<String> {
    let (comparison, group) = content
        .comparisons
        .iter()
        .filter_map(|comparison| Some((comparison, worst_group(comparison)?)))
        .max_by(|a, b| a.1.drop.drop.total_cmp(&b.1.drop.drop))?;
    let overall = if comparison.overall.drop >= 0.0 {
        format!("{} lower", points(comparison.overall.drop))
    } else {
        format!("{} higher", points(comparison.overall.drop))
    };
    Some(format!(
        "On {}, {} is {overall} than {} over all samples, and {} lower on {}.",
        comparison.task,
        comparison.b,
        comparison.a,
        points(group.drop.drop),
        group.name
    ))
}

fn worst_group(comparison: &Comparison) -> Option<&GroupDrop> {
    comparison
        .groups
        .iter()
        .filter(|group| {
            group.p_adjusted.is_some_and(|p| p < CLEAR) && group.drop.low > comparison.overall.high
        })
        .max_by(|a, b| a.drop.drop.total_cmp(&b.drop.drop))
}

fn of_comparison(comparison: &Comparison, place: usize) -> String {
    let mut html = format!(
        "<h3>{} <small>{}; A: {}; B: {}</small></h3>\n<p class=\"verdict\">{}</p>\n",
        isolated(&comparison.task),
        text(&metric_in_words(&comparison.metric)),
        isolated(&comparison.a),
        isolated(&comparison.b),
        overall(comparison)
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
    format!(
        "A {}, B {} over {} samples: A − B is <strong>{} points</strong> (95% {} to {}{p}).",
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
                figures(marks, &step.step, &step.drop, step.drop.p)
            )
        })
        .collect();
    LongTable {
        id: format!("drops-{place}-steps"),
        caption: "Drop on every tested step, in points; right of zero B is worse.".to_owned(),
        columns: columns("step", None, "p"),
        filtered: None,
        choices: Vec::new(),
        rows,
        tree: false,
    }
    .html()
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
                figures(marks, &group.name, &group.drop, group.p_adjusted)
            )
        })
        .collect();
    let clear = comparison
        .groups
        .iter()
        .filter(|group| group.p_adjusted.is_some_and(|p| p < CLEAR))
        .count();
    let corrected = if comparison.correction.is_empty() {
        String::new()
    } else {
        format!(" after {}'s correction", text(&comparison.correction))
    };
    let table = LongTable {
        id: format!("drops-{place}"),
        caption: format!(
            "Groups of classes by their drop, in points; right of zero B is worse. Each 95% interval stands for itself, \
             uncorrected; {} of {} differ with p &lt; 0.05{corrected}.",
            clear,
            counted(comparison.groups.len(), "group", "groups")
        ),
        columns: columns("group", Some("classes"), "p, adjusted"),
        filtered: Some("groups"),
        choices: Vec::new(),
        rows,
        tree: true,
    };
    format!("<h4>Groups of classes</h4>\n{}", table.html())
}

fn columns<'a>(name: &'a str, classes: Option<&'a str>, p: &'a str) -> Vec<Column<'a>> {
    let mut columns = vec![words(name)];
    columns.extend(classes.map(numbers));
    columns.extend(["n", "A, %", "B, %", "drop"].map(numbers));
    columns.extend([drawn("A − B, 95%"), numbers(p)]);
    columns
}

fn marks<'a>(drops: impl Iterator<Item = &'a Drop>) -> Marks {
    Marks::holding(drops.flat_map(|drop| [drop.low, drop.drop, drop.high]))
}

fn figures(marks: Marks, name: &str, drop: &Drop, p: Option<f64>) -> String {
    let tip = format!(
        "{name}: A {}, B {}\ndrop {} points, 95% {} to {}\nn = {}",
        percent(drop.a),
        percent(drop.b),
        signed(drop.drop),
        signed(drop.low),
        signed(drop.high),
        count(drop.n)
    );
    [
        count_cell(drop.n),
        number_cell(Some(drop.a), hundredths),
        number_cell(Some(drop.b), hundredths),
        number_cell(Some(drop.drop), signed),
        marks.interval(drop.drop, Some([drop.low, drop.high]), &tip),
        number_cell(p, probability),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, drop: f64, low: f64, p_adjusted: f64) -> GroupDrop {
        GroupDrop {
            name: name.to_owned(),
            drop: Drop {
                drop,
                low,
                ..Drop::default()
            },
            p_adjusted: Some(p_adjusted),
            ..GroupDrop::default()
        }
    }

    #[test]
    fn headline_group_is_the_worst_that_is_clearly_worse_than_the_whole() {
        let comparison = Comparison {
            task: "ImageNet".to_owned(),
            a: "2022".to_owned(),
            b: "2016".to_owned(),
            overall: Drop {
                drop: 0.008,
                high: 0.012,
                ..Drop::default()
            },
            groups: vec![
                group("chance find", 0.2, 0.1, 0.2),
                group("no more than all", 0.1, 0.01, 0.01),
                group("motor vehicle", 0.041, 0.03, 0.001),
                group("vehicle", 0.03, 0.02, 0.001),
            ],
            ..Comparison::default()
        };
        let content = Content {
            comparisons: vec![comparison],
            ..Content::default()
        };
        assert_eq!(
            lost_group(&content).as_deref(),
            Some(
                "On ImageNet, 2016 is 0.8 points lower than 2022 over all samples, and 4.1 points lower on motor vehicle."
            )
        );
        assert_eq!(lost_group(&Content::default()), None);
    }
}
