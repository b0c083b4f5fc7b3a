//! Net job: the pairs of a manifest whose captions are of one ImageNet class, by time step.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{FixedSizeBinaryArray, Float32Array, RecordBatch, UInt16Array};
use arrow_schema::{DataType, Field, Schema};
use rayon::iter::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};
use ticclip_net::matcher::{LemmaMatcher, Outcome};
use ticclip_net::synsets::Synsets;

use super::{
    DropRule, FeaturesError, NET_FILE, NetError, NetRecord, Similarity, StepClasses, TextFeatures,
};
use crate::artefact::{NewFile, write_json};
use crate::manifest::{ManifestRow, ParquetFileError, ParquetWriter, read_flagged_rows};
use crate::timeline::TimelineRule;
use crate::uid::{Uid, write_uids};

/// What a net makes in its folder.
pub const NET_ENTRIES: [&str; 4] = ["eval", "classes", "classnames.txt", NET_FILE];
/// Rows whose captions are looked at together.
const ROWS_AT_ONCE: usize = 16_384;
/// What came of a pair that is in the net.
const IN_NET: &str = "in-net";

/// A net to be made.
pub struct NetJob {
    /// The manifest, its folder or a Parquet file with `uid`, `image`, `caption` and `timestamp`.
    pub manifest: PathBuf,
    /// The time steps.
    pub timeline: TimelineRule,
    /// Compares meanings; without it lemmas alone decide.
    pub similarity: Option<Similarity>,
    /// What the model makes of captions, where that was computed before.
    pub features: Option<TextFeatures>,
    /// Rows that are left out whatever they say.
    pub drop: Option<DropRule>,
}

/// A pair with a class.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Found {
    uid: Uid,
    row: u64,
    at_micros: i64,
    class: u16,
    /// The cosine of caption and class, where it was asked for.
    similarity: Option<f32>,
}

impl NetJob {
    /// Writes for each step the uids (`eval/STEP.npy`) and their classes (`classes/STEP.parquet`: uid, class id,
    /// similarity), `classnames.txt` and `net.json` into `folder`.
    ///
    /// A pair is in the net if its caption has a lemma of one class alone, and means it where meanings are compared. Of
    /// several rows of one uid the first counts. Memory: 48 bytes for each pair with a class.
    ///
    /// # Errors
    /// When the manifest cannot be read, no pair has a class, or the disk refuses.
    pub fn run(
        &self,
        folder: &Path,
        mut rows_done: impl FnMut(u64),
    ) -> Result<NetRecord, NetError> {
        let synsets = Synsets::embedded();
        let matcher = LemmaMatcher::new(&synsets)?;
        let mut outcomes = BTreeMap::new();
        let mut found = Vec::new();
        let (mut batch, mut before) = (Vec::with_capacity(ROWS_AT_ONCE), 0);
        let column = self.drop.as_ref().map(|drop| drop.column.as_str());
        let mut rows = read_flagged_rows(&self.manifest, column)?;
        loop {
            let next = rows.next().transpose()?;
            let at_end = next.is_none();
            batch.extend(next);
            if batch.len() == ROWS_AT_ONCE || at_end {
                self.look(&matcher, &batch, before, &mut found, &mut outcomes)?;
                before += batch.len() as u64;
                rows_done(batch.len() as u64);
                batch.clear();
            }
            if at_end {
                break;
            }
        }
        found.sort_unstable_by_key(|found| (found.uid, found.row));
        let with_repeats = found.len();
        found.dedup_by_key(|found| found.uid);
        add(&mut outcomes, "duplicate-uid", with_repeats - found.len());
        if let (Some(features), Some(similarity)) = (&self.features, &self.similarity) {
            compare(features, similarity, &mut found, &mut outcomes)?;
        }
        self.write(folder, &synsets, &found, before, outcomes)
    }

    /// Finds the pairs of a batch that have a class.
    fn look(
        &self,
        matcher: &LemmaMatcher,
        batch: &[(ManifestRow, Option<String>)],
        before: u64,
        found: &mut Vec<Found>,
        outcomes: &mut BTreeMap<String, u64>,
    ) -> Result<(), NetError> {
        let classes: Vec<Outcome> = batch
            .par_iter()
            .map(|(row, _)| matcher.find(&row.caption))
            .collect();
        let mut of_class = Vec::new();
        for (index, ((row, flag), class)) in batch.iter().zip(classes).enumerate() {
            let is_dropped = |drop: &DropRule| drop.takes(flag.as_deref());
            if self.drop.as_ref().is_some_and(is_dropped) {
                add(outcomes, "dropped", 1);
                continue;
            }
            let reason = match (class, row.timestamp) {
                (Outcome::None, _) => "no-lemma",
                (Outcome::Several, _) => "several-classes",
                (Outcome::Ambiguous, _) => "ambiguous-lemma",
                (Outcome::One(_), None) => "undated",
                (Outcome::One(class), Some(at)) => {
                    let found = Found {
                        uid: row.uid,
                        row: before + index as u64 + 1,
                        at_micros: at.timestamp_micros(),
                        class,
                        similarity: None,
                    };
                    of_class.push((found, row.caption.as_str()));
                    continue;
                }
            };
            add(outcomes, reason, 1);
        }
        if let Some(similarity) = self.similarity.as_ref().filter(|_| self.features.is_none()) {
            let captions: Vec<&str> = of_class.iter().map(|(_, caption)| *caption).collect();
            let classes: Vec<u16> = of_class.iter().map(|(found, _)| found.class).collect();
            let cosines = similarity.of(&captions, &classes)?;
            for ((found, _), cosine) in of_class.iter_mut().zip(cosines) {
                found.similarity = Some(cosine);
            }
            let all = of_class.len();
            let enough = |found: &Found| {
                found
                    .similarity
                    .is_some_and(|cosine| similarity.is_enough(cosine))
            };
            of_class.retain(|(found, _)| enough(found));
            add(outcomes, "other-meaning", all - of_class.len());
        }
        found.extend(of_class.into_iter().map(|(found, _)| found));
        Ok(())
    }

    /// Writes what was found, sorted by uid.
    fn write(
        &self,
        folder: &Path,
        synsets: &Synsets,
        found: &[Found],
        rows: u64,
        mut outcomes: BTreeMap<String, u64>,
    ) -> Result<NetRecord, NetError> {
        let days: BTreeSet<i64> = found
            .iter()
            .map(|found| found.at_micros.div_euclid(86_400_000_000))
            .collect();
        let timeline = self
            .timeline
            .resolve(&days)
            .map_err(|source| NetError::Timeline {
                manifest: self.manifest.clone(),
                source,
            })?;
        let mut by_step: Vec<Vec<Found>> = vec![Vec::new(); timeline.steps().len()];
        for found in found {
            let at = chrono::DateTime::from_timestamp_micros(found.at_micros);
            match at.and_then(|at| timeline.step_of(at)) {
                Some(step) => by_step[step].push(*found),
                None => add(&mut outcomes, "outside-timeline", 1),
            }
        }
        let mut steps = BTreeMap::new();
        for (step, found) in timeline.steps().iter().zip(by_step) {
            let uids: Vec<Uid> = found.iter().map(|found| found.uid).collect();
            write_uids(&folder.join(format!("eval/{}.npy", step.name)), &uids)?;
            write_classes(
                &folder.join(format!("classes/{}.parquet", step.name)),
                &found,
            )?;
            add(&mut outcomes, IN_NET, found.len());
            steps.insert(step.name.clone(), step_classes(synsets, &found));
        }
        let names: String = synsets
            .classes()
            .iter()
            .map(|class| class.name() + "\n")
            .collect();
        NewFile::write_whole(&folder.join("classnames.txt"), names.as_bytes())?;
        let record = NetRecord {
            rows,
            outcomes,
            similarity: self
                .similarity
                .as_ref()
                .map(|similarity| similarity.record().clone()),
            timeline: timeline.steps().to_vec(),
            steps,
        };
        let path = folder.join(NET_FILE);
        write_json(&path, &record)?;
        Ok(record)
    }
}

/// Gives the pairs, sorted by uid, the cosines of their precomputed features, and keeps those that mean their class.
fn compare(
    features: &TextFeatures,
    similarity: &Similarity,
    found: &mut Vec<Found>,
    outcomes: &mut BTreeMap<String, u64>,
) -> Result<(), NetError> {
    let place = |uid| found.binary_search_by_key(&uid, |found| found.uid).ok();
    let cosines = (0..features.files.len()).into_par_iter().map(|file| {
        let mut cosines = Vec::new();
        features.read(
            file,
            similarity.dim(),
            |uid| place(uid).is_some(),
            |uid, text| {
                let at = place(uid);
                let cosine = at.and_then(|at| similarity.of_features(text, found[at].class));
                cosines.extend(at.zip(cosine));
            },
        )?;
        Ok(cosines)
    });
    let cosines: Vec<Vec<(usize, f32)>> = cosines.collect::<Result<_, FeaturesError>>()?;
    for (at, cosine) in cosines.into_iter().flatten() {
        // Of several rows of one uid the first counts.
        found[at].similarity.get_or_insert(cosine);
    }
    let all = found.len();
    found.retain(|found| found.similarity.is_some());
    let compared = found.len();
    add(outcomes, "no-features", all - compared);
    let enough = |cosine: f32| similarity.is_enough(cosine);
    found.retain(|found| found.similarity.is_some_and(enough));
    add(outcomes, "other-meaning", compared - found.len());
    Ok(())
}

fn add(counts: &mut BTreeMap<String, u64>, outcome: &str, rows: usize) {
    if rows > 0 {
        *counts.entry(outcome.to_owned()).or_default() += rows as u64;
    }
}

fn step_classes(synsets: &Synsets, found: &[Found]) -> StepClasses {
    let mut counts = vec![0_u64; synsets.classes().len()];
    for found in found {
        counts[usize::from(found.class)] += 1;
    }
    let (mut classes, mut absent) = (BTreeMap::new(), Vec::new());
    for (class, count) in synsets.classes().iter().zip(counts) {
        let wnid = class.wnid.to_string();
        if count > 0 {
            classes.insert(wnid, count);
        } else {
            absent.push(wnid);
        }
    }
    StepClasses {
        pairs: found.len() as u64,
        classes,
        absent,
    }
}

fn write_classes(path: &Path, found: &[Found]) -> Result<(), ParquetFileError> {
    let schema = Arc::new(Schema::new(vec![
        Field::new("uid", DataType::FixedSizeBinary(16), false),
        Field::new("class", DataType::UInt16, false),
        Field::new("similarity", DataType::Float32, true),
    ]));
    let mut file = ParquetWriter::create(path, Arc::clone(&schema), Vec::new())?;
    if !found.is_empty() {
        let uids = found.iter().map(|found| found.uid.to_be_bytes());
        let uids =
            FixedSizeBinaryArray::try_from_iter(uids).map_err(ParquetFileError::arrow(path))?;
        let classes: UInt16Array = found.iter().map(|found| Some(found.class)).collect();
        let similarity: Float32Array = found.iter().map(|found| found.similarity).collect();
        let batch = RecordBatch::try_new(
            schema,
            vec![Arc::new(uids), Arc::new(classes), Arc::new(similarity)],
        );
        file.write(&batch.map_err(ParquetFileError::arrow(path))?)?;
    }
    file.finish()
}

#[cfg(test)]
mod tests {
    use arrow_array::{StringArray, TimestampSecondArray};

    use super::*;
    use crate::timeline::{Step, Timeline};
    use crate::uid::read_uids;

    fn manifest(folder: &Path, rows: &[(u128, &str, Option<i32>)]) -> PathBuf {
        let uids: StringArray = rows
            .iter()
            .map(|row| Some(Uid(row.0).to_string()))
            .collect();
        let captions: StringArray = rows.iter().map(|row| Some(row.1)).collect();
        let year = |year: i32| i64::from(year - 1970) * 31_556_952 + 9_000_000;
        let dates: TimestampSecondArray = rows.iter().map(|row| row.2.map(year)).collect();
        let batch = RecordBatch::try_from_iter([
            ("uid", Arc::new(uids) as _),
            ("image", Arc::new(captions.clone()) as _),
            ("caption", Arc::new(captions) as _),
            ("timestamp", Arc::new(dates) as _),
        ]);
        let batch = batch.expect("columns");
        let path = folder.join("table.parquet");
        let mut file = ParquetWriter::create(&path, batch.schema(), Vec::new()).expect("begun");
        file.write(&batch).expect("written");
        file.finish().expect("finished");
        path
    }

    #[test]
    fn captions_of_one_class_are_in_the_net_of_their_year_and_the_others_are_counted() {
        let dir = tempfile::tempdir().expect("a folder");
        let rows = [
            (9, "Our goldfish on its first day", Some(2016)),
            (3, "A hummingbird at the feeder", Some(2017)),
            (3, "A hummingbird again", Some(2017)),
            (4, "two goldfish", Some(2017)),
            (5, "nothing of the kind", Some(2016)),
            (6, "a goldfish and a hummingbird", Some(2016)),
            (7, "a goldfish of no date", None),
            (8, "a goldfish of another time", Some(2005)),
        ];
        let steps = [2016, 2017]
            .map(|year| Step::of_years(&year.to_string(), [year, year]).expect("a year"));
        let job = NetJob {
            manifest: manifest(dir.path(), &rows),
            timeline: TimelineRule::Steps(Timeline::new(steps.to_vec()).expect("steps")),
            similarity: None,
            features: None,
            drop: None,
        };
        let out = dir.path().join("net");
        let mut seen = 0;
        let record = job.run(&out, |rows| seen += rows).expect("a net");
        assert_eq!((seen, record.rows), (8, 8));
        let outcomes: Vec<(&str, u64)> = record
            .outcomes
            .iter()
            .map(|(name, &n)| (name.as_str(), n))
            .collect();
        assert_eq!(
            outcomes,
            [
                ("duplicate-uid", 1),
                ("in-net", 3),
                ("no-lemma", 1),
                ("outside-timeline", 1),
                ("several-classes", 1),
                ("undated", 1),
            ]
        );
        let list = |step: &str| read_uids(&out.join(format!("eval/{step}.npy"))).expect("a list");
        assert_eq!(list("2016"), [Uid(9)]);
        assert_eq!(list("2017"), [Uid(3), Uid(4)]);
        // Goldfish are class 1, hummingbirds class 94.
        let later = &record.steps["2017"];
        assert_eq!(
            later.classes,
            BTreeMap::from([("n01443537".to_owned(), 1), ("n01833805".to_owned(), 1)])
        );
        assert_eq!(later.absent.len(), 998);
        assert_eq!(NetRecord::read(&out).expect("a record"), record);
        let names = std::fs::read_to_string(out.join("classnames.txt")).expect("there");
        assert_eq!(names.lines().nth(1), Some("goldfish"));
    }
}
