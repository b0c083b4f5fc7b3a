//! `fetch`: a dataset's table in, a manifest of dated pairs out.

use serde_json::json;
use ticclip_fetchers::recover::Recovery;

use super::bars::StageBar;
use super::failure::Failure;
use super::staging::Staging;
use super::{Context, Summary, counted, shown};
use crate::artefact::{Artefact, Opened, Origin};
use crate::cli::FetchArgs;
use crate::dating::{DatingError, DatingJob, Progress, not_after};
use crate::manifest::{Dataset, MANIFEST_ENTRIES, PIECES_FILE, PairTable, STATS_FILE, Stats};
use crate::noun::number_of;
use crate::part::Part;

pub(super) fn run(args: &FetchArgs, context: &Context) -> Result<Summary, Failure> {
    let dataset = Dataset::read(&args.dataset).map_err(Failure::wrong_input)?;
    let Some(timestamps) = &dataset.timestamps else {
        let file = args.dataset.display();
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "{file}: there is no [timestamps] table, which says where dates come from"
        )));
    };
    let table = PairTable::open(&dataset).map_err(Failure::wrong_input)?;
    let in_file = |error| {
        Failure::wrong_input(anyhow::Error::new(error).context(args.dataset.display().to_string()))
    };
    // The sources are checked before anything is written, with the time of this run, and opened with that of the first.
    let recovery = Recovery::new(timestamps, chrono::Utc::now()).map_err(in_file)?;
    recovery
        .check_columns(table.columns().names().iter().map(String::as_str))
        .map_err(in_file)?;
    let (origin, whole) = origin(args, &dataset, &table, &recovery)?;
    let entries = [&MANIFEST_ENTRIES[..], &[PIECES_FILE, ".fetch"]].concat();
    let staging = Staging::open(&args.out, args.work.as_deref())?;
    staging.pull(STATS_FILE)?;
    let stats = match Artefact::open(staging.folder(), &entries, origin, args.overwrite)? {
        Opened::Finished => read_stats(staging.folder())?,
        Opened::Open(artefact) => {
            staging.say_begun()?;
            let not_after = not_after(artefact.folder())?;
            let job = DatingJob {
                dataset: &dataset,
                table: &table,
                recovery: Recovery::new(timestamps, not_after).map_err(in_file)?,
                folder: artefact.folder(),
                part: args.part.unwrap_or(Part::WHOLE),
                run: whole.fingerprint(),
                threads: rayon::current_num_threads(),
            };
            let bar = RowsBar(context.bars.stages("fetch", "rows"));
            let stats = job.run(&bar)?;
            bar.0.finish();
            // Rows that failed may be dated another time: only then is the manifest finished.
            if !stats.has_failures() {
                let folder = artefact.folder().to_owned();
                artefact.finish()?;
                DatingJob::clear(&folder)?;
            }
            staging.push(MANIFEST_ENTRIES.into_iter().chain([PIECES_FILE]))?;
            stats
        }
    };
    Ok(summary(args, &stats))
}

impl From<DatingError> for Failure {
    fn from(error: DatingError) -> Self {
        if error.is_wrong_input() {
            Self::wrong_input(error)
        } else {
            Self::failed(error)
        }
    }
}

struct RowsBar(StageBar);

impl Progress for RowsBar {
    fn rows(&self, rows: u64) {
        self.0.add(rows);
    }

    fn stage(&self, stage: &'static str) {
        self.0.stage(stage);
    }
}

/// What decides the bytes of this call, and of all parts together.
fn origin(
    args: &FetchArgs,
    dataset: &Dataset,
    table: &PairTable,
    recovery: &Recovery,
) -> Result<(Origin, Origin), Failure> {
    let (file, out) = (args.dataset.to_string_lossy(), args.out.to_string_lossy());
    let mut command = vec!["ticclip".to_owned(), "fetch".to_owned(), file.into_owned()];
    command.extend(["--out".to_owned(), out.into_owned()]);
    if let Some(part) = args.part {
        command.extend(["--part".to_owned(), part.to_string()]);
    }
    let mut whole = Origin::new(command).with_input("dataset", &args.dataset)?;
    for table in table.tables().files() {
        whole = whole.with_large_input(&name_in(dataset, table), table)?;
    }
    let archives = recovery
        .archive_files(&dataset.folder)
        .map_err(Failure::wrong_input)?;
    for archive in archives {
        whole = whole.with_large_input(&name_in(dataset, &archive), &archive)?;
    }
    let origin = match args.part {
        Some(part) => whole.clone().with_parameter("part", part.to_string()),
        None => whole.clone(),
    };
    Ok((origin, whole))
}

/// What a file is called in the dataset's folder.
fn name_in(dataset: &Dataset, file: &std::path::Path) -> String {
    let name = file.strip_prefix(&dataset.folder).unwrap_or(file);
    name.to_string_lossy().into_owned()
}

fn read_stats(folder: &std::path::Path) -> Result<Stats, Failure> {
    let path = folder.join(STATS_FILE);
    let read = || anyhow::Ok(serde_json::from_slice(&std::fs::read(&path)?)?);
    read().map_err(|error| Failure::failed(error.context(path.display().to_string())))
}

fn summary(args: &FetchArgs, stats: &Stats) -> Summary {
    let out = args.out.display();
    let (rows, pairs) = (number_of(stats.rows, "row"), number_of(stats.pairs, "pair"));
    let mut text = match stats.outcomes.is_empty() {
        true => format!("{rows}, {pairs}\n"),
        false => format!("{rows}, {pairs}: {}\n", counted(&stats.outcomes)),
    };
    if let (Some(first), Some(last)) = (stats.first, stats.last) {
        let (first, last) = (first.date_naive(), last.date_naive());
        text.push_str(&format!(
            "dated {first} to {last}; sources: {}\n",
            counted(&stats.sources)
        ));
    }
    if !stats.rejected.is_empty() {
        text.push_str(&format!(
            "left out: {} (listed in {out}/rejected.parquet)\n",
            counted(&stats.rejected)
        ));
    }
    if !stats.disagreements.is_empty() {
        text.push_str(&format!(
            "sources disagree: {} (listed in {out}/disagreements.parquet)\n",
            counted(&stats.disagreements)
        ));
    }
    let retry = stats.has_failures();
    if retry {
        for (source, reasons) in &stats.failures {
            text.push_str(&format!(
                "{source} could not be asked: {}\n",
                counted(reasons)
            ));
        }
        text.push_str("run the same command again to ask for those alone\n");
    }
    text.push_str(&format!("{out}/manifest.parquet\n"));
    let json = json!({"stats": stats, "manifest": shown(&args.out.join("manifest.parquet"))});
    let summary = Summary {
        retry,
        ..Summary::new(text, json)
    };
    // To a part may fall what is of no use.
    match stats.pairs == 0 && args.part.is_none() {
        true => summary.in_vain(&format!(
            "no pair in {rows}; {out}/rejected.parquet says why"
        )),
        false => summary,
    }
}
