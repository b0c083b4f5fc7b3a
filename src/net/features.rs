//! Text features: what a text tower made of the captions of a pool before, in the archives of arrays that DataComp's
//! downloader leaves beside the metadata.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use half::f16;
use thiserror::Error;
use zip::ZipArchive;
use zip::result::ZipError;

use crate::manifest::{DateTable, ManifestReadError, ParquetFileError};
use crate::uid::Uid;

/// NumPy's headers are some hundred bytes.
const MAX_HEADER_BYTES: usize = 64 << 10;
/// Wider than any text tower.
const MAX_WIDTH: u64 = 1 << 16;

/// Why precomputed features cannot be used.
#[derive(Debug, Error)]
pub enum FeaturesError {
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The archive or its array is not what it should be.
    #[error("{}: {message}", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// The uids beside it cannot be read.
    #[error(transparent)]
    Table(#[from] ManifestReadError),
    /// A row of them cannot be read.
    #[error(transparent)]
    Rows(#[from] ParquetFileError),
}

/// Archives `NAME.npz` with one array of features each, whose rows are those of `NAME.parquet` beside it.
#[derive(Debug, Clone)]
pub struct TextFeatures {
    /// The archives.
    pub files: Vec<PathBuf>,
    /// What the array is called, such as `b32_txt`.
    pub array: String,
}

/// The array of one archive.
struct Rows<R> {
    path: PathBuf,
    bytes: R,
    rows: u64,
    width: usize,
    half: bool,
}

impl TextFeatures {
    /// Gives `each` the features of those pairs of the `file`-th archive that are `wanted`. A row is no unit vector
    /// before it is made one.
    ///
    /// # Errors
    /// When a file is damaged, the array is not there or not of `width` columns of f2 or f4, or the table beside has
    /// other rows.
    pub(super) fn read(
        &self,
        file: usize,
        width: usize,
        wanted: impl Fn(Uid) -> bool,
        mut each: impl FnMut(Uid, &[f32]),
    ) -> Result<(), FeaturesError> {
        let path = &self.files[file];
        let wrong = |message: String| FeaturesError::Archive {
            path: path.clone(),
            message,
        };
        let table = DateTable::open(&path.with_extension("parquet"), false)?;
        let mut archive = open(path)?;
        let name = format!("{}.npy", self.array);
        let names: Vec<String> = archive
            .file_names()
            .flatten()
            .map(|name| name.replace(".npy", ""))
            .collect();
        let member = archive.by_name(&name).map_err(|error| match error {
            ZipError::FileNotFound => wrong(format!(
                "has no array `{}`; there are {}",
                self.array,
                names.join(", ")
            )),
            error => wrong(error.to_string()),
        })?;
        let mut rows = Rows::open(path, member)?;
        if rows.width != width {
            return Err(wrong(format!(
                "`{}` has {} columns, but the model's features have {width}",
                self.array, rows.width
            )));
        }
        if rows.rows != table.rows() {
            return Err(wrong(format!(
                "`{}` has {} rows, but the table beside it has {}",
                self.array,
                rows.rows,
                table.rows()
            )));
        }
        let mut features = vec![0.0; width];
        let mut failed = None;
        for group in 0..table.groups() {
            table.read(group, |row| {
                match rows.next(&mut features) {
                    Ok(()) if wanted(row.uid) => each(row.uid, &features),
                    Ok(()) => {}
                    Err(error) => failed = Some(error),
                }
                failed.is_none()
            })?;
            if let Some(error) = failed {
                return Err(error);
            }
        }
        Ok(())
    }
}

fn open(path: &Path) -> Result<ZipArchive<std::io::BufReader<File>>, FeaturesError> {
    let file = File::open(path).map_err(|source| FeaturesError::Io {
        path: path.to_owned(),
        source,
    })?;
    ZipArchive::new(std::io::BufReader::new(file)).map_err(|error| FeaturesError::Archive {
        path: path.to_owned(),
        message: error.to_string(),
    })
}

impl<R: Read> Rows<R> {
    /// Reads the header: format 1, 2 or 3, two dimensions, in rows, of f2 or f4.
    fn open(path: &Path, mut bytes: R) -> Result<Self, FeaturesError> {
        let wrong = |message: String| FeaturesError::Archive {
            path: path.to_owned(),
            message,
        };
        let mut read = |length: usize| {
            let mut buffer = vec![0; length];
            let done = bytes.read_exact(&mut buffer);
            done.map(|()| buffer)
                .map_err(|error| wrong(error.to_string()))
        };
        let start = read(8)?;
        if &start[..6] != b"\x93NUMPY" || !(1..=3).contains(&start[6]) {
            return Err(wrong("its array is no .npy".to_owned()));
        }
        let length = read(if start[6] == 1 { 2 } else { 4 })?;
        let length = length
            .iter()
            .rev()
            .fold(0, |sum, &byte| sum << 8 | usize::from(byte));
        if length > MAX_HEADER_BYTES {
            return Err(wrong(format!("a header of {length} bytes")));
        }
        let header = read(length)?;
        let header: String = String::from_utf8_lossy(&header)
            .chars()
            .filter(|char| !char.is_whitespace())
            .collect();
        let unlike = || wrong(format!("{header} is not an array of rows of f2 or f4"));
        let half = header.contains("'descr':'<f2'");
        if !half && !header.contains("'descr':'<f4'") || !header.contains("'fortran_order':False") {
            return Err(unlike());
        }
        let shape = header
            .split_once("'shape':(")
            .and_then(|(_, rest)| rest.split_once(')'))
            .and_then(|(shape, _)| shape.split_once(','));
        let number = |text: &str| text.parse::<u64>().ok();
        let (rows, width) = shape
            .and_then(|(rows, width)| Some((number(rows)?, number(width)?)))
            .filter(|(_, width)| (1..=MAX_WIDTH).contains(width))
            .ok_or_else(unlike)?;
        Ok(Self {
            path: path.to_owned(),
            bytes,
            rows,
            width: width as usize,
            half,
        })
    }

    fn next(&mut self, features: &mut [f32]) -> Result<(), FeaturesError> {
        let mut row = vec![0; self.width * if self.half { 2 } else { 4 }];
        self.bytes
            .read_exact(&mut row)
            .map_err(|source| FeaturesError::Io {
                path: self.path.clone(),
                source,
            })?;
        if self.half {
            for (value, bytes) in features.iter_mut().zip(row.as_chunks::<2>().0) {
                *value = f16::from_le_bytes(*bytes).to_f32();
            }
        } else {
            for (value, bytes) in features.iter_mut().zip(row.as_chunks::<4>().0) {
                *value = f32::from_le_bytes(*bytes);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(dict: &str, version: u8) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY".to_vec();
        bytes.extend([version, 0]);
        let length = dict.len() as u32;
        bytes.extend(&length.to_le_bytes()[..if version == 1 { 2 } else { 4 }]);
        bytes.extend(dict.as_bytes());
        bytes
    }

    #[test]
    fn rows_of_halves_and_of_singles_are_read() {
        for (descr, values) in [
            ("<f2", [0x00, 0x3c, 0x00, 0xc0].to_vec()),
            ("<f4", [1_f32, -2.0].map(f32::to_le_bytes).concat()),
        ] {
            for version in 1..4 {
                let dict =
                    format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (1, 2), }}\n");
                let bytes = [header(&dict, version), values.clone()].concat();
                let mut rows = Rows::open(Path::new("x.npz"), bytes.as_slice()).expect("an array");
                let mut features = [0.0; 2];
                rows.next(&mut features).expect("a row");
                assert_eq!(features, [1.0, -2.0]);
                assert!(rows.next(&mut features).is_err());
            }
        }
    }

    #[test]
    fn other_arrays_are_refused_by_name() {
        for dict in [
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }",
            "{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 0), }",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), }",
            "{'descr': '|O', 'fortran_order': False, 'shape': (1, 2), }",
        ] {
            let bytes = header(dict, 1);
            let opened = Rows::open(Path::new("x.npz"), bytes.as_slice());
            let error = opened.err().expect("refused").to_string();
            assert!(error.starts_with("x.npz: "), "{error}");
        }
        assert!(Rows::open(Path::new("x.npz"), &b"\x93NUMPX\x01\0"[..]).is_err());
        assert!(Rows::open(Path::new("x.npz"), &b"\x93NUMPY\x02\0\xff\xff\xff\xff"[..]).is_err());
    }
}
