//! `report`: scores, shards and checkpoints in, one page out, and figures and tables for papers.

mod comparisons;
mod rankings;
mod robustness;
mod serve;
mod shift;
mod statics;

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::ImageFormat;
use serde_json::json;
use ticclip_eval::score::Score;
use ticclip_eval::suite::Suite;
use ticclip_eval::task::Task;
use ticclip_eval::transfer::Part;
use ticclip_report::export::{Format, characters_without_glyph, files};
use ticclip_report::{
    self as report, Content, Credit, Example, LossPoint, OverBudget, StepCost, StrategyScores,
    TaskScores,
};

use super::failure::Failure;
use super::matrix::calendar_of;
use super::{Context, Summary};
use crate::artefact::{NewFile, ORIGIN_FILE, Origin, remove_all};
use crate::cli::ReportArgs;
use crate::preprocess;
use crate::score::{Matrix, ScoreBook, matrices, suite};
use crate::shard::{EvaluationSet, ShardIndex, StepRecord, StepsRecord};
use crate::strategy::{self, Start, Strategy};
use crate::train::{read_metrics, read_step_record};

/// Examples of each step.
const EXAMPLES: usize = 8;
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
    let (content, apart) = content(args)?;
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
    let page = out.join("report.html");
    NewFile::write_whole(&page, report::render(&content).as_bytes())?;
    let mut text = format!("{}\n", page.display());
    let mut json = json!({"report": page});
    for (folder, formats) in EXPORTS.into_iter().zip([&args.figures, &args.tables]) {
        if formats.is_empty() {
            continue;
        }
        let written = export(&content, formats, &out.join(folder))?;
        text.push_str(&format!(
            "{} files in {}\n",
            written.len(),
            out.join(folder).display()
        ));
        json[folder] = json!(written);
    }
    Ok(Summary::new(text, json))
}

/// Writes the figures or tables in these formats; those of an earlier report go.
fn export(content: &Content, formats: &[Format], folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let boxes = characters_without_glyph(content);
    let drawn = formats
        .iter()
        .any(|format| matches!(format, Format::Png | Format::Pdf));
    if drawn && !boxes.is_empty() {
        let boxes: String = boxes.into_iter().collect();
        tracing::warn!(
            "png and pdf figures show boxes for the characters {boxes}; svg has them as text"
        );
    }
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        // Only what an export may have written.
        if ending.is_some_and(|ending| ending.parse::<Format>().is_ok()) {
            remove_all(&path)?;
        }
    }
    let mut written = Vec::new();
    for file in files(content, formats).map_err(Failure::failed)? {
        let path = folder.join(file.name);
        NewFile::write_whole(&path, &file.bytes)?;
        written.push(path);
    }
    Ok(written)
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
    let record = StepsRecord::read(&args.data).map_err(Failure::wrong_input)?;
    let mut scores: Vec<Score> = Vec::new();
    for folder in &args.scores {
        scores.extend_from_slice(ScoreBook::open(folder)?.scores());
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
        commands: commands(args, &strategies)?,
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

/// The command that wrote what is in a folder.
fn last_command(folder: &Path) -> Result<Option<String>, Failure> {
    let origin = Origin::read(&folder.join(ORIGIN_FILE))?;
    Ok(origin.and_then(|origin| origin.commands().last().map(|words| shell_line(words))))
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
    folders.extend(args.scores.iter().cloned());
    folders.extend(args.compare.iter().cloned());
    folders.extend(args.shift.clone());
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
    let mut own: Vec<String> = vec!["ticclip".into(), "report".into()];
    own.extend(args.scores.iter().map(|folder| path(folder)));
    own.extend(["--data".into(), path(&args.data)]);
    let mut option = |name: &str, paths: &mut dyn Iterator<Item = &PathBuf>| {
        let paths: Vec<String> = paths.map(|one| path(one)).collect();
        if !paths.is_empty() {
            own.push(name.to_owned());
            own.extend(paths);
        }
    };
    option("--train", &mut args.train.iter());
    option("--compare", &mut args.compare.iter());
    option("--sets", &mut args.sets.iter());
    option("--shift", &mut args.shift.iter());
    option("--out", &mut args.out.iter());
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
