//! A lookup: the records of a source's archive that rows ask for, sorted by key in one file.
//!
//! Archives are larger than memory, and so may be the table. So the keys that rows ask for are gathered in a filter of
//! bounded size ([`Wanted`]); every archive file is scanned once, and what passes the filter is sorted
//! into runs; runs are merged into one file ([`Lookup::build`]), which rows are looked up in ([`LookupReader::find`]).
//! A scanned file is not scanned again after an interruption.

mod merge;
mod record;
mod run;
mod wanted;

pub use wanted::Wanted;

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use self::merge::merge;
use self::record::Record;
use self::run::RunWriter;
use crate::claim::Claim;
use crate::source::{Archive, ArchiveError, Key, SourceName};

/// A block of the file that is read at once: as long as records that begin within so many bytes.
const BLOCK_BYTES: u64 = 8 << 10;
/// More files than this are not open at once while runs are merged.
const MERGED_AT_ONCE: usize = 128;

/// Why an archive cannot be made a lookup, or be looked up in.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// A file of the archive cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A pattern of the archive's files is malformed, or nothing matches it.
    #[error("[timestamps] {source_name}: `{pattern}`: {message}")]
    Files {
        /// The source.
        source_name: SourceName,
        /// The path or glob.
        pattern: String,
        /// What is wrong with it.
        message: String,
    },
    /// The working files cannot be written or read.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

fn at(path: &Path) -> impl Fn(io::Error) -> LookupError + use<> {
    let path = path.to_owned();
    move |error| LookupError::Io {
        path: path.clone(),
        error,
    }
}

/// Sorted records on disk.
#[derive(Debug)]
pub struct Lookup {
    source: SourceName,
    path: PathBuf,
    /// First key and offset of every block.
    blocks: Vec<(Key, u64)>,
    length: u64,
}

/// The files of an archive, sorted; patterns are relative to `folder`.
///
/// # Errors
/// A pattern is malformed, or matches no file.
pub fn archive_files(
    source_name: SourceName,
    archive: &dyn Archive,
    folder: &Path,
) -> Result<Vec<PathBuf>, LookupError> {
    let mut files = Vec::new();
    for pattern in archive.files() {
        let wrong = |message: String| LookupError::Files {
            source_name,
            pattern: pattern.clone(),
            message,
        };
        let literal = folder.join(pattern);
        if literal.is_file() {
            files.push(literal);
            continue;
        }
        let absolute = if Path::new(pattern).is_absolute() {
            pattern.clone()
        } else {
            let folder = glob::Pattern::escape(&folder.to_string_lossy());
            Path::new(&folder)
                .join(pattern)
                .to_string_lossy()
                .into_owned()
        };
        let before = files.len();
        for file in glob::glob(&absolute).map_err(|error| wrong(error.to_string()))? {
            files.push(file.map_err(|error| wrong(error.to_string()))?);
        }
        if files.len() == before {
            return Err(wrong("no such file".to_owned()));
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

impl Lookup {
    /// Scans the archive's files for the wanted keys and sorts what is found, in the folder `work`. Finds its own work of
    /// an earlier call done, so the same folder must not be used with other files or other keys.
    ///
    /// # Errors
    /// An archive file cannot be read, or the disk refuses.
    pub fn build(
        source: SourceName,
        archive: &dyn Archive,
        files: &[PathBuf],
        wanted: &Wanted,
        work: &Path,
    ) -> Result<Self, LookupError> {
        let sorted = work.join("records");
        if !sorted.exists() {
            std::fs::create_dir_all(work).map_err(at(work))?;
            let runs: Vec<PathBuf> = files
                .par_iter()
                .enumerate()
                .map(|(index, file)| scan(archive, file, wanted, &work.join(format!("{index:06}"))))
                .collect::<Result<Vec<_>, _>>()?
                .concat();
            gather(runs.clone(), work, &sorted)?;
            for run in runs {
                // A run that stays is only in the way.
                let _ = std::fs::remove_file(run);
            }
        }
        Self::open(source, &sorted)
    }

    fn open(source: SourceName, path: &Path) -> Result<Self, LookupError> {
        let failed = at(path);
        let mut file = BufReader::with_capacity(1 << 18, File::open(path).map_err(&failed)?);
        let length = file.get_ref().metadata().map_err(&failed)?.len();
        let (mut blocks, mut offset, mut block_ends) = (Vec::new(), 0, 0);
        while let Some(record) = Record::read(&mut file).map_err(&failed)? {
            if offset >= block_ends {
                blocks.push((record.key, offset));
                block_ends = offset + BLOCK_BYTES;
            }
            offset += record.bytes();
        }
        Ok(Self {
            source,
            path: path.to_owned(),
            blocks,
            length,
        })
    }

    /// A reader of this lookup, one for each thread.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn reader(&self) -> Result<LookupReader<'_>, LookupError> {
        Ok(LookupReader {
            lookup: self,
            file: File::open(&self.path).map_err(at(&self.path))?,
            block: Vec::new(),
            number: None,
        })
    }
}

/// Finds records. Keys that are looked up in their order are read in one sweep through the file.
#[derive(Debug)]
pub struct LookupReader<'a> {
    lookup: &'a Lookup,
    file: File,
    block: Vec<u8>,
    number: Option<usize>,
}

impl LookupReader<'_> {
    /// The claims under this key, one of each kind.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn find(&mut self, key: Key) -> Result<Vec<Claim>, LookupError> {
        let blocks = &self.lookup.blocks;
        // Records of one key may begin in the block before the first that begins with it.
        let first = blocks
            .partition_point(|&(start, _)| start < key)
            .saturating_sub(1);
        let behind = blocks.partition_point(|&(start, _)| start <= key);
        let mut claims = Vec::new();
        for number in first..behind {
            self.load(number)?;
            let mut rest = &self.block[..];
            while let Some(record) = Record::read(&mut rest).map_err(at(&self.lookup.path))? {
                if record.key == key {
                    claims.push(record.claim(self.lookup.source));
                } else if record.key > key {
                    return Ok(claims);
                }
            }
        }
        Ok(claims)
    }

    fn load(&mut self, number: usize) -> Result<(), LookupError> {
        if self.number == Some(number) {
            return Ok(());
        }
        let start = self.lookup.blocks[number].1;
        let end = self
            .lookup
            .blocks
            .get(number + 1)
            .map_or(self.lookup.length, |block| block.1);
        self.number = None;
        self.block.resize((end - start) as usize, 0);
        self.file
            .seek(SeekFrom::Start(start))
            .and_then(|_| self.file.read_exact(&mut self.block))
            .map_err(at(&self.lookup.path))?;
        self.number = Some(number);
        Ok(())
    }
}

/// Scans one file into runs named after `stem`; when they are all there, a file without a suffix says so.
fn scan(
    archive: &dyn Archive,
    file: &Path,
    wanted: &Wanted,
    stem: &Path,
) -> Result<Vec<PathBuf>, LookupError> {
    let done = stem.with_extension("done");
    let runs = match std::fs::read_to_string(&done) {
        Ok(count) => count.trim().parse().map_err(|_| {
            at(&done)(io::Error::other(
                "not the number of runs that was written there",
            ))
        })?,
        Err(_) => {
            let mut writer = RunWriter::new(wanted, stem);
            archive.scan(file, &mut writer)?;
            let (runs, skipped) = writer.finish().map_err(at(stem))?;
            if skipped.count > 0 {
                tracing::warn!(
                    file = %file.display(),
                    records = skipped.count,
                    first = skipped.first,
                    "left out what cannot be read"
                );
            }
            std::fs::write(&done, format!("{runs}\n")).map_err(at(&done))?;
            runs
        }
    };
    Ok((0..runs).map(|run| run::path(stem, run)).collect())
}

/// Merges runs into one file, not too many at once.
fn gather(mut runs: Vec<PathBuf>, work: &Path, sorted: &Path) -> Result<(), LookupError> {
    let mut round = 0;
    while runs.len() > MERGED_AT_ONCE {
        let groups = runs.chunks(MERGED_AT_ONCE).enumerate();
        let merged = groups.map(|(index, group)| {
            let into = work.join(format!("merged-{round}-{index:06}"));
            write_merged(group, &into).map(|()| into)
        });
        runs = merged.collect::<Result<_, _>>()?;
        round += 1;
    }
    write_merged(&runs, sorted)
}

fn write_merged(runs: &[PathBuf], into: &Path) -> Result<(), LookupError> {
    let partial = into.with_extension("partial");
    let failed = at(&partial);
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&partial).map_err(&failed)?);
    merge(runs, |record| record.write(&mut out).map_err(&failed))?;
    out.flush().map_err(&failed)?;
    std::fs::rename(&partial, into).map_err(&failed)
}

#[cfg(test)]
mod tests;
