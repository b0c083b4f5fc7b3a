//! `fetch`: a dataset's table in, a manifest of dated pairs out.

use chrono::Utc;
use serde_json::json;
use ticclip_fetchers::recover::{self, Recovery, Rules, State};

use super::bars::Bars;
use super::failure::Failure;
use super::{Context, Summary, counted};
use crate::artefact::{Artefact, ArtefactError, Opened, Origin};
use crate::cli::FetchArgs;
use crate::manifest::{
    ClaimRow, Dataset, MANIFEST_ENTRIES, ManifestMeta, ManifestWriteError, ManifestWriter, Outcome,
    Pair, PairReader, PairRow, RowOutcome, STATS_FILE, Stats, TableColumns, is_url,
};

/// Rows whose sources are asked at once.
const BATCH_ROWS: usize = 4096;

/// One call's worth of work.
struct Work<'a> {
    dataset: &'a Dataset,
    columns: TableColumns,
    recovery: Recovery,
}

pub(super) fn run(args: &FetchArgs, context: &Context) -> Result<Summary, Failure> {
    let dataset = Dataset::read(&args.dataset).map_err(Failure::wrong_input)?;
    let Some(timestamps) = &dataset.timestamps else {
        let file = args.dataset.display();
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "{file}: there is no [timestamps] table, which says where dates come from"
        )));
    };
    let pairs = PairReader::open(&dataset).map_err(Failure::wrong_input)?;
    let in_file = |error| {
        Failure::wrong_input(anyhow::Error::new(error).context(args.dataset.display().to_string()))
    };
    let recovery = Recovery::new(timestamps, Rules::until(Utc::now())).map_err(in_file)?;
    recovery
        .check_columns(pairs.columns().names().iter().map(String::as_str))
        .map_err(in_file)?;
    let origin = origin(args, &pairs)?;
    let stats = match Artefact::open(&args.out, &MANIFEST_ENTRIES, origin, args.overwrite)? {
        Opened::Finished => read_stats(args)?,
        Opened::Open(artefact) => {
            let columns = pairs.columns().clone();
            let work = Work {
                dataset: &dataset,
                columns,
                recovery,
            };
            let stats = work.date(pairs, artefact.folder(), &context.bars)?;
            // Rows that failed may be dated another time: only then is the manifest finished.
            if !stats.outcomes.contains_key(Outcome::Failed.as_str()) {
                artefact.finish()?;
            }
            stats
        }
    };
    Ok(summary(args, &stats))
}

fn origin(args: &FetchArgs, pairs: &PairReader) -> Result<Origin, ArtefactError> {
    let (dataset, out) = (args.dataset.to_string_lossy(), args.out.to_string_lossy());
    let mut origin = Origin::new(["ticclip", "fetch", &dataset, "--out", &out])
        .with_input("dataset", &args.dataset)?;
    for table in pairs.tables().files() {
        let name = table.file_name().unwrap_or_default().to_string_lossy();
        origin = origin.with_input(&name, table)?;
    }
    Ok(origin)
}

fn read_stats(args: &FetchArgs) -> Result<Stats, Failure> {
    let path = args.out.join(STATS_FILE);
    let read = || anyhow::Ok(serde_json::from_slice(&std::fs::read(&path)?)?);
    read().map_err(|error| Failure::failed(error.context(path.display().to_string())))
}

impl Work<'_> {
    fn date(
        &self,
        pairs: PairReader,
        folder: &std::path::Path,
        bars: &Bars,
    ) -> Result<Stats, Failure> {
        let failed = |error: ManifestWriteError| Failure::failed(error);
        let meta = ManifestMeta::new(self.dataset, folder)?;
        let mut manifest = ManifestWriter::create(folder, &meta, &self.columns).map_err(failed)?;
        let bar = bars.counter("fetch", "rows");
        let mut batch = Vec::with_capacity(BATCH_ROWS);
        for row in pairs {
            bar.inc(1);
            match row.map_err(Failure::wrong_input)? {
                PairRow::Pair(pair) => batch.push(pair),
                PairRow::Rejected(rejected) => manifest.reject(&rejected).map_err(failed)?,
            }
            if batch.len() == BATCH_ROWS {
                self.settle(&mut batch, &mut manifest).map_err(failed)?;
            }
        }
        self.settle(&mut batch, &mut manifest).map_err(failed)?;
        bar.finish_and_clear();
        manifest.finish().map_err(failed)
    }

    /// Dates the pairs of a batch and writes them down.
    fn settle(
        &self,
        batch: &mut Vec<Pair>,
        manifest: &mut ManifestWriter,
    ) -> Result<(), ManifestWriteError> {
        let rows: Vec<recover::Row> = batch.iter().map(|pair| self.row(pair)).collect();
        for (pair, found) in batch.drain(..).zip(self.recovery.recover(&rows)) {
            manifest.push(&pair, &row_outcome(found))?;
        }
        Ok(())
    }

    fn row(&self, pair: &Pair) -> recover::Row {
        let names = self.columns.names().iter().cloned();
        let values = pair.values.iter().map(str::to_owned);
        recover::Row {
            columns: names.zip(values).collect(),
            image: pair.image.clone(),
            image_path: (!is_url(&pair.image)).then(|| self.dataset.folder.join(&pair.image)),
        }
    }
}

fn row_outcome(found: recover::Outcome) -> RowOutcome {
    let outcome = match found.state {
        State::Dated => Outcome::Dated,
        State::Unknown => Outcome::Unknown,
        State::Rejected(_) => Outcome::Rejected,
        State::Failed(_) => Outcome::Failed,
    };
    let claims = found.claims.iter().map(|claim| ClaimRow {
        at: claim.at,
        precision: claim.precision.as_str().to_owned(),
        kind: claim.kind.as_str().to_owned(),
        source: claim.source.as_str().to_owned(),
        evidence: claim.evidence.clone(),
        reason: None,
    });
    let chosen = found.chosen.as_ref();
    RowOutcome {
        claims: claims.collect(),
        timestamp: chosen.map(|claim| claim.at),
        precision: chosen.map(|claim| claim.precision.as_str().to_owned()),
        kind: chosen.map(|claim| claim.kind.as_str().to_owned()),
        source: chosen.map(|claim| claim.source.as_str().to_owned()),
        outcome,
        reason: found.state.reason().map(str::to_owned),
        detail: found
            .rejections
            .first()
            .map(|rejection| rejection.evidence.clone())
            .unwrap_or_default(),
    }
}

fn summary(args: &FetchArgs, stats: &Stats) -> Summary {
    let out = args.out.display();
    let mut text = format!(
        "{} rows, {} pairs: {}\n",
        stats.rows,
        stats.pairs,
        counted(&stats.outcomes)
    );
    if let (Some(first), Some(last)) = (stats.first, stats.last) {
        let (first, last) = (first.date_naive(), last.date_naive());
        text.push_str(&format!(
            "dated {first} to {last}, by {}\n",
            counted(&stats.sources)
        ));
    }
    if !stats.rejected.is_empty() {
        text.push_str(&format!(
            "left out: {} (listed in {out}/rejected.parquet)\n",
            counted(&stats.rejected)
        ));
    }
    let retry = stats.outcomes.contains_key(Outcome::Failed.as_str());
    if retry {
        text.push_str("some sources could not be asked: run the same command again\n");
    }
    text.push_str(&format!("{out}/manifest.parquet\n"));
    let json = json!({"stats": stats, "manifest": args.out.join("manifest.parquet")});
    Summary { text, json, retry }
}
