//! Association table: WinoGAViL's cues with their candidates in a table, and the candidates' images beside it.
//!
//! The table has the columns `cue`, `candidates` and `associations`, the last two JSON lists of names; the image of a
//! candidate is called by its name, in a folder (`winogavil_images/`) or in the archive that is published
//! (`winogavil_images.zip`). The samples are the candidates, each once, in the order in which the table names them.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::columns::named;
use super::fingerprint::Fingerprint;
use super::image_store::ImageStore;
use super::table::{Table, tables};
use super::{Answer, Association, Kind, Set, Source, SourceError, Target, Wanted};
use crate::shard::IMAGE_EXTENSIONS;

/// More candidates are no question.
const MOST_CANDIDATES: usize = 256;

/// Cues with their candidates.
#[derive(Debug)]
struct AssociationTable {
    path: PathBuf,
    images: ImageStore,
    /// Ending of the images' names.
    extension: &'static str,
    candidates: Vec<String>,
    questions: Vec<Answer<Association>>,
}

/// Opens the first table of cues in `folder`.
pub(super) fn open(folder: &Path, wanted: &Wanted) -> Result<Option<Set>, SourceError> {
    for path in tables(folder, wanted.side)? {
        let columns = Table::columns(&path).unwrap_or_default();
        let place = |name: &str| named(&columns, &[name]).first().copied();
        let (Some(cue), Some(candidates), Some(gold)) =
            (place("cue"), place("candidates"), place("associations"))
        else {
            continue;
        };
        let mut names = Candidates::default();
        let table = Table::read(&path)?;
        let question = |row: &Answer<Vec<String>>| {
            let row = row.clone()?;
            let list = |column: usize| list(&row[column], &columns[column]);
            names.question(&row[cue], &list(candidates)?, &list(gold)?)
        };
        let questions: Vec<_> = table.rows.iter().map(question).collect();
        let files = |extension: &'static str| {
            let names = names.names.iter();
            names.map(move |name| format!("{name}.{extension}"))
        };
        for extension in IMAGE_EXTENSIONS {
            let files: Vec<String> = files(extension).collect();
            if let Some(images) = ImageStore::find(folder, files.iter().map(String::as_str))? {
                let source = AssociationTable {
                    path,
                    images,
                    extension,
                    candidates: names.names,
                    questions,
                };
                return Ok(Some(Set {
                    source: Box::new(source),
                    kind: Kind::Association,
                    classes: None,
                    templates: None,
                    path: folder.to_owned(),
                }));
            }
        }
        return Err(SourceError::damaged(
            &path,
            "none of the images of its candidates is beside it, in a folder or a zip archive",
        ));
    }
    Ok(None)
}

/// The candidates that were named so far.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    pub(super) names: Vec<String>,
    places: HashMap<String, usize>,
}

impl Candidates {
    fn place(&mut self, name: &str) -> usize {
        if let Some(&place) = self.places.get(name) {
            return place;
        }
        self.names.push(name.to_owned());
        self.places.insert(name.to_owned(), self.names.len() - 1);
        self.names.len() - 1
    }

    /// The question of one row.
    pub(super) fn question(
        &mut self,
        cue: &str,
        candidates: &[String],
        gold: &[String],
    ) -> Answer<Association> {
        let cue = cue.trim();
        let wrong = |message: String| format!("cue `{cue}` {message}");
        if cue.is_empty() || candidates.is_empty() || candidates.len() > MOST_CANDIDATES {
            let message = format!("with {} candidates is no question", candidates.len());
            return Err(wrong(message));
        }
        // An associated name that is no candidate does not count, as in DataComp's evaluator.
        let gold: Vec<bool> = candidates.iter().map(|name| gold.contains(name)).collect();
        if !gold.contains(&true) {
            return Err(wrong("goes with none of its candidates".to_owned()));
        }
        Ok(Association {
            cue: cue.to_owned(),
            gold,
            candidates: candidates.iter().map(|name| self.place(name)).collect(),
        })
    }
}

fn list(cell: &str, column: &str) -> Answer<Vec<String>> {
    serde_json::from_str(cell)
        .map_err(|error| format!("`{column}` is no JSON list of names: {error}"))
}

impl Source for AssociationTable {
    fn path(&self) -> &Path {
        &self.path
    }

    fn len(&self) -> usize {
        self.candidates.len()
    }

    fn key(&self, sample: usize) -> String {
        self.candidates[sample].clone()
    }

    fn images(&self, samples: Range<usize>) -> Result<Vec<Answer<Vec<u8>>>, SourceError> {
        let names: Vec<String> = samples.map(|sample| self.file(sample)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.images.read(&names)
    }

    fn targets(&self, kind: Kind) -> Result<Vec<Answer<Target>>, SourceError> {
        Err(self.lacks(&format!("answers to a {} task", kind.name())))
    }

    fn associations(&self) -> Result<Vec<Answer<Association>>, SourceError> {
        Ok(self.questions.clone())
    }

    fn fingerprint(&self) -> Result<String, SourceError> {
        let mut fingerprint = Fingerprint::default();
        let folder = self.path.parent().unwrap_or(Path::new(""));
        fingerprint.files(folder, std::slice::from_ref(&self.path))?;
        for question in &self.questions {
            fingerprint.text(&format!("{question:?}"));
        }
        let names = (0..self.candidates.len()).map(|sample| self.file(sample));
        self.images.add_to(&mut fingerprint, names)?;
        Ok(fingerprint.finish())
    }
}

impl AssociationTable {
    fn file(&self, sample: usize) -> String {
        format!("{}.{}", self.candidates[sample], self.extension)
    }
}

#[cfg(test)]
mod tests;
