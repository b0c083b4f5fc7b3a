//! Questions: WinoGAViL in Parquet, every row a cue, the names of its candidates, which of them go with it, and the
//! candidates' images.

use std::ops::Range;
use std::path::{Path, PathBuf};

use arrow_array::Array;
use arrow_schema::DataType;

use super::ANSWERS_A_BATCH;
use super::image_column::{is_image, value};
use super::rows::Rows;
use super::values::{list_at, text_lists};
use crate::score::source::association_table::Candidates;
use crate::score::source::columns::named;
use crate::score::source::fingerprint::Fingerprint;
use crate::score::source::{Answer, Association, Kind, Set, Source, SourceError, Target};

/// Rows decoded at once, each with the images of all its candidates.
const ROWS_A_BATCH: usize = 8;

/// Rows of questions. The samples are the candidates, each once; its image is that of the first row that names it.
#[derive(Debug)]
struct Questions {
    folder: PathBuf,
    rows: Rows,
    /// Where the images' bytes are among the leaves.
    leaf: usize,
    candidates: Vec<String>,
    /// Of every candidate the row that names it first, and its place there; the rows ascend.
    places: Vec<(usize, usize)>,
    questions: Vec<Answer<Association>>,
}

/// Opens the rows as questions, if that is what they are.
pub(super) fn open(folder: &Path, rows: &Rows) -> Result<Option<Set>, SourceError> {
    let file = rows.first();
    let there = file.columns();
    let place = |name: &str| named(&there, &[name]).first().copied();
    let (Some(cue), Some(candidates), Some(gold), Some(images)) = (
        place("cue"),
        place("candidates"),
        place("associations"),
        place("candidate_images"),
    ) else {
        return Ok(None);
    };
    let DataType::List(item) = file.fields()[images].data_type() else {
        return Ok(None);
    };
    if !is_image(item) {
        return Ok(None);
    }
    let is_struct = matches!(item.data_type(), DataType::Struct(_));
    let leaves = file.leaves(images, is_struct.then_some("bytes"));
    let cues = rows.texts(cue)?;
    let candidates = lists(rows, candidates)?;
    let gold = lists(rows, gold)?;
    let mut names = Candidates::default();
    let (mut questions, mut places) = (Vec::new(), Vec::new());
    for (row, ((cue, candidates), gold)) in cues.into_iter().zip(candidates).zip(gold).enumerate() {
        let before = names.names.len();
        let question = ask(&mut names, cue, &candidates, gold);
        for name in &names.names[before..] {
            let there = candidates.as_deref().unwrap_or_default();
            let place = there.iter().position(|candidate| candidate == name);
            places.push((row, place.unwrap_or_default()));
        }
        questions.push(question.map_err(|message| format!("row `{}`: {message}", rows.key(row))));
    }
    let source = Questions {
        folder: folder.to_owned(),
        rows: rows.clone(),
        leaf: leaves.first().copied().unwrap_or_default(),
        candidates: names.names,
        places,
        questions,
    };
    Ok(Some(Set {
        source: Box::new(source),
        kind: Kind::Association,
        classes: None,
        templates: None,
        path: folder.to_owned(),
    }))
}

fn lists(rows: &Rows, column: usize) -> Result<Vec<Answer<Vec<String>>>, SourceError> {
    let file = rows.first();
    let leaves = file.leaves(column, None);
    let mut all = Vec::new();
    rows.read(0..rows.len(), &leaves, ANSWERS_A_BATCH, |batch| {
        all.extend(text_lists(&file.path, batch.column(0))?);
        Ok(())
    })?;
    Ok(all)
}

fn ask(
    names: &mut Candidates,
    cue: Answer<String>,
    candidates: &Answer<Vec<String>>,
    gold: Answer<Vec<String>>,
) -> Answer<Association> {
    let candidates = candidates.as_ref().map_err(Clone::clone)?;
    names.question(&cue?, candidates, &gold?)
}

impl Source for Questions {
    fn path(&self) -> &Path {
        &self.folder
    }

    fn len(&self) -> usize {
        self.candidates.len()
    }

    fn key(&self, sample: usize) -> String {
        self.candidates[sample].clone()
    }

    fn images(&self, samples: Range<usize>) -> Result<Vec<Answer<Vec<u8>>>, SourceError> {
        let places = &self.places[samples];
        let runs: Vec<_> = places.chunk_by(|a, b| a.0 == b.0).collect();
        let rows: Vec<usize> = runs.iter().map(|run| run[0].0).collect();
        let mut runs = runs.into_iter();
        let mut images = Vec::with_capacity(places.len());
        let mut take = |list: Option<arrow_array::ArrayRef>| {
            for &(_, place) in runs.next().unwrap_or_default() {
                let list = list.as_ref().filter(|list| place < list.len());
                let image = list.map(|list| value(list, place));
                images.push(image.unwrap_or_else(|| Err("has no image".to_owned())));
            }
        };
        self.rows
            .read_samples(&rows, &[self.leaf], ROWS_A_BATCH, |batch| {
                let lists = batch.column(0);
                for row in 0..lists.len() {
                    let list = lists.is_valid(row).then(|| list_at(lists, row));
                    take(list.flatten());
                }
                Ok(())
            })?;
        Ok(images)
    }

    fn targets(&self, kind: Kind) -> Result<Vec<Answer<Target>>, SourceError> {
        Err(self.lacks(&format!("answers to a {} task", kind.name())))
    }

    fn associations(&self) -> Result<Vec<Answer<Association>>, SourceError> {
        Ok(self.questions.clone())
    }

    fn fingerprint(&self) -> Result<String, SourceError> {
        let mut fingerprint = Fingerprint::default();
        self.rows.add_to(&mut fingerprint, &self.folder)?;
        fingerprint.text(&format!("{:?}", self.questions));
        Ok(fingerprint.finish())
    }
}
