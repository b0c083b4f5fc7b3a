//! `check`: a benchmark as it was written is clean, and whatever is done to one is found.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::ImageFormat;
use image::imageops::{FilterType, resize};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};
use ticclip::shard::{Sample, Samples};
use ticclip::uid::{Uid, read_uids, write_uids};

use super::call::{Called, call};
use super::photos::folder_of_photos;

const TRAIN: &str = "train/2016/00000000.tar";
const NEXT: &str = "train/2017/00000000.tar";
const TEST: &str = "eval/retrieval/2016/test/0.tar";

/// A folder with the split `s` and the benchmark `d`.
fn benchmark() -> tempfile::TempDir {
    let folder = folder_of_photos(40);
    for line in [
        "fetch photos/photos.toml --out m",
        "split m --timeline yearly --held-out 0.3 --out s",
        "shard m --splits s --out d --shard-size 8",
    ] {
        call(folder.path(), line).ok();
    }
    folder
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("there") {
        let path = entry.expect("there").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), std::fs::read(&path).expect("there"));
        }
    }
    found
}

/// A copy of `d` to do something to.
struct Copy {
    root: PathBuf,
}

impl Copy {
    fn of(folder: &Path, name: &str) -> Self {
        let (from, root) = (folder.join("d"), folder.join(name));
        for (path, bytes) in files(&from) {
            let path = root.join(path.strip_prefix(&from).expect("below"));
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, bytes).expect("written");
        }
        Self { root }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("written");
    }

    fn samples(&self, tar: &str) -> Vec<Sample> {
        let samples = Samples::open(&self.path(tar)).expect("opened");
        samples.map(|sample| sample.expect("whole")).collect()
    }

    fn edit(&self, tar: &str, edit: impl FnOnce(&mut Vec<Sample>)) {
        let mut samples = self.samples(tar);
        edit(&mut samples);
        let file = std::fs::File::create(self.path(tar)).expect("created");
        let mut tar = tar::Builder::new(file);
        for sample in samples {
            for (extension, bytes) in sample.members {
                let mut header = tar::Header::new_ustar();
                header.set_size(bytes.len() as u64);
                let name = format!("{}.{extension}", sample.key);
                tar.append_data(&mut header, name, bytes.as_slice())
                    .expect("written");
            }
        }
        tar.finish().expect("finished");
    }

    /// Changes one value of the `.json` of the first sample of a tar.
    fn describe(&self, tar: &str, key: &str, value: Value) {
        self.edit(tar, |samples| {
            let json = member(&mut samples[0], "json");
            let mut description: Value = serde_json::from_slice(json).expect("JSON");
            description[key] = value;
            *json = serde_json::to_vec(&description).expect("JSON");
        });
    }

    fn edit_json(&self, name: &str, edit: impl FnOnce(&mut Value)) {
        let text = std::fs::read_to_string(self.path(name)).expect("there");
        let mut value = serde_json::from_str(&text).expect("JSON");
        edit(&mut value);
        self.write(name, &value.to_string());
    }

    /// Says of a training set's first tar that it has one sample more, wherever that is said.
    fn say_one_more(&self, step: usize, year: &str) {
        let one_more = |value: &mut Value| *value = json!(value.as_u64().expect("a count") + 1);
        let file = |name: &str| format!("train/{year}/{name}");
        self.edit_json(&file("sizes.json"), |sizes| {
            one_more(&mut sizes["00000000.tar"]);
        });
        self.edit_json(&file("00000000_stats.json"), |stats| {
            one_more(&mut stats["successes"]);
        });
        self.edit_json("steps.json", |steps| {
            one_more(&mut steps["steps"][step]["train"]);
        });
    }
}

fn member<'a>(sample: &'a mut Sample, extension: &str) -> &'a mut Vec<u8> {
    let found = sample
        .members
        .iter_mut()
        .find(|(name, _)| name == extension);
    &mut found.expect("there").1
}

/// Violations and warnings by kind; those of images that look alike from the beginning are left out.
fn findings(called: &Called, near_before: u64) -> BTreeMap<String, u64> {
    let json = called.json();
    let found = json["check"]["findings"].as_object().expect("findings");
    let found = found
        .iter()
        .filter(|(_, kind)| kind["severity"] != "note")
        .map(|(name, kind)| (name.clone(), kind["count"].as_u64().expect("a count")));
    let mut found: BTreeMap<_, _> = found.collect();
    if let Some(near) = found.get_mut("near-image") {
        *near -= near_before;
    }
    found.retain(|_, count| *count > 0);
    found
}

fn near_images(called: &Called) -> u64 {
    let json = called.json();
    let near = &json["check"]["findings"]["near-image"]["count"];
    near.as_u64().unwrap_or(0)
}

#[test]
fn a_benchmark_as_it_was_written_is_clean() {
    let folder = benchmark();
    let folder = folder.path();
    let before = files(&folder.join("d"));
    let first = call(folder, "check d --splits s --json").ok();
    assert_eq!(findings(&first, near_images(&first)), BTreeMap::new());
    let json = first.json();
    assert_eq!(json["clean"], true);
    let check = &json["check"];
    assert_eq!(check["total"]["pairs"], 40);
    assert_eq!(check["dated"], 40);
    assert!(
        check["split"].as_array().is_some_and(|lists| {
            lists.len() == 4 && lists.iter().all(|list| list["lost"] == 0)
        })
    );
    for threads in [1, 3] {
        let again = call(
            folder,
            &format!("check d --splits s --json --threads {threads}"),
        )
        .ok();
        assert_eq!(again.stdout, first.stdout);
    }
    let told = call(folder, "check d --no-images").ok();
    let last = told.stdout.lines().last().expect("a verdict");
    assert!(
        last.starts_with("verdict: clean, no violations"),
        "{told:?}"
    );
    let fingerprint = check["fingerprint"].as_str().expect("a fingerprint");
    assert!(last.ends_with(fingerprint), "{last} {fingerprint}");
    // A result is kept, found done, and refused to another call.
    let kept = call(folder, "check d --splits s --out c --json").ok();
    assert_eq!(kept.json()["check"], *check);
    let names: Vec<_> = files(&folder.join("c")).into_keys().collect();
    let expected = ["check.json", "findings.parquet", "origin.toml"];
    assert_eq!(names, expected.map(|name| folder.join("c").join(name)));
    assert_eq!(
        call(folder, "check d --splits s --out c --json")
            .ok()
            .stdout,
        kept.stdout
    );
    call(folder, "check d --no-images --out c").refused(&["c", "images", "--overwrite"]);
    call(folder, "check d --out d/c").refused(&["d/c", "only read"]);
    assert!(
        before == files(&folder.join("d")),
        "a benchmark is only read"
    );
}

#[test]
fn a_folder_or_split_that_does_not_fit_is_refused_by_name() {
    let folder = benchmark();
    let folder = folder.path();
    call(folder, "check photos").refused(&["photos", "steps.json", "shard"]);
    call(folder, "check photos --out c").refused(&["photos", "steps.json", "shard"]);
    call(folder, "check d --splits m").refused(&["split.json"]);
    call(folder, "check d --distance 33").refused(&["--distance"]);
    call(folder, "split m --timeline monthly --out months").ok();
    call(folder, "check d --splits months").refused(&["months", "steps"]);
    std::fs::write(folder.join("photos/steps.json"), "{\"steps\": 7}").expect("written");
    call(folder, "check photos").refused(&["steps.json", "line 1"]);
}

type Plant = (&'static str, fn(&Copy), &'static [(&'static str, u64)]);

const PLANTS: [Plant; 17] = [
    (
        "a pair that is trained on is tested on",
        |copy| {
            let sample = copy.samples(TRAIN)[0].clone();
            copy.edit(TEST, |samples| samples[0] = sample);
        },
        &[("uid-in-train-and-evaluation", 1)],
    ),
    (
        "a pair of a step is in the next one",
        |copy| {
            let sample = copy.samples(TRAIN)[0].clone();
            copy.edit(NEXT, |samples| samples.push(sample));
            copy.say_one_more(1, "2017");
        },
        &[("uid-in-two-steps", 1), ("date-outside-step", 1)],
    ),
    (
        "a copy of a pair in its own set is no violation",
        |copy| {
            copy.edit(TRAIN, |samples| {
                let mut sample = samples[0].clone();
                sample.key = sample.key.replace("-0", "-1");
                samples.insert(1, sample);
            });
            copy.say_one_more(0, "2016");
        },
        &[],
    ),
    (
        "a tar is cut off",
        |copy| {
            let bytes = std::fs::read(copy.path(TRAIN)).expect("there");
            std::fs::write(copy.path(TRAIN), &bytes[..bytes.len() / 2]).expect("written");
        },
        &[("damaged-tar", 1)],
    ),
    (
        "a tar is gone",
        |copy| std::fs::remove_file(copy.path(NEXT)).expect("removed"),
        &[("missing-tar", 1)],
    ),
    (
        "a set is gone",
        |copy| std::fs::remove_dir_all(copy.path("train/2017")).expect("removed"),
        &[("missing-set", 1)],
    ),
    (
        "a tar that no list has",
        |copy| {
            let from = copy.path(TRAIN);
            std::fs::copy(from, copy.path("train/2016/00000009.tar")).expect("copied");
        },
        &[("unlisted-tar", 1), ("wrong-count", 1)],
    ),
    (
        "sizes.json is wrong",
        |copy| {
            copy.edit_json("train/2016/sizes.json", |sizes| {
                sizes["00000000.tar"] = json!(9);
            });
        },
        &[("wrong-count", 1)],
    ),
    (
        "what stands beside the tars is wrong or nonsense",
        |copy| {
            copy.write("train/2016/00000000_stats.json", "{\"successes\": 1}");
            copy.write("train/2017/sizes.json", "[]");
            copy.write("eval/retrieval/2016/test/count.txt", "1000");
            copy.write("eval/retrieval/2017/test/nshards.txt", "4000000000");
        },
        &[("bad-record", 1), ("missing-tar", 100), ("wrong-count", 2)],
    ),
    (
        "a date is out of its step",
        |copy| copy.describe(TRAIN, "timestamp", json!("2017-01-01T00:00:00Z")),
        &[("date-outside-step", 1)],
    ),
    (
        "steps overlap",
        |copy| {
            copy.edit_json("steps.json", |steps| {
                steps["steps"][0]["to"] = json!("2017-02-01T00:00:00Z");
            });
        },
        &[("bad-steps", 1)],
    ),
    (
        "samples that are no pairs",
        |copy| {
            copy.edit(TRAIN, |samples| {
                *member(&mut samples[0], "png") = b"no image".to_vec();
                samples[1].members.retain(|(name, _)| name != "txt");
                samples[2].members.retain(|(name, _)| name != "png");
                *member(&mut samples[3], "json") = b"{".to_vec();
            });
            copy.describe(NEXT, "uid", json!("12"));
        },
        &[
            ("bad-image", 1),
            ("bad-json", 1),
            ("bad-uid", 1),
            ("missing-caption", 1),
            ("missing-image", 1),
        ],
    ),
    (
        "a key is another pair's",
        |copy| {
            copy.edit(TRAIN, |samples| samples[0].key = format!("{}-0", Uid(7)));
        },
        &[("key-mismatch", 1)],
    ),
    (
        "an image of one url is on both sides",
        |copy| {
            copy.describe(TRAIN, "url", json!("http://a/b.jpg#top"));
            copy.describe(TEST, "url", json!("http://a/b.jpg"));
        },
        &[("same-url", 1)],
    ),
    (
        "a smaller and recompressed copy of an image that is tested on is trained on",
        |copy| {
            let tested = copy.samples(TEST)[0].clone();
            let image = image::load_from_memory(tested.image().expect("an image"));
            let image = image.expect("an image").into_rgb8();
            let [width, height] = [image.width() / 2, image.height() / 2];
            let mut bytes = Cursor::new(Vec::new());
            resize(&image, width, height, FilterType::Triangle)
                .write_to(&mut bytes, ImageFormat::Jpeg)
                .expect("encoded");
            copy.edit(TRAIN, |samples| {
                let image = samples[0]
                    .members
                    .iter_mut()
                    .find(|(name, _)| name == "png");
                *image.expect("there") = ("jpg".to_owned(), bytes.into_inner());
            });
        },
        &[("near-image", 1)],
    ),
    (
        "a set of no step",
        |copy| {
            std::fs::create_dir(copy.path("train/2018")).expect("made");
        },
        &[("unlisted-set", 1)],
    ),
    (
        "a step's name leads out of the folder",
        |copy| {
            copy.edit_json("steps.json", |steps| {
                let mut step = steps["steps"][1].clone();
                step["name"] = json!("../../photos");
                steps["steps"].as_array_mut().expect("steps").push(step);
            });
        },
        &[("bad-steps", 1)],
    ),
];

#[test]
fn whatever_is_planted_is_found_and_nothing_else() {
    let folder = benchmark();
    let folder = folder.path();
    let near = near_images(&call(folder, "check d --json").ok());
    for (number, (what, plant, expected)) in PLANTS.into_iter().enumerate() {
        let name = format!("copy-{number}");
        let copy = Copy::of(folder, &name);
        plant(&copy);
        let called = call(folder, &format!("check {name} --json --out out-{number}"));
        let expected: BTreeMap<String, u64> = expected
            .iter()
            .map(|&(kind, count)| (kind.to_owned(), count))
            .collect();
        assert_eq!(findings(&called, near), expected, "{what}: {called:?}");
        let json = called.json();
        let violations = json["check"]["violations"].as_u64().expect("a count");
        assert_eq!(
            called.status,
            i32::from(violations > 0),
            "{what}: {called:?}"
        );
        let rows = std::fs::File::open(folder.join(format!("out-{number}/findings.parquet")));
        let rows = ParquetRecordBatchReaderBuilder::try_new(rows.expect("there"));
        let rows = rows.expect("Parquet").metadata().file_metadata().num_rows() as u64;
        let notes = &json["check"]["findings"]["no-record"]["count"];
        let warnings = json["check"]["warnings"].as_u64().expect("a count");
        assert_eq!(
            rows,
            violations + warnings + notes.as_u64().unwrap_or(0),
            "{what}"
        );
    }
    let cut = call(folder, "check copy-3");
    assert!(
        cut.stdout.contains(TRAIN)
            && cut.stdout.contains("at byte")
            && cut.stdout.contains("cut off"),
        "{cut:?}"
    );
    assert!(
        cut.stdout
            .lines()
            .last()
            .is_some_and(|last| last.starts_with("verdict: 1 violation, "))
    );
    let number = PLANTS.iter().position(|plant| plant.2 == [("same-url", 1)]);
    let told = call(
        folder,
        &format!("check copy-{} --no-images", number.expect("there")),
    )
    .ok();
    assert!(
        told.stdout.contains("http://a/b.jpg") && told.stdout.contains(TEST),
        "{told:?}"
    );
}

#[test]
fn shards_and_lists_of_a_split_are_compared() {
    let folder = benchmark();
    let folder = folder.path();
    let list = folder.join("s/train/2016.npy");
    let mut uids = read_uids(&list).expect("a list");
    let absent = uids.remove(3);
    uids.extend([Uid(u128::MAX), Uid(u128::MAX - 1)]);
    uids.sort_unstable();
    write_uids(&list, &uids).expect("written");
    let called = call(folder, "check d --splits s --no-images --json");
    assert_eq!(called.status, 1);
    let found = findings(&called, 0);
    assert_eq!(found, BTreeMap::from([("uid-not-in-split".to_owned(), 1)]));
    let json = called.json();
    let example = &json["check"]["findings"]["uid-not-in-split"]["examples"][0];
    let example = example.as_str().expect("an example");
    assert!(example.contains(&absent.to_string()), "{example}");
    let lists = json["check"]["split"].as_array().expect("lists");
    let lost: Vec<_> = lists.iter().map(|list| list["lost"].as_u64()).collect();
    assert_eq!(lost.iter().flatten().sum::<u64>(), 2, "{lists:?}");
}
