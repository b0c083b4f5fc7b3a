//! `download`: the images of a manifest in, WebDataset shards out.

use std::time::Duration;

use serde_json::json;
use ticclip_fetchers::client::ClientConfig;

use super::failure::Failure;
use super::staging::Staging;
use super::{Context, Summary, counted, shown};
use crate::artefact::{Artefact, ORIGIN_FILE, Opened, Origin};
use crate::cli::DownloadArgs;
use crate::download::ImageOptions;
use crate::manifest::manifest_file;
use crate::noun::number_of;
use crate::part::Part;
use crate::pool::{
    Columns, OptOut, PoolJob, PoolStats, Progress, STATS_FILE, check_manifest, check_rows,
    pool_entries,
};

pub(super) fn run(args: &DownloadArgs, context: &Context) -> Result<Summary, Failure> {
    let images = images(args)?;
    check_manifest(&args.manifest, &columns(args))?;
    let opt_out = OptOut::new(args.opt_out.iter().filter(|word| *word != "none").cloned());
    let whole = origin(args, &images, &opt_out)?;
    let origin = match args.part {
        Some(part) => whole.clone().with_parameter("part", part.to_string()),
        None => whole.clone(),
    };
    let staging = Staging::open(&args.out, args.work.as_deref())?;
    staging.pull(STATS_FILE)?;
    let entries = pool_entries(staging.folder())?;
    let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
    let stats = match Artefact::open(staging.folder(), &entries, origin, args.overwrite)? {
        Opened::Finished => read_stats(staging.folder())?,
        Opened::Open(artefact) => {
            let clock = context.bars.clock("check rows");
            let checked = check_rows(&args.manifest, &columns(args), args.rows);
            clock.finish_and_clear();
            if let Err(error) = checked {
                artefact.abandon(&entries)?;
                return Err(error.into());
            }
            staging.say_begun()?;
            let job = PoolJob {
                manifest: args.manifest.clone(),
                folder: artefact.folder().to_owned(),
                part: args.part.unwrap_or(Part::WHOLE),
                run: whole.fingerprint(),
                shard_size: args.shard_size.get() as usize,
                rows: args.rows,
                columns: columns(args),
                images,
                opt_out,
                client: client(args),
                concurrency: args.concurrency.get() as usize,
                max_file_bytes: (args.max_file_mib.get() as usize) << 20,
                threads: rayon::current_num_threads(),
                store: staging.into_store(),
            };
            let bar = ImagesBar(context.bars.counter("download", "rows"));
            let stats = job.run(&bar)?;
            bar.0.finish_and_clear();
            // Rows that failed may be had another time: only then is the pool finished.
            if !stats.has_failures() {
                let origin = artefact.folder().join(ORIGIN_FILE);
                artefact.finish()?;
                if let Some(store) = &job.store {
                    store.put(&origin, ORIGIN_FILE)?;
                }
            }
            stats
        }
    };
    Ok(summary(args, &stats))
}

struct ImagesBar(indicatif::ProgressBar);

impl Progress for ImagesBar {
    fn row(&self, _downloaded: bool) {
        self.0.inc(1);
    }

    fn earlier(&self, rows: u64) {
        self.0.inc(rows);
        // What was done before says nothing about how fast it goes now.
        self.0.reset_eta();
    }
}

fn images(args: &DownloadArgs) -> Result<ImageOptions, Failure> {
    let options = ImageOptions {
        image_size: args.image_size,
        resize_mode: args.resize_mode,
        resize_only_if_bigger: args.resize_only_if_bigger,
        upscale_interpolation: args.upscale_interpolation,
        downscale_interpolation: args.downscale_interpolation,
        encode_format: args.encode_format,
        encode_quality: args.encode_quality,
        skip_reencode: args.skip_reencode,
        disable_all_reencoding: args.disable_all_reencoding,
        min_image_size: args.min_image_size,
        max_image_area: args.max_image_area,
        max_aspect_ratio: args.max_aspect_ratio,
    };
    match options.check() {
        Ok(()) => Ok(options),
        Err(message) => Err(Failure::wrong_input(anyhow::anyhow!("--{message}"))),
    }
}

fn columns(args: &DownloadArgs) -> Columns {
    Columns {
        sha256: args.verify_sha256.clone(),
        boxes: args.blur.clone(),
    }
}

fn client(args: &DownloadArgs) -> ClientConfig {
    ClientConfig {
        allow_private: args.allow_private,
        timeout: Duration::from_secs(args.timeout.get().into()),
        per_host_concurrency: args.per_host_concurrency.get() as usize,
        tries: args.retries + 1,
        contact: args.contact.clone(),
        robots: !args.ignore_robots,
        ..ClientConfig::default()
    }
}

/// All that decides the bytes but the part.
fn origin(args: &DownloadArgs, images: &ImageOptions, opt_out: &OptOut) -> Result<Origin, Failure> {
    let (manifest, out) = (args.manifest.to_string_lossy(), args.out.to_string_lossy());
    let mut command = vec![
        "ticclip".to_owned(),
        "download".to_owned(),
        manifest.into_owned(),
    ];
    command.extend(["--out".to_owned(), out.into_owned()]);
    let file = manifest_file(&args.manifest);
    if !file.is_file() {
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "{}: no such file",
            file.display()
        )));
    }
    let mut origin = Origin::new(command)
        .with_history_of(file.parent().unwrap_or(&args.manifest))?
        .with_large_input("manifest", &file)?
        .with_parameter("shard-size", i64::from(args.shard_size.get()))
        .with_parameter("max-file-mib", i64::from(args.max_file_mib.get()))
        .with_parameter("opt-out", opt_out.words().collect::<Vec<_>>().join(","));
    let images = toml::Value::try_from(images).map_err(Failure::failed)?;
    origin = origin.with_parameter("images", images);
    for (name, value) in [("verify-sha256", &args.verify_sha256), ("blur", &args.blur)] {
        if let Some(value) = value {
            origin = origin.with_parameter(name, value.clone());
        }
    }
    if let Some(rows) = args.rows {
        origin = origin.with_parameter("rows", rows.to_string());
    }
    Ok(origin)
}

fn read_stats(folder: &std::path::Path) -> Result<PoolStats, Failure> {
    let path = folder.join(STATS_FILE);
    let read = || anyhow::Ok(serde_json::from_slice(&std::fs::read(&path)?)?);
    read().map_err(|error| Failure::failed(error.context(path.display().to_string())))
}

fn summary(args: &DownloadArgs, stats: &PoolStats) -> Summary {
    let out = args.out.display();
    let rows = number_of(stats.count, "row");
    let mut text = format!("{rows}: {}\n", counted(&stats.outcomes));
    if !stats.reasons.is_empty() {
        text.push_str(&format!(
            "not downloaded: {} (listed in {out}/*.parquet)\n",
            counted(&stats.reasons)
        ));
    }
    let retry = stats.has_failures();
    if retry {
        text.push_str("run the same command again to ask for those that failed alone\n");
    }
    text.push_str(&format!("{out}\n"));
    let json = json!({"stats": stats, "pool": shown(&args.out)});
    let summary = Summary {
        retry,
        ..Summary::new(text, json)
    };
    // To a part may fall what is of no use.
    match stats.successes == 0 && !retry && args.part.is_none() {
        true => summary.in_vain(&format!(
            "no image came of {rows}; {out}/*.parquet says why"
        )),
        false => summary,
    }
}
