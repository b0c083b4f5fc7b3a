//! Tests of writing shards.

use std::io::Cursor;
use std::sync::Mutex;

use image::{ImageFormat, RgbImage};

use super::*;
use crate::manifest::{Cells, Dataset, HeldOut, ManifestWriter, PairRow, PairTable};
use crate::shard::{EvaluationKind, EvaluationSet, Sample, Samples, ShardIndex, tars_of};
use crate::split::SplitJob;
use crate::timeline::{Timeline, TimelineRule};
use ticclip_fetchers::claim::{Claim, Kind, Precision};
use ticclip_fetchers::recover::{Outcome, State};
use ticclip_fetchers::source::SourceName;

const PAIRS: usize = 60;
/// What is wrong with the image of these rows.
const BROKEN: [(usize, &str); 3] = [
    (7, "unreadable-image"),
    (8, "image-missing"),
    (9, "unsupported-image"),
];

fn png(seed: usize) -> Vec<u8> {
    let image = RgbImage::from_fn(8, 8, |x, y| image::Rgb([x as u8, y as u8, seed as u8]));
    let mut bytes = Cursor::new(Vec::new());
    image
        .write_to(&mut bytes, ImageFormat::Png)
        .expect("encoded");
    bytes.into_inner()
}

/// A source, manifest and split with 60 pairs in two years, some of whose images are broken.
fn prepare(root: &Path, share: f64) {
    let source = root.join("source");
    std::fs::create_dir_all(source.join("images")).expect("made");
    std::fs::create_dir_all(root.join("manifest")).expect("made");
    let mut table = "id,more,class\n".to_owned();
    for id in 0..PAIRS {
        table.push_str(&format!("{id},also {id},{}\n", ["cat", "", "ant"][id % 3]));
        let bytes = match id {
            7 => png(id)[..40].to_vec(),
            9 => b"<html>".to_vec(),
            _ => png(id),
        };
        if id != 8 {
            std::fs::write(source.join(format!("images/{id}.png")), bytes).expect("written");
        }
    }
    std::fs::write(source.join("t.csv"), table).expect("written");
    let toml = "name = \"x\"\n[pairs]\ntable = \"t.csv\"\nuid = { hash = [\"id\"] }\nimage = { path = \"images/{id}.png\" }\n\
        caption = { alternatives = [\"id\", \"more\"] }\nclass = { column = \"class\", templates = [\"a {c}.\", \"the {c}.\"] }";
    std::fs::write(source.join("x.toml"), toml).expect("written");
    let dataset = Dataset::read(&source.join("x.toml")).expect("a dataset");
    let pairs = PairTable::open(&dataset).expect("a table");
    let folder = root.join("manifest");
    let meta = ManifestMeta::new(&dataset, &folder).expect("folders");
    let mut manifest = ManifestWriter::create(&folder, &meta, pairs.columns()).expect("begun");
    for row in pairs.rows() {
        let PairRow::Pair(pair, _) = pairs.pair(row.expect("read"), |_| true) else {
            panic!("all rows are pairs")
        };
        manifest.push(&pair, &dated(&pair.values)).expect("written");
    }
    manifest.finish().expect("finished");
    let steps =
        [2015, 2016].map(|year| Step::of_years(&year.to_string(), [year, year]).expect("a year"));
    let timeline = TimelineRule::Steps(Timeline::new(steps.to_vec()).expect("steps"));
    let job = SplitJob {
        held_out: Some(HeldOut::new(share, 0).expect("a share")),
        ..SplitJob::new(folder, timeline)
    };
    job.run(&root.join("splits")).expect("split");
}

fn dated(values: &Cells) -> Outcome {
    let id: usize = values[0].parse().expect("a number");
    let text = if id.is_multiple_of(2) {
        "2015-02-03T04:05:06Z"
    } else {
        "2016-02-03T04:05:06Z"
    };
    Outcome {
        claims: vec![Claim {
            at: text.parse().expect("an instant"),
            precision: Precision::Second,
            kind: Kind::Posted,
            source: SourceName::Column,
            evidence: String::new(),
        }],
        refused: Vec::new(),
        rejections: Vec::new(),
        failures: Vec::new(),
        chosen: Some(0),
        state: State::Dated,
        disagreement: None,
    }
}

fn job(root: &Path, shard_size: u64) -> ShardJob {
    ShardJob {
        manifest: root.join("manifest"),
        splits: root.join("splits"),
        image_root: None,
        shard_size: NonZeroU64::new(shard_size).expect("not 0"),
    }
}

fn samples(set: &Path) -> Vec<Sample> {
    let tars = tars_of(set).expect("tars");
    tars.iter()
        .flat_map(|tar| {
            Samples::open(tar)
                .expect("a tar")
                .map(|sample| sample.expect("a sample"))
        })
        .collect()
}

fn id(sample: &Sample) -> usize {
    sample.captions().expect("captions")[0]
        .parse()
        .expect("a number")
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), std::fs::read(&path).expect("a file"));
        }
    }
    found
}

fn files_below(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let below = |path: PathBuf| path.strip_prefix(folder).expect("below").to_owned();
    files(folder)
        .into_iter()
        .map(|(path, bytes)| (below(path), bytes))
        .collect()
}

#[test]
fn every_readable_pair_is_in_one_set_and_every_other_is_listed() {
    let dir = tempfile::tempdir().expect("a folder");
    prepare(dir.path(), 0.3);
    let out = dir.path().join("shards");
    let record = job(dir.path(), 7).run(&out, &()).expect("written");
    assert_eq!(StepsRecord::read(&out).expect("a record"), record);
    let expected: BTreeMap<_, _> = BROKEN
        .iter()
        .map(|(_, reason)| ((*reason).to_owned(), 1))
        .collect();
    assert_eq!(record.rejected, expected);
    let listed = read_rejected(&out.join(REJECTED_FILE)).expect("a list");
    for (id, reason) in BROKEN {
        let row = listed
            .iter()
            .find(|row| row.uid == Some(Uid::from_values([id.to_string().as_str()])));
        let row = row.expect("listed");
        assert_eq!(
            (row.reason.as_str(), row.image.clone()),
            (reason, Some(format!("images/{id}.png")))
        );
    }

    let mut ids = Vec::new();
    for (index, step) in record.steps.iter().enumerate() {
        let train = samples(&out.join("train").join(&step.name));
        let held_out = samples(&out.join("eval/retrieval").join(&step.name));
        assert_eq!(
            (train.len() as u64, held_out.len() as u64),
            (step.train, step.held_out)
        );
        assert!(step.held_out > 0);
        for set in [&train, &held_out] {
            assert!(set.is_sorted_by(|a, b| a.key < b.key), "sorted by uid");
            for sample in set {
                let id = id(sample);
                assert_eq!(id % 2, index);
                assert_eq!(
                    sample.key,
                    format!("{}-0", Uid::from_values([id.to_string().as_str()]))
                );
                assert_eq!(
                    sample.member("png"),
                    Some(png(id).as_slice()),
                    "byte for byte"
                );
            }
        }
        assert!(train.iter().all(|sample| sample.captions().expect("two")
            == [id(sample).to_string(), format!("also {}", id(sample))]));
        assert!(
            held_out
                .iter()
                .all(|sample| sample.captions().expect("one").len() == 1)
        );
        ids.extend(train.iter().chain(&held_out).map(id));
    }
    ids.sort_unstable();
    let good = (0..PAIRS).filter(|id| BROKEN.iter().all(|(broken, _)| broken != id));
    assert_eq!(ids, good.collect::<Vec<_>>());
}

#[test]
fn tars_are_full_and_counted() {
    let dir = tempfile::tempdir().expect("a folder");
    prepare(dir.path(), 0.3);
    let out = dir.path().join("shards");
    let record = job(dir.path(), 7).run(&out, &()).expect("written");
    let (mut failures, mut listed) = (0, 0);
    for step in &record.steps {
        let set = out.join("train").join(&step.name);
        let sizes = std::fs::read(set.join("sizes.json")).expect("there");
        let sizes: BTreeMap<String, u64> = serde_json::from_slice(&sizes).expect("sizes");
        assert_eq!(
            sizes.keys().next().map(String::as_str),
            Some("00000000.tar")
        );
        assert_eq!(sizes.values().sum::<u64>(), step.train);
        assert!(sizes.values().rev().skip(1).all(|&n| n == 7), "{sizes:?}");
        for (tar, n) in &sizes {
            assert_eq!(
                Samples::open(&set.join(tar)).expect("a tar").count() as u64,
                *n
            );
            let stats = std::fs::read(set.join(tar.replace(".tar", "_stats.json"))).expect("there");
            let stats: BTreeMap<String, u64> = serde_json::from_slice(&stats).expect("stats");
            assert_eq!(stats["successes"], *n);
            failures += stats["failures"];
        }
        let list = set.join(REJECTED_FILE);
        if list.exists() {
            listed += read_rejected(&list).expect("a list").len() as u64;
        }
    }
    assert_eq!(failures, listed);
}

#[test]
fn evaluation_sets_have_clip_benchmarks_layout_and_one_id_a_class() {
    let dir = tempfile::tempdir().expect("a folder");
    prepare(dir.path(), 0.3);
    let out = dir.path().join("shards");
    let record = job(dir.path(), 5).run(&out, &()).expect("written");
    for step in &record.steps {
        let set = EvaluationSet::open(&out.join("eval/retrieval").join(&step.name)).expect("a set");
        assert_eq!(set.kind, EvaluationKind::Retrieval);
        assert_eq!(set.tars.len() as u64, step.held_out.div_ceil(5));
        assert!(set.tars[0].ends_with("test/0.tar"));
        let folder = out.join("eval/classification").join(&step.name);
        let set = EvaluationSet::open(&folder).expect("a set");
        let EvaluationKind::Classification { classes, templates } = set.kind else {
            panic!("classification")
        };
        assert_eq!(
            (classes.as_slice(), templates.len()),
            (["ant", "cat"].map(str::to_owned).as_slice(), 2)
        );
        let of_class = samples(&folder);
        assert!(!of_class.is_empty());
        for sample in of_class {
            let description: serde_json::Value =
                serde_json::from_slice(sample.member("json").expect("there")).expect("JSON");
            assert_eq!(
                description["class"],
                classes[sample.class().expect("a class")].as_str()
            );
            assert_eq!(
                description["timestamp"],
                format!("{}-02-03T04:05:06Z", step.name)
            );
            assert_eq!(
                sample.key,
                format!("{}-0", description["uid"].as_str().expect("a uid"))
            );
        }
    }
}

#[test]
fn the_bytes_depend_neither_on_threads_nor_on_an_interruption() {
    let dir = tempfile::tempdir().expect("a folder");
    prepare(dir.path(), 0.3);
    let run = |name: &str, threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads");
        let out = dir.path().join(name);
        pool.install(|| job(dir.path(), 4).run(&out, &()))
            .expect("written");
        files_below(&out)
    };
    let whole = run("one", 1);
    assert!(whole == run("three", 3));
    let out = dir.path().join("one");
    std::fs::remove_file(out.join(STEPS_FILE)).expect("removed");
    std::fs::remove_dir_all(out.join("train/2016")).expect("removed");
    std::fs::remove_dir_all(out.join("eval/retrieval/2015")).expect("removed");
    assert!(whole == run("one", 1));
}

#[test]
fn a_finished_step_is_not_written_again() {
    let dir = tempfile::tempdir().expect("a folder");
    prepare(dir.path(), 0.3);
    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>, Mutex<u64>);
    impl Progress for Heard {
        fn begin(&self, what: &str, rows: u64) {
            self.0.lock().expect("not poisoned").push(what.to_owned());
            *self.1.lock().expect("not poisoned") += rows;
        }
        fn advance(&self, rows: u64) {
            *self.1.lock().expect("not poisoned") -= rows;
        }
    }
    let out = dir.path().join("shards");
    let heard = Heard::default();
    job(dir.path(), 4).run(&out, &heard).expect("written");
    assert_eq!(
        *heard.0.lock().expect("not poisoned"),
        ["train/2015", "eval/2015", "train/2016", "eval/2016"]
    );
    assert_eq!(
        *heard.1.lock().expect("not poisoned"),
        0,
        "every row is told once"
    );
    std::fs::remove_dir_all(out.join("eval/retrieval/2016")).expect("removed");
    let heard = Heard::default();
    job(dir.path(), 4).run(&out, &heard).expect("written");
    assert_eq!(*heard.0.lock().expect("not poisoned"), ["eval/2016"]);
}

#[test]
fn samples_can_be_read_in_any_order() {
    let dir = tempfile::tempdir().expect("a folder");
    prepare(dir.path(), 0.0);
    let out = dir.path().join("shards");
    let record = job(dir.path(), 4).run(&out, &()).expect("written");
    assert!(!out.join("eval").exists(), "nothing is held out");
    let set = out.join("train/2015");
    let index = ShardIndex::open(tars_of(&set).expect("tars")).expect("an index");
    let streamed = samples(&set);
    assert_eq!(index.len() as u64, record.steps[0].train);
    for sample in (0..index.len()).rev() {
        assert_eq!(index.sample(sample).expect("read"), streamed[sample]);
        assert_eq!(index.key(sample), streamed[sample].key);
        let without = index.sample_without_image(sample).expect("read");
        assert!(without.image().is_err() && without.captions() == streamed[sample].captions());
    }
}

#[test]
fn a_pair_on_both_sides_is_refused_and_one_the_manifest_has_not_is_listed() {
    let dir = tempfile::tempdir().expect("a folder");
    prepare(dir.path(), 0.3);
    let train = dir.path().join("splits/train/2015.npy");
    let held_out = dir.path().join("splits/eval/held-out/2015.npy");
    let mut uids = read_uids(&train).expect("a list");
    uids.insert(0, Uid(1));
    crate::uid::write_uids(&train, &uids).expect("written");
    let record = job(dir.path(), 4)
        .run(&dir.path().join("a"), &())
        .expect("written");
    assert_eq!(record.rejected["not-in-manifest"], 1);
    std::fs::copy(&train, &held_out).expect("copied");
    let error = job(dir.path(), 4)
        .run(&dir.path().join("b"), &())
        .expect_err("a leak")
        .to_string();
    assert!(
        error.contains(
            "step `2015`: 00000000000000000000000000000001 is both trained on and held out"
        ),
        "{error}"
    );
}

#[test]
fn a_step_without_a_readable_image_is_an_error() {
    let dir = tempfile::tempdir().expect("a folder");
    prepare(dir.path(), 0.3);
    std::fs::rename(
        dir.path().join("source/images"),
        dir.path().join("source/elsewhere"),
    )
    .expect("moved");
    let out = dir.path().join("shards");
    let error = job(dir.path(), 4)
        .run(&out, &())
        .expect_err("nothing")
        .to_string();
    assert!(
        error.contains("training set of step `2015`: none of its")
            && error.contains("image-missing"),
        "{error}"
    );
    assert_eq!(files(&out).len(), 0, "nothing is left behind");
    std::fs::remove_dir_all(dir.path().join("source")).expect("removed");
    let error = job(dir.path(), 4)
        .run(&out, &())
        .expect_err("no folder")
        .to_string();
    assert!(error.starts_with("image folder"), "{error}");
}
