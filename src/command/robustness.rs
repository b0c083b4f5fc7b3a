//! `robustness`: scores of many models in, how far each is above its family's line out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::{Value, json};
use ticclip_eval::near::{did_you_mean, near};
use ticclip_eval::robustness::Link;
use ticclip_eval::score::Score;

use super::failure::Failure;
use super::points::{percent, points};
use super::table::Table;
use super::{Summary, shown};
use crate::artefact::NewFile;
use crate::cli::{LinkArg, RobustnessArgs};
use crate::score::{Asked, ScoreBook, Shifted, suite};

/// The family of models that nobody says belong to one.
const OTHERS: &str = "other models";

/// A row of the table of families.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    model: String,
    family: String,
}

pub(super) fn run(args: &RobustnessArgs) -> Result<Summary, Failure> {
    let scores = scores(&args.scores)?;
    let base = Asked::new(&args.base);
    if !scores.iter().any(|score| base.is_of(score)) {
        return Err(absent(&base, &scores));
    }
    let shifts = shifts(args, &base, &scores)?;
    let families = args.families.as_deref().map(families).transpose();
    let families = families.map_err(Failure::wrong_input)?;
    if let Some((path, families)) = args.families.as_deref().zip(families.as_ref()) {
        refuse_strangers(path, families, &scores)?;
    }
    let family = |score: &Score| -> String {
        let named = match &families {
            Some(families) => families.get(&score.model),
            None => score.strategy.as_ref(),
        };
        named.map_or_else(|| OTHERS.to_owned(), Clone::clone)
    };
    if let Some(baseline) = &args.baseline {
        let there: BTreeSet<String> = scores.iter().map(&family).collect();
        if !there.contains(baseline) {
            let there: Vec<&str> = there.iter().map(String::as_str).collect();
            return Err(Failure::wrong_input(anyhow::anyhow!(
                "--baseline {baseline}: there is no such family, only {}",
                there.join(", ")
            )));
        }
    }
    let link = match args.link {
        LinkArg::Logit => Link::Logit,
        LinkArg::Probit => Link::Probit,
    };
    let shifted: Vec<(Asked, Shifted)> = shifts
        .into_iter()
        .map(|shift| {
            let shifted = Shifted::new(
                &scores,
                [&base, &shift],
                family,
                args.baseline.as_deref(),
                link,
            );
            (shift, shifted)
        })
        .collect();
    if shifted.iter().all(|(_, shifted)| shifted.models.is_empty()) {
        let why = shifted.iter().flat_map(|(_, shifted)| &shifted.families);
        let why = why
            .filter_map(|(name, line)| Some(format!("{name}: {}", line.as_ref().err()?)))
            .next();
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "no family has a line from {base} to any of the shifts; {}",
            why.unwrap_or_else(|| "no model has scores on both".to_owned())
        )));
    }
    if let Some(path) = &args.csv {
        NewFile::write_whole(path, &csv(&base, &shifted)?)?;
    }
    let text = shifted.iter().map(|(shift, one)| text(&base, shift, one));
    let objects: Vec<Value> = shifted
        .iter()
        .map(|(shift, shifted)| object(shift, shifted))
        .collect();
    Ok(Summary::new(
        text.collect::<Vec<_>>().join("\n"),
        json!({"base": base.to_string(), "shifts": objects, "csv": args.csv.as_deref().map(shown)}),
    ))
}

fn absent(asked: &Asked, scores: &[Score]) -> Failure {
    let there = |score: &Score| {
        Asked {
            task: score.task.clone(),
            step: score.tested_step.clone(),
        }
        .to_string()
    };
    let there: BTreeSet<String> = scores.iter().map(there).collect();
    let there: Vec<&str> = there.iter().map(String::as_str).collect();
    Failure::wrong_input(anyhow::anyhow!(
        "there are no scores on {asked}, only on {}{}",
        there.join(", "),
        did_you_mean(&near(&asked.to_string(), there.iter().copied()))
    ))
}

/// What is named, and of a group what there are scores on.
fn shifts(args: &RobustnessArgs, base: &Asked, scores: &[Score]) -> Result<Vec<Asked>, Failure> {
    let suite = suite().map_err(Failure::failed)?;
    let there = |asked: &Asked| scores.iter().any(|score| asked.is_of(score));
    let mut shifts = Vec::new();
    for name in &args.shift {
        let asked = Asked::new(name);
        if there(&asked) {
            shifts.push(asked);
        } else if suite.groups().any(|group| group.name == *name) {
            let members = suite.members(name).map_err(Failure::failed)?;
            let members = members.iter().map(|task| Asked::new(&task.name));
            shifts.extend(members.filter(|asked| there(asked) && asked != base));
        } else {
            return Err(absent(&asked, scores));
        }
    }
    if shifts.is_empty() {
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "there are no scores on any task of {}",
            args.shift.join(", ")
        )));
    }
    Ok(shifts)
}

/// The scores of all folders; a model's on a task may be in one of them.
fn scores(folders: &[PathBuf]) -> Result<Vec<Score>, Failure> {
    let mut scores: Vec<Score> = Vec::new();
    let mut known = BTreeSet::new();
    for folder in folders {
        let book = ScoreBook::open(folder)?;
        if book.scores().is_empty() {
            return Err(Failure::no_scores(folder));
        }
        for score in book.scores() {
            let Score {
                model,
                task,
                tested_step,
                metric,
                ..
            } = score;
            if !known.insert((
                model.clone(),
                task.clone(),
                tested_step.clone(),
                metric.clone(),
            )) {
                return Err(Failure::wrong_input(anyhow::anyhow!(
                    "{}: model {model} has a score on {task} a second time; name each folder once",
                    folder.display()
                )));
            }
            scores.push(score.clone());
        }
    }
    Ok(scores)
}

/// Says which names of the table have no scores; where none has, they are mistyped.
fn refuse_strangers(
    path: &Path,
    families: &BTreeMap<String, String>,
    scores: &[Score],
) -> Result<(), Failure> {
    let there: BTreeSet<&str> = scores.iter().map(|score| score.model.as_str()).collect();
    let is_stranger = |model: &&String| !there.contains(model.as_str());
    let strangers: Vec<&String> = families.keys().filter(is_stranger).collect();
    let Some(first) = strangers.first() else {
        return Ok(());
    };
    let told = format!(
        "{}: {} of {} models have no scores here, such as {first}{}",
        path.display(),
        strangers.len(),
        families.len(),
        did_you_mean(&near(first, there.iter().copied()))
    );
    if strangers.len() == families.len() {
        return Err(Failure::wrong_input(anyhow::anyhow!("{told}")));
    }
    tracing::warn!("{told}");
    Ok(())
}

fn families(path: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let context = || path.display().to_string();
    let mut reader = csv::Reader::from_path(path).with_context(context)?;
    let mut families = BTreeMap::new();
    for row in reader.deserialize::<Row>() {
        let row = row.with_context(context)?;
        if families.insert(row.model.clone(), row.family).is_some() {
            anyhow::bail!("{}: model `{}` is there twice", context(), row.model);
        }
    }
    Ok(families)
}

fn text(base: &Asked, shift: &Asked, shifted: &Shifted) -> String {
    let mut text = format!("{base} → {shift}\n");
    for (name, family) in &shifted.families {
        match family {
            Ok(line) => text.push_str(&format!(
                "  {name}: slope {:.2}, intercept {:+.2}, R² {:.3}\n",
                line.slope(),
                line.intercept(),
                line.r_squared()
            )),
            Err(error) => text.push_str(&format!("  {name}: no line, {error}\n")),
        }
    }
    let mut table = Table::new(["model", "family"]).figures([
        "base",
        "shift",
        "expected",
        "above",
        "95% interval",
    ]);
    for (name, measured, effective) in &shifted.models {
        table.row([
            measured.name.clone(),
            name.clone(),
            percent(measured.base.value),
            percent(measured.shift.value),
            percent(effective.expected),
            points(effective.residual),
            format!("{} … {}", points(effective.low), points(effective.high)),
        ]);
    }
    if !table.is_empty() {
        text.push_str(&table.fitted());
    }
    if !shifted.left_out.is_empty() {
        text.push_str(&format!(
            "all or no samples right, so without a place on a line: {}\n",
            shifted.left_out.join(", ")
        ));
    }
    text
}

fn object(shift: &Asked, shifted: &Shifted) -> Value {
    let families = shifted.families.iter().map(|(name, family)| match family {
        Ok(line) => json!({
            "family": name, "slope": line.slope(), "intercept": line.intercept(), "r_squared": line.r_squared(),
        }),
        Err(error) => json!({"family": name, "error": error.to_string()}),
    });
    let models = shifted.models.iter().map(|(family, measured, effective)| {
        json!({
            "model": measured.name, "family": family, "base": measured.base.value, "shift": measured.shift.value,
            "expected": effective.expected, "residual": effective.residual, "low": effective.low, "high": effective.high,
        })
    });
    json!({
        "shift": shift.to_string(), "families": families.collect::<Vec<_>>(), "models": models.collect::<Vec<_>>(),
        "left_out": shifted.left_out,
    })
}

fn csv(base: &Asked, shifted: &[(Asked, Shifted)]) -> Result<Vec<u8>, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = [
        "base",
        "shift",
        "model",
        "family",
        "base_value",
        "shift_value",
        "expected",
        "residual",
        "low",
        "high",
    ];
    writer.write_record(header).map_err(Failure::failed)?;
    for (shift, shifted) in shifted {
        for (family, measured, effective) in &shifted.models {
            let figures = [
                measured.base.value,
                measured.shift.value,
                effective.expected,
                effective.residual,
                effective.low,
                effective.high,
            ];
            let mut record = vec![
                base.to_string(),
                shift.to_string(),
                measured.name.clone(),
                family.clone(),
            ];
            record.extend(figures.map(|figure| figure.to_string()));
            writer.write_record(record).map_err(Failure::failed)?;
        }
    }
    let bytes = writer.into_inner();
    bytes.map_err(|error| Failure::failed(error.into_error()))
}
