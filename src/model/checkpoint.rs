//! open_clip's layout on disk: `open_clip_model.safetensors` beside `open_clip_config.json`.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use thiserror::Error;

use super::clip::Clip;
use super::config::{ConfigError, ModelFile};
use super::named::{NamedTensor, names_and_shapes, parameters, with_parameters};

/// File name of the weights.
pub(crate) const WEIGHTS: &str = "open_clip_model.safetensors";
/// File name of the configuration.
pub(crate) const CONFIG: &str = "open_clip_config.json";

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
    /// The weights are not a safetensors file.
    #[error("{path} is not a readable safetensors file: {source}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: safetensors::SafeTensorError,
    },
    /// The weights do not fit the configuration.
    #[error("{path} does not fit {CONFIG}: {problems}")]
    Tensors {
        /// The weights.
        path: PathBuf,
        /// Missing, surplus and mis-shaped tensors.
        problems: String,
    },
}

fn io_error(path: &Path) -> impl FnOnce(std::io::Error) -> CheckpointError + '_ {
    move |source| CheckpointError::Io {
        path: path.to_owned(),
        source,
    }
}

/// Reads a model folder.
///
/// # Errors
/// [`CheckpointError`] naming the file, and every tensor that is missing, surplus or mis-shaped.
pub fn load(folder: &Path, device: &Device) -> Result<(Clip, ModelFile), CheckpointError> {
    let file = ModelFile::read(&folder.join(CONFIG))?;
    let path = folder.join(WEIGHTS);
    let bytes = std::fs::read(&path).map_err(io_error(&path))?;
    let model = Clip::new(&file.model_cfg, 0, device);
    let tensors = read_tensors(&bytes, &names_and_shapes(&model), &path)?;
    Ok((with_parameters(model, tensors), file))
}

fn read_tensors(
    bytes: &[u8],
    expected: &BTreeMap<String, Vec<usize>>,
    path: &Path,
) -> Result<BTreeMap<String, NamedTensor>, CheckpointError> {
    let file = SafeTensors::deserialize(bytes).map_err(|source| CheckpointError::Format {
        path: path.to_owned(),
        source,
    })?;
    let mut problems = Vec::new();
    let mut found = BTreeMap::new();
    for (name, view) in file.tensors() {
        match expected.get(&name) {
            None => problems.push(format!("surplus {name}")),
            Some(shape) => match named(&view, shape) {
                Ok(tensor) => {
                    found.insert(name, tensor);
                }
                Err(problem) => problems.push(format!("{name} {problem}")),
            },
        }
    }
    let missing = expected.keys().filter(|name| file.tensor(name).is_err());
    problems.extend(missing.map(|name| format!("missing {name}")));
    if problems.is_empty() {
        return Ok(found);
    }
    problems.sort();
    Err(CheckpointError::Tensors {
        path: path.to_owned(),
        problems: problems.join(", "),
    })
}

/// A stored tensor in our shape; open_clip keeps the logit scale without a dimension.
fn named(view: &TensorView<'_>, shape: &[usize]) -> Result<NamedTensor, String> {
    let same = view.shape() == shape || (view.shape().is_empty() && shape == [1]);
    if !same {
        return Err(format!("has shape {:?}, expected {shape:?}", view.shape()));
    }
    if view.dtype() != Dtype::F32 {
        return Err(format!("is {:?}, only F32 is read", view.dtype()));
    }
    let (values, _) = view.data().as_chunks::<4>();
    let values = values
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect();
    Ok(NamedTensor {
        shape: shape.to_vec(),
        values,
    })
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
            let shape = if name == "logit_scale" {
                Vec::new()
            } else {
                tensor.shape.clone()
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
    let bytes = std::fs::read(path).map_err(io_error(path))?;
    let format_error = |source| CheckpointError::Format {
        path: path.to_owned(),
        source,
    };
    let file = SafeTensors::deserialize(&bytes).map_err(format_error)?;
    let shapes = file
        .tensors()
        .into_iter()
        .map(|(name, view)| {
            let shape = view.shape().to_vec();
            (name, if shape.is_empty() { vec![1] } else { shape })
        })
        .collect();
    read_tensors(&bytes, &shapes, path)
}
