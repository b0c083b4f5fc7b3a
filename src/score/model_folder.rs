//! A model folder: open_clip's two files, and what is known about how they came to be.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use crate::artefact::{sha256_of, sha256_of_file};
use crate::model::checkpoint::{CONFIG, TORCH_WEIGHTS, WEIGHTS};
use crate::model::{Architecture, CheckpointError, ModelFile, ModelFiles};
use crate::tokenizer::Tokenizer;
use crate::train::{RecordError, read_step_record};

/// How deep models are looked for: `train` writes STRATEGY/STEP.
const DEPTH: usize = 2;

/// A model on disk.
#[derive(Clone, Debug)]
pub struct ModelFolder {
    /// Where it is: a folder, or a file of weights.
    pub path: PathBuf,
    /// Its weights and what it looks like.
    pub files: ModelFiles,
    /// Checksum of its weights and of what they are read as.
    pub weights: String,
    /// Checksum of its tokenizer, if that is not CLIP's own.
    pub tokenizer: Option<String>,
    /// The strategy it was trained under, if it says so.
    pub strategy: Option<String>,
    /// The time step after which it was taken, and its place in time.
    pub trained: Option<(usize, String)>,
}

/// Why there is no model.
#[derive(Debug, Error)]
pub enum ModelFolderError {
    /// A folder cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// No model at that path.
    #[error("{}: no model here; a model is a folder with {WEIGHTS} and {CONFIG}, or a folder of such folders", path.display())]
    None {
        /// What was named.
        path: PathBuf,
    },
    /// Its weights or its configuration are not there.
    #[error(transparent)]
    Files(#[from] CheckpointError),
    /// The record of its training is damaged.
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl ModelFolder {
    /// Reads what there is to know about the model in `path`.
    ///
    /// # Errors
    /// [`ModelFolderError`] when its files cannot be read.
    pub fn open(
        path: &Path,
        architecture: Option<&Architecture>,
        tokenizer: Option<&Arc<Tokenizer>>,
    ) -> Result<Self, ModelFolderError> {
        let files = ModelFiles::find(path, architecture, tokenizer)?;
        let checksum = sha256_of_file(&files.weights).map_err(|source| ModelFolderError::Io {
            path: files.weights.clone(),
            source,
        })?;
        let record = if path.is_dir() {
            read_step_record(path)?
        } else {
            None
        };
        let tokenizer = files.tokenizer.as_ref();
        let tokenizer = tokenizer.and_then(|tokenizer| tokenizer.checksum());
        Ok(Self {
            path: path.to_owned(),
            weights: checksum_with(&checksum, &files.file)[..16].to_owned(),
            tokenizer: tokenizer.map(|checksum| checksum[..16].to_owned()),
            files,
            strategy: record.as_ref().map(|record| record.strategy.clone()),
            trained: record.map(|record| (record.index, record.step)),
        })
    }
}

/// The same weights are another model under another configuration.
fn checksum_with(weights: &str, file: &ModelFile) -> String {
    let config = serde_json::to_string(file).expect("a configuration is plain data");
    sha256_of(format!("{weights}{config}"))
}

/// The model in `path`, be it a file or a folder, or the models in its folders, two levels deep; in order of strategy and time.
///
/// # Errors
/// [`ModelFolderError::None`] when there is no model at all.
pub fn find_models(
    path: &Path,
    architecture: Option<&Architecture>,
    tokenizer: Option<&Arc<Tokenizer>>,
) -> Result<Vec<ModelFolder>, ModelFolderError> {
    if path.is_file() {
        return Ok(vec![ModelFolder::open(path, architecture, tokenizer)?]);
    }
    let mut folders = Vec::new();
    collect(path, DEPTH, architecture.is_some(), &mut folders)?;
    let mut models = folders
        .iter()
        .map(|folder| ModelFolder::open(folder, architecture, tokenizer))
        .collect::<Result<Vec<_>, _>>()?;
    if models.is_empty() {
        return Err(ModelFolderError::None {
            path: path.to_owned(),
        });
    }
    models.sort_by(|a, b| {
        (&a.strategy, &a.trained, &a.path).cmp(&(&b.strategy, &b.trained, &b.path))
    });
    Ok(models)
}

fn collect(
    path: &Path,
    depth: usize,
    architecture_given: bool,
    into: &mut Vec<PathBuf>,
) -> Result<(), ModelFolderError> {
    let weights = [WEIGHTS, TORCH_WEIGHTS].map(|name| path.join(name));
    let described = architecture_given || path.join(CONFIG).is_file();
    if described && weights.iter().any(|file| file.is_file()) {
        into.push(path.to_owned());
        return Ok(());
    }
    if depth == 0 || !path.is_dir() {
        return Ok(());
    }
    let io = |source| ModelFolderError::Io {
        path: path.to_owned(),
        source,
    };
    for entry in std::fs::read_dir(path).map_err(io)? {
        let entry = entry.map_err(io)?.path();
        // A step that is not finished has no model yet.
        let partial = entry
            .extension()
            .is_some_and(|extension| extension == "partial");
        if entry.is_dir() && !partial {
            collect(&entry, depth - 1, architecture_given, into)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_weights_under_another_configuration_are_another_model() {
        let file = |name: &str| ModelFile::find(name).expect("an architecture");
        let checksum = |name: &str| checksum_with("00ff", &file(name));
        assert_eq!(checksum("ViT-B-32"), checksum("ViT-B-32"));
        assert_ne!(checksum("ViT-B-32"), checksum("ViT-B-32-quickgelu"));
        assert_ne!(
            checksum("ViT-B-32"),
            checksum_with("00fe", &file("ViT-B-32"))
        );
    }
}
