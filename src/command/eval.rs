//! `eval`: models and tasks in, scores and predictions out.

mod download;
mod heads;
mod left_out;
mod list;
mod origin;
mod summary;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ticclip_eval::suite::Suite;
use ticclip_eval::task::Kind;

use super::bars::Bars;
use super::failure::Failure;
use super::{Context, Summary, require_folder, tokenizer};
use crate::artefact::{Artefact, ArtefactError, FolderLock, Opened, sha256_of};
use crate::cli::EvalArgs;
use crate::device;
use crate::part::Part;
use crate::score::{
    Exam, Examinee, Examiner, Marked, ModelFolder, ModelFolderError, PREDICTIONS, SCORE_PART_FILE,
    SCORES_FILE, ScoreBook, ScoreError, ScorePart, Share, find_models, flat_name, head_file,
    predictions_file, write_predictions,
};
use crate::shard::{STEPS_FILE, StepsRecord};

/// The tasks of a call that names none.
const DEFAULT_TASKS: &str = "dynamic";
/// Folder of kept features beside the scores.
const FEATURES: &str = "features";
/// What a call of `eval` makes in its folder.
const ENTRIES: [&str; 4] = [SCORES_FILE, PREDICTIONS, FEATURES, SCORE_PART_FILE];

/// Everything a call of `eval` needs, ready to score one model after the other.
pub(super) struct Evaluation {
    suite: Suite,
    exams: Vec<Exam>,
    /// Tasks without data.
    skipped: Vec<String>,
    examiner: Examiner,
    book: ScoreBook,
    out: PathBuf,
    /// The tasks and models that are scored, where they are not all.
    share: Option<BTreeSet<(String, String)>>,
    /// Tasks and steps of which has been said what does not count.
    told: BTreeSet<(String, String)>,
    /// Where heads are written.
    heads: Option<PathBuf>,
    _lock: FolderLock,
}

pub(super) fn run(args: &EvalArgs, context: &Context) -> Result<Summary, Failure> {
    if args.list {
        return list::list(args);
    }
    let mut args = args.clone();
    if args.tasks.is_empty() {
        args.tasks.push(DEFAULT_TASKS.to_owned());
    }
    let args = &args;
    if args.hub.download {
        return download::download(args, context);
    }
    let (architecture, tokenizer) = (
        args.architecture.as_ref(),
        tokenizer(args.tokenizer.as_deref())?,
    );
    let mut models: Vec<ModelFolder> = Vec::new();
    for path in &args.model {
        models.extend(find_models(path, architecture, tokenizer.as_ref())?);
    }
    let Some(out) = &args.out else {
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "--out DIR is needed to keep the scores"
        )));
    };
    let mut evaluation = Evaluation::prepare(args, out)?;
    let names: Vec<String> = models
        .iter()
        .map(|model| evaluation.name(model))
        .collect::<Result<_, _>>()?;
    if let Some(part) = args.part {
        evaluation.take_part(part, &models, &names)?;
    }
    let mut new = 0;
    for (models, names) in models
        .chunks(args.together.get())
        .zip(names.chunks(args.together.get()))
    {
        let models: Vec<&ModelFolder> = models.iter().collect();
        new += evaluation.score_named(&models, names, &context.bars)?;
    }
    summary::summary(args, &evaluation, &names, new)
}

/// The tasks and groups of a call: those that come with the program, and the user's.
fn suite(args: &EvalArgs) -> Result<Suite, Failure> {
    let suite = crate::score::suite()
        .and_then(|suite| suite.with_files(&args.tasks))
        .map_err(Failure::wrong_input)?;
    match &args.groups {
        Some(file) => suite
            .with_groups_file(&file.to_string_lossy())
            .map_err(Failure::wrong_input),
        None => Ok(suite),
    }
}

/// The time steps of a folder that `shard` wrote; none elsewhere.
pub(super) fn steps(data: &Path) -> Result<Vec<String>, Failure> {
    if !data.join(STEPS_FILE).is_file() {
        return Ok(Vec::new());
    }
    let record = StepsRecord::read(data).map_err(Failure::wrong_input)?;
    Ok(record.steps.into_iter().map(|step| step.name).collect())
}

impl Evaluation {
    pub(super) fn prepare(args: &EvalArgs, out: &Path) -> Result<Self, Failure> {
        require_folder(&args.data)?;
        let suite = suite(args)?;
        let steps = steps(&args.data)?;
        let (mut exams, mut skipped) = (Vec::new(), Vec::new());
        for task in suite.select(&args.tasks).map_err(Failure::wrong_input)? {
            match Exam::open(task, &args.data, &steps, args.prompts_from.as_deref())
                .map_err(Failure::wrong_input)?
            {
                Some(exam) => {
                    exams.push(match &args.heads {
                        Some(heads) => exam.with_heads(heads).map_err(Failure::wrong_input)?,
                        None => exam,
                    });
                    if args.probe {
                        let probe = Exam::of_probe(task, &args.data, &steps, args.shots);
                        exams.extend(probe.map_err(Failure::wrong_input)?);
                    }
                }
                None => skipped.push(task.name.clone()),
            }
        }
        if exams.is_empty() {
            return Err(Failure::wrong_input(anyhow::anyhow!(
                "{}: none of the tasks {} has evaluation sets here; was anything held out? `eval --list --data {0}` says what is there",
                args.data.display(),
                args.tasks.join(", ")
            )));
        }
        if let Some(heads) = &args.heads {
            heads::check(heads, &suite, &steps, &exams)?;
        }
        let (device, device_name) = device::open(args.compute.device)?;
        let precision = args.compute.precision;
        precision.check(&device).map_err(Failure::wrong_input)?;
        match Artefact::open(out, &ENTRIES, origin::origin(args, out)?, args.overwrite)? {
            Opened::Finished => {}
            // More models may be scored into a finished folder; a score is whole when it is there.
            Opened::Open(artefact) => artefact.finish()?,
        }
        let lock = FolderLock::take(out)?;
        let folder = || args.features.clone().unwrap_or_else(|| out.join(FEATURES));
        let features = args.keep_features.then(folder);
        Ok(Self {
            suite,
            exams,
            skipped,
            examiner: Examiner::new(&device, &device_name, precision, features),
            book: ScoreBook::open(out)?,
            out: out.to_owned(),
            share: None,
            told: BTreeSet::new(),
            heads: args.save_heads.clone(),
            _lock: lock,
        })
    }

    /// Leaves to other processes what is not of this part, and notes in the folder which part it is.
    fn take_part(
        &mut self,
        part: Part,
        models: &[ModelFolder],
        names: &[String],
    ) -> Result<(), Failure> {
        let samples: Vec<usize> = self.exams.iter().map(Exam::samples).collect();
        let share = Share::new(part, &samples, models.len());
        let mut run = String::new();
        let mut pairs = BTreeSet::new();
        for (number, (model, name)) in models.iter().zip(names).enumerate() {
            run.push_str(&format!("model {} {:?}\n", model.weights, model.tokenizer));
            for (at, exam) in self.exams.iter().enumerate() {
                if share.has(at, number) {
                    pairs.insert((exam.task.name.clone(), name.clone()));
                }
            }
        }
        for exam in &self.exams {
            for (step, data) in exam.sets() {
                run.push_str(&format!("{} {step:?} {data}\n", exam.task.name));
            }
        }
        let note = ScorePart {
            part,
            run: sha256_of(run),
            pairs,
        };
        note.write(&self.out)?;
        self.share = Some(note.pairs);
        Ok(())
    }

    pub(super) fn book(&self) -> &ScoreBook {
        &self.book
    }

    /// Scores models on the tasks that they have no scores on; answers how many scores that made.
    pub(super) fn score(&mut self, models: &[&ModelFolder], bars: &Bars) -> Result<usize, Failure> {
        let names: Vec<String> = models
            .iter()
            .map(|model| self.name(model))
            .collect::<Result<_, _>>()?;
        self.score_named(models, &names, bars)
    }

    /// As [`score`](Self::score), with the models' names in the scores.
    fn score_named(
        &mut self,
        models: &[&ModelFolder],
        names: &[String],
        bars: &Bars,
    ) -> Result<usize, Failure> {
        let open = |exam: &Exam, number: usize| {
            let (name, model) = (&names[number], models[number]);
            let asked = |share: &BTreeSet<(String, String)>| {
                share.contains(&(exam.task.name.clone(), name.clone()))
            };
            let scored = || {
                exam.sets()
                    .all(|(step, data)| self.book.has(&exam.task.name, name, model, step, data))
            };
            self.share.as_ref().is_none_or(asked) && (!scored() || self.lacks_heads(exam, name))
        };
        // What is left of every exam, by the models' numbers.
        let left: Vec<Vec<usize>> = self
            .exams
            .iter()
            .map(|exam| {
                (0..models.len())
                    .filter(|number| open(exam, *number))
                    .collect()
            })
            .collect();
        let samples = self.exams.iter().zip(&left);
        let samples = samples
            .map(|(exam, left)| (exam.samples() * left.len()) as u64)
            .sum();
        let mut examinees: Vec<Option<Examinee>> = Vec::new();
        for (number, model) in models.iter().enumerate() {
            let asked = left.iter().any(|left| left.contains(&number));
            let opened = asked.then(|| self.examiner.open(model)).transpose();
            examinees.push(opened.map_err(Failure::wrong_input)?);
        }
        let title = match names {
            [name] => format!("eval {name}"),
            names => format!("eval {} models", names.len()),
        };
        let bar = bars.bar(&title, samples, "images");
        for (at, left) in left.iter().enumerate() {
            let exam = &self.exams[at];
            let viewers: Vec<&Examinee> = left
                .iter()
                .filter_map(|number| examinees[*number].as_ref())
                .collect();
            self.examiner
                .show(&viewers, exam, |samples| bar.inc(samples))
                .map_err(failure)?;
            for number in left {
                let Some(examinee) = &examinees[*number] else {
                    continue;
                };
                let exam = &self.exams[at];
                if let Some(folder) = self.heads_of(exam, &names[*number]) {
                    let written = self.examiner.write_heads(examinee, exam, &folder);
                    written.map_err(failure)?;
                }
                let marked = self.examiner.mark(examinee, exam).map_err(failure)?;
                self.enter(at, &names[*number], models[*number], marked)?;
            }
        }
        bar.finish_and_clear();
        Ok(left.iter().map(Vec::len).sum())
    }

    /// Where the heads of a model in an exam are written; none where there are none to write.
    fn heads_of(&self, exam: &Exam, name: &str) -> Option<PathBuf> {
        let zero_shot =
            matches!(exam.task.kind, Kind::Classification | Kind::Multilabel) && !exam.is_probe();
        let folder = self.heads.as_ref().filter(|_| zero_shot)?;
        Some(folder.join(flat_name(name)))
    }

    /// Whether one of those heads is not there yet.
    fn lacks_heads(&self, exam: &Exam, name: &str) -> bool {
        self.heads_of(exam, name).is_some_and(|folder| {
            exam.sets()
                .any(|(step, _)| !folder.join(head_file(&exam.task.name, step)).is_file())
        })
    }

    /// Keeps what a model reached in an exam.
    fn enter(
        &mut self,
        exam: usize,
        name: &str,
        model: &ModelFolder,
        marked: Vec<Marked>,
    ) -> Result<(), Failure> {
        let task = &self.exams[exam].task;
        let mut scores = Vec::new();
        let mut predictions = Vec::new();
        for marked in marked {
            let tested = marked.step.clone().unwrap_or_default();
            // What a set lacks is the same for every model.
            if self.told.insert((task.name.clone(), tested.clone())) {
                left_out::tell(&task.name, &tested, &marked.marks.left_out);
            }
            scores.push(marked.score(task, name, model));
            predictions.push((tested, marked.marks.predictions));
        }
        if predictions
            .iter()
            .any(|(_, predictions)| !predictions.is_empty())
        {
            let file = predictions_file(&task.name, name);
            write_predictions(&self.out.join(PREDICTIONS).join(file), &predictions)
                .map_err(Failure::failed)?;
        }
        Ok(self.book.enter(&task.name, name, scores)?)
    }

    /// What scores call the model: its path from the scores' folder, so that both can be moved together.
    fn name(&self, model: &ModelFolder) -> Result<String, Failure> {
        let canonical = |path: &Path| path.canonicalize().map_err(ArtefactError::io(path));
        let path = crate::artefact::relative(&canonical(&self.out)?, &canonical(&model.path)?);
        Ok(path.to_string_lossy().replace('\\', "/"))
    }
}

fn failure(error: ScoreError) -> Failure {
    match error {
        ScoreError::Features(error) => error.into(),
        error => Failure::wrong_input(error),
    }
}

impl From<ModelFolderError> for Failure {
    fn from(error: ModelFolderError) -> Self {
        Self::wrong_input(error)
    }
}
