//! `check`: a finished benchmark in, a verdict out.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use indicatif::ProgressBar;
use serde_json::json;

use super::bars::Bars;
use super::failure::Failure;
use super::table::{Table, printable};
use super::{Context, Summary, shown};
use crate::artefact::{Artefact, Opened, Origin, sha256_of};
use crate::check::{
    CHECK_ENTRIES, CHECK_FILE, CheckError, CheckJob, CheckRecord, FINDINGS_FILE, FindingKind,
    SetRecord, Severity,
};
use crate::cli::CheckArgs;
use crate::progress::Progress;
use crate::shard::STEPS_FILE;
use crate::split::SPLIT_FILE;

pub(super) fn run(args: &CheckArgs, context: &Context) -> Result<Summary, Failure> {
    let job = CheckJob {
        benchmark: args.benchmark.clone(),
        splits: args.splits.clone(),
        images: !args.no_images,
        distance: args.distance,
        threads: NonZeroUsize::new(rayon::current_num_threads()).unwrap_or(NonZeroUsize::MIN),
    };
    let bars = TarBars {
        bars: &context.bars,
        current: Mutex::new(None),
    };
    let record = match &args.out {
        None => {
            let name = format!("ticclip-check-{}", std::process::id());
            let work = std::env::temp_dir().join(name);
            job.run(None, &work, &bars).map_err(failure)?
        }
        Some(out) => {
            refuse_inside(out, &args.benchmark)?;
            let origin = origin(args, out)?;
            match Artefact::open(out, &CHECK_ENTRIES, origin, args.overwrite)? {
                Opened::Finished => CheckRecord::read(out).map_err(failure)?,
                Opened::Open(artefact) => {
                    let folder = artefact.folder();
                    let record = job.run(Some(folder), &folder.join("check"), &bars);
                    let record = record.map_err(failure)?;
                    artefact.finish()?;
                    record
                }
            }
        }
    };
    bars.replace(None);
    Ok(Summary {
        failed: !record.is_clean(),
        ..summary(args, &record)
    })
}

/// A bar over the tars of evaluation sets, then one over those of training sets.
struct TarBars<'a> {
    bars: &'a Bars,
    current: Mutex<Option<ProgressBar>>,
}

impl TarBars<'_> {
    fn replace(&self, bar: Option<ProgressBar>) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = std::mem::replace(&mut *current, bar) {
            before.finish_and_clear();
        }
    }
}

impl Progress for TarBars<'_> {
    fn begin(&self, what: &str, rows: u64) {
        self.replace(Some(self.bars.bar(&format!("check {what}"), rows, "tars")));
    }

    fn advance(&self, rows: u64) {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = current.as_ref() {
            bar.inc(rows);
        }
    }
}

fn failure(error: CheckError) -> Failure {
    match error {
        CheckError::Findings(_) | CheckError::Artefact(_) => Failure::failed(error),
        _ => Failure::wrong_input(error),
    }
}

/// A benchmark is only read: nothing is written into its folder.
fn refuse_inside(out: &Path, benchmark: &Path) -> Result<(), Failure> {
    let absolute = std::path::absolute(out).map_err(Failure::failed)?;
    let there = absolute
        .ancestors()
        .find_map(|path| path.canonicalize().ok());
    let benchmark = benchmark.canonicalize().ok();
    let (Some(there), Some(benchmark)) = (there, benchmark) else {
        return Ok(());
    };
    if there.starts_with(&benchmark) {
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "--out {}: is in the benchmark, which is only read; name another folder",
            out.display()
        )));
    }
    Ok(())
}

/// A benchmark is too large for a checksum: names, sizes and times of its files stand for it.
fn origin(args: &CheckArgs, out: &Path) -> Result<Origin, Failure> {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let mut line = ["ticclip", "check"].map(str::to_owned).to_vec();
    line.push(path(&args.benchmark));
    if let Some(splits) = &args.splits {
        line.extend(["--splits".into(), path(splits)]);
    }
    if args.no_images {
        line.push("--no-images".into());
    }
    line.extend(["--distance".into(), args.distance.to_string()]);
    line.extend(["--out".into(), path(out)]);
    let steps = args.benchmark.join(STEPS_FILE);
    if !steps.is_file() {
        return Err(failure(CheckError::no_steps(&args.benchmark)));
    }
    let mut files = Vec::new();
    for sets in ["train", "eval"] {
        list(&args.benchmark.join(sets), Path::new(sets), &mut files).map_err(|error| {
            let folder = args.benchmark.join(sets);
            Failure::wrong_input(anyhow::anyhow!("{}: {error}", folder.display()))
        })?;
    }
    files.sort();
    let mut origin = Origin::new(line)
        .with_parameter("images", !args.no_images)
        .with_parameter("distance", i64::from(args.distance))
        .with_parameter("files", sha256_of(files.concat()))
        .with_input(STEPS_FILE, &steps)
        .map_err(Failure::wrong_input)?;
    if let Some(splits) = &args.splits {
        origin = origin
            .with_input(SPLIT_FILE, &splits.join(SPLIT_FILE))
            .map_err(Failure::wrong_input)?;
    }
    Ok(origin.with_history_of(&args.benchmark)?)
}

/// A line for each file below `folder`: its name, size and time.
fn list(folder: &Path, name: &Path, lines: &mut Vec<String>) -> std::io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, name) = (entry.path(), name.join(entry.file_name()));
        // Through a link, as reading goes; a broken one is told of when it is read.
        let Ok(file) = path.metadata() else { continue };
        if file.is_dir() {
            // A link to a folder could lead round in a circle.
            if !entry.file_type()?.is_symlink() {
                list(&path, &name, lines)?;
            }
            continue;
        }
        let time = file.modified()?.duration_since(std::time::UNIX_EPOCH);
        let nanos = time.map_or(0, |time| time.as_nanos());
        lines.push(format!("{} {} {nanos}\n", name.display(), file.len()));
    }
    Ok(())
}

fn summary(args: &CheckArgs, record: &CheckRecord) -> Summary {
    let mut text = table(record);
    for (severity, title) in [
        (Severity::Violation, "violations"),
        (Severity::Warning, "warnings"),
        (Severity::Note, "notes"),
    ] {
        let kinds = FindingKind::ALL.iter().map(|kind| kind.name());
        let found = kinds.filter_map(|name| Some((name, record.findings.get(name)?)));
        let found: Vec<_> = found
            .filter(|(_, kind)| kind.severity == severity)
            .collect();
        let notes = notes(record);
        let notes = notes.iter().filter(|_| severity == Severity::Note);
        if found.is_empty() && notes.clone().count() == 0 {
            continue;
        }
        text.push_str(&format!("{title}\n"));
        for (name, kind) in found {
            text.push_str(&format!("  {name}: {}\n", kind.count));
            for example in &kind.examples {
                text.push_str(&format!("    {}\n", printable(example)));
            }
            let more = kind.count - kind.examples.len() as u64;
            if more > 0 {
                text.push_str(&format!("    and {more} more\n"));
            }
        }
        notes.for_each(|note| text.push_str(&format!("  {note}\n")));
    }
    let written = args.out.as_ref().map(|out| {
        let files = [CHECK_FILE, FINDINGS_FILE].map(|name| out.join(name));
        let [check, findings] = &files;
        text.push_str(&format!("{}, {}\n", check.display(), findings.display()));
        files
    });
    let verdict = verdict(record);
    text.push_str(&format!("verdict: {verdict}\n"));
    Summary::new(text, as_json(record, &verdict, written.as_ref()))
}

fn as_json(
    record: &CheckRecord,
    verdict: &str,
    written: Option<&[PathBuf; 2]>,
) -> serde_json::Value {
    json!({
        "verdict": verdict,
        "clean": record.is_clean(),
        "check": record,
        "record": written.map(|files| shown(&files[0])),
        "findings": written.map(|files| shown(&files[1])),
    })
}

fn table(record: &CheckRecord) -> String {
    let figures = ["train", "pairs", "tars", "retrieval", "classification"];
    let mut table = Table::new(["step"]).figures(figures);
    let mut row = |name: &str, sets: [&SetRecord; 3]| {
        let [train, retrieval, classification] = sets;
        let figures = [
            train.samples,
            train.pairs,
            train.tars,
            retrieval.samples,
            classification.samples,
        ];
        let figures = figures.map(|figure| figure.to_string());
        table.row(std::iter::once(name.to_owned()).chain(figures));
    };
    let mut sums = [SetRecord::default(); 3];
    for step in &record.steps {
        let sets = [&step.train, &step.retrieval, &step.classification];
        row(&step.name, sets);
        for (sum, set) in sums.iter_mut().zip(sets) {
            sum.add(*set);
        }
    }
    row("total", sums.each_ref());
    table.fitted()
}

/// What was and what was not compared.
fn notes(record: &CheckRecord) -> Vec<String> {
    let mut notes = Vec::new();
    if record.undated > 0 {
        notes.push(format!(
            "{} samples have no timestamp to compare with their step",
            record.undated
        ));
    }
    if record.urls > 0 {
        notes.push(format!(
            "urls: {} compared; {} evaluation pairs have one that is trained on",
            record.urls, record.evaluation_pairs_of_same_url
        ));
    }
    match &record.images {
        Some(images) => notes.push(format!(
            "images: {} compared by {} up to distance {}, {} too plain to compare; near one that is \
             trained on: {} evaluation pairs",
            images.compared, images.hash, images.distance, images.plain, images.evaluation_pairs_near
        )),
        None => notes.push("images: not decoded (--no-images)".to_owned()),
    }
    for list in record.split.iter().flatten().filter(|list| list.lost > 0) {
        let (kind, step) = (list.set.folder(), &list.step);
        let (lost, listed) = (list.lost, list.listed);
        notes.push(format!(
            "{kind}/{step}: {lost} of {listed} uids of the split are in no shard"
        ));
    }
    notes
}

fn verdict(record: &CheckRecord) -> String {
    let count = |n: u64, what: &str| match n {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    };
    let warnings = count(record.warnings, "warning");
    let found = match record.is_clean() {
        true => format!("clean, no violations, {warnings}"),
        false => format!("{}, {warnings}", count(record.violations, "violation")),
    };
    let (samples, pairs, steps) = (record.total.samples, record.total.pairs, record.steps.len());
    let (version, fingerprint) = (&record.version, &record.fingerprint);
    format!(
        "{found}; {samples} samples of {pairs} pairs in {steps} steps; ticclip {version}; uids sha256:{fingerprint}"
    )
}
