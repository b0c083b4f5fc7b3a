//! Drops as tables: for people, and as CSV.

use std::path::Path;

use ticclip_eval::compare::{GroupDrop, PairedDrop};

use super::{Failure, OnTask};
use crate::artefact::NewFile;
use crate::cli::CompareArgs;
use crate::command::points::{percent, points};
use crate::command::table::Table;

pub(super) fn tasks(compared: &[OnTask]) -> String {
    let mut table = Table::new(["task", "metric"]).figures(["A", "B", "B - A", "95%", "p", "n"]);
    for one in compared {
        table.row(line(&one.task, &one.metric, &one.drops.pooled));
        if one.drops.each.len() > 1 {
            for (step, drop) in &one.drops.each {
                table.row(line(&format!("  {step}"), "", drop));
            }
            table.row(line("  mean of steps", "", &one.drops.mean));
        }
    }
    format!("\n{}", table.fitted())
}

fn line(name: &str, metric: &str, drop: &PairedDrop) -> [String; 8] {
    [
        name.to_owned(),
        metric.to_owned(),
        percent(drop.a),
        percent(drop.b),
        points(-drop.drop),
        range(drop.low, drop.high),
        p(drop.p),
        drop.samples.to_string(),
    ]
}

/// The interval of B − A in points.
fn range(low: f64, high: f64) -> String {
    format!("{} … {}", points(-high), points(-low))
}

fn p(p: f64) -> String {
    if p < 0.001 {
        "<0.001".to_owned()
    } else {
        format!("{p:.3}")
    }
}

/// What is told of a group.
const FIGURES: [&str; 9] = [
    "classes",
    "n",
    "A",
    "B",
    "B - A",
    "95%",
    "p adj.",
    "than rest",
    "p adj.",
];

/// The groups that dropped most, and those that rose most where not all are shown.
pub(super) fn groups(args: &CompareArgs, one: &OnTask) -> String {
    let competing = if args.within {
        "classes of the group alone compete"
    } else {
        "all classes compete"
    };
    let mut text = format!(
        "\n{}: {} groups, {competing}; p corrected for their number ({})\n",
        one.task,
        one.groups.len(),
        match args.correction {
            crate::cli::CorrectionArg::Holm => "Holm",
            crate::cli::CorrectionArg::BenjaminiHochberg => "Benjamini-Hochberg",
        },
    );
    let mut table = Table::new(["group"]).figures(FIGURES);
    for group in one.groups.iter().take(args.rows) {
        table.row(std::iter::once(group.group.clone()).chain(figures(group)));
    }
    text.push_str(&table.fitted());
    if one.groups.len() > args.rows {
        text.push_str(&format!(
            "… {} more; --rows N shows more, --csv FILE keeps all\n",
            one.groups.len() - args.rows
        ));
    }
    text
}

fn figures(group: &GroupDrop) -> [String; 9] {
    let (more, p_more) = match group.rest {
        Some(rest) => (points(-rest.more.difference), p(rest.p_adjusted)),
        None => ("-".to_owned(), "-".to_owned()),
    };
    [
        group.classes.to_string(),
        group.samples.to_string(),
        percent(group.a),
        percent(group.b),
        points(-group.drop),
        range(group.low, group.high),
        p(group.p_adjusted),
        more,
        p_more,
    ]
}

/// The named groups step by step.
pub(super) fn group_steps(one: &OnTask) -> String {
    let mut table = Table::new(["group", "step"]).figures(FIGURES);
    for (step, groups) in &one.group_steps {
        for group in groups {
            let names = [group.group.clone(), step.clone()];
            table.row(names.into_iter().chain(figures(group)));
        }
    }
    match table.is_empty() {
        true => String::new(),
        false => format!("\n{}: step by step\n{}", one.task, table.fitted()),
    }
}

/// All groups of all tasks as CSV, shares in [0, 1].
pub(super) fn write_csv(path: &Path, compared: &[OnTask]) -> Result<(), Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = [
        "task",
        "group",
        "also",
        "classes",
        "n",
        "a",
        "b",
        "drop",
        "low",
        "high",
        "p",
        "p_adjusted",
        "a_only",
        "b_only",
        "rest_drop",
        "more_than_rest",
        "more_low",
        "more_high",
        "more_p",
        "more_p_adjusted",
    ];
    writer.write_record(header).map_err(Failure::failed)?;
    for one in compared {
        for group in &one.groups {
            let rest = group.rest.map(|rest| {
                let more = rest.more;
                [
                    rest.drop,
                    more.difference,
                    more.low,
                    more.high,
                    more.p,
                    rest.p_adjusted,
                ]
            });
            let mut row = vec![
                one.task.clone(),
                group.group.clone(),
                group.names.join("; "),
                group.classes.to_string(),
                group.samples.to_string(),
            ];
            let figures = [
                group.a,
                group.b,
                group.drop,
                group.low,
                group.high,
                group.p,
                group.p_adjusted,
            ];
            row.extend(figures.iter().map(ToString::to_string));
            row.extend(
                [group.discordant.0, group.discordant.1]
                    .iter()
                    .map(ToString::to_string),
            );
            match rest {
                Some(figures) => row.extend(figures.iter().map(ToString::to_string)),
                None => row.extend(std::iter::repeat_n(String::new(), 6)),
            }
            writer.write_record(&row).map_err(Failure::failed)?;
        }
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| Failure::failed(error.into_error()))?;
    Ok(NewFile::write_whole(path, &bytes)?)
}
