//! `eval`: models and tasks in, scores and predictions out.

use std::path::{Component, Path, PathBuf};

use serde_json::json;
use ticclip_eval::score::Score;
use ticclip_eval::task::Task;

use super::bars::Bars;
use super::failure::Failure;
use super::{Context, Summary, open_device, tokenizer};
use crate::artefact::{Artefact, ArtefactError, ORIGIN_FILE, Opened, Origin};
use crate::cli::EvalArgs;
use crate::score::{
    Exam, Examiner, ModelFolder, ModelFolderError, PREDICTIONS, SCORES_FILE, ScoreBook, ScoreError,
    find_models, suite, write_predictions,
};
use crate::shard::{STEPS_FILE, StepsRecord};

/// What a call of `eval` makes in its folder.
const ENTRIES: [&str; 2] = [SCORES_FILE, PREDICTIONS];

/// Everything a call of `eval` needs, ready to score one model after the other.
pub(super) struct Evaluation {
    exams: Vec<Exam>,
    examiner: Examiner,
    book: ScoreBook,
    out: PathBuf,
}

pub(super) fn run(args: &EvalArgs, context: &Context) -> Result<Summary, Failure> {
    if args.list {
        return list(&args.data);
    }
    let (architecture, tokenizer) = (
        args.architecture.as_ref(),
        tokenizer(args.tokenizer.as_deref())?,
    );
    let mut models = Vec::new();
    for path in &args.model {
        models.extend(find_models(path, architecture, tokenizer.as_ref())?);
    }
    let Some(out) = &args.out else {
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "--out DIR is needed to keep the scores"
        )));
    };
    let mut evaluation = Evaluation::prepare(args, out)?;
    let (mut new, mut names) = (0, Vec::new());
    for model in &models {
        new += evaluation.score(model, &context.bars)?;
        names.push(evaluation.name(model)?);
    }
    Ok(summary(&evaluation, &names, new))
}

impl Evaluation {
    pub(super) fn prepare(args: &EvalArgs, out: &Path) -> Result<Self, Failure> {
        let record = StepsRecord::read(&args.data).map_err(Failure::wrong_input)?;
        let steps: Vec<String> = record.steps.iter().map(|step| step.name.clone()).collect();
        let suite = suite().map_err(Failure::failed)?;
        let mut exams = Vec::new();
        for task in suite.select(&args.tasks).map_err(Failure::wrong_input)? {
            match Exam::open(task, &args.data, &steps).map_err(failure)? {
                Some(exam) => exams.push(exam),
                None => tracing::warn!(
                    "task {}: no evaluation sets in {}, left out",
                    task.name,
                    args.data.join(&task.data).display()
                ),
            }
        }
        if exams.is_empty() {
            return Err(Failure::wrong_input(anyhow::anyhow!(
                "{}: none of the tasks {} has evaluation sets here; was anything held out?",
                args.data.display(),
                args.tasks.join(", ")
            )));
        }
        let device = open_device(args.compute)?;
        match Artefact::open(out, &ENTRIES, origin(args, out)?, args.overwrite)? {
            Opened::Finished => {}
            // More models may be scored into a finished folder; a score is whole when it is there.
            Opened::Open(artefact) => artefact.finish()?,
        }
        let examiner = Examiner::new(&device, args.compute.precision);
        Ok(Self {
            exams,
            examiner,
            book: ScoreBook::open(out)?,
            out: out.to_owned(),
        })
    }

    pub(super) fn book(&self) -> &ScoreBook {
        &self.book
    }

    /// Scores a model on the tasks that it has no scores on; answers how many tasks that were.
    pub(super) fn score(&mut self, model: &ModelFolder, bars: &Bars) -> Result<usize, Failure> {
        let name = self.name(model)?;
        let open = |exam: &&Exam| !self.book.has(&exam.task.name, &name, model);
        let exams: Vec<&Exam> = self.exams.iter().filter(open).collect();
        let samples = exams.iter().map(|exam| exam.samples() as u64).sum();
        let bar = bars.bar(&format!("eval {name}"), samples, "samples");
        for exam in &exams {
            let marks = self
                .examiner
                .examine(model, exam, |samples| bar.inc(samples))
                .map_err(failure)?;
            let mut scores = Vec::new();
            let mut predictions = Vec::new();
            for (tested, marks) in marks {
                if marks.broken > 0 {
                    bars.say(&format!(
                        "{} {tested}: {} samples cannot be read",
                        exam.task.name, marks.broken
                    ));
                }
                scores.push(marks.score(&exam.task, &name, model, &tested));
                predictions.push((tested, marks.predictions));
            }
            let file = format!("{}.{}.parquet", exam.task.name, file_name(&name));
            write_predictions(&self.out.join(PREDICTIONS).join(file), &predictions)
                .map_err(Failure::failed)?;
            self.book.enter(&exam.task.name, &name, scores)?;
        }
        bar.finish_and_clear();
        Ok(exams.len())
    }

    /// What scores call the model: its path from the scores' folder, so that both can be moved together.
    fn name(&self, model: &ModelFolder) -> Result<String, Failure> {
        let canonical = |path: &Path| path.canonicalize().map_err(ArtefactError::io(path));
        let path = crate::artefact::relative(&canonical(&self.out)?, &canonical(&model.path)?);
        Ok(path.to_string_lossy().replace('\\', "/"))
    }
}

fn failure(error: ScoreError) -> Failure {
    Failure::wrong_input(error)
}

impl From<ModelFolderError> for Failure {
    fn from(error: ModelFolderError) -> Self {
        Self::wrong_input(error)
    }
}

/// A path as one file name.
fn file_name(name: &str) -> String {
    let parts = Path::new(name).components().filter_map(|part| match part {
        Component::Normal(part) => Some(part.to_string_lossy().into_owned()),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("-")
}

fn origin(args: &EvalArgs, out: &Path) -> Result<Origin, Failure> {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let mut line = ["ticclip", "eval", "--model"].map(str::to_owned).to_vec();
    line.extend(args.model.iter().map(|model| path(model)));
    line.extend([
        "--tasks".into(),
        args.tasks.join(","),
        "--data".into(),
        path(&args.data),
    ]);
    if let Some(architecture) = &args.architecture {
        line.extend(["--architecture".into(), architecture.to_string()]);
    }
    if let Some(tokenizer) = &args.tokenizer {
        line.extend(["--tokenizer".into(), path(tokenizer)]);
    }
    line.extend(["--precision".into(), args.compute.precision.to_string()]);
    line.extend(["--out".into(), path(out)]);
    let shards = Origin::read(&args.data.join(ORIGIN_FILE))?;
    let mut origin = Origin::new(line)
        .with_input(STEPS_FILE, &args.data.join(STEPS_FILE))?
        .with_parameter("precision", args.compute.precision.to_string());
    if let Some(shards) = shards {
        origin = origin.with_parameter("shards", shards.fingerprint());
    }
    Ok(origin.with_history_of(&args.data)?)
}

/// What tasks there are, and whether their data is in `data`.
fn list(data: &Path) -> Result<Summary, Failure> {
    let record = StepsRecord::read(data).map_err(Failure::wrong_input)?;
    let suite = suite().map_err(Failure::failed)?;
    let there = |task: &Task| {
        let folder = data.join(&task.data);
        record
            .steps
            .iter()
            .filter(|step| folder.join(&step.name).is_dir())
            .count()
    };
    let mut text = format!(
        "{:16} {:15} {:14} evaluation sets\n",
        "task", "kind", "metric"
    );
    let mut rows = Vec::new();
    for task in suite.tasks() {
        let kind = format!("{:?}", task.kind).to_lowercase();
        let (sets, steps) = (there(task), record.steps.len());
        text.push_str(&format!(
            "{:16} {kind:15} {:14} {sets} of {steps} steps\n",
            task.name, task.metric
        ));
        rows.push(json!({"name": task.name, "kind": kind, "metric": task.metric, "sets": sets, "steps": steps}));
    }
    Ok(Summary::new(text, json!({"tasks": rows})))
}

fn summary(evaluation: &Evaluation, names: &[String], new: usize) -> Summary {
    let book = evaluation.book.scores();
    let scored: Vec<&Score> = book
        .iter()
        .filter(|score| names.contains(&score.model))
        .collect();
    let width = scored
        .iter()
        .map(|score| score.model.len())
        .max()
        .unwrap_or(0)
        .max(5);
    let mut text = format!(
        "{:width$}  {:14}  {:10}  {:>6}  {:>15}  {:>6}  {:>5}\n",
        "model", "task", "tested on", "score", "95% interval", "chance", "n"
    );
    for score in &scored {
        text.push_str(&format!(
            "{:width$}  {:14}  {:10}  {:>5.1}%  {:>6.1}% – {:>5.1}%  {:>5.1}%  {:>5}\n",
            score.model,
            score.task,
            score.tested_step.as_deref().unwrap_or("-"),
            score.value * 100.0,
            score.low * 100.0,
            score.high * 100.0,
            score.chance * 100.0,
            score.n
        ));
    }
    let file = evaluation.out.join(SCORES_FILE);
    text.push_str(&format!(
        "{new} tasks scored now, the others before\n{}\n",
        file.display()
    ));
    Summary::new(
        text,
        json!({"scores": file, "scored_now": new, "results": scored}),
    )
}
