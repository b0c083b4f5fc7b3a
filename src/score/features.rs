//! Kept features: what models made of the images and captions of a set, found again by what they were made from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ticclip_eval::embeddings::Embeddings;

use super::pass::{CHUNK, Viewer, pass};
use super::source::{Answer, Set, Source, Target};
use super::{ModelFolder, ScoreError};
use crate::artefact::sha256_of;
use crate::encode::{Encoder, FeatureFile, Features, Opened};
use crate::model::Precision;

/// Vectors of those samples of a set that could be read.
#[derive(Debug)]
pub(super) struct Rows {
    /// Of each row the number of its sample, rising; a sample with several captions has several rows.
    pub(super) samples: Vec<usize>,
    /// The vectors.
    pub(super) vectors: Embeddings,
}

/// A model that is ready to encode, and what its features are known by.
#[derive(Debug)]
pub struct Examinee {
    /// The model.
    pub(super) encoder: Encoder,
    /// Checksum of its weights and configuration.
    pub(super) weights: String,
    /// Checksum of its tokenizer, if that is not CLIP's own.
    pub(super) tokenizer: Option<String>,
}

impl Examinee {
    /// Loads a model.
    ///
    /// # Errors
    /// [`ScoreError`] when its weights cannot be read.
    pub fn open(
        model: &ModelFolder,
        device: &burn::tensor::Device,
        precision: Precision,
    ) -> Result<Self, ScoreError> {
        Ok(Self {
            encoder: Encoder::open(&model.files, device, precision)?,
            weights: model.weights.clone(),
            tokenizer: model.tokenizer.clone(),
        })
    }
}

/// The folder of kept features, a folder a model in it; or none, where they are made anew each time.
#[derive(Debug, Clone)]
pub struct FeatureCache {
    folder: Option<PathBuf>,
    /// What computes, and how exactly: it decides the last bits.
    computed: [(&'static str, String); 3],
}

impl FeatureCache {
    /// Features in `folder`, if there is one, computed on the device of this name.
    #[must_use]
    pub fn new(folder: Option<PathBuf>, device: &str, precision: Precision) -> Self {
        let computed = [
            ("device", device.to_owned()),
            ("precision", precision.to_string()),
            ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ];
        Self { folder, computed }
    }

    /// The file for what is made of `what`, and the words that tell it from others; none where nothing is kept.
    fn file(
        &self,
        model: &Examinee,
        of: &'static str,
        what: &str,
    ) -> Option<(PathBuf, BTreeMap<String, String>)> {
        let folder = self.folder.as_ref()?;
        let mut request: BTreeMap<String, String> = self
            .computed
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        request.insert("weights".to_owned(), model.weights.clone());
        request.insert(of.to_owned(), what.to_owned());
        // Images have no tokens.
        if let Some(tokenizer) = model.tokenizer.as_ref().filter(|_| of != "images") {
            request.insert("tokenizer".to_owned(), tokenizer.clone());
        }
        let words = serde_json::to_string(&request).expect("a request is plain data");
        let name = format!("{of}-{}.safetensors", &sha256_of(words)[..16]);
        Some((folder.join(&model.weights).join(name), request))
    }

    /// Sees to it that every model has the vectors of the set's images, in one pass for those that lack them; `done`
    /// hears of the samples of each model.
    ///
    /// # Errors
    /// [`ScoreError`]; what was encoded before stays, and the next call goes on behind it.
    pub(super) fn see(
        &self,
        models: &[&Examinee],
        set: &Set,
        mut done: impl FnMut(u64),
    ) -> Result<(), ScoreError> {
        let fingerprint = set.source.fingerprint()?;
        let mut growing = Vec::new();
        let mut paths: Vec<PathBuf> = Vec::new();
        for model in models {
            let file = self.file(model, "images", &fingerprint);
            // Two names of the same weights, such as a first step that strategies share, are one model.
            let new = file.filter(|(path, _)| !paths.contains(path));
            let Some((path, request)) = new else {
                done(set.source.len() as u64);
                continue;
            };
            paths.push(path.clone());
            match FeatureFile::open(&path, model.encoder.dim(), request, false)? {
                Opened::Finished { .. } => done(set.source.len() as u64),
                Opened::Open(file) => {
                    done(file.items());
                    growing.push((*model, file));
                }
            }
        }
        let viewers: Vec<Viewer<'_>> = growing
            .iter()
            .map(|(model, file)| Viewer {
                encoder: &model.encoder,
                from: file.items() as usize,
            })
            .collect();
        let mut files: Vec<FeatureFile> = growing.into_iter().map(|(_, file)| file).collect();
        pass(set.source.as_ref(), &viewers, |viewer, seen| {
            let items = (seen.samples.len() + seen.broken.len()) as u64;
            let keys: Vec<String> = seen.samples.iter().map(ToString::to_string).collect();
            let broken: Vec<(String, String)> = seen
                .broken
                .into_iter()
                .map(|(sample, reason)| (set.source.key(sample), reason))
                .collect();
            files[viewer].append(items, &seen.features, &keys, &broken)?;
            done(items);
            Ok::<(), ScoreError>(())
        })?;
        for file in files {
            file.finish()?;
        }
        Ok(())
    }

    /// The vectors of the set's images, which [`FeatureCache::see`] made.
    pub(super) fn images(&self, model: &Examinee, set: &Set) -> Result<Rows, ScoreError> {
        match self.file(model, "images", &set.source.fingerprint()?) {
            Some((path, _)) => rows(&path),
            None => images_of(&model.encoder, set.source.as_ref()),
        }
    }

    /// The vectors of the set's captions; a sample has a row for each of its captions.
    pub(super) fn captions(
        &self,
        model: &Examinee,
        set: &Set,
        targets: &[Answer<Target>],
    ) -> Result<Rows, ScoreError> {
        let Some((path, request)) = self.file(model, "captions", &set.source.fingerprint()?) else {
            return captions_of(&model.encoder, targets);
        };
        let opened = FeatureFile::open(&path, model.encoder.dim(), request, false)?;
        if let Opened::Open(mut file) = opened {
            let behind = file.items() as usize;
            for chunk in targets[behind..].chunks(CHUNK) {
                let (mut keys, mut texts, mut broken) = (Vec::new(), Vec::new(), Vec::new());
                let from = file.items() as usize;
                for (sample, target) in (from..).zip(chunk) {
                    match target {
                        Ok(Target::Captions(captions)) => {
                            keys.extend(captions.iter().map(|_| sample.to_string()));
                            texts.extend(captions.iter().map(String::as_str));
                        }
                        Ok(_) => broken.push((set.source.key(sample), "no caption".to_owned())),
                        Err(reason) => broken.push((set.source.key(sample), reason.clone())),
                    }
                }
                let features = model.encoder.texts(&texts)?;
                file.append(chunk.len() as u64, &features, &keys, &broken)?;
            }
            file.finish()?;
        }
        rows(&path)
    }

    /// The vectors of texts that belong together, such as the prompts of a head.
    pub(super) fn texts(
        &self,
        model: &Examinee,
        texts: &[String],
    ) -> Result<Embeddings, ScoreError> {
        let words = serde_json::to_string(texts).expect("texts are plain data");
        let Some((path, request)) = self.file(model, "texts", &sha256_of(words)) else {
            let features = model.encoder.texts(texts)?;
            return Ok(Embeddings::new(features, model.encoder.dim())?);
        };
        let opened = FeatureFile::open(&path, model.encoder.dim(), request, false)?;
        if let Opened::Open(mut file) = opened {
            while let Some(chunk) = texts[file.items() as usize..].chunks(CHUNK).next() {
                let from = file.items() as usize;
                let keys: Vec<String> = (from..from + chunk.len())
                    .map(|number| number.to_string())
                    .collect();
                let features = model.encoder.texts(chunk)?;
                file.append(chunk.len() as u64, &features, &keys, &[])?;
            }
            file.finish()?;
        }
        Ok(rows(&path)?.vectors)
    }
}

/// The rows of a finished file, whose keys are numbers of samples.
fn rows(path: &Path) -> Result<Rows, ScoreError> {
    let features = Features::read(path)?;
    let number = |key: &String| key.parse::<usize>().ok();
    let samples: Option<Vec<usize>> = features.keys.iter().map(number).collect();
    let samples = samples.filter(|samples| samples.is_sorted());
    Ok(Rows {
        samples: samples.ok_or_else(|| ScoreError::Cache {
            path: path.to_owned(),
        })?,
        vectors: Embeddings::new(features.values, features.dim)?,
    })
}

/// The vectors of a set's images, kept nowhere.
pub(super) fn images_of(encoder: &Encoder, source: &dyn Source) -> Result<Rows, ScoreError> {
    let (mut samples, mut features) = (Vec::new(), Vec::new());
    let viewer = Viewer { encoder, from: 0 };
    pass(source, &[viewer], |_, seen| {
        samples.extend(seen.samples);
        features.extend(seen.features);
        Ok::<(), ScoreError>(())
    })?;
    Ok(Rows {
        samples,
        vectors: Embeddings::new(features, encoder.dim())?,
    })
}

/// The vectors of captions, kept nowhere.
pub(super) fn captions_of(
    encoder: &Encoder,
    targets: &[Answer<Target>],
) -> Result<Rows, ScoreError> {
    let (mut samples, mut texts) = (Vec::new(), Vec::new());
    for (sample, target) in targets.iter().enumerate() {
        if let Ok(Target::Captions(captions)) = target {
            samples.extend(captions.iter().map(|_| sample));
            texts.extend(captions.iter().map(String::as_str));
        }
    }
    Ok(Rows {
        samples,
        vectors: Embeddings::new(encoder.texts(&texts)?, encoder.dim())?,
    })
}
