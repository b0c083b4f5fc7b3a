//! Tally: findings counted by kind, with the first of each, and listed in a file where one is wanted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::CheckError;
use super::finding::{Finding, FindingKind, Severity};
use super::findings_file::FindingsWriter;

/// So many of each kind are told.
const EXAMPLES: usize = 3;

/// The findings of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingsOfKind {
    /// How bad they are.
    pub severity: Severity,
    /// How many there are.
    pub count: u64,
    /// The first few, in words.
    pub examples: Vec<String>,
}

/// Counts findings as they come.
pub(super) struct Tally {
    found: BTreeMap<FindingKind, FindingsOfKind>,
    file: Option<FindingsWriter>,
}

impl Tally {
    /// A tally that also lists findings in `file`.
    pub(super) fn new(file: Option<FindingsWriter>) -> Self {
        Self {
            found: BTreeMap::new(),
            file,
        }
    }

    pub(super) fn add(&mut self, finding: &Finding) -> Result<(), CheckError> {
        let of_kind = self
            .found
            .entry(finding.kind)
            .or_insert_with(|| FindingsOfKind {
                severity: finding.kind.severity(),
                count: 0,
                examples: Vec::new(),
            });
        of_kind.count += 1;
        if of_kind.examples.len() < EXAMPLES {
            of_kind.examples.push(finding.to_string());
        }
        if let Some(file) = &mut self.file {
            file.push(finding)?;
        }
        Ok(())
    }

    /// The counts by the names of the kinds; the file gets its name.
    pub(super) fn finish(self) -> Result<BTreeMap<String, FindingsOfKind>, CheckError> {
        if let Some(file) = self.file {
            file.finish()?;
        }
        let found = self.found.into_iter();
        Ok(found
            .map(|(kind, found)| (kind.name().to_owned(), found))
            .collect())
    }
}
