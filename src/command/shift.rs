//! `shift`: the sets of a task in, what changes from step to step out, as tables.

mod classes;
mod looks;
mod words;

use std::path::Path;

use serde_json::{Value, json};
use ticclip_eval::suite::Suite;

use super::failure::Failure;
use super::table::Table;
use super::{Context, Summary, shown};
use crate::artefact::{Artefact, NewFile, Opened, Origin};
use crate::cli::ShiftArgs;
use crate::score::{Exam, ModelFolder};

pub(super) const WORDS: &str = "words.csv";
pub(super) const LOOKS: &str = "looks.csv";
pub(super) const CLASSES: &str = "classes.csv";
/// The figures of all tables, which a second call prints again.
const FIGURES: &str = "shift.json";
const ENTRIES: [&str; 4] = [WORDS, LOOKS, CLASSES, FIGURES];

pub(super) fn run(args: &ShiftArgs, context: &Context) -> Result<Summary, Failure> {
    let files = [args.task.clone(), args.classes.clone()];
    let suite = crate::score::suite()
        .and_then(|suite| suite.with_files(&files))
        .map_err(Failure::wrong_input)?;
    let steps = super::eval::steps(&args.data)?;
    let exam = exam(&suite, &args.task, args, &steps)?.ok_or_else(|| {
        Failure::wrong_input(anyhow::anyhow!(
            "{}: no evaluation sets of task {}",
            args.data.display(),
            args.task
        ))
    })?;
    let artefact = match Artefact::open(&args.out, &ENTRIES, origin(args, &exam)?, args.overwrite)?
    {
        Opened::Finished => return told(&args.out),
        Opened::Open(artefact) => artefact,
    };
    // A model that is not there is told before the long work.
    let mover = match &args.model {
        Some(model) => match (
            ModelFolder::open(model, args.architecture.as_ref(), None)?,
            self::exam(&suite, &args.classes, args, &steps)?,
        ) {
            (folder, Some(exam)) => Some((classes::Mover::open(args, &folder)?, exam)),
            (_, None) => {
                let task = &args.classes;
                tracing::warn!("no evaluation sets of task {task}: no classes are looked at");
                None
            }
        },
        None => None,
    };
    let words = words::run(args, &exam, context)?;
    let looks = if args.no_images {
        None
    } else {
        Some(looks::run(args, &exam, context)?)
    };
    let classes = mover
        .map(|(mover, exam)| classes::run(args, &mover, &exam))
        .transpose()?;
    let tables: Vec<(&str, &Table)> = [Some(&words), looks.as_ref(), classes.as_ref()]
        .into_iter()
        .flatten()
        .map(|part| (part.title, &part.table))
        .collect();
    let json = json!({
        "words": words.json, "looks": looks.as_ref().map(|part| &part.json), "classes": classes.as_ref().map(|part| &part.json),
        "tables": tables,
    });
    NewFile::write_whole(&args.out.join(FIGURES), json.to_string().as_bytes())?;
    artefact.finish()?;
    told(&args.out)
}

/// One of the tables, and a shorter one to be told.
struct Part {
    title: &'static str,
    table: Table,
    json: Value,
}

/// What was found before.
fn told(out: &Path) -> Result<Summary, Failure> {
    let path = out.join(FIGURES);
    let read = std::fs::read(&path).map_err(anyhow::Error::from);
    let json = read.and_then(|bytes| Ok(serde_json::from_slice::<Value>(&bytes)?));
    let mut json =
        json.map_err(|error| Failure::failed(error.context(path.display().to_string())))?;
    // It is as wide as the terminal of this call.
    let tables = json["tables"].take();
    let tables: Vec<(String, Table)> = serde_json::from_value(tables)
        .map_err(|error| Failure::failed(anyhow::anyhow!("{}: {error}", path.display())))?;
    let mut text = String::new();
    for (title, table) in tables {
        text.push_str(&format!("{title}\n{}\n", table.fitted()));
    }
    if let Some(figures) = json.as_object_mut() {
        figures.remove("tables");
        figures.insert("out".to_owned(), json!(shown(out)));
    }
    Ok(Summary::new(format!("{text}{}\n", out.display()), json))
}

fn exam(
    suite: &Suite,
    task: &str,
    args: &ShiftArgs,
    steps: &[String],
) -> Result<Option<Exam>, Failure> {
    let tasks = suite
        .select(&[task.to_owned()])
        .map_err(Failure::wrong_input)?;
    let [task] = tasks.as_slice() else {
        let wrong = anyhow::anyhow!("{task} is a group; name one task");
        return Err(Failure::wrong_input(wrong));
    };
    Exam::open(task, &args.data, steps, None).map_err(Failure::wrong_input)
}

fn origin(args: &ShiftArgs, exam: &Exam) -> Result<Origin, Failure> {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let mut line = vec!["ticclip".to_owned(), "shift".to_owned()];
    line.extend([
        "--data".into(),
        path(&args.data),
        "--task".into(),
        args.task.clone(),
    ]);
    if let Some(model) = &args.model {
        line.extend([
            "--model".into(),
            path(model),
            "--classes".into(),
            args.classes.clone(),
        ]);
    }
    line.extend(["--out".into(), path(&args.out)]);
    let sets: Vec<&str> = exam.sets().map(|(_, checksum)| checksum).collect();
    let model = args.model.as_deref().map(path).unwrap_or_default();
    Ok(Origin::new(line)
        .with_parameter("sets", sets.join(" "))
        .with_parameter("model", model)
        .with_parameter("phrase-words", args.phrase_words.to_string())
        .with_parameter("at-least", args.at_least.to_string())
        .with_parameter("rows", args.rows.to_string())
        .with_parameter("images", (!args.no_images).to_string())
        .with_history_of(&args.data)?)
}

/// A table as CSV, whole or not at all.
fn write_csv(path: &Path, header: &[&str], rows: &[Vec<String>]) -> Result<(), Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).map_err(Failure::failed)?;
    for row in rows {
        writer.write_record(row).map_err(Failure::failed)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| Failure::failed(error.into_error()))?;
    Ok(NewFile::write_whole(path, &bytes)?)
}
