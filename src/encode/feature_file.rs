//! The feature file: `features` `[n, dim]` as safetensors, with the keys of its rows in its metadata.
//!
//! It grows in a hidden folder beside it, chunk by chunk, and appears whole.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::json;
use thiserror::Error;

use crate::artefact::{ArtefactError, FolderLock, NewFile, make_folder, remove_all};

/// What a safetensors header may hold, by its definition.
const LONGEST_HEADER: usize = 100_000_000;
const REQUEST: &str = "request.json";
const PROGRESS: &str = "progress.json";
const ROWS: &str = "features.f32";
const KEYS: &str = "keys.jsonl";
const LEFT_OUT: &str = "left-out.jsonl";
/// The tensor of a finished file.
pub(super) const FEATURES: &str = "features";
/// The list of its keys in its metadata.
pub(super) const KEYS_ENTRY: &str = "keys";
/// What a finished file says beside its request.
const RESULTS: [&str; 2] = ["rows", KEYS_ENTRY];

/// Why features cannot be written.
#[derive(Debug, Error)]
pub enum FeatureFileError {
    /// The disk refuses.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be put in place.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
    /// Features of something else are in the way.
    #[error("{} is of another call ({difference}); use --overwrite to replace it", path.display())]
    Different {
        /// The file, or the folder it was growing in.
        path: PathBuf,
        /// What differs.
        difference: String,
    },
    /// The file is not what was written.
    #[error("{} is not a whole file of features: {message}; remove it, or use --overwrite", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// More keys than the format holds.
    #[error("{}: its keys take {bytes} bytes, a safetensors header holds {LONGEST_HEADER}; encode in several parts, --part 1/N and on", path.display())]
    TooManyKeys {
        /// The file.
        path: PathBuf,
        /// Bytes of the header.
        bytes: usize,
    },
}

pub(super) fn io_error(path: &Path) -> impl Fn(io::Error) -> FeatureFileError + '_ {
    move |source| FeatureFileError::Io {
        path: path.to_owned(),
        source,
    }
}

/// A feature file that is there, or one to go on with.
#[derive(Debug)]
pub enum Opened {
    /// All of it is there.
    Finished {
        /// Rows of features.
        rows: u64,
        /// Items that are listed beside it as left out.
        left_out: u64,
    },
    /// Something is left to encode.
    Open(FeatureFile),
}

/// How far a file has grown.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Progress {
    /// Items behind us, encoded or left out.
    items: u64,
    /// Rows of features.
    rows: u64,
    key_bytes: u64,
    left_out: u64,
    left_out_bytes: u64,
}

/// A feature file that grows.
#[derive(Debug)]
pub struct FeatureFile {
    path: PathBuf,
    folder: PathBuf,
    dim: usize,
    /// What was asked for, in the words of the metadata.
    request: BTreeMap<String, String>,
    progress: Progress,
    _lock: FolderLock,
}

impl FeatureFile {
    /// Begins the file at `path`, or takes it up where an interrupted call left it. `request` says what it is made
    /// from; it goes to the metadata, and a file of another request is not touched unless `overwrite` is set.
    ///
    /// # Errors
    /// [`FeatureFileError::Different`] for such a file, or when the disk refuses.
    pub fn open(
        path: &Path,
        dim: usize,
        request: BTreeMap<String, String>,
        overwrite: bool,
    ) -> Result<Opened, FeatureFileError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let folder = path.with_file_name(format!(".{name}.growing"));
        if path.exists() && !overwrite {
            let there = metadata(path)?;
            refuse_other(path, &there, &request)?;
            let rows = there.get("rows").and_then(|rows| rows.parse().ok());
            return Ok(Opened::Finished {
                rows: rows.unwrap_or(0),
                left_out: lines(&Self::left_out_path(path))?,
            });
        }
        make_folder(&folder)?;
        let lock = FolderLock::take(&folder)?;
        if overwrite {
            clear(&folder)?;
        }
        let progress: Progress = record(&folder.join(PROGRESS))?.unwrap_or_default();
        if progress.items == 0 {
            // Nothing would be lost, whoever began.
            clear(&folder)?;
            let text = serde_json::to_string(&request).expect("a request is plain data");
            NewFile::write_whole(&folder.join(REQUEST), text.as_bytes())?;
        } else {
            let there: Option<BTreeMap<String, String>> = record(&folder.join(REQUEST))?;
            refuse_other(&folder, &there.unwrap_or_default(), &request)?;
        }
        let file = Self {
            path: path.to_owned(),
            folder,
            dim,
            request,
            progress,
            _lock: lock,
        };
        file.cut()?;
        Ok(Opened::Open(file))
    }

    /// Items behind us, encoded or left out.
    #[must_use]
    pub const fn items(&self) -> u64 {
        self.progress.items
    }

    /// Rows of features.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.progress.rows
    }

    /// Items that were left out.
    #[must_use]
    pub const fn left_out(&self) -> u64 {
        self.progress.left_out
    }

    /// Where the items that were left out are listed, with the reasons.
    #[must_use]
    pub fn left_out_path(path: &Path) -> PathBuf {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        path.with_file_name(format!("{name}.{LEFT_OUT}"))
    }

    /// Takes away what a killed call wrote behind its last record of progress.
    fn cut(&self) -> Result<(), FeatureFileError> {
        let feature_bytes = self.progress.rows * self.dim as u64 * 4;
        let lengths = [
            (ROWS, feature_bytes),
            (KEYS, self.progress.key_bytes),
            (LEFT_OUT, self.progress.left_out_bytes),
        ];
        for (name, length) in lengths {
            let path = self.folder.join(name);
            let file = OpenOptions::new().create(true).append(true).open(&path);
            let cut = file.and_then(|file| file.set_len(length));
            cut.map_err(io_error(&path))?;
        }
        Ok(())
    }

    /// Adds the rows of some items. What was added stays when the call is killed.
    ///
    /// # Errors
    /// When the disk refuses.
    pub(crate) fn append(
        &mut self,
        items: u64,
        features: &[f32],
        keys: &[String],
        left_out: &[(String, String)],
    ) -> Result<(), FeatureFileError> {
        let bytes: Vec<u8> = features
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let key_lines: String = keys.iter().map(|key| format!("{}\n", json!(key))).collect();
        let line = |(key, reason): &(String, String)| {
            format!("{}\n", json!({"key": key, "reason": reason}))
        };
        let left_out_lines: String = left_out.iter().map(line).collect();
        let parts = [
            (ROWS, bytes.as_slice()),
            (KEYS, key_lines.as_bytes()),
            (LEFT_OUT, left_out_lines.as_bytes()),
        ];
        for (name, bytes) in parts {
            let path = self.folder.join(name);
            let written = OpenOptions::new()
                .append(true)
                .open(&path)
                .and_then(|mut file| {
                    file.write_all(bytes)?;
                    file.sync_data()
                });
            written.map_err(io_error(&path))?;
        }
        self.progress.items += items;
        self.progress.rows += keys.len() as u64;
        self.progress.key_bytes += key_lines.len() as u64;
        self.progress.left_out += left_out.len() as u64;
        self.progress.left_out_bytes += left_out_lines.len() as u64;
        let text = serde_json::to_string(&self.progress).expect("progress is plain data");
        Ok(NewFile::write_whole(
            &self.folder.join(PROGRESS),
            text.as_bytes(),
        )?)
    }

    /// Puts the whole file in place, and the list of what was left out beside it.
    ///
    /// # Errors
    /// When the keys are too many for one file, or the disk refuses.
    pub fn finish(self) -> Result<(), FeatureFileError> {
        let header = self.header()?;
        if header.len() > LONGEST_HEADER {
            return Err(FeatureFileError::TooManyKeys {
                path: self.path,
                bytes: header.len(),
            });
        }
        let listed = Self::left_out_path(&self.path);
        if self.progress.left_out > 0 {
            let lines = self.folder.join(LEFT_OUT);
            std::fs::copy(&lines, &listed).map_err(io_error(&listed))?;
        } else if listed.exists() {
            std::fs::remove_file(&listed).map_err(io_error(&listed))?;
        }
        let mut file = NewFile::create(&self.path)?;
        let features = self.folder.join(ROWS);
        let mut rows = File::open(&features).map_err(io_error(&features))?;
        file.write_all(&(header.len() as u64).to_le_bytes())
            .and_then(|()| file.write_all(&header))
            .and_then(|()| io::copy(&mut rows, &mut file))
            .map_err(io_error(&self.path))?;
        file.finish()?;
        Ok(remove_all(&self.folder)?)
    }

    fn header(&self) -> Result<Vec<u8>, FeatureFileError> {
        let path = self.folder.join(KEYS);
        let mut keys = String::from("[");
        for line in BufReader::new(File::open(&path).map_err(io_error(&path))?).lines() {
            if keys.len() > 1 {
                keys.push(',');
            }
            keys.push_str(&line.map_err(io_error(&path))?);
        }
        keys.push(']');
        let mut metadata = self.request.clone();
        metadata.insert("rows".to_owned(), self.progress.rows.to_string());
        metadata.insert(KEYS_ENTRY.to_owned(), keys);
        let (rows, dim) = (self.progress.rows, self.dim as u64);
        let features =
            json!({"dtype": "F32", "shape": [rows, dim], "data_offsets": [0, rows * dim * 4]});
        let mut header = json!({"__metadata__": metadata, FEATURES: features})
            .to_string()
            .into_bytes();
        // Values begin at a multiple of eight.
        header.resize(header.len().next_multiple_of(8), b' ');
        Ok(header)
    }
}

/// Removes what grows in a folder.
fn clear(folder: &Path) -> Result<(), FeatureFileError> {
    for name in [PROGRESS, REQUEST, ROWS, KEYS, LEFT_OUT] {
        remove_all(&folder.join(name))?;
    }
    Ok(())
}

/// How many lines a file has; one that is not there has none.
fn lines(path: &Path) -> Result<u64, FeatureFileError> {
    match File::open(path) {
        Ok(file) => BufReader::new(file)
            .lines()
            .try_fold(0, |lines, line| line.map(|_| lines + 1))
            .map_err(io_error(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(io_error(path)(error)),
    }
}

fn record<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<Option<T>, FeatureFileError> {
    match std::fs::read(path) {
        // Records are replaced whole, so a damaged one is none of ours: begin again.
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_error(path)(error)),
    }
}

fn refuse_other(
    path: &Path,
    there: &BTreeMap<String, String>,
    request: &BTreeMap<String, String>,
) -> Result<(), FeatureFileError> {
    let asked = request.keys().chain(there.keys());
    let other = asked
        .filter(|key| !RESULTS.contains(&key.as_str()))
        .find(|key| there.get(*key) != request.get(*key));
    let Some(key) = other else {
        return Ok(());
    };
    Err(FeatureFileError::Different {
        path: path.to_owned(),
        difference: match (there.get(key), request.get(key)) {
            (Some(there), Some(asked)) if there.len() + asked.len() < 200 => {
                format!("{key}: {there}, not {asked}")
            }
            (Some(_), Some(_)) => format!("another {key}"),
            (Some(there), None) => format!("{key}: {there}, not asked for now"),
            (None, _) => format!("it does not say its {key}"),
        },
    })
}

/// The metadata of a safetensors file.
fn metadata(path: &Path) -> Result<BTreeMap<String, String>, FeatureFileError> {
    let damaged = |message: String| FeatureFileError::Damaged {
        path: path.to_owned(),
        message,
    };
    let mut file = File::open(path).map_err(io_error(path))?;
    let size = file.metadata().map_err(io_error(path))?.len();
    let mut length = [0; 8];
    file.read_exact(&mut length)
        .map_err(|_| damaged(format!("it has {size} bytes")))?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST_HEADER as u64 || length > size - 8 {
        return Err(damaged("it has no safetensors header".to_owned()));
    }
    let mut header = Vec::new();
    file.take(length)
        .read_to_end(&mut header)
        .map_err(io_error(path))?;
    let header: serde_json::Value = serde_json::from_slice(&header)
        .map_err(|error| damaged(format!("its header is no JSON ({error})")))?;
    let entries = header["__metadata__"].as_object().into_iter().flatten();
    let entry = |(key, value): (&String, &serde_json::Value)| {
        Some((key.clone(), value.as_str()?.to_owned()))
    };
    Ok(entries.filter_map(entry).collect())
}

#[cfg(test)]
mod tests;
