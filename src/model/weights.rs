//! A file of weights: safetensors, or a PyTorch checkpoint, read as data and never executed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use burn::tensor::Bytes;
use half::{bf16, f16};
use pytorch_reader::{DType, PytorchReader};
use rayon::prelude::*;
use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, Metadata, TensorInfo};

use super::checkpoint::{CheckpointError, io_error};

/// What a training checkpoint of open_clip keeps its weights under.
const STATE_DICT: &str = "state_dict";
/// What data-parallel training puts before every name.
const MODULE: &str = "module.";

/// Bytes before a safetensors file's header, which say how long it is.
const LENGTH: u64 = 8;
/// Bytes of a header, at most: the same as the library allows.
const LARGEST_HEADER: u64 = 100_000_000;

/// The tensors of a file, by name; values are read when they are asked for.
pub(super) struct Weights {
    path: PathBuf,
    file: File,
    tensors: BTreeMap<String, Stored>,
}

/// One tensor in a file.
struct Stored {
    shape: Vec<usize>,
    /// The type of its values, none if it is not one that weights come in.
    format: Option<Format>,
    /// The format's name in the file.
    written: String,
    place: Place,
}

enum Place {
    /// Bytes of a safetensors file.
    At { start: u64, length: usize },
    /// PyTorch's archives.
    Archived(pytorch_reader::Tensor),
}

/// Types of values that weights come in.
#[derive(Clone, Copy)]
enum Format {
    F32,
    F16,
    Bf16,
}

impl Weights {
    /// Reads the list of tensors; the format is told by the content, not by the name.
    ///
    /// # Errors
    /// When the file cannot be read or is neither.
    pub(super) fn open(path: &Path) -> Result<Self, CheckpointError> {
        let mut file = File::open(path).map_err(io_error(path))?;
        if file.metadata().map_err(io_error(path))?.len() < LENGTH {
            return Err(CheckpointError::Format {
                path: path.to_owned(),
                source: SafeTensorError::HeaderTooSmall,
            });
        }
        // An archive (PK) or a pickle (0x80); a safetensors file begins with a small number.
        let mut start = [0; 2];
        file.read_exact(&mut start).map_err(io_error(path))?;
        let torch = start == *b"PK" || (start[0] == 0x80 && (2..=5).contains(&start[1]));
        if torch {
            Self::torch(path, file)
        } else {
            Self::safetensors(path, file)
        }
    }

    fn safetensors(path: &Path, mut file: File) -> Result<Self, CheckpointError> {
        let format = |source| CheckpointError::Format {
            path: path.to_owned(),
            source,
        };
        let length = file.metadata().map_err(io_error(path))?.len();
        let mut size = [0; LENGTH as usize];
        file.rewind().map_err(io_error(path))?;
        file.read_exact(&mut size).map_err(io_error(path))?;
        let size = u64::from_le_bytes(size);
        if size > LARGEST_HEADER {
            return Err(format(SafeTensorError::HeaderTooLarge));
        }
        if size > length.saturating_sub(LENGTH) {
            return Err(format(SafeTensorError::InvalidHeaderLength));
        }
        let mut header = vec![0; size as usize];
        file.read_exact(&mut header).map_err(io_error(path))?;
        let metadata: Metadata = serde_json::from_slice(&header)
            .map_err(|error| format(SafeTensorError::InvalidHeaderDeserialization(error)))?;
        let all = metadata.tensors();
        // Its reader has checked that the tensors lie one after the other and are as long as their shapes say.
        let end = all.values().map(|info| info.data_offsets.1 as u64).max();
        if LENGTH + size + end.unwrap_or(0) != length {
            return Err(format(SafeTensorError::MetadataIncompleteBuffer));
        }
        let stored = |(name, info): (String, &TensorInfo)| {
            let stored = Stored {
                shape: info.shape.clone(),
                format: match info.dtype {
                    Dtype::F32 => Some(Format::F32),
                    Dtype::F16 => Some(Format::F16),
                    Dtype::BF16 => Some(Format::Bf16),
                    _ => None,
                },
                written: format!("{:?}", info.dtype),
                place: Place::At {
                    start: LENGTH + size + info.data_offsets.0 as u64,
                    length: info.data_offsets.1 - info.data_offsets.0,
                },
            };
            (name, stored)
        };
        let tensors = all.into_iter().map(stored).collect();
        Ok(Self {
            path: path.to_owned(),
            file,
            tensors,
        })
    }

    /// A plain state dict, or a training checkpoint that holds one.
    fn torch(path: &Path, file: File) -> Result<Self, CheckpointError> {
        let format = |source: pytorch_reader::PytorchError| CheckpointError::Torch {
            path: path.to_owned(),
            message: source.to_string(),
        };
        let mut tensors = PytorchReader::new(path).map_err(format)?.into_tensors();
        if tensors
            .keys()
            .any(|name| name.starts_with(&format!("{STATE_DICT}.")))
        {
            let reader = PytorchReader::with_top_level_key(path, STATE_DICT);
            tensors = reader.map_err(format)?.into_tensors();
        }
        let parallel = tensors.keys().all(|name| name.starts_with(MODULE));
        let stored = |(name, tensor): (String, pytorch_reader::Tensor)| {
            let stored = Stored {
                shape: tensor.shape().to_vec(),
                format: match tensor.dtype() {
                    DType::F32 => Some(Format::F32),
                    DType::F16 => Some(Format::F16),
                    DType::BF16 => Some(Format::Bf16),
                    _ => None,
                },
                written: format!("{:?}", tensor.dtype()),
                place: Place::Archived(tensor),
            };
            let name = if parallel {
                name[MODULE.len()..].to_owned()
            } else {
                name
            };
            (name, stored)
        };
        Ok(Self {
            path: path.to_owned(),
            file,
            tensors: tensors.into_iter().map(stored).collect(),
        })
    }

    /// Names and shapes, with one dimension for what has none.
    pub(super) fn shapes(&self) -> BTreeMap<String, Vec<usize>> {
        let shape = |shape: &[usize]| {
            if shape.is_empty() {
                vec![1]
            } else {
                shape.to_vec()
            }
        };
        self.tensors
            .iter()
            .map(|(name, stored)| (name.clone(), shape(&stored.shape)))
            .collect()
    }

    /// Checks that the file holds exactly these tensors.
    ///
    /// # Errors
    /// [`CheckpointError::Tensors`] with all that are missing, surplus, mis-shaped or of a wrong type.
    pub(super) fn check(
        &self,
        expected: &BTreeMap<String, Vec<usize>>,
    ) -> Result<(), CheckpointError> {
        let mut problems = Vec::new();
        for (name, stored) in &self.tensors {
            match expected.get(name) {
                // Left by open_clip's older checkpoints; it is no parameter.
                None if IGNORED.contains(&name.as_str()) => {}
                None => problems.push(format!("surplus {name}")),
                Some(shape) if !same_shape(&stored.shape, shape) => {
                    problems.push(format!(
                        "{name} has shape {:?}, expected {shape:?}",
                        stored.shape
                    ));
                }
                Some(_) if stored.format.is_none() => {
                    let written = &stored.written;
                    problems.push(format!(
                        "{name} is {written}, allowed are F32, F16 and BF16"
                    ));
                }
                Some(_) => {}
            }
        }
        let missing = expected
            .keys()
            .filter(|name| !self.tensors.contains_key(*name));
        problems.extend(missing.map(|name| format!("missing {name}")));
        if problems.is_empty() {
            return Ok(());
        }
        problems.sort();
        Err(CheckpointError::Tensors {
            path: self.path.clone(),
            problems,
        })
    }

    /// Every tensor's values as f32, in memory of their own; several are read at a time.
    ///
    /// # Errors
    /// When the file ends before the values do.
    ///
    /// # Panics
    /// When a tensor is of another type: callers [`check`](Self::check) first.
    pub(super) fn values(&self) -> Result<BTreeMap<String, Bytes>, CheckpointError> {
        self.tensors
            .par_iter()
            .filter(|(name, _)| !IGNORED.contains(&name.as_str()))
            .map(|(name, stored)| Ok((name.clone(), self.values_of(stored)?)))
            .collect()
    }

    fn values_of(&self, stored: &Stored) -> Result<Bytes, CheckpointError> {
        let bytes = match &stored.place {
            Place::At { start, length } => self.read(*start, *length),
            Place::Archived(tensor) => tensor.read(),
        };
        let bytes = bytes.map_err(io_error(&self.path))?;
        Ok(match stored.format.expect("the caller checked the types") {
            Format::F32 if cfg!(target_endian = "little") => Bytes::from_bytes_vec(bytes),
            Format::F32 => converted(&bytes, f32::from_le_bytes),
            Format::F16 => converted(&bytes, |value| f16::from_le_bytes(value).to_f32()),
            Format::Bf16 => converted(&bytes, |value| bf16::from_le_bytes(value).to_f32()),
        })
    }

    fn read(&self, start: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        read_at(&self.file, &mut bytes, start)?;
        Ok(bytes)
    }
}

/// Fills `bytes` from a place in a file, whoever else reads it.
#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], start: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, start)
}

/// Fills `bytes` from a place in a file, whoever else reads it.
#[cfg(windows)]
fn read_at(file: &File, mut bytes: &mut [u8], mut start: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let count = std::os::windows::fs::FileExt::seek_read(file, bytes, start)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes = &mut bytes[count..];
        start += count as u64;
    }
    Ok(())
}

fn converted<const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f32) -> Bytes {
    let values = bytes.as_chunks().0.iter().map(|bytes| value(*bytes));
    Bytes::from_elems(values.collect::<Vec<f32>>())
}

/// Buffers that some versions of open_clip saved beside the parameters.
const IGNORED: [&str; 1] = ["attn_mask"];

/// open_clip keeps the logit scale and the logit bias without a dimension, we with one.
fn same_shape(stored: &[usize], expected: &[usize]) -> bool {
    stored == expected || (stored.is_empty() && expected == [1])
}

#[cfg(test)]
mod tests {
    use super::super::{ModelFiles, Precision, parameters};
    use super::*;
    use burn::tensor::Device;

    fn golden(file: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/golden/weights")
            .join(file)
    }

    fn load(file: &str) -> BTreeMap<String, super::super::NamedTensor> {
        let files = ModelFiles::find(&golden(file), None, None).expect("a configuration beside it");
        let (model, _) = files.load(&Device::flex()).expect(file);
        parameters(&model.with_precision(Precision::F32))
    }

    /// tests/golden/clip.py's formula.
    fn formula(name: &str, at: usize, shape: &[usize]) -> f64 {
        if name == "logit_scale" {
            return 20.0_f64.ln();
        }
        let phase: usize = name
            .bytes()
            .enumerate()
            .map(|(at, byte)| (at + 1) * usize::from(byte))
            .sum();
        let wave = (0.7 * at as f64 + phase as f64).sin();
        match shape.len() {
            1 if name.ends_with("weight") => 1.0 + 0.05 * wave,
            1 => 0.05 * wave,
            _ => 0.1 * wave,
        }
    }

    #[test]
    fn every_way_of_saving_gives_the_same_weights() {
        let bits = [
            ("state_dict.pt", 23),
            ("legacy.bin", 23),
            ("half.pt", 10),
            ("epoch_3.pt", 7),
        ];
        for (file, bits) in bits {
            let parameters = load(file);
            assert_eq!(parameters.len(), 38, "{file}");
            for (name, tensor) in parameters {
                for (at, value) in tensor.values.iter().enumerate() {
                    let expected = formula(&name, at, &tensor.shape);
                    // Half a unit in the last place of a value in [1, 2), twice that for the formula's own rounding.
                    let tolerance = 0.5_f64.powi(bits) * expected.abs().max(0.01);
                    let error = (f64::from(*value) - expected).abs();
                    assert!(
                        error <= tolerance,
                        "{file}, {name}[{at}]: {value}, not {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn tensors_that_do_not_fit_are_all_listed() {
        let files =
            ModelFiles::find(&golden("wrong.pt"), None, None).expect("a configuration beside it");
        let error = files
            .load(&Device::flex())
            .expect_err("three tensors are wrong")
            .to_string();
        for part in [
            "ln_final.bias has shape [3], expected [8]",
            "missing visual.proj",
            "surplus visual.head",
        ] {
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn a_pickle_with_a_command_runs_nothing() {
        let files = ModelFiles::find(&golden("commands.pt"), None, None)
            .expect("a configuration beside it");
        assert!(files.load(&Device::flex()).is_err());
        for folder in [Path::new("."), Path::new(env!("CARGO_MANIFEST_DIR"))] {
            assert!(!folder.join("commands-were-run").exists());
        }
    }

    #[test]
    fn a_cut_file_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let whole = std::fs::read(golden("state_dict.pt")).expect("a file");
        let path = folder.path().join("cut.pt");
        for length in [0, 1, 8, whole.len() / 2, whole.len() - 9] {
            std::fs::write(&path, &whole[..length]).expect("written");
            assert!(Weights::open(&path).is_err(), "{length} bytes");
        }
        for bytes in [&b""[..], b"neither one nor the other"] {
            std::fs::write(&path, bytes).expect("written");
            let error = Weights::open(&path).err().expect("no weights").to_string();
            for part in ["cut.pt", "safetensors", "PyTorch"] {
                assert!(error.contains(part), "no {part} in {error}");
            }
        }
    }

    #[test]
    fn weights_without_a_configuration_need_an_architecture() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model.pt");
        std::fs::copy(golden("state_dict.pt"), &path).expect("copied");
        let error = ModelFiles::find(&path, None, None)
            .expect_err("no configuration")
            .to_string();
        assert!(
            error.contains("--architecture") && error.contains("ViT-B-32"),
            "{error}"
        );
        let named = "ViT-S-32".parse().expect("a shipped name");
        let error = ModelFiles::find(&path, Some(&named), None)
            .expect("found")
            .load(&Device::flex());
        let error = error.expect_err("another model").to_string();
        assert!(
            error.contains("expected [384]") && error.contains(" more"),
            "{error}"
        );
        assert!(error.len() < 500, "few of many tensors are told: {error}");
    }
}
