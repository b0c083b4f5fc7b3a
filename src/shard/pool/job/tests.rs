//! Tests of sharding a pool.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;
use crate::shard::{EvaluationKind, EvaluationSet, Samples, TarFile, tars_of};
use crate::split::{Counts, Side, SplitRecord, TimelineRecord, list_path};
use crate::uid::{UidListReader, write_uids};

const TARS: usize = 5;
const SAMPLES: usize = 40;

fn uid(tar: usize, sample: usize) -> Uid {
    // Spread over the whole range, as hashes are, so that lists and tars are in different orders.
    Uid(((tar * SAMPLES + sample) as u128 + 1)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
}

fn json(uid: Uid) -> Vec<u8> {
    format!(r#"{{"uid": "{uid}", "url": "http://example.org"}}"#).into_bytes()
}

/// A pool of 200 samples with numbers as keys, some of them not whole.
fn pool(folder: &Path) -> Vec<PathBuf> {
    let mut tars = Vec::new();
    for tar in 0..TARS {
        let path = folder.join(format!("{tar:05}.tar"));
        let mut file = TarFile::create(&path).expect("begun");
        for sample in 0..SAMPLES {
            let key = format!("{tar:05}{sample:04}");
            let mut add = |extension: &str, bytes: &[u8]| {
                file.append(&format!("{key}.{extension}"), bytes)
                    .expect("written");
            };
            let image = vec![sample as u8; 700 + 31 * sample];
            match (tar, sample) {
                (0, 3) => add("jpg", &image),
                (0, 4) => {
                    add("jpg", &image);
                    add("json", &json(uid(tar, sample)));
                }
                (0, 5) => {
                    add("txt", b"a caption");
                    add("json", &json(uid(tar, sample)));
                }
                (3, 7) => {
                    add("jpg", &image);
                    add("txt", b"the uid of another");
                    add("json", &json(uid(1, 7)));
                }
                _ => {
                    add("jpg", &image);
                    add("json", &json(uid(tar, sample)));
                    add("txt", format!("caption {tar} {sample}").as_bytes());
                }
            }
        }
        file.finish().expect("finished");
        tars.push(path);
    }
    let whole = std::fs::read(&tars[4]).expect("there");
    std::fs::write(&tars[4], &whole[..whole.len() / 2]).expect("written");
    tars
}

/// A split in which the pool's pairs go to two steps, each tenth is held out and each third is in none.
fn split(folder: &Path) -> [Vec<Uid>; 4] {
    let mut lists: [Vec<Uid>; 4] = Default::default();
    for tar in 0..TARS {
        for sample in (0..SAMPLES).filter(|sample| sample % 3 != 2) {
            let held_out = usize::from(sample % 10 == 0);
            lists[sample % 2 + 2 * held_out].push(uid(tar, sample));
        }
    }
    let at = |text: &str| text.parse().expect("an instant");
    let steps: Vec<Step> = [("2016", 2016), ("2017", 2017)]
        .iter()
        .map(|(name, year)| Step {
            name: (*name).to_owned(),
            from: at(&format!("{year}-01-01T00:00:00Z")),
            to: at(&format!("{}-01-01T00:00:00Z", year + 1)),
        })
        .collect();
    for (index, list) in lists.iter_mut().enumerate() {
        list.sort_unstable();
        let side = [Side::Train, Side::HeldOut][index / 2];
        if !list.is_empty() {
            write_uids(&folder.join(list_path(side, &steps[index % 2].name)), list)
                .expect("written");
        }
    }
    let record = SplitRecord {
        rows: 200,
        dates: None,
        held_out_uids: Vec::new(),
        only_uids: Vec::new(),
        query: None,
        retrieval: None,
        counts: BTreeMap::<String, Counts>::new(),
        rejected: BTreeMap::new(),
        held_out_share: 0.1,
        seed: 0,
        held_out_formula: String::new(),
        timeline: TimelineRecord {
            rule: "steps".to_owned(),
            not_after: None,
            steps,
        },
    };
    write_json(&folder.join("split.json"), &record).expect("written");
    lists
}

fn job(tars: &[PathBuf], splits: &Path, threads: usize) -> PoolJob {
    PoolJob {
        tars: tars.to_vec(),
        splits: splits.to_owned(),
        classes: None,
        part: None,
        shard_size: NonZeroU64::new(16).expect("not zero"),
        threads: NonZeroUsize::new(threads).expect("not zero"),
        bytes_a_checkpoint: 0,
    }
}

struct Bench {
    _dir: tempfile::TempDir,
    root: PathBuf,
    tars: Vec<PathBuf>,
    splits: PathBuf,
    lists: [Vec<Uid>; 4],
}

fn bench() -> Bench {
    let dir = tempfile::tempdir().expect("a folder");
    let root = dir.path().to_owned();
    let splits = root.join("splits");
    Bench {
        tars: pool(&root.join("pool")),
        lists: split(&splits),
        splits,
        root,
        _dir: dir,
    }
}

/// Every file below a folder but the working ones, with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).expect("there") {
            let path = entry.expect("there").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below").to_owned();
                found.insert(name, std::fs::read(&path).expect("there"));
            }
        }
    }
    found
}

fn keys(set: &Path) -> Vec<String> {
    let tars = tars_of(set).expect("tars");
    let samples = tars
        .iter()
        .flat_map(|tar| Samples::open(tar).expect("opened"));
    samples.map(|sample| sample.expect("whole").key).collect()
}

#[test]
fn every_listed_sample_that_is_whole_is_in_its_set_once_in_the_order_of_the_pool() {
    let bench = bench();
    let out = bench.root.join("out");
    let record = job(&bench.tars, &bench.splits, 2)
        .run(&out, &())
        .expect("sharded");
    let half = keys(&out.join("train/2016")).len() + keys(&out.join("train/2017")).len();
    assert!(half > 80, "{half}");
    for (index, step) in ["2016", "2017"].iter().enumerate() {
        let set = out.join("train").join(step);
        let found = keys(&set);
        let expected: Vec<String> = (0..TARS)
            .flat_map(|tar| (0..SAMPLES).map(move |sample| (tar, sample)))
            .filter(|&(tar, sample)| {
                tar < 4 && !(tar == 0 && (3..6).contains(&sample)) && (tar, sample) != (3, 7)
            })
            .map(|(tar, sample)| uid(tar, sample))
            .filter(|uid| bench.lists[index].binary_search(uid).is_ok())
            .map(|uid| format!("{uid}-0"))
            .collect();
        // The first half of the last tar is there, too.
        assert_eq!(found[..expected.len()], expected[..], "{step}");
        assert_eq!(record.steps[index].train, found.len() as u64);
        let missing: BTreeSet<String> = UidListReader::open(&set.join(MISSING_FILE))
            .expect("a list")
            .map(|uid| format!("{}-0", uid.expect("sorted")))
            .collect();
        assert!(found.iter().all(|key| !missing.contains(key)));
        assert_eq!(found.len() + missing.len(), bench.lists[index].len());
    }
    let sizes = std::fs::read_to_string(out.join("train/2016/sizes.json")).expect("there");
    assert!(sizes.contains("\"00000000.tar\": 16"), "{sizes}");
    let stats = std::fs::read_to_string(out.join("train/2016/00000000_stats.json")).expect("there");
    assert!(stats.contains("\"successes\": 16"), "{stats}");
    let set = EvaluationSet::open(&out.join("eval/retrieval/2016")).expect("a set");
    assert_eq!(set.kind, EvaluationKind::Retrieval);
    assert_eq!(
        keys(&out.join("eval/retrieval/2016")).len() as u64,
        record.steps[0].held_out
    );
    let sample = Samples::open(&set.tars[0])
        .expect("opened")
        .next()
        .expect("one")
        .expect("whole");
    assert_eq!(sample.captions().expect("captions"), ["caption 0 0"]);
    assert_eq!(sample.image().expect("an image"), [0; 700]);
}

#[test]
fn what_cannot_be_used_is_listed_with_its_tar_and_key() {
    let bench = bench();
    let out = bench.root.join("out");
    let record = job(&bench.tars, &bench.splits, 1)
        .run(&out, &())
        .expect("sharded");
    let rejected = read_rejected(&out.join(REJECTED_FILE)).expect("a list");
    let found: Vec<(&str, &str, &str)> = rejected
        .iter()
        .map(|row| {
            let tar = row.table.as_deref().expect("a tar");
            (
                &tar[tar.len() - 9..],
                row.image.as_deref().unwrap_or_default(),
                row.reason.as_str(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("00000.tar", "000000003", "missing-json"),
            ("00000.tar", "000000004", "missing-caption"),
            ("00003.tar", "000030007", "duplicate-uid"),
            ("00004.tar", "", "damaged-tar"),
        ]
    );
    assert_eq!(record.rejected["duplicate-uid"], 1);
    assert!(record.rejected["missing"] > 10);
}

#[test]
fn members_out_of_order_make_no_pair() {
    let mut bench = bench();
    let path = bench.root.join("pool/00005.tar");
    let mut file = TarFile::create(&path).expect("begun");
    let (apart, together) = (uid(4, 36), uid(4, 37));
    for (name, bytes) in [
        ("1.jpg", b"image".to_vec()),
        ("2.txt", b"a caption".to_vec()),
        ("2.json", json(together)),
        ("2.jpg", b"image".to_vec()),
        ("1.txt", b"a caption".to_vec()),
        ("1.json", json(apart)),
    ] {
        file.append(name, &bytes).expect("written");
    }
    file.finish().expect("finished");
    bench.tars.push(path);
    let out = bench.root.join("out");
    job(&bench.tars, &bench.splits, 2)
        .run(&out, &())
        .expect("sharded");
    let rejected = read_rejected(&out.join(REJECTED_FILE)).expect("a list");
    let of_tar = rejected.iter().filter(|row| {
        row.table
            .as_deref()
            .is_some_and(|tar| tar.ends_with("00005.tar"))
    });
    let found: Vec<_> = of_tar
        .map(|row| (row.image.as_deref(), row.reason.as_str()))
        .collect();
    assert_eq!(
        found,
        [(Some("1"), "missing-json"), (Some("1"), "missing-image"),]
    );
    let written = keys(&out.join("train/2017"));
    assert!(written.contains(&format!("{together}-0")) && !written.contains(&format!("{apart}-0")));
}

#[test]
fn threads_make_no_difference_to_the_bytes() {
    let bench = bench();
    let [one, four] = [1, 4].map(|threads| {
        let out = bench.root.join(format!("out-{threads}"));
        job(&bench.tars, &bench.splits, threads)
            .run(&out, &())
            .expect("sharded");
        PoolJob::clear(&out).expect("cleared");
        files(&out)
    });
    assert!(one == four);
    assert!(one.len() > 10);
}

/// Ends the run after so many tars, as a kill would.
struct Kill(std::sync::atomic::AtomicUsize);

impl Progress for Kill {
    fn begin(&self, _what: &str, _rows: u64) {}

    fn advance(&self, rows: u64) {
        if rows == 1 && self.0.fetch_sub(1, std::sync::atomic::Ordering::SeqCst) == 0 {
            std::panic::panic_any("killed");
        }
    }
}

#[test]
fn a_run_that_was_ended_anywhere_goes_on_to_the_same_bytes() {
    let bench = bench();
    let undisturbed = bench.root.join("undisturbed");
    job(&bench.tars, &bench.splits, 2)
        .run(&undisturbed, &())
        .expect("sharded");
    PoolJob::clear(&undisturbed).expect("cleared");
    let disturbed = bench.root.join("disturbed");
    for tars in [1, 0, 2, 0] {
        let kill = Kill(tars.into());
        let run = || job(&bench.tars, &bench.splits, 2).run(&disturbed, &kill);
        assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
        // What was written behind the checkpoint is half there.
        let tar = disturbed.join(".shard/train/2016/00000001.tar");
        if tar.exists() {
            let mut bytes = std::fs::read(&tar).expect("there");
            bytes.extend([7; 100]);
            std::fs::write(&tar, bytes).expect("written");
        }
    }
    job(&bench.tars, &bench.splits, 2)
        .run(&disturbed, &())
        .expect("sharded");
    PoolJob::clear(&disturbed).expect("cleared");
    assert!(files(&undisturbed) == files(&disturbed));
}

#[test]
fn a_uid_that_is_listed_twice_is_written_twice_with_its_copys_number() {
    let bench = bench();
    let path = bench.splits.join("train/2016.npy");
    // Our own writer takes no repeats, as split makes none: the first row is put before itself by hand.
    let mut bytes = std::fs::read(&path).expect("there");
    let rows = bench.lists[0].len();
    let (from, to) = (format!("({rows},)"), format!("({},)", rows + 1));
    assert_eq!(from.len(), to.len());
    let at = bytes
        .windows(from.len())
        .position(|text| text == from.as_bytes())
        .expect("there");
    bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    let first = bytes[128..144].to_vec();
    bytes.splice(128..128, first);
    std::fs::write(&path, bytes).expect("written");
    let out = bench.root.join("out");
    job(&bench.tars, &bench.splits, 2)
        .run(&out, &())
        .expect("sharded");
    let uid = bench.lists[0][0];
    let found = keys(&out.join("train/2016"));
    let copies: Vec<&String> = found
        .iter()
        .filter(|key| key.starts_with(&uid.to_string()))
        .collect();
    assert_eq!(copies, [&format!("{uid}-0"), &format!("{uid}-1")]);
}

#[test]
fn a_uid_to_learn_from_and_be_tested_on_is_refused() {
    let bench = bench();
    let both = bench.lists[0][3];
    write_uids(&bench.splits.join("eval/held-out/2017.npy"), &[both]).expect("written");
    let error = job(&bench.tars, &bench.splits, 1)
        .run(&bench.root.join("out"), &())
        .expect_err("refused");
    assert!(
        matches!(error, ShardError::BothSides { uid, .. } if uid == both),
        "{error}"
    );
}

#[test]
fn a_pool_without_a_pair_to_train_on_is_refused() {
    let bench = bench();
    let error = job(&[], &bench.splits, 1)
        .run(&bench.root.join("out"), &())
        .expect_err("refused");
    assert!(
        error.to_string().contains("training set of step `2016`"),
        "{error}"
    );
}
