//! Features: the rows of a feature file with their keys, as they are read back.

use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors};

use super::feature_file::{FEATURES, FeatureFileError, KEYS_ENTRY, io_error};

/// The rows of a feature file.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// What each row is the vector of.
    pub keys: Vec<String>,
    /// Values in a row.
    pub dim: usize,
    /// `[keys, dim]`, row-major.
    pub values: Vec<f32>,
}

impl Features {
    /// Reads a whole feature file.
    ///
    /// # Errors
    /// When the file cannot be read, or is not what [`super::FeatureFile`] writes.
    pub fn read(path: &Path) -> Result<Self, FeatureFileError> {
        let damaged = |message: String| FeatureFileError::Damaged {
            path: path.to_owned(),
            message,
        };
        let bytes = std::fs::read(path).map_err(io_error(path))?;
        let (_, header) =
            SafeTensors::read_metadata(&bytes).map_err(|error| damaged(error.to_string()))?;
        let tensors =
            SafeTensors::deserialize(&bytes).map_err(|error| damaged(error.to_string()))?;
        let features = tensors
            .tensor(FEATURES)
            .map_err(|error| damaged(error.to_string()))?;
        let keys = header
            .metadata()
            .as_ref()
            .and_then(|map| map.get(KEYS_ENTRY));
        let keys: Vec<String> = keys
            .and_then(|keys| serde_json::from_str(keys).ok())
            .ok_or_else(|| damaged("it has no list of keys".to_owned()))?;
        let &[rows, dim] = features.shape() else {
            return Err(damaged("its features are no matrix".to_owned()));
        };
        if features.dtype() != Dtype::F32 || rows != keys.len() {
            let message = format!(
                "{} keys for {rows} rows of {:?}",
                keys.len(),
                features.dtype()
            );
            return Err(damaged(message));
        }
        let (values, _) = features.data().as_chunks();
        Ok(Self {
            keys,
            dim,
            values: values
                .iter()
                .map(|bytes| f32::from_le_bytes(*bytes))
                .collect(),
        })
    }
}
