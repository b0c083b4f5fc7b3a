//! WebDataset: tars of samples, as CLIP_benchmark, DataComp and TiC-CLIP have them.
//!
//! `test/` (or the folder itself) holds the tars, `0.tar` and on where `nshards.txt` says how many, otherwise all in the
//! order of their numbers; the folder holds `classnames.txt`, `zeroshot_classification_templates.txt` and
//! `dataset_type.txt`. A sample has an image, and `.cls` (a class id), `.txt` (a caption a line), `.npy` (0 or 1 for every
//! class, or numbers about the sample) or `.json`. Where `nshards.txt` counts fewer tars than there are, the others do not
//! belong to the set, as CLIP_benchmark has it.

use std::ops::Range;
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::fingerprint::Fingerprint;
use super::image_file::by_number;
use super::limits::{IMAGE_BYTES, TEXT_BYTES, check};
use super::number_array::numbers;
use super::text_file::{CLASSES_FILE, TEMPLATES_FILE, lines_if_there, text};
use super::{Answer, Kind, Set, Side, Source, SourceError, Target, Wanted};
use crate::shard::{IMAGE_EXTENSIONS, Sample, ShardIndex, tars_of};

const TYPE_FILE: &str = "dataset_type.txt";
const COUNT_FILE: &str = "nshards.txt";

/// The samples in the tars of a folder.
#[derive(Debug)]
struct WebDataset {
    folder: PathBuf,
    tars: Vec<PathBuf>,
    samples: ShardIndex,
}

/// Opens the tars in `folder`, if there are any.
pub(super) fn open(folder: &Path, wanted: &Wanted) -> Result<Option<Set>, SourceError> {
    let Some(place) = place(folder, wanted.side)? else {
        return Ok(None);
    };
    let mut tars = tars_of(&place)?;
    if !place.join(COUNT_FILE).is_file() {
        tars.sort_by(|a, b| by_number(a, b));
    }
    let samples = ShardIndex::open(tars.clone())?;
    let kind = kind(folder, &samples, wanted.kind)?;
    let source = WebDataset {
        folder: folder.to_owned(),
        tars,
        samples,
    };
    Ok(Some(Set {
        source: Box::new(source),
        kind,
        classes: lines_if_there(&folder.join(CLASSES_FILE))?,
        templates: lines_if_there(&folder.join(TEMPLATES_FILE))?,
        path: folder.to_owned(),
    }))
}

/// The folder of the tars.
fn place(folder: &Path, side: Side) -> Result<Option<PathBuf>, SourceError> {
    let mut places: Vec<PathBuf> = side.names().iter().map(|name| folder.join(name)).collect();
    if side.is_the_rest() {
        places.push(folder.to_owned());
    }
    for place in places {
        if place.is_dir() && (place.join(COUNT_FILE).is_file() || has_tars(&place)?) {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

fn has_tars(folder: &Path) -> Result<bool, SourceError> {
    for entry in std::fs::read_dir(folder).map_err(SourceError::io(folder))? {
        let path = entry.map_err(SourceError::io(folder))?.path();
        if path.extension().is_some_and(|extension| extension == "tar") {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What `dataset_type.txt` says. Without one, what is hinted at if a sample has it, else what the samples have.
fn kind(folder: &Path, samples: &ShardIndex, hint: Kind) -> Result<Kind, SourceError> {
    let path = folder.join(TYPE_FILE);
    if path.is_file() {
        let word = text(&path)?.trim().to_lowercase();
        return match word.as_str() {
            "classification" => Ok(Kind::Classification),
            "multilabel" => Ok(Kind::Multilabel),
            "retrieval" => Ok(Kind::Retrieval),
            _ => Err(SourceError::Type {
                path,
                found: word.chars().take(64).collect(),
            }),
        };
    }
    let has = |extension: &str| {
        (0..samples.len()).any(|sample| samples.members(sample).any(|(name, _)| name == extension))
    };
    Ok(match extension_of(hint) {
        Some(extension) if has(extension) => hint,
        _ if has("cls") => Kind::Classification,
        _ if has("txt") => Kind::Retrieval,
        _ => hint,
    })
}

/// The member that answers a task of this kind.
fn extension_of(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Classification => Some("cls"),
        Kind::Multilabel => Some("npy"),
        Kind::Retrieval => Some("txt"),
        Kind::Association => None,
    }
}

impl WebDataset {
    fn image(&self, sample: usize) -> Result<Answer<Vec<u8>>, SourceError> {
        let size = |extension: &str| {
            let mut members = self.samples.members(sample);
            members.find_map(|(name, size)| (name == extension).then_some(size))
        };
        let there = IMAGE_EXTENSIONS
            .into_iter()
            .find_map(|extension| Some((extension, size(extension)?)));
        if let Some((extension, size)) = there
            && let Err(message) = check(&format!("a .{extension}"), size, IMAGE_BYTES)
        {
            return Ok(Err(self.named(sample, &message)));
        }
        let wanted = there.map(|(extension, _)| extension);
        let mut read = self
            .samples
            .members_of(sample, |name| Some(name) == wanted)?;
        // Without an image the message lists what there is.
        Ok(match read.members.pop() {
            Some((_, bytes)) => Ok(bytes),
            None => Err(self.named(
                sample,
                &format!("has no image; it has {}", self.there(sample)),
            )),
        })
    }

    /// What `ask` finds in the member of this extension, of every sample.
    fn each<T: Send>(
        &self,
        extension: &str,
        ask: impl Fn(&Sample) -> Answer<T> + Sync,
    ) -> Result<Vec<Answer<T>>, SourceError> {
        let one = |sample| {
            let member = self
                .samples
                .members(sample)
                .find(|(name, _)| *name == extension);
            let Some((_, size)) = member else {
                let message = format!("has no .{extension}; it has {}", self.there(sample));
                return Ok(Err(self.named(sample, &message)));
            };
            if let Err(message) = check(&format!("a .{extension}"), size, TEXT_BYTES) {
                return Ok(Err(self.named(sample, &message)));
            }
            Ok(ask(&self
                .samples
                .members_of(sample, |name| name == extension)?))
        };
        (0..self.samples.len()).into_par_iter().map(one).collect()
    }

    fn there(&self, sample: usize) -> String {
        let members = self
            .samples
            .members(sample)
            .map(|(name, _)| format!(".{name}"));
        members.collect::<Vec<_>>().join(", ")
    }

    fn named(&self, sample: usize, message: &str) -> String {
        format!("sample `{}` {message}", self.samples.key(sample))
    }
}

impl Source for WebDataset {
    fn path(&self) -> &Path {
        &self.folder
    }

    fn len(&self) -> usize {
        self.samples.len()
    }

    fn key(&self, sample: usize) -> String {
        self.samples.key(sample).to_owned()
    }

    fn images(&self, samples: Range<usize>) -> Result<Vec<Answer<Vec<u8>>>, SourceError> {
        samples.map(|sample| self.image(sample)).collect()
    }

    fn targets(&self, kind: Kind) -> Result<Vec<Answer<Target>>, SourceError> {
        let Some(extension) = extension_of(kind) else {
            return Err(self.lacks("associations"));
        };
        self.each(extension, |sample| match kind {
            Kind::Retrieval => {
                let captions = sample.captions().map_err(|error| error.to_string())?;
                let captions = captions.into_iter().map(str::to_owned);
                Ok(Target::Captions(captions.collect()))
            }
            Kind::Multilabel => Ok(Target::Labels(labels(sample)?)),
            _ => {
                let class = sample.class().map_err(|error| error.to_string())?;
                Ok(Target::Class(class))
            }
        })
    }

    fn numbers(&self) -> Result<Vec<Answer<Vec<f64>>>, SourceError> {
        self.each("npy", row)
    }

    fn values(&self, name: &str) -> Result<Vec<Answer<String>>, SourceError> {
        self.each("json", |sample| value(sample, name))
    }

    fn fingerprint(&self) -> Result<String, SourceError> {
        let mut fingerprint = Fingerprint::default();
        fingerprint.files(&self.folder, &self.tars)?;
        // Another image has another size as a rule, wherever in a tar it is.
        for sample in 0..self.samples.len() {
            fingerprint.text(self.samples.key(sample));
            for (extension, size) in self.samples.members(sample) {
                fingerprint.text(extension);
                fingerprint.number(size);
            }
        }
        Ok(fingerprint.finish())
    }
}

/// The row of numbers in `.npy`.
fn row(sample: &Sample) -> Answer<Vec<f64>> {
    numbers(sample.member("npy").unwrap_or_default())
        .map_err(|message| format!("sample `{}` has a .npy {message}", sample.key))
}

fn labels(sample: &Sample) -> Answer<Vec<bool>> {
    let one = |number: f64| match number {
        0.0 => Ok(false),
        1.0 => Ok(true),
        other => Err(format!(
            "sample `{}` has {other} in its .npy; a label is 0 or 1",
            sample.key
        )),
    };
    row(sample)?.into_iter().map(one).collect()
}

/// The value of a key in `.json`, as text.
fn value(sample: &Sample, name: &str) -> Answer<String> {
    let wrong = |message: String| format!("sample `{}` {message}", sample.key);
    let json = sample.member("json").unwrap_or_default();
    let json: serde_json::Value = serde_json::from_slice(json)
        .map_err(|error| wrong(format!("has a .json that is none: {error}")))?;
    match json.get(name) {
        Some(serde_json::Value::String(text)) => Ok(text.clone()),
        None | Some(serde_json::Value::Null) => Err(wrong(format!("has no `{name}` in its .json"))),
        Some(other) => Ok(other.to_string()),
    }
}

#[cfg(test)]
mod tests;
