//! Set: an evaluation set that is open, and what stands beside its samples.

use std::path::PathBuf;

use super::fingerprint::Fingerprint;
use super::{Kind, Source, SourceError};

/// An evaluation set that is open.
#[derive(Debug)]
pub struct Set {
    /// Its samples.
    pub source: Box<dyn Source>,
    /// What it asks.
    pub kind: Kind,
    /// The names of the classes, by class id, where the set has them.
    pub classes: Option<Vec<String>>,
    /// Prompts, with `{c}` where a name goes, where the set has them.
    pub templates: Option<Vec<String>>,
    /// Its folder.
    pub path: PathBuf,
}

impl Set {
    /// A checksum of all that decides a score: what the set asks, its class names, its prompts, its samples.
    ///
    /// # Errors
    /// [`SourceError`] when a file of the set cannot be read any more.
    pub fn fingerprint(&self) -> Result<String, SourceError> {
        let mut fingerprint = Fingerprint::default();
        fingerprint.text(self.kind.name());
        for list in [&self.classes, &self.templates] {
            let lines = list.as_deref().unwrap_or_default();
            fingerprint.number(lines.len() as u64);
            lines.iter().for_each(|line| fingerprint.text(line));
        }
        fingerprint.text(&self.source.fingerprint()?);
        Ok(fingerprint.finish())
    }
}
