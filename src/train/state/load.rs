//! Taking up a state again: the newest that is whole.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::Device;

use super::record::Record;
use super::snapshot::{MOMENTS, WEIGHTS};
use super::{Damaged, Position, StateError, folder};
use crate::model::checkpoint::read_named;
use crate::model::{Clip, NamedTensor, names_and_shapes, with_parameters};
use crate::train::adamw::AdamW;
use crate::train::plan::Fingerprint;

/// What was found under a folder of states.
#[derive(Debug)]
pub(in crate::train) struct Found {
    /// The newest whole state, if there is any state.
    pub(in crate::train) state: Option<Loaded>,
    /// Those that are newer and damaged, the newest first.
    pub(in crate::train) damaged: Vec<Damaged>,
}

/// A state that training can go on from.
#[derive(Debug)]
pub(in crate::train) struct Loaded {
    pub(in crate::train) position: Position,
    pub(in crate::train) model: Clip,
    pub(in crate::train) adamw: AdamW,
    /// Tensors of further files, by the file's name without its ending.
    pub(in crate::train) extra: BTreeMap<String, BTreeMap<String, NamedTensor>>,
}

/// Takes up the newest whole state under `folder`, if there is one.
///
/// # Errors
/// [`StateError`] when it is another run's, or when there are states and all are damaged.
pub(in crate::train) fn load(
    folder: &Path,
    plan: &Fingerprint,
    fresh: &Clip,
    weight_decay: f64,
    device: &Device,
) -> Result<Found, StateError> {
    let mut damaged = Vec::new();
    for folder::Kept { path, .. } in folder::states(folder)?.into_iter().rev() {
        let record = Record::read(&path);
        if let Ok(Record { position, .. }) = &record
            && position.plan != plan.as_str()
        {
            let differs = plan.differs_in(&position.plan);
            return Err(StateError::OtherRun { path, differs });
        }
        match record.and_then(|record| read(&path, record, fresh, weight_decay, device)) {
            Ok(state) => {
                let state = Some(state);
                return Ok(Found { state, damaged });
            }
            Err(reason) => damaged.push(Damaged { path, reason }),
        }
    }
    if damaged.is_empty() {
        return Ok(Found {
            state: None,
            damaged,
        });
    }
    Err(StateError::Damaged { states: damaged })
}

/// Reads what the record lists, or says which file is not as it was.
fn read(
    path: &Path,
    record: Record,
    fresh: &Clip,
    weight_decay: f64,
    device: &Device,
) -> Result<Loaded, String> {
    record.check(path)?;
    let mut files = BTreeMap::new();
    for file in record.files.keys() {
        let name = file.strip_suffix(".safetensors").unwrap_or(file);
        let tensors = read_named(&path.join(file)).map_err(|error| error.to_string())?;
        files.insert(name.to_owned(), tensors);
    }
    let mut take = |name: &str| files.remove(name).ok_or(format!("no {name}"));
    let (weights, moments) = (take(WEIGHTS)?, take(MOMENTS)?);
    let shapes = names_and_shapes(fresh);
    let fits = |(name, tensor): (&String, &NamedTensor)| shapes.get(name) == Some(&tensor.shape);
    if weights.len() != shapes.len() || !weights.iter().all(fits) {
        return Err(format!("{WEIGHTS} are another model's"));
    }
    let adamw = AdamW::from_named(weight_decay, record.position.update, moments, device);
    Ok(Loaded {
        position: record.position,
        model: with_parameters(fresh.clone(), weights),
        adamw: adamw.ok_or(format!("{MOMENTS} are not in pairs"))?,
        extra: files,
    })
}
