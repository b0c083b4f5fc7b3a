//! The state of an unfinished step on disk: weights, moments and position, written whole.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::adamw::AdamW;
use super::plan::Fingerprint;
use super::record::Cost;
use crate::model::checkpoint::{read_named, write_tensors};
use crate::model::{
    CheckpointError, Clip, NamedTensor, names_and_shapes, parameters, with_parameters,
};

/// Where training stands, and what it was asked to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Position {
    /// Checksum of everything that decides the weights: recipe, data, start, shares.
    pub(super) plan: String,
    /// Updates done.
    pub(super) update: u64,
    /// Samples left out so far.
    pub(super) broken: u64,
    /// What the step has cost so far.
    #[serde(default)]
    pub(super) cost: Cost,
}

impl Position {
    /// Before the first update.
    pub(super) fn at_start(plan: &Fingerprint) -> Self {
        Self {
            plan: plan.as_str().to_owned(),
            update: 0,
            broken: 0,
            cost: Cost::default(),
        }
    }
}

/// Why a state cannot be kept or taken up again.
#[derive(Debug, Error)]
pub enum StateError {
    /// A file cannot be read or written.
    #[error("cannot access {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Weights or moments cannot be read or written.
    #[error(transparent)]
    Tensors(#[from] CheckpointError),
    /// The state belongs to another run.
    #[error("{path} was left by a run with another {differs}; use --overwrite to begin afresh")]
    OtherRun {
        /// The state's folder.
        path: PathBuf,
        /// What is not the same.
        differs: String,
    },
    /// The state is damaged.
    #[error("{path} is damaged; use --overwrite to begin the step afresh")]
    Damaged {
        /// The state's folder.
        path: PathBuf,
    },
}

const POSITION: &str = "position.json";
const WEIGHTS: &str = "weights.safetensors";
const MOMENTS: &str = "moments.safetensors";
const AVERAGE: &str = "average.safetensors";

/// Position, weights, optimiser, and the averaged weights where there are some.
pub(super) type State = (Position, Clip, AdamW, Option<BTreeMap<String, NamedTensor>>);

fn io_error(path: &Path) -> impl FnOnce(std::io::Error) -> StateError + '_ {
    move |source| StateError::Io {
        path: path.to_owned(),
        source,
    }
}

/// Replaces the state under `folder`: at every moment the old or the new one is there.
pub(super) fn save(
    folder: &Path,
    position: &Position,
    model: &Clip,
    adamw: &AdamW,
    average: Option<BTreeMap<String, NamedTensor>>,
) -> Result<(), StateError> {
    let next = folder.join(format!("state-{:012}", position.update));
    let partial = folder.join("state.partial");
    if partial.exists() {
        std::fs::remove_dir_all(&partial).map_err(io_error(&partial))?;
    }
    std::fs::create_dir_all(&partial).map_err(io_error(&partial))?;
    write_tensors(&parameters(model), &partial.join(WEIGHTS))?;
    write_tensors(&adamw.to_named(), &partial.join(MOMENTS))?;
    if let Some(average) = average {
        write_tensors(&average, &partial.join(AVERAGE))?;
    }
    let path = partial.join(POSITION);
    let text = serde_json::to_string(position).expect("a position is plain data");
    std::fs::write(&path, text).map_err(io_error(&path))?;
    std::fs::rename(&partial, &next).map_err(io_error(&next))?;
    for old in states(folder)? {
        if old != next {
            std::fs::remove_dir_all(&old).map_err(io_error(&old))?;
        }
    }
    Ok(())
}

/// Folders of kept states, the oldest first.
fn states(folder: &Path) -> Result<Vec<PathBuf>, StateError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io_error(folder))? {
        let path = entry.map_err(io_error(folder))?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if name
            .strip_prefix("state-")
            .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
        {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Takes up the newest state under `folder`, if there is one.
pub(super) fn load(
    folder: &Path,
    plan: &Fingerprint,
    fresh: &Clip,
    weight_decay: f64,
    device: &Device,
) -> Result<Option<State>, StateError> {
    let Some(path) = states(folder)?.pop() else {
        return Ok(None);
    };
    let damaged = || StateError::Damaged { path: path.clone() };
    let text = std::fs::read_to_string(path.join(POSITION)).map_err(|_| damaged())?;
    let position: Position = serde_json::from_str(&text).map_err(|_| damaged())?;
    if position.plan != plan.as_str() {
        let differs = plan.differs_in(&position.plan);
        return Err(StateError::OtherRun { path, differs });
    }
    let weights = read_named(&path.join(WEIGHTS)).map_err(|_| damaged())?;
    let shapes = names_and_shapes(fresh);
    if weights.len() != shapes.len()
        || weights
            .iter()
            .any(|(name, tensor)| shapes.get(name) != Some(&tensor.shape))
    {
        return Err(damaged());
    }
    let moments = read_named(&path.join(MOMENTS)).map_err(|_| damaged())?;
    let adamw =
        AdamW::from_named(weight_decay, position.update, moments, device).ok_or_else(damaged)?;
    let model = with_parameters(fresh.clone(), weights);
    let average = path.join(AVERAGE);
    let average = average
        .is_file()
        .then(|| read_named(&average).map_err(|_| damaged()));
    Ok(Some((position, model, adamw, average.transpose()?)))
}
