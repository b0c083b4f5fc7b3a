//! Parquet export: a dataset as Hugging Face's `datasets` writes it, images and answers in the columns of Parquet files.
//!
//! The files are in the folder, in `data/` or deeper; their names (`test-00000-of-00003.parquet`) or folders (`test/0000.parquet`)
//! say which side they are. The image is a struct of `bytes` and `path`, of which only the bytes are read, or bytes alone. The
//! answer is a class id or name, a list of them, or one or several texts; class names come from `classnames.txt` in the folder
//! or from the files' own note on features. Of a file only those rows are decoded that are asked for.

mod answer;
mod cursor;
mod features;
mod file;
mod files;
mod image_column;
mod questions;
mod rows;
mod values;

use std::ops::Range;
use std::path::{Path, PathBuf};

use self::answer::Answers;
use self::cursor::CursorPlace;
use self::image_column::ImageColumn;
use self::rows::Rows;
use super::columns::{SPLIT, asked, named};
use super::fingerprint::Fingerprint;
use super::text_file::{CLASSES_FILE, TEMPLATES_FILE, lines_if_there};
use super::{Answer, Kind, Set, Source, SourceError, Target, Wanted};

/// Answers decoded at once.
const ANSWERS_A_BATCH: usize = 1024;

/// The rows of Parquet files.
#[derive(Debug)]
struct ParquetExport {
    folder: PathBuf,
    rows: Rows,
    columns: Vec<String>,
    image: ImageColumn,
    answers: Answers,
    cursor: CursorPlace,
}

/// Opens the Parquet files in `folder` if they have images.
pub(super) fn open(folder: &Path, wanted: &Wanted) -> Result<Option<Set>, SourceError> {
    let paths = files::of_side(folder, wanted.side)?;
    let Some(first) = paths.first().cloned() else {
        return Ok(None);
    };
    let rows = Rows::open(paths)?;
    if let Some(set) = questions::open(folder, &rows)? {
        return Ok(Some(set));
    }
    let Some(image) = ImageColumn::find(rows.first()) else {
        return Ok(None);
    };
    let columns = rows.first().columns();
    let split = named(&columns, &[SPLIT]).first().copied();
    let Some(rows) = rows.of_side(split, wanted.side)? else {
        return Ok(None);
    };
    let known = lines_if_there(&folder.join(CLASSES_FILE))?;
    let answers = Answers::find(&first, &rows, &columns, wanted, known.as_deref())?;
    let set = Set {
        kind: answers.kind(),
        classes: match (known, answers.names()) {
            (Some(known), Some(names)) if known.len() != names.len() => {
                return Err(SourceError::Line {
                    path: folder.join(CLASSES_FILE),
                    line: known.len() as u64,
                    message: format!(
                        "is the last, but {} names {} classes",
                        first.display(),
                        names.len()
                    ),
                });
            }
            (known, names) => known.or(names),
        },
        templates: lines_if_there(&folder.join(TEMPLATES_FILE))?,
        path: folder.to_owned(),
        source: Box::new(ParquetExport {
            folder: folder.to_owned(),
            rows,
            columns,
            image,
            answers,
            cursor: CursorPlace::default(),
        }),
    };
    Ok(Some(set))
}

impl Source for ParquetExport {
    fn path(&self) -> &Path {
        &self.folder
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn key(&self, sample: usize) -> String {
        self.rows.key(sample)
    }

    fn images(&self, samples: Range<usize>) -> Result<Vec<Answer<Vec<u8>>>, SourceError> {
        self.cursor.images(&self.rows, self.image.leaf(), samples)
    }

    fn targets(&self, kind: Kind) -> Result<Vec<Answer<Target>>, SourceError> {
        if kind != self.answers.kind() {
            return Err(self.lacks(&format!("answers to a {} task", kind.name())));
        }
        self.answers.read(&self.rows)
    }

    fn values(&self, name: &str) -> Result<Vec<Answer<String>>, SourceError> {
        let path = &self.rows.first().path;
        let column = asked(path, &self.columns, name)?;
        self.rows.texts(column)
    }

    fn fingerprint(&self) -> Result<String, SourceError> {
        let mut fingerprint = Fingerprint::default();
        self.rows.add_to(&mut fingerprint, &self.folder)?;
        fingerprint.text(&format!("{:?}", self.answers));
        Ok(fingerprint.finish())
    }
}

#[cfg(test)]
mod tests;
