//! Origin: what an artefact was made from, so that it can be made again and is not made twice.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{ArtefactError, NewFile};

/// The name of the file that holds an artefact's origin.
pub const ORIGIN_FILE: &str = "origin.toml";

/// A file up to this size is read whole for its checksum.
const WHOLE_BYTES: u64 = 64 << 20;
/// Of a larger one so many samples are.
const SAMPLES: u64 = 64;
/// The length of a sample.
const SAMPLE_BYTES: u64 = 64 << 10;

/// What an artefact was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Origin {
    /// The program and its arguments, for people. Two calls may differ here (`-v`, another `--threads`) and yet
    /// make the same.
    command_line: Vec<String>,
    /// The same of the artefacts it was made from, oldest first. Decides nothing either.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    history: Vec<Vec<String>>,
    /// The version of ticclip.
    version: String,
    /// The seed, where chance plays a part.
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    /// Whatever else decides the bytes.
    #[serde(default)]
    parameters: BTreeMap<String, toml::Value>,
    /// SHA-256 of every input, by the name it had in the call.
    #[serde(default)]
    inputs: BTreeMap<String, String>,
}

impl Origin {
    /// The origin of what this version makes when called by `command_line`.
    pub fn new<S: Into<String>>(command_line: impl IntoIterator<Item = S>) -> Self {
        Self {
            command_line: command_line.into_iter().map(Into::into).collect(),
            history: Vec::new(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            seed: None,
            parameters: BTreeMap::new(),
            inputs: BTreeMap::new(),
        }
    }

    /// The seed, where chance plays a part.
    pub fn seed(&self) -> Option<u64> {
        self.seed
    }

    /// Adds the seed.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Adds a parameter that decides the bytes.
    #[must_use]
    pub fn with_parameter(mut self, name: &str, value: impl Into<toml::Value>) -> Self {
        self.parameters.insert(name.to_owned(), value.into());
        self
    }

    /// Adds an input file by its checksum.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn with_input(mut self, name: &str, file: &Path) -> Result<Self, ArtefactError> {
        let checksum = sha256_of_file(file).map_err(ArtefactError::io(file))?;
        self.inputs.insert(name.to_owned(), checksum);
        Ok(self)
    }

    /// Adds an input file that may be larger than one wants to read twice: the checksum is of its size and of samples.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn with_large_input(mut self, name: &str, file: &Path) -> Result<Self, ArtefactError> {
        let checksum = sampled_sha256_of_file(file).map_err(ArtefactError::io(file))?;
        self.inputs.insert(name.to_owned(), checksum);
        Ok(self)
    }

    /// Adds the commands that made the artefact in `folder`, if it is one.
    ///
    /// # Errors
    /// When its origin is there and cannot be understood.
    pub fn with_history_of(mut self, folder: &Path) -> Result<Self, ArtefactError> {
        let before = Self::read(&folder.join(ORIGIN_FILE))?;
        for line in before.iter().flat_map(Self::commands) {
            if !self.history.contains(line) {
                self.history.push(line.clone());
            }
        }
        Ok(self)
    }

    /// The commands that led here, oldest first.
    pub fn commands(&self) -> impl Iterator<Item = &Vec<String>> {
        self.history.iter().chain([&self.command_line])
    }

    /// A checksum over all that decides the bytes: two folders of one fingerprint hold the same.
    pub fn fingerprint(&self) -> String {
        let (version, seed) = (&self.version, &self.seed);
        let decides = format!(
            "{version:?} {seed:?} {:?} {:?}",
            self.parameters, self.inputs
        );
        hex(&Sha256::digest(decides.as_bytes()))
    }

    /// Reads an origin file; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be read or understood.
    pub fn read(path: &Path) -> Result<Option<Self>, ArtefactError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(ArtefactError::io(path)(error)),
        };
        let wrong = |error: toml::de::Error| ArtefactError::Origin {
            path: path.to_owned(),
            message: error.message().to_owned(),
        };
        toml::from_str(&text).map(Some).map_err(wrong)
    }

    /// The parameter of that name, if it is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.parameters.get(name)?.as_str()
    }

    /// Writes the origin file.
    ///
    /// # Errors
    /// When the disk refuses, or a parameter has no form in TOML.
    pub(super) fn write(&self, path: &Path) -> Result<(), ArtefactError> {
        let text = toml::to_string(self).map_err(|error| ArtefactError::Origin {
            path: path.to_owned(),
            message: error.to_string(),
        })?;
        NewFile::write_whole(path, text.as_bytes())
    }

    /// What decides the bytes and is not the same in `now`, in words.
    pub(super) fn differences(&self, now: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        if self.version != now.version {
            differences.push(format!("version {}, now {}", self.version, now.version));
        }
        if self.seed != now.seed {
            differences.push(format!(
                "seed = {}, now {}",
                or_none(self.seed),
                or_none(now.seed)
            ));
        }
        for name in names(&self.parameters, &now.parameters) {
            let [before, after] =
                [&self.parameters, &now.parameters].map(|all| or_none(all.get(name)));
            if before != after {
                let (before, after) = (
                    lines_without(&before, &after),
                    lines_without(&after, &before),
                );
                differences.push(format!("{name} = {before}, now {after}"));
            }
        }
        for name in names(&self.inputs, &now.inputs) {
            if self.inputs.get(name) != now.inputs.get(name) {
                differences.push(format!("input {name} is not the same"));
            }
        }
        differences
    }
}

/// Of a value of many lines those that the other does not have.
fn lines_without(value: &str, other: &str) -> String {
    let lines = |of: &str| -> Vec<String> { of.lines().map(str::to_owned).collect() };
    let (mut own, others) = (lines(value), lines(other));
    if own.len() < 2 || others.len() < 2 {
        return value.to_owned();
    }
    own.retain(|line| !others.contains(line));
    let own: Vec<String> = own.iter().map(|line| format!("`{line}`")).collect();
    or_none((!own.is_empty()).then(|| own.join(" ")))
}

fn or_none(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

/// The names in either map, sorted, each once.
fn names<'a, V>(a: &'a BTreeMap<String, V>, b: &'a BTreeMap<String, V>) -> Vec<&'a String> {
    let mut names: Vec<_> = a.keys().chain(b.keys()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// SHA-256 of a file's bytes as 64 hex digits.
///
/// # Errors
/// When the file cannot be read.
pub fn sha256_of_file(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    Ok(hex(&hash.finalize()))
}

/// SHA-256 of a file's bytes if it is not large; else, marked as such, of its size and of samples spread over it.
fn sampled_sha256_of_file(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    if length <= WHOLE_BYTES {
        return sha256_of_file(path);
    }
    let mut hash = Sha256::new();
    hash.update(length.to_le_bytes());
    let mut sample = vec![0; SAMPLE_BYTES as usize];
    for number in 0..SAMPLES {
        let last = u128::from(length - SAMPLE_BYTES);
        let at = (last * u128::from(number) / u128::from(SAMPLES - 1)) as u64;
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut sample)?;
        hash.update(&sample);
    }
    Ok(format!("sampled:{}", hex(&hash.finalize())))
}

/// SHA-256 of bytes as 64 hex digits.
pub(crate) fn sha256_of(bytes: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(bytes))
}

/// Two digits a byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_reads_back_and_names_what_differs() {
        let dir = tempfile::tempdir().expect("a folder");
        let table = dir.path().join("table.csv");
        std::fs::write(&table, "abc").expect("written");
        let origin = Origin::new(["ticclip", "split", "-v"])
            .with_seed(7)
            .with_parameter("share", 0.5)
            .with_input("table.csv", &table)
            .expect("read");
        let path = dir.path().join(ORIGIN_FILE);
        origin.write(&path).expect("written");
        // printf abc | sha256sum
        let checksum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert!(
            std::fs::read_to_string(&path)
                .expect("there")
                .contains(checksum)
        );
        assert_eq!(Origin::read(&path).expect("read"), Some(origin.clone()));

        std::fs::write(&table, "abd").expect("written");
        let now = Origin::new(["ticclip", "split"])
            .with_parameter("share", 0.25)
            .with_input("table.csv", &table);
        assert_eq!(
            origin.differences(&now.expect("read")),
            [
                "seed = 7, now none",
                "share = 0.5, now 0.25",
                "input table.csv is not the same"
            ]
        );
        let quieter = Origin {
            command_line: vec!["ticclip".to_owned()],
            ..origin.clone()
        };
        assert!(
            origin.differences(&quieter).is_empty(),
            "the wording of the call decides nothing"
        );
    }
}
