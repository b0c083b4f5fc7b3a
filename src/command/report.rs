//! `report`: scores, shards and checkpoints in, one page out.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::ImageFormat;
use serde_json::json;
use ticclip_eval::task::Task;
use ticclip_eval::transfer::Part;

use super::failure::Failure;
use super::matrix::calendar_of;
use super::{Context, Summary};
use crate::artefact::{NewFile, ORIGIN_FILE, Origin};
use crate::cli::ReportArgs;
use crate::preprocess;
use crate::score::{Matrix, ScoreBook, matrices, suite};
use crate::shard::{EvaluationSet, ShardIndex, StepRecord, StepsRecord};
use crate::strategy;
use crate::train::{read_metrics, read_step_record};
use ticclip_report::{
    self as report, Content, Credit, Example, LossPoint, StepCost, StrategyScores, TaskScores,
};

/// Examples of each step.
const EXAMPLES: usize = 8;
/// Longest side of an example in pixels: a page with the users' own photographs stays small.
const THUMBNAIL: u32 = 96;

pub(super) fn run(args: &ReportArgs, context: &Context) -> Result<Summary, Failure> {
    let record = StepsRecord::read(&args.data).map_err(Failure::wrong_input)?;
    let book = ScoreBook::open(&args.scores)?;
    if book.scores().is_empty() {
        let folder = args.scores.display();
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "{folder}: no scores here; `ticclip eval --out {folder}` writes them"
        )));
    }
    let names: Vec<String> = record.steps.iter().map(|step| step.name.clone()).collect();
    let matrices = matrices(&names, &calendar_of(&record), book.scores())?;
    if matrices.is_empty() {
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "{}: no score of a model that `train` made; a report shows strategies through time",
            args.scores.display()
        )));
    }
    let apart = book
        .scores()
        .iter()
        .filter(|score| score.strategy.is_none())
        .count();
    if apart > 0 {
        context.bars.say(&format!(
            "{apart} scores of models without a strategy are not shown"
        ));
    }
    let content = content(args, &record, &names, &matrices)?;
    let page = args.out.join("report.html");
    NewFile::write_whole(&page, report::render(&content).as_bytes())?;
    Ok(Summary::new(
        format!("{}\n", page.display()),
        json!({"report": page}),
    ))
}

fn content(
    args: &ReportArgs,
    record: &StepsRecord,
    names: &[String],
    matrices: &[Matrix<'_>],
) -> Result<Content, Failure> {
    let mut strategies: Vec<StrategyScores> = Vec::new();
    for strategy in strategy::all() {
        let own: Vec<&Matrix<'_>> = matrices
            .iter()
            .filter(|matrix| matrix.strategy == strategy.name())
            .collect();
        if own.is_empty() {
            continue;
        }
        let home = args.train.as_ref().map(|train| train.join(strategy.name()));
        strategies.push(StrategyScores {
            name: strategy.name().to_owned(),
            description: strategy.description().to_owned(),
            cost: home
                .as_deref()
                .map(|home| cost(home, names))
                .transpose()?
                .unwrap_or_default(),
            tasks: own.into_iter().map(task_scores).collect::<Result<_, _>>()?,
            loss: home.as_deref().map(loss).transpose()?.unwrap_or_default(),
        });
    }
    Ok(Content {
        title: format!("How models age on {}", record.dataset),
        dataset: record.dataset.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        steps: record
            .steps
            .iter()
            .map(|step| shown_step(&args.data, step))
            .collect(),
        commands: commands(args, &strategies)?,
        strategies,
        credits: record.credits.iter().map(|text| credit(text)).collect(),
        notes: record.notes.clone(),
    })
}

fn task_scores(matrix: &Matrix<'_>) -> Result<TaskScores, Failure> {
    let suite = suite().map_err(Failure::failed)?;
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
    Ok(TaskScores {
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
    })
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

fn shown_step(data: &Path, step: &StepRecord) -> report::Step {
    report::Step {
        name: step.name.clone(),
        from: step.from.date_naive().to_string(),
        to: step.to.date_naive().to_string(),
        train: step.train,
        held_out: step.held_out,
        examples: examples(data, &step.name),
    }
}

/// A few held-out pairs; what cannot be read is not shown.
fn examples(data: &Path, step: &str) -> Vec<Example> {
    let Ok(set) = EvaluationSet::open(&data.join("eval/retrieval").join(step)) else {
        return Vec::new();
    };
    let Ok(index) = ShardIndex::open(set.tars) else {
        return Vec::new();
    };
    // Spread over the set, which is sorted by uid and so in no order of content.
    (0..index.len().min(EXAMPLES))
        .filter_map(|at| example(&index, at))
        .collect()
}

fn example(index: &ShardIndex, at: usize) -> Option<Example> {
    let sample = index.sample(at).ok()?;
    let caption = (*sample.captions().ok()?.first()?).to_owned();
    let image = preprocess::decode(sample.image().ok()?).ok()?;
    let small = if image.width().max(image.height()) > THUMBNAIL {
        image::DynamicImage::from(image)
            .thumbnail(THUMBNAIL, THUMBNAIL)
            .into_rgb8()
    } else {
        image
    };
    let mut png = Cursor::new(Vec::new());
    small.write_to(&mut png, ImageFormat::Png).ok()?;
    Some(Example {
        caption,
        class: None,
        png: png.into_inner(),
    })
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

/// The commands that led here, in the order they ran, each once.
fn commands(args: &ReportArgs, strategies: &[StrategyScores]) -> Result<Vec<String>, Failure> {
    let mut folders: Vec<PathBuf> = vec![args.data.clone()];
    if let Some(train) = &args.train {
        folders.extend(strategies.iter().map(|strategy| train.join(&strategy.name)));
    }
    folders.push(args.scores.clone());
    let mut lines: Vec<String> = Vec::new();
    for folder in folders {
        if let Some(origin) = Origin::read(&folder.join(ORIGIN_FILE))? {
            for line in origin.commands().map(|words| shell_line(words)) {
                if !lines.contains(&line) {
                    lines.push(line);
                }
            }
        }
    }
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let mut own: Vec<String> = vec!["ticclip".into(), "report".into(), path(&args.scores)];
    own.extend(["--data".into(), path(&args.data)]);
    if let Some(train) = &args.train {
        own.extend(["--train".into(), path(train)]);
    }
    own.extend(["--out".into(), path(&args.out)]);
    lines.push(shell_line(&own));
    Ok(lines)
}

/// Words as a shell reads them back.
fn shell_line(words: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:=@%+".contains(c);
    let quoted = words.iter().map(|word| {
        if !word.is_empty() && word.chars().all(plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', "'\\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
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

    #[test]
    fn words_that_a_shell_would_split_are_quoted() {
        let words = ["ticclip", "my photos/a's.toml"].map(str::to_owned);
        assert_eq!(shell_line(&words), r"ticclip 'my photos/a'\''s.toml'");
    }
}
