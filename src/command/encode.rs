//! `encode`: a model and images or texts in, their features out.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use super::failure::Failure;
use super::{Context, Summary, open_device, shown, tokenizer};
use crate::artefact::sha256_of_file;
use crate::cli::EncodeArgs;
use crate::encode::{
    EncodeError, Encoder, EncoderError, FeatureFile, FeatureFileError, Items, ItemsError, Opened,
    encode,
};
use crate::model::ModelFiles;
use crate::noun::number_of;

pub(super) fn run(args: &EncodeArgs, context: &Context) -> Result<Summary, Failure> {
    let (mut items, kind, input) = match (&args.images, &args.texts) {
        (Some(path), _) => (Items::images(path)?, "images", path),
        (None, Some(path)) => (Items::texts(path)?, "texts", path),
        (None, None) => {
            return Err(Failure::wrong_input(anyhow::anyhow!(
                "give --images or --texts"
            )));
        }
    };
    let device = open_device(args.compute)?;
    let tokenizer = tokenizer(args.tokenizer.as_deref())?;
    let files = ModelFiles::find(&args.model, args.architecture.as_ref(), tokenizer.as_ref())
        .map_err(Failure::wrong_input)?;
    // The checksum of large weights takes as long as reading them.
    let (request, encoder) = rayon::join(
        || request(args, &files, kind, input),
        || Encoder::open(&files, &device, args.compute.precision),
    );
    let (dim, request) = (files.file.model_cfg.embed_dim, request?);
    let mut file = match FeatureFile::open(&args.out, dim, request, args.overwrite)? {
        Opened::Finished { rows, left_out } => {
            return Ok(summary(args, kind, rows, left_out, "there already"));
        }
        Opened::Open(file) => file,
    };
    if let Some(part) = args.part {
        items = items.part(part.index, part.of);
    }
    let encoder = encoder?;
    let bar = context.bars.counter("encode", kind);
    bar.inc(file.items());
    let encoded = encode(&encoder, &mut items, &mut file, |items| bar.inc(items));
    bar.finish_and_clear();
    encoded?;
    let (rows, left_out) = (file.rows(), file.left_out());
    file.finish()?;
    Ok(summary(args, kind, rows, left_out, "encoded"))
}

/// What the file is made from, in the words of its metadata.
fn request(
    args: &EncodeArgs,
    files: &ModelFiles,
    kind: &str,
    input: &Path,
) -> Result<BTreeMap<String, String>, Failure> {
    let weights = sha256_of_file(&files.weights).map_err(|error| {
        Failure::wrong_input(anyhow::Error::new(error).context(files.weights.display().to_string()))
    })?;
    let config = serde_json::to_string(&files.file).map_err(Failure::failed)?;
    let mut request = BTreeMap::from([
        ("kind".to_owned(), kind.to_owned()),
        ("input".to_owned(), input.to_string_lossy().into_owned()),
        ("weights".to_owned(), weights),
        ("config".to_owned(), config),
        ("precision".to_owned(), args.compute.precision.to_string()),
        ("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
    ]);
    let tokenizer = files.tokenizer.as_ref();
    if let Some(checksum) = tokenizer.and_then(|tokenizer| tokenizer.checksum()) {
        request.insert("tokenizer".to_owned(), checksum.to_owned());
    }
    if let Some(part) = args.part {
        request.insert("part".to_owned(), part.to_string());
    }
    Ok(request)
}

fn summary(args: &EncodeArgs, kind: &str, rows: u64, left_out: u64, what: &str) -> Summary {
    let out = &args.out;
    let mut text = format!("{} {what}", number_of(rows, kind.trim_end_matches('s')));
    let listed = FeatureFile::left_out_path(out);
    if left_out > 0 {
        text.push_str(&format!(", {left_out} left out: {}", listed.display()));
    }
    text.push_str(&format!("\n{}\n", out.display()));
    let json = json!({"features": shown(out), "rows": rows, "left_out": left_out, "kind": kind});
    let summary = Summary::new(text, json);
    // To a part may fall what is of no use.
    if rows > 0 || args.part.is_some() {
        return summary;
    }
    let input = args.images.as_ref().or(args.texts.as_ref());
    let input = input.map(|input| input.display().to_string());
    summary.in_vain(&format!(
        "{}: no {kind} in it that can be encoded",
        input.unwrap_or_default()
    ))
}

impl From<ItemsError> for Failure {
    fn from(error: ItemsError) -> Self {
        Self::wrong_input(error)
    }
}

impl From<EncoderError> for Failure {
    fn from(error: EncoderError) -> Self {
        Self::wrong_input(error)
    }
}

impl From<FeatureFileError> for Failure {
    fn from(error: FeatureFileError) -> Self {
        match error {
            FeatureFileError::Different { .. }
            | FeatureFileError::Damaged { .. }
            | FeatureFileError::TooManyKeys { .. } => Self::wrong_input(error),
            FeatureFileError::Artefact(error) => error.into(),
            FeatureFileError::Io { .. } => Self::failed(error),
        }
    }
}

impl From<EncodeError> for Failure {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::Items(error) => error.into(),
            EncodeError::Encoder(error) => error.into(),
            EncodeError::File(error) => error.into(),
        }
    }
}
