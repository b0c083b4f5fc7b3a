//! `split`: a dated manifest in, uid lists of every time step out.

mod query;

use std::path::Path;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde_json::json;
use ticclip_engine::EngineError;

use super::failure::Failure;
use super::part_bars::PartBars;
use super::table::Table;
use super::{Context, Summary, counted, shown};
use crate::artefact::{Artefact, Opened, Origin};
use crate::cli::SplitArgs;
use crate::manifest::{Dataset, DateTable, HeldOut, manifest_file, parse_toml};
use crate::split::{LISTED_REASONS, SPLIT_ENTRIES, SplitError, SplitJob, SplitRecord};
use crate::timeline::{TimelineRule, read_timeline};
use crate::uid::UidListError;

/// The last day of a timeline without an end, in an origin.
const NOT_AFTER: &str = "not-after";

pub(super) fn run(args: &SplitArgs, context: &Context) -> Result<Summary, Failure> {
    let job = job(args)?;
    if let Some(query) = &job.query {
        query.check(job.memory_bytes).map_err(failure)?;
    }
    let record = match Artefact::open(
        &args.out,
        &SPLIT_ENTRIES,
        origin(args, &job)?,
        args.overwrite,
    )? {
        Opened::Finished => SplitRecord::read(&args.out).map_err(failure)?,
        Opened::Open(artefact) => match job.run_telling(
            artefact.folder(),
            &PartBars::new(&context.bars, "split", ""),
        ) {
            Ok(record) => {
                artefact.finish()?;
                record
            }
            Err(error) => {
                artefact.abandon(&SPLIT_ENTRIES)?;
                return Err(failure(error));
            }
        },
    };
    Ok(summary(args, &record))
}

fn job(args: &SplitArgs) -> Result<SplitJob, Failure> {
    let held_out = held_out(args)?;
    if args.retrieval.is_some() && held_out.is_none() && args.held_out_uids.is_empty() {
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "--retrieval: draws from the pairs that are held out, and none are; give --held-out or --held-out-uids"
        )));
    }
    Ok(SplitJob {
        manifest: args.manifest.clone(),
        dates: args.timestamps.clone(),
        query: query::query(args)?,
        timeline: timeline(&args.timeline, args.not_after, &args.out, args.overwrite)?,
        held_out,
        held_out_uids: args.held_out_uids.clone(),
        only_uids: args.only_uids.clone(),
        retrieval: args.retrieval,
        seed: args
            .seed
            .or(held_out.map(|held_out| held_out.seed))
            .unwrap_or(0),
        tables: args.tables,
        memory_bytes: u64::from(args.memory.get()) << 20,
    })
}

fn failure(error: SplitError) -> Failure {
    match error {
        SplitError::List(UidListError::Io { .. } | UidListError::Artefact(_))
        | SplitError::Rejected(_)
        | SplitError::Engine(
            EngineError::Start(_) | EngineError::Threads(_) | EngineError::Run { .. },
        )
        | SplitError::Artefact(_)
        | SplitError::Io { .. } => Failure::failed(error),
        _ => Failure::wrong_input(error),
    }
}

/// What `--timeline` and `--not-after` say. Without the latter the last day is today, or the day on which the same call
/// began in `out`: it finds its work there another day, too.
pub(super) fn timeline(
    rule: &str,
    not_after: Option<NaiveDate>,
    out: &Path,
    overwrite: bool,
) -> Result<TimelineRule, Failure> {
    let last = || -> Result<DateTime<Utc>, Failure> {
        let before = match overwrite {
            true => None,
            false => Artefact::before(out)?,
        };
        let began = before.as_ref().and_then(|origin| origin.text(NOT_AFTER));
        let began = began.and_then(|day| day.parse().ok());
        let day = not_after.or(began);
        let end = NaiveTime::from_hms_opt(23, 59, 59).unwrap_or(NaiveTime::MIN);
        Ok(day
            .unwrap_or_else(|| Utc::now().date_naive())
            .and_time(end)
            .and_utc())
    };
    match rule {
        "yearly" => Ok(TimelineRule::Yearly(last()?)),
        "monthly" => Ok(TimelineRule::Monthly(last()?)),
        file if !Path::new(file).exists() => Err(Failure::wrong_input(anyhow::anyhow!(
            "--timeline {file}: neither `yearly` nor `monthly` nor a file"
        ))),
        file if not_after.is_some() => Err(Failure::wrong_input(anyhow::anyhow!(
            "--not-after ends a yearly or monthly timeline; the steps of {file} have their own ends"
        ))),
        file => Ok(TimelineRule::Steps(
            read_timeline(Path::new(file)).map_err(Failure::wrong_input)?,
        )),
    }
}

/// What the call says, else what the dataset file says that also gives the timeline.
fn held_out(args: &SplitArgs) -> Result<Option<HeldOut>, Failure> {
    let file = Path::new(&args.timeline);
    let mut of_file = None;
    if file.is_file() && args.held_out_uids.is_empty() {
        let table: toml::Table = parse_toml(file).map_err(Failure::wrong_input)?;
        if table.contains_key("pairs") {
            of_file = Dataset::read(file).map_err(Failure::wrong_input)?.held_out;
        }
    }
    let share = args.held_out.or(of_file.map(|held_out| held_out.share));
    let seed = args
        .seed
        .or(of_file.map(|held_out| held_out.seed))
        .unwrap_or(0);
    let checked = share.map(|share| HeldOut::new(share, seed)).transpose();
    checked.map_err(|problem| Failure::wrong_input(anyhow::anyhow!("{problem}")))
}

fn origin(args: &SplitArgs, job: &SplitJob) -> Result<Origin, Failure> {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let mut line = ["ticclip", "split"].map(str::to_owned).to_vec();
    line.extend([
        path(&args.manifest),
        "--timeline".into(),
        args.timeline.clone(),
    ]);
    let mut option = |name: &str, value: Option<String>| {
        line.extend(value.into_iter().flat_map(|value| [name.to_owned(), value]));
    };
    option("--timestamps", args.timestamps.as_deref().map(path));
    option("--where", args.filter.clone());
    if job.query.is_some() {
        option("--uid-column", Some(args.uid_column.clone()));
        option("--timestamp-column", Some(args.timestamp_column.clone()));
    }
    option("--held-out", args.held_out.map(|share| share.to_string()));
    for (name, lists) in [
        ("--held-out-uids", &args.held_out_uids),
        ("--only-uids", &args.only_uids),
    ] {
        let lists: Vec<String> = lists.iter().map(|list| path(list)).collect();
        option(name, (!lists.is_empty()).then(|| lists.join(",")));
    }
    option("--retrieval", args.retrieval.map(|pairs| pairs.to_string()));
    option("--seed", args.seed.map(|seed| seed.to_string()));
    option("--not-after", args.not_after.map(|day| day.to_string()));
    option("--out", Some(path(&args.out)));
    let mut origin = Origin::new(line)
        .with_parameter("tables", job.tables)
        .with_parameter(
            "held-out",
            job.held_out.map_or(0.0, |held_out| held_out.share),
        )
        .with_seed(job.seed);
    if let Some(pairs) = job.retrieval {
        origin = origin.with_parameter("retrieval", pairs.to_string());
    }
    if let Some(query) = &job.query {
        origin = query::with_query(origin, query)?;
    } else {
        origin = with_table(origin, "manifest", &args.manifest, job.dates.is_none())?;
        if let Some(dates) = &job.dates {
            origin = with_table(origin, "timestamps", dates, true)?;
        }
    }
    for (name, lists) in [
        ("held-out-uids", &job.held_out_uids),
        ("only-uids", &job.only_uids),
    ] {
        for (number, list) in lists.iter().enumerate() {
            origin = origin
                .with_large_input(&format!("{name}-{number}"), list)
                .map_err(Failure::wrong_input)?;
        }
    }
    origin = with_timeline(origin, &job.timeline)?;
    let manifest = manifest_file(&args.manifest);
    Ok(origin.with_history_of(manifest.parent().unwrap_or(Path::new(".")))?)
}

/// Adds the time steps, or the rule that finds them.
pub(super) fn with_timeline(origin: Origin, rule: &TimelineRule) -> Result<Origin, Failure> {
    let origin = origin.with_parameter("timeline", rule.name());
    Ok(match rule {
        TimelineRule::Steps(timeline) => {
            let steps = serde_json::to_string(timeline.steps()).map_err(Failure::failed)?;
            origin.with_parameter("steps", steps)
        }
        // By day: the same call finds its work done all day long.
        TimelineRule::Yearly(not_after) | TimelineRule::Monthly(not_after) => {
            origin.with_parameter(NOT_AFTER, not_after.date_naive().to_string())
        }
    })
}

/// Adds every file of a table.
fn with_table(mut origin: Origin, name: &str, path: &Path, dated: bool) -> Result<Origin, Failure> {
    let table = DateTable::open(path, dated).map_err(Failure::wrong_input)?;
    for (number, file) in table.files().enumerate() {
        origin = origin
            .with_large_input(&format!("{name}-{number}"), file)
            .map_err(Failure::wrong_input)?;
    }
    Ok(origin)
}

fn summary(args: &SplitArgs, record: &SplitRecord) -> Summary {
    let out = args.out.display();
    let mut table = Table::new(["step"]).figures(["train", "held out"]);
    for step in &record.timeline.steps {
        let counts = record.counts.get(&step.name).copied().unwrap_or_default();
        table.row([
            step.name.clone(),
            counts.train.to_string(),
            counts.held_out.to_string(),
        ]);
    }
    let mut text = table.fitted();
    if !record.rejected.is_empty() {
        // Of what lists and filters leave out only the number is of use.
        let is_listed = |reason: &String| LISTED_REASONS.contains(&reason.as_str());
        let listed = match record.rejected.keys().any(is_listed) {
            true => format!(" (rows without a step are listed in {out}/rejected.parquet)"),
            false => String::new(),
        };
        text.push_str(&format!(
            "left out: {}{listed}\n",
            counted(&record.rejected)
        ));
    }
    text.push_str(&format!("{out}/split.json\n"));
    let json = json!({
        "counts": record.counts,
        "rejected": record.rejected,
        "split": shown(&args.out.join("split.json")),
    });
    Summary::new(text, json)
}
