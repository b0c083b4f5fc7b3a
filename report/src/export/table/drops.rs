//! Drops between two models: over all samples, and on groups of classes.

use super::super::chosen_groups::{chosen_classes, chosen_groups};
use super::super::stem::Stems;
use super::{Cell, Field, Group, Records, Row, Section, Table};
use crate::{ClassDrop, Comparison, Drop, GroupDrop};

pub(crate) const COLUMNS: &[&str] = &[
    "task",
    "metric",
    "a",
    "b",
    "kind",
    "name",
    "synset",
    "parent",
    "classes",
    "n",
    "score_a",
    "score_b",
    "drop",
    "low",
    "high",
    "p",
    "p_adjusted",
];

/// The table of one comparison.
pub(super) fn drops(comparison: &Comparison, stems: &mut Stems) -> Option<Table> {
    if !comparison.overall.drop.is_finite() {
        return None;
    }
    let chosen = chosen_groups(comparison);
    let all = row(
        "all samples",
        None,
        &comparison.overall,
        comparison.overall.p,
    );
    let classes: Vec<GroupDrop> = comparison.classes.iter().map(one_class).collect();
    let classes = if chosen.is_empty() {
        chosen_classes(&classes)
    } else {
        Vec::new()
    };
    let rows = |groups: &[&GroupDrop]| {
        let row = |group: &&GroupDrop| {
            row(
                &group.name,
                Some(group.classes),
                &group.drop,
                group.p_adjusted,
            )
        };
        groups.iter().map(row).collect::<Vec<Row>>()
    };
    let mean = comparison.mean_of_steps.as_ref();
    let mean = mean.map(|mean| row("mean of steps", None, mean, mean.p));
    let mut sections = vec![Section {
        title: String::new(),
        rows: [Some(all), mean].into_iter().flatten().collect(),
    }];
    // The only step says what all samples do.
    let by_step = comparison.steps.len() > 1;
    if by_step {
        let steps = comparison.steps.iter();
        sections.push(Section {
            title: "By step".to_owned(),
            rows: steps
                .map(|step| row(&step.step, None, &step.drop, step.drop.p))
                .collect(),
        });
    }
    if !chosen.is_empty() {
        sections.push(Section {
            title: if by_step { "By group" } else { "" }.to_owned(),
            rows: rows(&chosen),
        });
    }
    if !classes.is_empty() {
        sections.push(Section {
            title: "By class".to_owned(),
            rows: rows(&classes),
        });
    }
    let Comparison { task, a, b, .. } = comparison;
    let mut notes = vec![
        "Lost: A minus B in points, with its 95% interval on paired samples; negative where B is better.".to_owned(),
    ];
    if by_step {
        let of = match comparison.test.as_str() {
            "" => "p of steps".to_owned(),
            test => format!("p of steps ({test})"),
        };
        notes.push(format!("{of} is not corrected for their number."));
    }
    if !chosen.is_empty() {
        notes.push(format!(
            "Shown are {} of {} groups, those least like chance; p of groups is corrected for all of them ({}).",
            chosen.len(),
            comparison.groups.len(),
            comparison.correction
        ));
    }
    if !classes.is_empty() {
        notes.push(format!(
            "Shown are {} of {} classes, those least like chance; p of classes is corrected for all of them ({}).",
            classes.len(),
            comparison.classes.len(),
            comparison.correction
        ));
    }
    Some(Table {
        stem: stems.stem("drops", &[task, a, b]),
        caption: format!("{task}: what {b} (B) loses against {a} (A), in percent."),
        corner: "Samples",
        groups: vec![Group {
            title: String::new(),
            columns: ["classes", "n", "A", "B", "lost", "p"]
                .map(str::to_owned)
                .to_vec(),
        }],
        sections,
        notes,
        records: Records {
            columns: COLUMNS,
            rows: records(comparison),
        },
    })
}

fn one_class(class: &ClassDrop) -> GroupDrop {
    GroupDrop {
        name: class.name.clone(),
        parent: class.group.clone(),
        classes: 1,
        drop: class.difference(),
        p_adjusted: class.p_adjusted,
        ..GroupDrop::default()
    }
}

fn row(label: &str, classes: Option<u64>, drop: &Drop, p: Option<f64>) -> Row {
    let finite = |value: f64| Some(value).filter(|value| value.is_finite());
    Row {
        label: label.to_owned(),
        stars: String::new(),
        cells: vec![
            classes.map_or(Cell::Missing, Cell::Whole),
            Cell::Whole(drop.n),
            Cell::exact(finite(drop.a)),
            Cell::exact(finite(drop.b)),
            finite(drop.drop).map_or(Cell::Missing, |value| Cell::Difference {
                value,
                interval: [drop.low, drop.high],
            }),
            p.and_then(finite).map_or(Cell::Missing, Cell::Probability),
        ],
    }
}

/// One row for all samples, and one a step, group and class.
pub(crate) fn records(comparison: &Comparison) -> Vec<Vec<Field>> {
    let nameless = GroupDrop {
        drop: comparison.overall,
        ..GroupDrop::default()
    };
    let mut rows = vec![record(comparison, "all", &nameless, None)];
    rows.extend(comparison.mean_of_steps.map(|drop| {
        let mean = GroupDrop {
            drop,
            ..GroupDrop::default()
        };
        record(comparison, "mean of steps", &mean, None)
    }));
    rows.extend(comparison.steps.iter().map(|step| {
        let named = GroupDrop {
            name: step.step.clone(),
            drop: step.drop,
            ..GroupDrop::default()
        };
        record(comparison, "step", &named, None)
    }));
    let groups = comparison.groups.iter();
    rows.extend(groups.map(|group| record(comparison, "group", group, Some(group.classes))));
    let classes = comparison.classes.iter();
    rows.extend(classes.map(|class| record(comparison, "class", &one_class(class), None)));
    rows
}

fn record(
    comparison: &Comparison,
    kind: &str,
    group: &GroupDrop,
    classes: Option<u64>,
) -> Vec<Field> {
    let text = |words: &str| Field::Text(words.to_owned());
    let drop = &group.drop;
    vec![
        text(&comparison.task),
        text(&comparison.metric),
        text(&comparison.a),
        text(&comparison.b),
        text(kind),
        text(&group.name),
        text(group.synset.as_deref().unwrap_or_default()),
        text(group.parent.as_deref().unwrap_or_default()),
        Field::Whole(classes),
        Field::Whole(Some(drop.n)),
        Field::Number(Some(drop.a)),
        Field::Number(Some(drop.b)),
        Field::Number(Some(drop.drop)),
        Field::Number(Some(drop.low)),
        Field::Number(Some(drop.high)),
        Field::Number(drop.p),
        Field::Number(group.p_adjusted),
    ]
}
