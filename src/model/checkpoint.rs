//! open_clip's layout on disk: `open_clip_model.safetensors` beside `open_clip_config.json`.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use safetensors::tensor::{Dtype, TensorView};
use thiserror::Error;

use super::clip::Clip;
use super::config::{ClipConfig, ConfigError, ModelFile};
use super::files::ModelFiles;
use super::named::{NamedTensor, parameters};
use super::weights::Weights;
use crate::noun::first_of;
use crate::tokenizer::TokenizerError;

/// File name of the weights.
pub(crate) const WEIGHTS: &str = "open_clip_model.safetensors";
/// File name of the weights as PyTorch writes them.
pub(crate) const TORCH_WEIGHTS: &str = "open_clip_pytorch_model.bin";
/// File name of the configuration.
pub(crate) const CONFIG: &str = "open_clip_config.json";

/// So many tensors that do not fit are told: where one does not, often none does.
const SHOWN: usize = 3;

/// Why a model cannot be read or written.
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// The configuration is missing or not supported.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file cannot be read or written.
    #[error("cannot access {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The weights are not a safetensors file, and do not look like a PyTorch checkpoint.
    #[error("{path} is no safetensors file that can be read ({source}), and no PyTorch checkpoint")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: safetensors::SafeTensorError,
    },
    /// The weights are not a PyTorch checkpoint that can be read without running it.
    #[error("{path} is not a readable PyTorch checkpoint: {message}")]
    Torch {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// Weights without a configuration.
    #[error("{path} does not say what its model looks like: put {CONFIG} beside it or give --architecture ({names})", names = ClipConfig::names().collect::<Vec<_>>().join(", "))]
    NoConfig {
        /// The weights.
        path: PathBuf,
    },
    /// A folder without weights.
    #[error("{path} holds neither {WEIGHTS} nor {TORCH_WEIGHTS}")]
    NoWeights {
        /// The folder.
        path: PathBuf,
    },
    /// The configuration names a tokenizer that is not there.
    #[error(
        "there is no {path}, but the model's text_cfg.hf_tokenizer_name is {name:?}: put the tokenizer there or give it with --tokenizer"
    )]
    NoTokenizer {
        /// Where it is looked for.
        path: PathBuf,
        /// What the configuration names.
        name: String,
    },
    /// The tokenizer cannot be used.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// The weights do not fit the configuration.
    #[error(
        "{path} does not fit the model's configuration: {}; name its own with --architecture",
        first_of(problems, SHOWN)
    )]
    Tensors {
        /// The weights.
        path: PathBuf,
        /// Missing, surplus and mis-shaped tensors, one each.
        problems: Vec<String>,
    },
}

pub(super) fn io_error(path: &Path) -> impl FnOnce(std::io::Error) -> CheckpointError + '_ {
    move |source| CheckpointError::Io {
        path: path.to_owned(),
        source,
    }
}

/// Reads a model folder.
///
/// # Errors
/// [`CheckpointError`] naming the file, and the first tensors that are missing, surplus or mis-shaped.
pub fn load(folder: &Path, device: &Device) -> Result<(Clip, ModelFile), CheckpointError> {
    ModelFiles::find(folder, None, None)?.load(device)
}

/// Writes a model into an existing folder.
///
/// # Errors
/// [`CheckpointError`] when a file cannot be written.
pub fn save(model: &Clip, file: &ModelFile, folder: &Path) -> Result<(), CheckpointError> {
    write_tensors(&parameters(model), &folder.join(WEIGHTS))?;
    let path = folder.join(CONFIG);
    let mut text = serde_json::to_string_pretty(file).expect("a configuration is plain data");
    text.push('\n');
    std::fs::write(&path, text).map_err(io_error(&path))
}

/// Writes named arrays as safetensors, in the order of their names.
pub(crate) fn write_tensors(
    tensors: &BTreeMap<String, NamedTensor>,
    path: &Path,
) -> Result<(), CheckpointError> {
    let format_error = |source| CheckpointError::Format {
        path: path.to_owned(),
        source,
    };
    let bytes: Vec<(&String, Vec<usize>, Vec<u8>)> = tensors
        .iter()
        .map(|(name, tensor)| {
            let shape = match name.as_str() {
                "logit_scale" | "logit_bias" => Vec::new(),
                _ => tensor.shape.clone(),
            };
            (
                name,
                shape,
                tensor
                    .values
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect(),
            )
        })
        .collect();
    let views = bytes
        .iter()
        .map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, _>>()
        .map_err(format_error)?;
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let bytes = safetensors::serialize(views, Some(metadata)).map_err(format_error)?;
    std::fs::write(path, bytes).map_err(io_error(path))
}

/// Reads named arrays written by [`write_tensors`], whatever their names and shapes.
pub(crate) fn read_named(path: &Path) -> Result<BTreeMap<String, NamedTensor>, CheckpointError> {
    let weights = Weights::open(path)?;
    let shapes = weights.shapes();
    weights.check(&shapes)?;
    let mut values = weights.values()?;
    let named = shapes.into_iter().map(|(name, shape)| {
        let bytes: &[u8] = &values.remove(&name).expect("it has a shape");
        let values = bytemuck::pod_collect_to_vec(bytes);
        (name, NamedTensor { shape, values })
    });
    Ok(named.collect())
}
