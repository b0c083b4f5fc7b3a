//! `matrix`: scores in, the transfer matrix of every strategy and task out.

mod families;
mod group;
mod table;
mod text;

use std::path::Path;

use serde_json::{Map, Value, json};
use ticclip_eval::near::{did_you_mean, near};
use ticclip_eval::score::Score;
use ticclip_eval::transfer::{Part, Side};

use super::failure::Failure;
use super::{Summary, shown};
use crate::artefact::{Artefact, NewFile, Opened, Origin};
use crate::cli::MatrixArgs;
use crate::score::{Calendar, Matrix, MatrixError, SCORES_FILE, ScoreBook, matrices};
use crate::shard::{STEPS_FILE, StepsRecord};
use crate::timeline::read_timeline;

pub(super) use text::{means, text};

/// Every measured cell.
const CELLS: &str = "matrix.csv";
/// Every mean.
const MEANS: &str = "means.csv";

pub(super) fn run(args: &MatrixArgs) -> Result<Summary, Failure> {
    let mut scores: Vec<Score> = Vec::new();
    for folder in &args.scores {
        let book = ScoreBook::open(folder)?;
        if book.scores().is_empty() {
            return Err(Failure::no_scores(folder));
        }
        match &args.group {
            Some(group) => {
                let own = group::of_group(book.scores(), folder, group, args.within)?;
                scores.extend(own);
            }
            None => scores.extend_from_slice(book.scores()),
        }
    }
    if scores.is_empty() {
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "--group: none of the scores is of a task over ImageNet's classes"
        )));
    }
    if let Some(path) = &args.models {
        families::assign(path, &mut scores)?;
    }
    chosen(&mut scores, &args.tasks)?;
    let calendar = match &args.steps {
        Some(path) => calendar(path)?,
        None => Calendar::default(),
    };
    let all = matrices(&[], &calendar, &scores)?;
    if all.is_empty() {
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "no score is of a model with a strategy and a step on a step's samples; `--models FILE.csv` says what other models \
             stand for"
        )));
    }
    let mut told = match &args.group {
        Some(group) if args.within => format!("samples of {group}, its classes alone competing\n"),
        Some(group) => format!("samples of {group}, all classes competing\n"),
        None => String::new(),
    };
    for matrix in &all {
        told.push_str(&format!("{}{}\n", text(matrix), text::summary(matrix)));
    }
    if let Some(out) = &args.out {
        write(args, out, &all)?;
        told.push_str(&format!("{}\n", out.display()));
    }
    let listed: Vec<Value> = all.iter().map(object).collect();
    Ok(Summary::new(
        told,
        json!({"matrices": listed, "out": args.out.as_deref().map(shown)}),
    ))
}

/// Keeps the scores of these tasks; all of them if none is named.
fn chosen(scores: &mut Vec<Score>, tasks: &[String]) -> Result<(), Failure> {
    if let Some(absent) = tasks
        .iter()
        .find(|task| scores.iter().all(|score| score.task != **task))
    {
        let mut there: Vec<&str> = scores.iter().map(|score| score.task.as_str()).collect();
        there.sort_unstable();
        there.dedup();
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "there are no scores on the task {absent}, only on {}{}",
            there.join(", "),
            did_you_mean(&near(absent, there.iter().copied()))
        )));
    }
    scores.retain(|score| tasks.is_empty() || tasks.contains(&score.task));
    Ok(())
}

/// When steps are, by a folder that `shard` wrote or a file with a timeline.
fn calendar(path: &Path) -> Result<Calendar, Failure> {
    if path.join(STEPS_FILE).is_file() {
        return Ok(calendar_of(
            &StepsRecord::read(path).map_err(Failure::wrong_input)?,
        ));
    }
    let timeline = read_timeline(path).map_err(Failure::wrong_input)?;
    let steps = timeline.steps().iter();
    Ok(Calendar::of(
        steps.map(|step| (step.name.as_str(), step.from, step.to)),
    ))
}

/// When the steps of shards are.
pub(super) fn calendar_of(record: &StepsRecord) -> Calendar {
    let steps = record.steps.iter();
    Calendar::of(steps.map(|step| (step.name.as_str(), step.from, step.to)))
}

fn write(args: &MatrixArgs, out: &Path, all: &[Matrix<'_>]) -> Result<(), Failure> {
    if let Opened::Open(artefact) =
        Artefact::open(out, &[CELLS, MEANS], origin(args, out)?, args.overwrite)?
    {
        NewFile::write_whole(&artefact.folder().join(CELLS), &table::cells(all)?)?;
        NewFile::write_whole(&artefact.folder().join(MEANS), &table::means(all)?)?;
        artefact.finish()?;
    }
    Ok(())
}

fn origin(args: &MatrixArgs, out: &Path) -> Result<Origin, Failure> {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let mut line = vec!["ticclip".to_owned(), "matrix".to_owned()];
    line.extend(args.scores.iter().map(|folder| path(folder)));
    let mut option = |name: &str, value: Option<String>| {
        line.extend(value.into_iter().flat_map(|value| [name.to_owned(), value]));
    };
    option(
        "--tasks",
        (!args.tasks.is_empty()).then(|| args.tasks.join(",")),
    );
    option("--steps", args.steps.as_deref().map(path));
    option("--models", args.models.as_deref().map(path));
    option("--group", args.group.clone());
    option("--out", Some(path(out)));
    if args.within {
        line.push("--within".to_owned());
    }
    let mut origin = Origin::new(line)
        .with_parameter("tasks", args.tasks.join(","))
        .with_parameter("group", args.group.clone().unwrap_or_default())
        .with_parameter("within", args.within.to_string());
    for (number, folder) in args.scores.iter().enumerate() {
        origin = origin
            .with_input(&format!("scores-{number}"), &folder.join(SCORES_FILE))?
            .with_history_of(folder)?;
    }
    if let Some(models) = &args.models {
        origin = origin.with_input("models", models)?;
    }
    if let Some(steps) = &args.steps {
        let own = steps.join(STEPS_FILE);
        origin = origin.with_input("steps", if own.is_file() { &own } else { steps })?;
    }
    Ok(origin)
}

fn object(matrix: &Matrix<'_>) -> Value {
    let mean = |part: Part| {
        let mean = matrix.mean(part);
        mean.map(|mean| json!({"value": mean.value, "low": mean.low, "high": mean.high}))
    };
    let drift = |side: Side| {
        let drift = matrix.drift(side);
        drift.map(|drift| {
            json!({
                "per_week": drift.per_week, "low": drift.low, "high": drift.high,
                "loss_per_year": drift.loss_per_year, "cells": drift.cells,
            })
        })
    };
    let columns = matrix.merged.columns.iter();
    let raw = &matrix.merged.raw;
    json!({
        "strategy": matrix.strategy, "task": matrix.task, "metric": matrix.metric, "trained": raw.trained,
        "columns": columns.map(|column| &column.name).collect::<Vec<_>>(), "matrix": matrix.merged.values,
        "tested": raw.tested, "measured": raw.values, "chance": matrix.chance(),
        "in_domain": mean(Part::InDomain), "backward": mean(Part::Backward), "forward": mean(Part::Forward),
        "next_step": mean(Part::NextStep), "drift_past": drift(Side::Past), "drift_future": drift(Side::Future),
        "unplaced": matrix.unplaced(),
    })
}

/// `strategies` and `chance` of a command's JSON; `macs` are those of a strategy.
pub(super) fn json(matrices: &[Matrix<'_>], macs: impl Fn(&str) -> Option<u64>) -> (Value, Value) {
    let (mut strategies, mut chance): (Map<String, Value>, Map<String, Value>) = Default::default();
    for matrix in matrices {
        let entry = strategies
            .entry(matrix.strategy)
            .or_insert_with(|| json!({"macs": macs(matrix.strategy)}));
        if let Some(entry) = entry.as_object_mut() {
            let mean = |part| matrix.merged.mean(part);
            entry.insert(
                matrix.task.to_owned(),
                json!({
                    "in_domain": mean(Part::InDomain),
                    "backward": mean(Part::Backward),
                    "forward": mean(Part::Forward),
                    "matrix": matrix.merged.values,
                }),
            );
        }
        chance.insert(matrix.task.to_owned(), json!(matrix.chance()));
    }
    (strategies.into(), chance.into())
}

impl From<MatrixError> for Failure {
    fn from(error: MatrixError) -> Self {
        Self::wrong_input(error)
    }
}
