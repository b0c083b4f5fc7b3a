//! Drops as tables: for people, and as CSV.

use std::path::Path;

use ticclip_eval::compare::{GroupDrop, PairedDrop};

use super::{Failure, OnTask};
use crate::artefact::NewFile;
use crate::cli::CompareArgs;
use crate::command::points::points;

/// Groups in the first column are cut to so many characters.
const NAME: usize = 44;

pub(super) fn tasks(compared: &[OnTask]) -> String {
    let names = compared.iter().map(|one| one.task.len() + 2);
    let width = names.max().unwrap_or(0).max(15);
    let mut text = format!(
        "\n{:width$}  {:22}  {:>6}  {:>6}  {:>6}  {:>15}  {:>8}  {:>7}\n",
        "task", "metric", "A", "B", "B - A", "95%", "p", "n"
    );
    for one in compared {
        text.push_str(&line(&one.task, width, &one.metric, &one.drops.pooled));
        if one.drops.each.len() > 1 {
            for (step, drop) in &one.drops.each {
                text.push_str(&line(&format!("  {step}"), width, "", drop));
            }
            text.push_str(&line("  mean of steps", width, "", &one.drops.mean));
        }
    }
    text
}

fn line(name: &str, width: usize, metric: &str, drop: &PairedDrop) -> String {
    format!(
        "{name:width$}  {metric:22}  {:>5.1}%  {:>5.1}%  {:>6}  {:>15}  {:>8}  {:>7}\n",
        drop.a * 100.0,
        drop.b * 100.0,
        points(-drop.drop),
        range(drop.low, drop.high),
        p(drop.p),
        drop.samples
    )
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

/// The groups that dropped most, and those that rose most where not all are shown.
pub(super) fn groups(args: &CompareArgs, one: &OnTask) -> String {
    let competing = if args.within {
        "classes of the group alone compete"
    } else {
        "all classes compete"
    };
    let mut text = format!(
        "\n{}: {} groups, {competing}; p corrected for their number ({})\n{:NAME$}  {:>7}  {:>7}  {:>6}  {:>6}  {:>6}  {:>15}  {:>8}  {:>9}  {:>8}\n",
        one.task,
        one.groups.len(),
        match args.correction {
            crate::cli::CorrectionArg::Holm => "Holm",
            crate::cli::CorrectionArg::BenjaminiHochberg => "Benjamini-Hochberg",
        },
        "group",
        "classes",
        "n",
        "A",
        "B",
        "B - A",
        "95%",
        "p adj.",
        "than rest",
        "p adj."
    );
    for group in one.groups.iter().take(args.rows) {
        text.push_str(&group_line(group));
    }
    if one.groups.len() > args.rows {
        text.push_str(&format!(
            "… {} more; --rows N shows more, --csv FILE keeps all\n",
            one.groups.len() - args.rows
        ));
    }
    text
}

fn group_line(group: &GroupDrop) -> String {
    let mut name: String = group.group.chars().take(NAME).collect();
    if name.len() < group.group.len() {
        name.pop();
        name.push('…');
    }
    let (more, p_more) = match group.rest {
        Some(rest) => (points(-rest.more.difference), p(rest.p_adjusted)),
        None => ("-".to_owned(), "-".to_owned()),
    };
    format!(
        "{name:NAME$}  {:>7}  {:>7}  {:>5.1}%  {:>5.1}%  {:>6}  {:>15}  {:>8}  {more:>9}  {p_more:>8}\n",
        group.classes,
        group.samples,
        group.a * 100.0,
        group.b * 100.0,
        points(-group.drop),
        range(group.low, group.high),
        p(group.p_adjusted),
    )
}

/// The named groups step by step.
pub(super) fn group_steps(one: &OnTask) -> String {
    let mut text = String::new();
    for (step, groups) in &one.group_steps {
        text.push_str(&format!("\n{step}\n"));
        for group in groups {
            text.push_str(&group_line(group));
        }
    }
    text
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
