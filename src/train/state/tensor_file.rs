//! A file of tensors: safetensors, written from where the values are and summed on the way.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::Path;

use safetensors::tensor::{Dtype, Metadata, TensorInfo};
use xxhash_rust::xxh3::Xxh3;

use super::disk_file::DiskFile;
use super::record::{CHUNK, Content, in_hex};
use super::snapshot::Held;

/// Writes tensors in the order of their names and lets go of each as soon as it is written.
pub(super) fn write(tensors: BTreeMap<String, Held>, path: &Path) -> io::Result<Content> {
    let header = header(&tensors).map_err(io::Error::other)?;
    let mut file = Summed::create(path)?
        .write(&(header.len() as u64).to_le_bytes())?
        .write(&header)?;
    for tensor in tensors.into_values() {
        file = file.write(&tensor.bytes())?;
    }
    file.finish()
}

/// Names, shapes and places of the tensors, as long as safetensors wants it: a multiple of eight bytes.
fn header(tensors: &BTreeMap<String, Held>) -> Result<Vec<u8>, safetensors::SafeTensorError> {
    let mut end = 0;
    let infos = tensors.iter().map(|(name, tensor)| {
        let start = end;
        end += tensor.byte_count();
        // open_clip keeps it without a dimension, and a state's weights are a model of open_clip.
        let scalar = name == "logit_scale";
        let info = TensorInfo {
            dtype: Dtype::F32,
            shape: if scalar {
                Vec::new()
            } else {
                tensor.shape.clone()
            },
            data_offsets: (start, end),
        };
        (name.clone(), info)
    });
    let infos = infos.collect();
    let format = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let mut header = serde_json::to_vec(&Metadata::new(Some(format), infos)?)?;
    header.resize(header.len().next_multiple_of(8), b' ');
    Ok(header)
}

/// A new file and the checksum of what is in it so far.
struct Summed {
    file: DiskFile,
    hash: Xxh3,
    bytes: u64,
}

impl Summed {
    fn create(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: DiskFile::create(path)?,
            hash: Xxh3::new(),
            bytes: 0,
        })
    }

    fn write(mut self, bytes: &[u8]) -> io::Result<Self> {
        for chunk in bytes.chunks(CHUNK) {
            self.hash.update(chunk);
            self.file = self.file.write(chunk)?;
        }
        self.bytes += bytes.len() as u64;
        Ok(self)
    }

    fn finish(self) -> io::Result<Content> {
        self.file.finish()?;
        Ok(Content {
            bytes: self.bytes,
            xxh3: in_hex(self.hash.digest128()),
        })
    }
}
