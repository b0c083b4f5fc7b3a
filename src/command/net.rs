//! `net`: a dated manifest in, the pairs of ImageNet's classes in every step out.

use std::path::Path;

use serde_json::json;
use ticclip_net::glosses::Glosses;
use ticclip_net::synsets::{CLASSES, Synsets};

use super::failure::Failure;
use super::split::{timeline, with_timeline};
use super::table::Table;
use super::{Context, Summary, counted, open_device, shown, tokenizer};
use crate::artefact::{Artefact, Opened, Origin, sha256_of_file};
use crate::cli::NetArgs;
use crate::encode::Encoder;
use crate::manifest::{manifest_file, matching_files};
use crate::model::{ModelFile, ModelFiles};
use crate::net::{
    NET_ENTRIES, NET_FILE, NetConfig, NetError, NetJob, NetRecord, Similarity, SimilarityRecord,
    TextFeatures,
};
use crate::noun::number_of;

/// LAIONNet's for CLIP's ViT-B/32.
const THRESHOLD: f32 = 0.82;

pub(super) fn run(args: &NetArgs, context: &Context) -> Result<Summary, Failure> {
    let files = model(args)?;
    let config = config(args)?;
    let threshold = args.threshold.or(config.threshold).unwrap_or(THRESHOLD);
    if let Some(files) = &files {
        warn_of_other_encoder(args, &config, files)?;
    }
    let job = NetJob {
        manifest: args.manifest.clone(),
        timeline: timeline(&args.timeline, args.not_after, &args.out, args.overwrite)?,
        similarity: None,
        features: features(args)?,
        drop: args.drop.clone().or(config.drop),
    };
    let origin = origin(args, &job, files.as_ref(), threshold)?;
    let record = match Artefact::open(&args.out, &NET_ENTRIES, origin, args.overwrite)? {
        Opened::Finished => NetRecord::read(&args.out).map_err(failure)?,
        Opened::Open(artefact) => {
            let similarity = files
                .map(|files| similarity(args, &files, threshold))
                .transpose()?;
            let job = NetJob { similarity, ..job };
            let bar = context.bars.counter("net", "rows");
            let record = job.run(artefact.folder(), |rows| bar.inc(rows));
            bar.finish_and_clear();
            let record = record.map_err(failure)?;
            artefact.finish()?;
            record
        }
    };
    Ok(summary(args, &record))
}

fn failure(error: NetError) -> Failure {
    match error {
        NetError::List(_) | NetError::Parquet(_) | NetError::Artefact(_) => Failure::failed(error),
        _ => Failure::wrong_input(error),
    }
}

fn model(args: &NetArgs) -> Result<Option<ModelFiles>, Failure> {
    let Some(model) = &args.model else {
        return Ok(None);
    };
    let tokenizer = tokenizer(args.tokenizer.as_deref())?;
    ModelFiles::find(model, args.architecture.as_ref(), tokenizer.as_ref())
        .map(Some)
        .map_err(Failure::wrong_input)
}

/// What the timeline's file says in its `[net]` table.
fn config(args: &NetArgs) -> Result<NetConfig, Failure> {
    let file = Path::new(&args.timeline);
    if file.is_file() {
        NetConfig::read(file).map_err(Failure::wrong_input)
    } else {
        Ok(NetConfig::default())
    }
}

/// A threshold means something with the encoder that it was found with alone.
fn warn_of_other_encoder(
    args: &NetArgs,
    config: &NetConfig,
    files: &ModelFiles,
) -> Result<(), Failure> {
    let Some(name) = config.encoder.as_ref().filter(|_| args.threshold.is_none()) else {
        return Ok(());
    };
    let expected = ModelFile::find(name).map_err(Failure::wrong_input)?;
    if expected.model_cfg != files.file.model_cfg {
        tracing::warn!(
            "{} says that its threshold belongs to {name}, and {} is another model: give --threshold",
            args.timeline,
            files.weights.display()
        );
    }
    Ok(())
}

fn features(args: &NetArgs) -> Result<Option<TextFeatures>, Failure> {
    let Some(pattern) = &args.text_features else {
        return Ok(None);
    };
    let pattern = pattern.to_string_lossy().into_owned();
    let files = matching_files(Path::new(""), &[pattern]).map_err(Failure::wrong_input)?;
    Ok(Some(TextFeatures {
        files,
        array: args.text_array.clone(),
    }))
}

fn weights(files: &ModelFiles) -> Result<String, Failure> {
    sha256_of_file(&files.weights).map_err(|error| {
        Failure::wrong_input(anyhow::Error::new(error).context(files.weights.display().to_string()))
    })
}

fn similarity(args: &NetArgs, files: &ModelFiles, threshold: f32) -> Result<Similarity, Failure> {
    let glosses = Glosses::read(&args.wordnet, &Synsets::embedded()).map_err(|error| {
        Failure::wrong_input(anyhow::anyhow!(
            "{error}; what classes mean is read from WordNet 3.0 (--wordnet DIR)"
        ))
    })?;
    let descriptions: Vec<String> = (0..CLASSES)
        .filter_map(|class| glosses.prompt(class))
        .collect();
    let device = open_device(args.compute)?;
    let encoder = Encoder::open(files, &device, args.compute.precision)?;
    let record = SimilarityRecord {
        weights: weights(files)?,
        threshold,
        features: args.text_features.as_ref().map(|_| args.text_array.clone()),
    };
    Similarity::new(encoder, &descriptions, record).map_err(failure)
}

fn origin(
    args: &NetArgs,
    job: &NetJob,
    files: Option<&ModelFiles>,
    threshold: f32,
) -> Result<Origin, Failure> {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let mut line = ["ticclip", "net"].map(str::to_owned).to_vec();
    line.extend([
        path(&args.manifest),
        "--timeline".into(),
        args.timeline.clone(),
    ]);
    if let Some(model) = &args.model {
        line.extend(["--model".into(), path(model)]);
        line.extend(["--threshold".into(), threshold.to_string()]);
    }
    if let (Some(files), Some(features)) = (&args.text_features, &job.features) {
        line.extend(["--text-features".into(), path(files)]);
        line.extend(["--text-array".into(), features.array.clone()]);
    }
    if let Some(drop) = &job.drop {
        line.extend(["--drop".into(), drop.to_string()]);
    }
    line.extend(["--out".into(), path(&args.out)]);
    let manifest = manifest_file(&args.manifest);
    let mut origin = Origin::new(line)
        .with_large_input("manifest", &manifest)
        .map_err(Failure::wrong_input)?;
    if let Some(files) = files {
        let config = serde_json::to_string(&files.file).map_err(Failure::failed)?;
        origin = origin
            .with_parameter("threshold", f64::from(threshold))
            .with_parameter("weights", weights(files)?)
            .with_parameter("config", config)
            .with_parameter("precision", args.compute.precision.to_string());
    }
    if let Some(drop) = &job.drop {
        origin = origin.with_parameter("drop", drop.to_string());
    }
    for (number, file) in job
        .features
        .iter()
        .flat_map(|features| features.files.iter().enumerate())
    {
        origin = origin
            .with_large_input(&format!("text-features-{number}"), file)
            .map_err(Failure::wrong_input)?;
    }
    let origin = with_timeline(origin, &job.timeline)?;
    Ok(origin.with_history_of(manifest.parent().unwrap_or(Path::new(".")))?)
}

fn summary(args: &NetArgs, record: &NetRecord) -> Summary {
    let out = args.out.display();
    let mut table = Table::new(["step"]).figures(["pairs", "classes"]);
    for step in &record.timeline {
        if let Some(found) = record.steps.get(&step.name) {
            table.row([
                step.name.clone(),
                found.pairs.to_string(),
                found.classes.len().to_string(),
            ]);
        }
    }
    let mut text = table.fitted();
    text.push_str(&format!(
        "{}: {}\n",
        number_of(record.rows, "row"),
        counted(&record.outcomes)
    ));
    if record.similarity.is_none() {
        text.push_str("lemmas alone decided; --model MODEL also compares what captions mean\n");
    }
    text.push_str(&format!("{out}/{NET_FILE}\n"));
    let pairs: std::collections::BTreeMap<_, _> = record
        .steps
        .iter()
        .map(|(name, step)| (name, step.pairs))
        .collect();
    let json = json!({
        "rows": record.rows,
        "outcomes": record.outcomes,
        "pairs": pairs,
        "net": shown(&args.out.join(NET_FILE)),
    });
    Summary::new(text, json)
}
