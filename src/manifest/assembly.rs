//! Assembly: pieces of a manifest put together into one, without looking into their rows.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::parquet_file::Concatenation;
use super::write::{CLAIMS_FILE, DISAGREEMENTS_FILE, MANIFEST_FILE, REJECTED_FILE};
use super::{ParquetFileError, STATS_FILE, Stats};
use crate::artefact::{ArtefactError, write_json};
use crate::part::Part;

/// The tables of a manifest.
const TABLES: [&str; 4] = [
    CLAIMS_FILE,
    REJECTED_FILE,
    DISAGREEMENTS_FILE,
    MANIFEST_FILE,
];
/// The note in a piece's folder.
const NOTE_FILE: &str = "piece.json";
/// In a part's folder, what pieces it is made of.
pub const PIECES_FILE: &str = "pieces.json";

/// Why pieces could not be put together.
#[derive(Debug, Error)]
pub enum AssemblyError {
    /// A table cannot be read or written.
    #[error(transparent)]
    Parquet(#[from] ParquetFileError),
    /// A file cannot be put in place.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
    /// A piece is not there or not whole.
    #[error("{}: {message}", path.display())]
    Piece {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

/// What a piece says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PieceNote {
    /// The chunk of the table that it is about.
    pub chunk: u64,
    /// How many of the chunk's pairs were left out as an earlier chunk has their uids.
    pub repeated: u64,
    /// What became of the chunk's rows.
    pub stats: Stats,
}

impl PieceNote {
    /// The note of the piece in `folder`; `None` where there is none that can be read.
    pub fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(folder.join(NOTE_FILE)).ok()?).ok()
    }

    /// Writes the note into the piece's folder.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(&self, folder: &Path) -> Result<(), ArtefactError> {
        write_json(&folder.join(NOTE_FILE), self)
    }
}

/// A piece inside a part's tables: which row groups of each it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Placed {
    note: PieceNote,
    groups: BTreeMap<String, Range<usize>>,
}

/// What a part is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartNote {
    /// Which part it is.
    pub part: Part,
    /// How many chunks the whole table has.
    pub chunks: u64,
    /// A checksum of all that decides the bytes but the part: parts of one run have the same.
    pub run: String,
    pieces: Vec<Placed>,
}

/// Pieces to be put together.
pub struct Assembly {
    /// Folder and row groups of each piece, in the order of chunks.
    sources: Vec<Source>,
}

struct Source {
    folder: PathBuf,
    note: PieceNote,
    /// All row groups of the folder's tables where it does not say which.
    groups: BTreeMap<String, Range<usize>>,
}

impl Assembly {
    /// Pieces that have a folder each.
    ///
    /// # Errors
    /// When one is not there.
    pub fn of_folders(folders: impl IntoIterator<Item = PathBuf>) -> Result<Self, AssemblyError> {
        let source = |folder: PathBuf| -> Result<Source, AssemblyError> {
            let note = PieceNote::read(&folder).ok_or_else(|| AssemblyError::Piece {
                path: folder.join(NOTE_FILE),
                message: "not there, or not whole".to_owned(),
            })?;
            Ok(Source {
                folder,
                note,
                groups: BTreeMap::new(),
            })
        };
        let sources = folders.into_iter().map(source).collect::<Result<_, _>>()?;
        Ok(Self { sources })
    }

    /// The pieces of all parts of one run.
    ///
    /// # Errors
    /// When a folder is no part, or the parts are not all those of one run, each once.
    pub fn of_parts(folders: &[PathBuf]) -> Result<Self, AssemblyError> {
        let mut parts = Vec::new();
        for folder in folders {
            parts.push((PartNote::read(folder)?, folder));
        }
        check(&parts)?;
        let mut sources = Vec::new();
        for (part, folder) in parts {
            sources.extend(part.pieces.into_iter().map(|piece| Source {
                folder: folder.clone(),
                note: piece.note,
                groups: piece.groups,
            }));
        }
        sources.sort_by_key(|source| source.note.chunk);
        Ok(Self { sources })
    }

    /// What became of all rows.
    pub fn stats(&self) -> Stats {
        let mut sum = Stats::default();
        self.sources
            .iter()
            .for_each(|source| sum.add(&source.note.stats));
        sum
    }

    /// Writes the tables and the stats into `folder`; `note` becomes the manifest's note in place of the pieces' own.
    /// With `part` it also notes what the tables are made of, so that parts can be merged.
    ///
    /// # Errors
    /// When a piece is damaged or the disk refuses.
    pub fn write(
        &self,
        folder: &Path,
        note: Option<&str>,
        part: Option<PartNote>,
    ) -> Result<Stats, AssemblyError> {
        let mut pieces: Vec<Placed> = self
            .sources
            .iter()
            .map(|source| Placed {
                note: source.note.clone(),
                groups: BTreeMap::new(),
            })
            .collect();
        let stats = self.stats();
        for table in TABLES {
            if table == MANIFEST_FILE {
                // The manifest comes last: where it is, the others are.
                write_json(&folder.join(STATS_FILE), &stats)?;
            }
            let note = note.filter(|_| table == MANIFEST_FILE);
            let mut whole = Concatenation::new(&folder.join(table), note);
            for (source, piece) in self.sources.iter().zip(&mut pieces) {
                let groups = source.groups.get(table).cloned();
                let written = whole.push(&source.folder.join(table), groups)?;
                piece.groups.insert(table.to_owned(), written);
            }
            whole.finish()?;
        }
        if let Some(part) = part {
            write_json(&folder.join(PIECES_FILE), &PartNote { pieces, ..part })?;
        }
        Ok(stats)
    }
}

impl PartNote {
    /// A part before its pieces are known.
    pub fn new(part: Part, chunks: u64, run: String) -> Self {
        Self {
            part,
            chunks,
            run,
            pieces: Vec::new(),
        }
    }

    /// The note of the part in `folder`.
    ///
    /// # Errors
    /// When the folder is no part.
    pub fn read(folder: &Path) -> Result<Self, AssemblyError> {
        let path = folder.join(PIECES_FILE);
        let wrong = |message: String| AssemblyError::Piece {
            path: path.clone(),
            message,
        };
        let bytes = std::fs::read(&path).map_err(|error| {
            wrong(format!(
                "{error}; a part is a folder that `fetch --part I/N` has finished"
            ))
        })?;
        serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))
    }
}

/// Whether these are all parts of one run, each once.
fn check(parts: &[(PartNote, &PathBuf)]) -> Result<(), AssemblyError> {
    let Some(((first, first_folder), others)) = parts.split_first() else {
        return Ok(());
    };
    let wrong = |path: &Path, message: String| {
        Err(AssemblyError::Piece {
            path: path.to_owned(),
            message,
        })
    };
    for (other, folder) in others {
        if other.run != first.run || other.part.of != first.part.of {
            let first = first_folder.display();
            return wrong(folder, format!("not a part of the same run as {first}"));
        }
    }
    for index in 1..=first.part.of {
        let mut folders = parts.iter().filter(|(part, _)| part.part.index == index);
        match (folders.next(), folders.next()) {
            (Some(_), None) => {}
            (None, _) => {
                let message = format!("part {index}/{} is missing", first.part.of);
                return wrong(first_folder, message);
            }
            (Some(_), Some((_, folder))) => {
                return wrong(
                    folder,
                    format!("part {index}/{} is there twice", first.part.of),
                );
            }
        }
    }
    Ok(())
}
