//! Source: where the samples of an evaluation set lie, in the layouts that people have them in.

mod association_table;
mod class_folder;
mod columns;
mod error;
mod fingerprint;
mod image_file;
mod image_store;
mod image_table;
mod labels;
mod limits;
mod number_array;
mod parquet_export;
mod set;
mod side;
mod table;
mod target;
#[cfg(test)]
mod test_image;
mod text_file;
mod vocabulary;
mod wanted;
mod web_dataset;

use std::fmt::Debug;
use std::ops::Range;
use std::path::Path;

pub use error::SourceError;
pub use set::Set;
pub use side::Side;
pub use target::{Association, Kind, Target};
pub use vocabulary::Vocabulary;
pub use wanted::Wanted;

/// How a layout is opened, if it is there.
type Layout = fn(&Path, &Wanted) -> Result<Option<Set>, SourceError>;

/// The layouts, the first that is there wins.
const LAYOUTS: [Layout; 5] = [
    web_dataset::open,
    parquet_export::open,
    association_table::open,
    image_table::open,
    class_folder::open,
];

/// What is asked of one sample, or why the sample cannot answer; the others are not touched by that.
pub type Answer<T> = Result<T, String>;

/// The samples of one evaluation set, wherever they lie. Any number of threads may read them, in any order.
pub trait Source: Debug + Send + Sync {
    /// The folder or file that messages name.
    fn path(&self) -> &Path;

    /// How many samples there are.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What a sample is called in predictions. As a rule, but not of necessity, no other sample of the set is called so.
    ///
    /// # Panics
    /// When `sample` is not below [`Source::len`].
    fn key(&self, sample: usize) -> String;

    /// The encoded images of a run of samples, which is also what is held in memory.
    ///
    /// # Errors
    /// [`SourceError`] when a file of the set cannot be read any more.
    ///
    /// # Panics
    /// When the run ends behind [`Source::len`].
    fn images(&self, samples: Range<usize>) -> Result<Vec<Answer<Vec<u8>>>, SourceError>;

    /// What a task of this kind asks of every sample, in their order and as many; no image is read.
    ///
    /// # Errors
    /// [`SourceError`] when a file of the set cannot be read any more, or the set has nothing of the kind.
    fn targets(&self, kind: Kind) -> Result<Vec<Answer<Target>>, SourceError>;

    /// The questions of an association set, whose samples are the candidates' images.
    ///
    /// # Errors
    /// [`SourceError`] when it is not one, or cannot be read any more.
    fn associations(&self) -> Result<Vec<Answer<Association>>, SourceError> {
        Err(self.lacks("cues with their candidates"))
    }

    /// The row of numbers beside every sample: what the WILDS and fairness sets have in `.npy`.
    ///
    /// # Errors
    /// [`SourceError`] when there are none, or they cannot be read any more.
    fn numbers(&self) -> Result<Vec<Answer<Vec<f64>>>, SourceError> {
        Err(self.lacks("rows of numbers (.npy)"))
    }

    /// The value of this name beside every sample, as text: a column of a table, a key in `.json`.
    ///
    /// # Errors
    /// [`SourceError`] when there is none, or it cannot be read any more.
    fn values(&self, name: &str) -> Result<Vec<Answer<String>>, SourceError> {
        Err(self.lacks(&format!("values called `{name}`")))
    }

    /// A checksum that changes when a file of the set is replaced: of names, sizes, and bytes spread over each file.
    ///
    /// # Errors
    /// [`SourceError`] when a file of the set cannot be read any more.
    fn fingerprint(&self) -> Result<String, SourceError>;

    /// The error of a set that has not what is asked for.
    fn lacks(&self, what: &str) -> SourceError {
        SourceError::Lacks {
            path: self.path().to_owned(),
            what: what.to_owned(),
        }
    }
}

/// Opens the evaluation set in `folder`; `None` when there is none. `hint` decides what the set is asked where its
/// files leave that open.
///
/// Of two layouts in one folder the first of these wins: tars; Parquet files; a table beside its images; folders of
/// classes. What is packed comes before what is loose, and what says more before what says less.
///
/// # Errors
/// [`SourceError`] when a set is there and cannot be read.
pub fn open(folder: &Path, hint: Kind) -> Result<Option<Set>, SourceError> {
    open_as(folder, &Wanted::test(hint))
}

/// Opens what is wanted of the dataset in `folder`, as [`open`] does.
///
/// # Errors
/// As [`open`].
pub fn open_as(folder: &Path, wanted: &Wanted) -> Result<Option<Set>, SourceError> {
    if !folder.is_dir() {
        return Ok(None);
    }
    for layout in LAYOUTS {
        if let Some(set) = layout(folder, wanted)? {
            return Ok(Some(set));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
