//! Image table: a CSV, TSV or JSON-lines file of images with captions or labels, and the images beside it.
//!
//! The columns are told by their names (`image`, `file_name`, `filepath` …; `caption`, `text`, `raw` …; `label`, `class` …). A
//! column `split` chooses rows. A caption may be a JSON list of captions, and several rows of one image are one sample with
//! several captions, as Flickr's annotations have them. A label is a class id or a class name.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::columns::{self, FILES, LABELS, named, the_one};
use super::fingerprint::Fingerprint;
use super::image_store::ImageStore;
use super::labels::Labels;
use super::table::{Table, tables};
use super::text_file::{CLASSES_FILE, TEMPLATES_FILE, lines_if_there};
use super::{Answer, Kind, Set, Source, SourceError, Target, Wanted};

/// The images of a table.
#[derive(Debug)]
struct ImageTable {
    table: Table,
    images: ImageStore,
    kind: Kind,
    samples: Vec<Sample>,
}

#[derive(Debug)]
struct Sample {
    /// The image's name; of a row that cannot be read, what is wrong with it.
    image: Answer<String>,
    target: Answer<Target>,
    /// The first row it is from.
    row: usize,
}

/// Where a table says what.
struct Columns {
    image: usize,
    answers: Vec<usize>,
    kind: Kind,
}

/// Opens the first table in `folder` that has images beside it and answers.
pub(super) fn open(folder: &Path, wanted: &Wanted) -> Result<Option<Set>, SourceError> {
    for path in tables(folder, wanted.side)? {
        // Many a folder has some table in it; only one of images is ours to complain about.
        let there = Table::columns(&path).unwrap_or_default();
        let Some(&image) = named(&there, FILES).first() else {
            continue;
        };
        let Some(table) = Table::read(&path)?.of_side(wanted.side) else {
            continue;
        };
        let rows = table.rows.iter().filter_map(|row| row.as_ref().ok());
        let names = rows.map(|row| row[image].as_str());
        if let Some(images) = ImageStore::find(folder, names)?
            && let Some(columns) = Columns::find(&table, image, wanted)?
        {
            return set(folder, table, &columns, images).map(Some);
        }
    }
    Ok(None)
}

fn set(
    folder: &Path,
    table: Table,
    columns: &Columns,
    images: ImageStore,
) -> Result<Set, SourceError> {
    let known = lines_if_there(&folder.join(CLASSES_FILE))?;
    let (samples, classes) = match columns.kind {
        Kind::Retrieval => (captioned(&table, columns), None),
        _ => labelled(&table, columns, known.as_deref())?,
    };
    let source = ImageTable {
        table,
        images,
        kind: columns.kind,
        samples,
    };
    Ok(Set {
        source: Box::new(source),
        kind: columns.kind,
        classes: known.or(classes),
        templates: lines_if_there(&folder.join(TEMPLATES_FILE))?,
        path: folder.to_owned(),
    })
}

impl Columns {
    /// The columns of answers of a table of images; nothing if it has none.
    fn find(table: &Table, image: usize, wanted: &Wanted) -> Result<Option<Self>, SourceError> {
        let (path, there) = (&table.path, &table.columns);
        let of = |kind| match kind {
            Kind::Retrieval => columns::captions(path, there),
            _ => {
                let found = named(there, LABELS);
                let one = the_one(path, "label", there, &found)?;
                Ok(one.into_iter().collect())
            }
        };
        let (first, second) = match wanted.kind {
            Kind::Retrieval => (Kind::Retrieval, Kind::Classification),
            _ => (Kind::Classification, Kind::Retrieval),
        };
        let (kind, answers) = match &wanted.column {
            Some(name) => (first, vec![columns::asked(path, there, name)?]),
            None => match of(first)? {
                none if none.is_empty() => (second, of(second)?),
                some => (first, some),
            },
        };
        Ok((!answers.is_empty()).then_some(Self {
            image,
            answers,
            kind,
        }))
    }
}

/// A sample for every row.
fn labelled(
    table: &Table,
    columns: &Columns,
    known: Option<&[String]>,
) -> Result<(Vec<Sample>, Option<Vec<String>>), SourceError> {
    let column = columns.answers[0];
    let texts = table.rows.iter().filter_map(|row| row.as_ref().ok());
    let labels = Labels::of(texts.map(|row| row[column].as_str()), known)
        .map_err(|message| SourceError::damaged(&table.path, message))?;
    let sample = |(number, row): (usize, &Answer<Vec<String>>)| Sample {
        image: row.clone().map(|mut row| row.swap_remove(columns.image)),
        target: row.clone().and_then(|row| {
            let label = labels.class(&row[column]);
            label.map_err(|message| format!("image `{}` {message}", row[columns.image]))
        }),
        row: number,
    };
    let samples = table.rows.iter().enumerate().map(sample).collect();
    Ok((samples, labels.names()))
}

/// A sample for every image, in the order of their first rows.
fn captioned(table: &Table, columns: &Columns) -> Vec<Sample> {
    let mut samples: Vec<Sample> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (number, row) in table.rows.iter().enumerate() {
        let row = match row {
            Ok(row) => row,
            Err(message) => {
                samples.push(Sample {
                    image: Err(message.clone()),
                    target: Err(message.clone()),
                    row: number,
                });
                continue;
            }
        };
        let image = row[columns.image].as_str();
        let place = *places.entry(image).or_insert_with(|| {
            samples.push(Sample {
                image: Ok(image.to_owned()),
                target: Err(format!("image `{image}` has no caption")),
                row: number,
            });
            samples.len() - 1
        });
        let new = columns
            .answers
            .iter()
            .flat_map(|&column| captions(&row[column]));
        for caption in new {
            match &mut samples[place].target {
                Ok(Target::Captions(captions)) => captions.push(caption),
                target => *target = Ok(Target::Captions(vec![caption])),
            }
        }
    }
    samples
}

/// The captions of a cell: itself, or those of a JSON list.
fn captions(cell: &str) -> Vec<String> {
    let cell = cell.trim();
    let list = cell
        .starts_with('[')
        .then(|| serde_json::from_str::<Vec<String>>(cell).ok())
        .flatten();
    let captions = list.unwrap_or_else(|| vec![cell.to_owned()]);
    let captions = captions
        .into_iter()
        .map(|caption| caption.trim().to_owned());
    captions.filter(|caption| !caption.is_empty()).collect()
}

impl Source for ImageTable {
    fn path(&self) -> &Path {
        &self.table.path
    }

    fn len(&self) -> usize {
        self.samples.len()
    }

    fn key(&self, sample: usize) -> String {
        let sample = &self.samples[sample];
        match &sample.image {
            Ok(name) => name.clone(),
            Err(_) => format!("row {}", sample.row + 1),
        }
    }

    fn images(&self, samples: Range<usize>) -> Result<Vec<Answer<Vec<u8>>>, SourceError> {
        let samples = &self.samples[samples];
        let names: Vec<&str> = samples
            .iter()
            .filter_map(|sample| sample.image.as_deref().ok())
            .collect();
        let mut read = self.images.read(&names)?.into_iter();
        let image = |sample: &Sample| match &sample.image {
            Ok(_) => read.next().unwrap_or_else(|| Err("is not read".to_owned())),
            Err(message) => Err(message.clone()),
        };
        Ok(samples.iter().map(image).collect())
    }

    fn targets(&self, kind: Kind) -> Result<Vec<Answer<Target>>, SourceError> {
        if kind != self.kind {
            return Err(self.lacks(&format!("answers to a {} task", kind.name())));
        }
        Ok(self
            .samples
            .iter()
            .map(|sample| sample.target.clone())
            .collect())
    }

    fn values(&self, name: &str) -> Result<Vec<Answer<String>>, SourceError> {
        let column = columns::asked(&self.table.path, &self.table.columns, name)?;
        let value = |sample: &Sample| {
            let row = self.table.rows[sample.row].as_ref();
            row.map(|row| row[column].clone()).map_err(Clone::clone)
        };
        Ok(self.samples.iter().map(value).collect())
    }

    fn fingerprint(&self) -> Result<String, SourceError> {
        let mut fingerprint = Fingerprint::default();
        let path: PathBuf = self.table.path.clone();
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        fingerprint.files(&folder, &[path])?;
        for sample in &self.samples {
            fingerprint.text(&format!("{:?}", sample.target));
        }
        let names = self
            .samples
            .iter()
            .filter_map(|sample| sample.image.clone().ok());
        self.images.add_to(&mut fingerprint, names)?;
        Ok(fingerprint.finish())
    }
}

#[cfg(test)]
mod tests;
