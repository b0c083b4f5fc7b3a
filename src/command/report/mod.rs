//! `report`: scores, shards and checkpoints in, one page out, and figures and tables for papers.

mod commands;
mod comparisons;
mod examples;
mod exports;
mod model_name;
mod rankings;
mod robustness;
mod serve;
mod shift;
mod statics;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::json;
use ticclip_eval::score::Score;
use ticclip_eval::suite::Suite;
use ticclip_eval::task::Task;
use ticclip_eval::transfer::Part;
use ticclip_report::{
    self as report, Content, Credit, LossPoint, OverBudget, StepCost, StrategyScores, TaskScores,
};

use super::failure::Failure;
use super::matrix::calendar_of;
use super::{Context, Summary, require_folder, shown};
use crate::artefact::NewFile;
use crate::cli::ReportArgs;
use crate::score::{Matrix, ScoreBook, matrices, suite};
use crate::shard::{StepRecord, StepsRecord};
use crate::strategy::{self, Start, Strategy};
use crate::train::{read_metrics, read_step_record};

/// Longest side of an example in pixels: a page with the users' own photographs stays small.
const THUMBNAIL: u32 = 96;
/// Folders of exported files below the report's.
const EXPORTS: [&str; 2] = ["figures", "tables"];

pub(super) fn run(args: &ReportArgs, context: &Context) -> Result<Summary, Failure> {
    if let Some(address) = args.serve {
        return serve::serve(args, address, context.json);
    }
    let Some(out) = &args.out else {
        let wrong = anyhow::anyhow!("--out DIR is needed to keep the report");
        return Err(Failure::wrong_input(wrong));
    };
    let page = out.join("report.html");
    refuse_foreign(&page)?;
    let (content, apart) = content(args)?;
    if let Some(train) = &args.train {
        let mut strategies = content.strategies.iter();
        if !strategies.any(|strategy| train.join(&strategy.name).is_dir()) {
            return Err(Failure::wrong_input(anyhow::anyhow!(
                "--train {}: no strategy in it; it is for the folder that `train` wrote",
                train.display()
            )));
        }
    }
    if content
        .strategies
        .iter()
        .all(|strategy| strategy.tasks.is_empty())
        && content.statics.is_empty()
    {
        return Err(unscored(args, apart));
    }
    if apart > 0 {
        context.bars.say(&format!(
            "{apart} scores of models without a strategy are not shown"
        ));
    }
    NewFile::write_whole(&page, report::render(&content).as_bytes())?;
    let mut text = format!("{}\n", page.display());
    let mut json = json!({"report": shown(&page)});
    for (folder, formats) in EXPORTS.into_iter().zip([&args.figures, &args.tables]) {
        if formats.is_empty() {
            continue;
        }
        let clock = context.bars.clock(&format!("report {folder}"));
        let written = exports::export(&content, formats, &out.join(folder));
        clock.finish_and_clear();
        let written = written?;
        text.push_str(&format!(
            "{} files in {}\n",
            written.len(),
            out.join(folder).display()
        ));
        let written: Vec<String> = written.iter().map(|file| shown(file)).collect();
        json[folder] = json!(written);
    }
    Ok(Summary::new(text, json))
}

/// Refuses to write over a page that is no report.
fn refuse_foreign(page: &Path) -> Result<(), Failure> {
    let Ok(file) = File::open(page) else {
        return Ok(());
    };
    let mut start = Vec::new();
    file.take(1 << 12)
        .read_to_end(&mut start)
        .map_err(|error| Failure::failed(anyhow::anyhow!("{}: {error}", page.display())))?;
    let mark = "<meta name=\"generator\" content=\"ticclip ";
    match String::from_utf8_lossy(&start).contains(mark) {
        true => Ok(()),
        false => Err(Failure::wrong_input(anyhow::anyhow!(
            "{} is no report, so not ours to replace; name another folder",
            page.display()
        ))),
    }
}

/// The page of now, for `--serve`; `version` is what the page compares with to see whether it has changed.
fn page(args: &ReportArgs, version: Option<&str>) -> Result<Vec<u8>, Failure> {
    let (content, _) = content(args)?;
    let page = match version {
        Some(version) => report::render_live(&content, version),
        None => report::render(&content),
    };
    Ok(page.into_bytes())
}

fn unscored(args: &ReportArgs, apart: usize) -> Failure {
    let folders: Vec<String> = args
        .scores
        .iter()
        .map(|folder| folder.display().to_string())
        .collect();
    let folders = folders.join(", ");
    Failure::wrong_input(if apart > 0 {
        anyhow::anyhow!(
            "{folders}: no score of a model that `train` made; a report shows strategies through time"
        )
    } else {
        anyhow::anyhow!("{folders}: no scores here; `ticclip eval --out DIR` writes them")
    })
}

/// All that a report shows, and how many scores are of models without a strategy.
fn content(args: &ReportArgs) -> Result<(Content, usize), Failure> {
    for folder in [&args.train, &args.sets].into_iter().flatten() {
        require_folder(folder)?;
    }
    let record = StepsRecord::read(&args.data).map_err(Failure::wrong_input)?;
    let mut scores: Vec<Score> = Vec::new();
    let mut models: BTreeSet<PathBuf> = BTreeSet::new();
    for folder in &args.scores {
        let book = ScoreBook::open(folder)?;
        let trained = book.scores().iter().filter(|one| one.strategy.is_some());
        models.extend(trained.map(|one| folder.join(&one.model)));
        scores.extend_from_slice(book.scores());
    }
    let steps: Vec<String> = record.steps.iter().map(|step| step.name.clone()).collect();
    let matrices = matrices(&steps, &calendar_of(&record), &scores)?;
    let suite = suite().map_err(Failure::failed)?;
    let strategies = strategies(args, &suite, &steps, &matrices, &scores)?;
    let statics = statics::tasks(&suite, &steps, &scores);
    let static_columns = statics::columns(&suite, &statics);
    let mut data: Vec<&Path> = vec![&args.data];
    data.extend(args.sets.as_deref());
    let content = Content {
        title: format!("How models age on {}", record.dataset),
        dataset: record.dataset.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        steps: record
            .steps
            .iter()
            .map(|step| shown_step(&args.data, step))
            .collect(),
        left_out: left_out(&record),
        commands: commands::commands(args, &strategies, &models)?,
        rankings: rankings::rankings(
            &strategies,
            &static_columns,
            &statics,
            steps.len().saturating_sub(1),
        ),
        robustness: robustness::robustness(&suite, &steps, &scores),
        comparisons: comparisons::comparisons(&args.compare, &suite, &data, &steps)?,
        shift: args.shift.as_deref().map(shift::shift).transpose()?,
        statics,
        static_columns,
        strategies,
        credits: record.credits.iter().map(|text| credit(text)).collect(),
        notes: record.notes.clone(),
    };
    let apart = scores.iter().filter(|score| score.strategy.is_none());
    Ok((content, apart.count()))
}

/// The strategies that have scores, or a folder of `train`'s; those that the program does not know come last.
fn strategies(
    args: &ReportArgs,
    suite: &Suite,
    steps: &[String],
    matrices: &[Matrix<'_>],
    scores: &[Score],
) -> Result<Vec<StrategyScores>, Failure> {
    let known = strategy::all();
    let mut names: Vec<String> = known.iter().map(|one| one.name().to_owned()).collect();
    for name in scores.iter().filter_map(|score| score.strategy.as_ref()) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    let mut strategies = Vec::new();
    for name in names {
        let home = args.train.as_ref().map(|train| train.join(&name));
        let home = home.filter(|home| home.is_dir());
        let scored = scores
            .iter()
            .any(|score| score.strategy.as_ref() == Some(&name));
        if !scored && home.is_none() {
            continue;
        }
        let own = matrices.iter().filter(|matrix| matrix.strategy == name);
        let known = known.iter().find(|one| one.name() == name);
        let home = home.as_deref();
        strategies.push(StrategyScores {
            description: known.map_or_else(String::new, |one| one.description().to_owned()),
            cost: home
                .map(|home| cost(home, steps))
                .transpose()?
                .unwrap_or_default(),
            tasks: own.map(|matrix| task_scores(suite, matrix)).collect(),
            loss: home.map(loss).transpose()?.unwrap_or_default(),
            over_budget: known.and_then(|one| over_budget(one.as_ref(), steps.len())),
            seed: home.map(commands::seed).transpose()?.flatten(),
            name,
        });
    }
    Ok(strategies)
}

/// How a strategy leaves the budget of a step, as the paper's main table marks it.
fn over_budget(strategy: &dyn Strategy, steps: usize) -> Option<OverBudget> {
    let granted = vec![1.0; steps];
    let last = strategy.budget(&granted);
    let (stars, reason) = match strategy.start() {
        Start::Random if last > 1.0 => (2, "is trained anew at every step, on all pairs so far"),
        Start::Previous if last > 1.0 => (1, "has a budget that grows with every step"),
        _ => return None,
    };
    Some(OverBudget {
        stars,
        reason: format!("{reason}: {last:.0} times that of the others at the last one"),
    })
}

fn task_scores(suite: &Suite, matrix: &Matrix<'_>) -> TaskScores {
    let title = suite
        .tasks()
        .find(|task| task.name == matrix.task)
        .and_then(|task: &Task| task.title.clone());
    let columns = matrix.square();
    let cell = |trained: usize, column: usize| {
        let cell = matrix.cell(trained, column)?;
        Some(report::Score {
            value: cell.value,
            interval: Some([cell.low, cell.high]),
        })
    };
    let rows = 0..matrix.merged.raw.trained.len();
    TaskScores {
        name: matrix.task.to_owned(),
        title: title.unwrap_or_else(|| matrix.task.to_owned()),
        metric: matrix.metric.to_owned(),
        chance: columns
            .iter()
            .map(|column| Some(matrix.column(*column)?.1))
            .collect(),
        n: columns
            .iter()
            .map(|column| Some(matrix.column(*column)?.0))
            .collect(),
        cells: rows
            .map(|trained| {
                columns
                    .iter()
                    .map(|column| cell(trained, *column))
                    .collect()
            })
            .collect(),
        in_domain: matrix.merged.mean(Part::InDomain),
        backward: matrix.merged.mean(Part::Backward),
        forward: matrix.merged.mean(Part::Forward),
    }
}

/// Cost of every step whose checkpoint is there.
fn cost(home: &Path, steps: &[String]) -> Result<Vec<StepCost>, Failure> {
    let mut cost = Vec::new();
    for step in steps {
        if let Some(record) = read_step_record(&home.join(step))? {
            cost.push(StepCost {
                macs: record.macs as f64,
                samples: record.samples,
            });
        }
    }
    Ok(cost)
}

/// Loss of every update over the samples of all steps.
fn loss(home: &Path) -> Result<Vec<LossPoint>, Failure> {
    let path = home.join("metrics.jsonl");
    let unreadable =
        |error| Failure::wrong_input(anyhow::Error::new(error).context(path.display().to_string()));
    let (mut before, mut points) = (0, Vec::<LossPoint>::new());
    let mut step = String::new();
    for update in read_metrics(&path).map_err(unreadable)? {
        if update.step != step {
            before = points.last().map_or(0, |point| point.samples);
            step = update.step;
        }
        points.push(LossPoint {
            samples: before + update.samples,
            loss: f64::from(update.loss),
        });
    }
    Ok(points)
}

/// What the split and the shards are without.
fn left_out(record: &StepsRecord) -> Vec<report::LeftOut> {
    let commands = [("split", &record.left_out), ("shard", &record.rejected)];
    let of = |(command, rows): (&str, &BTreeMap<String, u64>)| {
        let left_out = |(reason, rows): (&String, &u64)| report::LeftOut {
            command: command.to_owned(),
            reason: reason.clone(),
            rows: *rows,
        };
        rows.iter().map(left_out).collect::<Vec<_>>()
    };
    commands.into_iter().flat_map(of).collect()
}

fn shown_step(data: &Path, step: &StepRecord) -> report::Step {
    report::Step {
        name: step.name.clone(),
        from: step.from.date_naive().to_string(),
        to: step.to.date_naive().to_string(),
        train: step.train,
        held_out: step.held_out,
        examples: examples::examples(data, &step.name),
    }
}

/// A credit that ends in an address in brackets leads there.
fn credit(text: &str) -> Credit {
    let split = text
        .strip_suffix(')')
        .and_then(|text| text.rsplit_once(" (http"));
    match split {
        Some((text, address)) => Credit {
            text: text.to_owned(),
            url: Some(format!("http{address}")),
        },
        None => Credit {
            text: text.to_owned(),
            url: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credit_with_an_address_becomes_a_link() {
        let credit = credit("Images by A, CC-BY (https://example.org/a)");
        assert_eq!(credit.text, "Images by A, CC-BY");
        assert_eq!(credit.url.as_deref(), Some("https://example.org/a"));
    }
}
