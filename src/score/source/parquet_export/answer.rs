//! Answers: which columns of a Parquet file a task asks for, and their values as targets.

use std::path::Path;

use arrow_schema::DataType;

use super::ANSWERS_A_BATCH;
use super::features::{ClassLabel, class_label};
use super::rows::Rows;
use super::values::{is_list, number_lists, text_lists};
use crate::score::source::columns::{self, LABELS, asked, named, the_one};
use crate::score::source::labels::Labels;
use crate::score::source::{Answer, Kind, SourceError, Target, Wanted};

/// How a column ends that has one of several kinds of labels, as CIFAR-100's.
const LABEL_ENDING: &str = "_label";

/// The columns a task asks for.
#[derive(Debug)]
pub(super) enum Answers {
    /// A class.
    Class { column: usize, labels: Labels },
    /// A list: of the ids of so many classes; without a number, of 0 or 1 for every class.
    Labels {
        column: usize,
        classes: Option<Vec<String>>,
    },
    /// Captions in one column or several.
    Captions { columns: Vec<usize> },
}

impl Answers {
    /// The columns that fit what is wanted, or else those that are there.
    pub(super) fn find(
        path: &Path,
        rows: &Rows,
        there: &[String],
        wanted: &Wanted,
        known: Option<&[String]>,
    ) -> Result<Self, SourceError> {
        let label = || -> Result<Option<usize>, SourceError> {
            let mut found = named(there, LABELS);
            if found.is_empty() {
                let ending = |&column: &usize| there[column].ends_with(LABEL_ENDING);
                found = (0..there.len()).filter(ending).collect();
            }
            the_one(path, "label", there, &found)
        };
        let captions = || columns::captions(path, there);
        let of_label = |column| Self::of_label(rows, there, column, known);
        if let Some(name) = &wanted.column {
            let column = asked(path, there, name)?;
            return match wanted.kind {
                Kind::Retrieval => Ok(Self::Captions {
                    columns: vec![column],
                }),
                _ => of_label(column),
            };
        }
        let by_captions = |columns: Vec<usize>| Self::Captions { columns };
        if wanted.kind == Kind::Retrieval {
            let columns = captions()?;
            if !columns.is_empty() {
                return Ok(by_captions(columns));
            }
        }
        if let Some(column) = label()? {
            return of_label(column);
        }
        match captions()? {
            none if none.is_empty() => Err(SourceError::Column {
                path: path.to_owned(),
                message: format!(
                    "no label and no caption among the columns {}",
                    there.join(", ")
                ),
            }),
            columns => Ok(by_captions(columns)),
        }
    }

    fn of_label(
        rows: &Rows,
        there: &[String],
        column: usize,
        known: Option<&[String]>,
    ) -> Result<Self, SourceError> {
        let file = rows.first();
        let noted = class_label(file, &there[column]);
        let of = file.fields()[column].data_type();
        if is_list(of) {
            let noted = noted.filter(|noted| noted.is_list);
            let classes = noted.map(|ClassLabel { names, .. }| names);
            return Ok(Self::Labels { column, classes });
        }
        if let DataType::Utf8 | DataType::Binary | DataType::Boolean = of {
            let texts = rows.texts(column)?;
            let texts = texts.iter().filter_map(|text| text.as_deref().ok());
            let labels = Labels::of(texts, known)
                .map_err(|message| SourceError::damaged(&file.path, message))?;
            return Ok(Self::Class { column, labels });
        }
        let noted = noted.filter(|noted| !noted.is_list);
        let names = noted.map(|ClassLabel { names, .. }| names);
        Ok(Self::Class {
            column,
            labels: Labels::Ids { names },
        })
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Class { .. } => Kind::Classification,
            Self::Labels { .. } => Kind::Multilabel,
            Self::Captions { .. } => Kind::Retrieval,
        }
    }

    /// The class names.
    pub(super) fn names(&self) -> Option<Vec<String>> {
        match self {
            Self::Class { labels, .. } => labels.names(),
            Self::Labels { classes, .. } => classes.clone(),
            Self::Captions { .. } => None,
        }
    }

    /// The targets of all rows.
    pub(super) fn read(&self, rows: &Rows) -> Result<Vec<Answer<Target>>, SourceError> {
        let mut targets = match self {
            Self::Class { column, labels } => {
                let texts = rows.texts(*column)?.into_iter();
                texts
                    .map(|text| labels.class(&text.map_err(|_| "has no label")?))
                    .collect()
            }
            Self::Labels { column, classes } => lists(rows, *column, classes.as_deref())?,
            Self::Captions { columns } => captions(rows, columns)?,
        };
        for (sample, target) in targets.iter_mut().enumerate() {
            if let Err(message) = target {
                *message = format!("row `{}` {message}", rows.key(sample));
            }
        }
        Ok(targets)
    }
}

fn lists(
    rows: &Rows,
    column: usize,
    classes: Option<&[String]>,
) -> Result<Vec<Answer<Target>>, SourceError> {
    let file = rows.first();
    let leaves = file.leaves(column, None);
    let mut targets = Vec::new();
    rows.read(0..rows.len(), &leaves, ANSWERS_A_BATCH, |batch| {
        let lists = number_lists(&file.path, batch.column(0))?;
        targets.extend(lists.into_iter().map(|list| {
            let list = list?;
            let labels = match classes {
                Some(classes) => of_ids(&list, classes.len())?,
                None => of_flags(&list)?,
            };
            Ok(Target::Labels(labels))
        }));
        Ok(())
    })?;
    Ok(targets)
}

fn of_ids(list: &[f64], classes: usize) -> Answer<Vec<bool>> {
    let mut labels = vec![false; classes];
    for &id in list {
        let place = (id >= 0.0 && id.fract() == 0.0).then_some(id as usize);
        let label = place.and_then(|place| labels.get_mut(place));
        *label.ok_or_else(|| format!("has the label {id}, but there are {classes} classes"))? =
            true;
    }
    Ok(labels)
}

fn of_flags(list: &[f64]) -> Answer<Vec<bool>> {
    let one = |&flag: &f64| match flag {
        0.0 => Ok(false),
        1.0 => Ok(true),
        other => Err(format!(
            "has {other} in its labels, which are 0 or 1 where no class names are noted"
        )),
    };
    list.iter().map(one).collect()
}

fn captions(rows: &Rows, columns: &[usize]) -> Result<Vec<Answer<Target>>, SourceError> {
    let file = rows.first();
    let mut all: Vec<Answer<Vec<String>>> = vec![Ok(Vec::new()); rows.len()];
    for &column in columns {
        let leaves = file.leaves(column, None);
        let mut next = all.iter_mut();
        rows.read(0..rows.len(), &leaves, ANSWERS_A_BATCH, |batch| {
            let lists = text_lists(&file.path, batch.column(0))?;
            for (new, captions) in lists.into_iter().zip(next.by_ref()) {
                match (captions.as_mut(), new) {
                    (Ok(captions), Ok(new)) => captions.extend(new),
                    // Of several columns some may be empty.
                    (_, Err(message)) if columns.len() == 1 => *captions = Err(message),
                    _ => {}
                }
            }
            Ok(())
        })?;
    }
    let target = |captions: Answer<Vec<String>>| {
        let captions = captions?
            .into_iter()
            .map(|caption| caption.trim().to_owned());
        let captions: Vec<String> = captions.filter(|caption| !caption.is_empty()).collect();
        if captions.is_empty() {
            return Err("has no caption".to_owned());
        }
        Ok(Target::Captions(captions))
    };
    Ok(all.into_iter().map(target).collect())
}
