//! `eval` on sets in CLIP_benchmark's layout, and `compare`: real images, models made on the spot.

use std::path::Path;

use burn::tensor::Device;
use serde_json::Value;
use ticclip::model::{Clip, ModelFile, PreprocessConfig};

use super::call::call;
use super::photos::{RECIPE, folder_of_photos};

/// Classes of the set.
const CLASSES: usize = 4;

/// Writes an untrained model; another seed is another model.
pub(crate) fn write_model(folder: &Path, seed: u64) {
    let recipe = ticclip::train::Recipe::parse(RECIPE, "micro.toml".as_ref()).expect("a recipe");
    let file = ModelFile {
        model_cfg: recipe.model,
        preprocess_cfg: PreprocessConfig::default(),
    };
    std::fs::create_dir_all(folder).expect("made");
    let clip = Clip::new(&file.model_cfg, seed, &Device::flex());
    ticclip::model::save(&clip, &file, folder).expect("saved");
}

/// Samples of a tar: member names and bytes.
pub(crate) fn write_tar(path: &Path, members: &[(String, Vec<u8>)]) {
    let mut tar = tar::Builder::new(std::fs::File::create(path).expect("made"));
    for (name, bytes) in members {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append_data(&mut header, name, bytes.as_slice())
            .expect("appended");
    }
    tar.into_inner().expect("written");
}

/// A set of so many photographs in `data/wds_NAME_test`, classes dealt in turn, in tars of ten.
fn write_classification(folder: &Path, name: &str, photos: &[Vec<u8>]) {
    let set = folder.join(format!("data/wds_{name}_test"));
    std::fs::create_dir_all(set.join("test")).expect("made");
    let names: String = (0..CLASSES)
        .map(|class| format!("kind {class}\n"))
        .collect();
    std::fs::write(set.join("classnames.txt"), names).expect("written");
    std::fs::write(
        set.join("zeroshot_classification_templates.txt"),
        "a picture of a {c}.\nthe {c}\n",
    )
    .expect("written");
    let chunks = photos.chunks(10);
    std::fs::write(set.join("test/nshards.txt"), chunks.len().to_string()).expect("written");
    for (number, chunk) in chunks.enumerate() {
        let members: Vec<(String, Vec<u8>)> = chunk
            .iter()
            .enumerate()
            .flat_map(|(at, photo)| {
                let sample = number * 10 + at;
                let class = (sample % CLASSES).to_string();
                [
                    (format!("s{sample:07}.cls"), class.into_bytes()),
                    (format!("s{sample:07}.png"), photo.clone()),
                ]
            })
            .collect();
        write_tar(&set.join(format!("test/{number}.tar")), &members);
    }
}

/// A folder with models `a`, `b` and the sets `cifar10` and `mnist` of real images.
pub(crate) fn folder() -> tempfile::TempDir {
    let folder = folder_of_photos(60);
    let mut photos: Vec<_> = std::fs::read_dir(folder.path().join("photos"))
        .expect("there")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "png"))
        .collect();
    photos.sort();
    let photos: Vec<Vec<u8>> = photos
        .iter()
        .map(|path| std::fs::read(path).expect("a photo"))
        .collect();
    write_classification(folder.path(), "cifar10", &photos);
    write_classification(folder.path(), "mnist", &photos[..25]);
    write_model(&folder.path().join("a"), 3);
    write_model(&folder.path().join("b"), 4);
    folder
}

pub(crate) const EVAL: &str = "eval --data data --device cpu --json";

/// The scores of a call by model and task.
pub(crate) fn score<'a>(called: &'a Value, model: &str, task: &str) -> &'a Value {
    let results = called["results"].as_array().expect("results");
    results
        .iter()
        .find(|score| {
            score["task"] == task
                && score["model"]
                    .as_str()
                    .is_some_and(|name| name.ends_with(model))
        })
        .unwrap_or_else(|| panic!("no score of {model} on {task} in {called}"))
}

#[test]
fn models_seen_together_score_as_alone_and_are_seen_once() {
    let folder = folder();
    let folder = folder.path();
    let together = call(
        folder,
        &format!("{EVAL} --model a b --tasks cifar10,mnist --out both"),
    );
    let together = together.ok().json();
    assert_eq!(together["scored_now"], 4);
    for model in ["a", "b"] {
        let alone = format!("{EVAL} --model {model} --tasks cifar10,mnist --out only-{model}");
        let alone = call(folder, &alone).ok().json();
        for (task, n) in [("cifar10", 60), ("mnist", 25)] {
            let [together, alone] = [&together, &alone].map(|called| score(called, model, task));
            assert_eq!(together["n"], n);
            for figure in ["value", "low", "high", "chance", "metrics", "data"] {
                assert_eq!(together[figure], alone[figure], "{model} {task} {figure}");
            }
            let metrics = together["metrics"].as_object().expect("metrics");
            let names: Vec<&str> = metrics.keys().map(String::as_str).collect();
            // Of four classes, no fifth guess.
            assert_eq!(names, ["acc1", "f1_macro", "mean_per_class_recall"]);
        }
    }
    // The same weights under two names are one model.
    std::fs::create_dir(folder.join("c")).expect("made");
    for file in ["open_clip_model.safetensors", "open_clip_config.json"] {
        std::fs::copy(folder.join("a").join(file), folder.join("c").join(file)).expect("copied");
    }
    let twins = call(
        folder,
        &format!("{EVAL} --model a c --tasks mnist --out twins"),
    );
    let twins = twins.ok().json();
    let [one, other] = ["a", "c"].map(|model| score(&twins, model, "mnist"));
    assert_eq!(one["metrics"], other["metrics"]);
    // All is there: nothing is scored, and features are not made again for a task that shares them.
    let again = call(
        folder,
        &format!("{EVAL} --model a b --tasks cifar10,mnist --out both"),
    );
    assert_eq!(again.ok().json()["scored_now"], 0);
    let features = walk(&folder.join("both/features"));
    std::fs::remove_file(folder.join("both/scores.jsonl")).expect("removed");
    let anew = call(
        folder,
        &format!("{EVAL} --model a b --tasks cifar10,mnist --out both"),
    );
    let anew = anew.ok().json();
    assert_eq!(anew["results"], together["results"]);
    assert_eq!(
        walk(&folder.join("both/features")),
        features,
        "features were made again"
    );
}

/// Files and when they were written.
fn walk(folder: &Path) -> Vec<(std::path::PathBuf, std::time::SystemTime)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let meta = entry.metadata().expect("there");
        if meta.is_dir() {
            found.extend(walk(&entry.path()));
        } else {
            found.push((entry.path(), meta.modified().expect("a time")));
        }
    }
    found.sort();
    found
}

#[test]
fn another_set_is_another_score_and_what_is_missing_is_listed() {
    let folder = folder();
    let folder = folder.path();
    let line = format!("{EVAL} --model a --tasks cifar10,gtsrb --out e");
    let called = call(folder, &line);
    assert_eq!(called.status, 3, "{called:?}");
    let first = called.json();
    assert_eq!(first["skipped"], serde_json::json!(["gtsrb"]));
    // A file is replaced: the score of before does not stand for it.
    let names = folder.join("data/wds_cifar10_test/classnames.txt");
    std::fs::write(names, "one\ntwo\nthree\nfour\nfive\n").expect("written");
    let second = call(folder, &line).json();
    assert_eq!(second["scored_now"], 1);
    let [first, second] = [&first, &second].map(|called| score(called, "a", "cifar10"));
    assert_ne!(first["data"], second["data"]);
    assert!(
        second["metrics"]["acc5"].is_number(),
        "five classes have a fifth guess"
    );
    let listed = call(
        folder,
        "eval --list --data data --tasks cifar10,gtsrb --json",
    );
    let listed = listed.ok().json();
    let sets: Vec<_> = listed["tasks"]
        .as_array()
        .expect("tasks")
        .iter()
        .map(|task| (task["name"].clone(), task["sets"].clone()))
        .collect();
    assert_eq!(
        sets,
        [("cifar10".into(), 1.into()), ("gtsrb".into(), 0.into())]
    );
    // Means of groups name what they are means of.
    let called = call(
        folder,
        &format!("{EVAL} --model a --tasks static28 --out e"),
    );
    assert_eq!(called.status, 3, "{called:?}");
    let means = called.json()["means"].clone();
    let groups: Vec<&str> = means
        .as_array()
        .expect("means")
        .iter()
        .filter_map(|mean| mean["group"].as_str())
        .collect();
    assert_eq!(groups, ["static28", "datacomp38"]);
    assert_eq!(means[0]["unsettled"].as_array().map(Vec::len), Some(3));
    assert_eq!(means[0]["tasks"], 2);
}

#[test]
fn broken_samples_are_left_out_and_impossible_ones_refused() {
    let folder = folder();
    let folder = folder.path();
    let tar = folder.join("data/wds_mnist_test/test/0.tar");
    let good = std::fs::read(folder.join("data/wds_mnist_test/test/1.tar")).expect("there");
    let broken = |class: &[u8]| {
        write_tar(
            &tar,
            &[
                ("x0.cls".to_owned(), b"1".to_vec()),
                ("x0.png".to_owned(), b"\x89PNG and no more".to_vec()),
                ("x1.cls".to_owned(), class.to_vec()),
                ("x1.png".to_owned(), photo(&good)),
            ],
        );
    };
    broken(b"2");
    let line = format!("{EVAL} --model a --tasks mnist --out e");
    let called = call(folder, &line).ok();
    assert!(called.stderr.contains("x0"), "{called:?}");
    assert_eq!(score(&called.json(), "a", "mnist")["n"], 16);
    broken(b"4");
    call(folder, &line).refused(&["wds_mnist_test", "x1", "class 4", "4 classes"]);
    std::fs::remove_file(folder.join("data/wds_mnist_test/test/2.tar")).expect("removed");
    call(folder, &line).refused(&["2.tar"]);
    call(folder, &format!("{EVAL} --model a --tasks mnits --out e")).refused(&["mnist"]);
    std::fs::remove_file(folder.join("data/wds_cifar10_test/classnames.txt")).expect("removed");
    call(folder, &format!("{EVAL} --model a --tasks cifar10 --out e")).refused(&[
        "wds_cifar10_test",
        "class names",
        "--prompts-from",
    ]);
    let given = "--prompts-from data/wds_mnist_test --out e";
    call(folder, &format!("{EVAL} --model a --tasks cifar10 {given}")).ok();
}

/// The first image of a tar.
fn photo(tar: &[u8]) -> Vec<u8> {
    use std::io::Read;
    let mut archive = tar::Archive::new(tar);
    let mut entries = archive.entries().expect("a tar").filter_map(Result::ok);
    let mut entry = entries
        .find(|entry| {
            entry
                .path()
                .is_ok_and(|path| path.extension().is_some_and(|e| e == "png"))
        })
        .expect("an image");
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).expect("read");
    bytes
}

#[test]
fn a_killed_evaluation_goes_on_and_ends_in_the_same_bytes() {
    let folder = folder();
    let folder = folder.path();
    let line = |out: &str| format!("{EVAL} --model a b --tasks cifar10,mnist --out {out}");
    call(folder, &line("whole")).ok();
    for pause in [150, 300, 600] {
        let mut child = super::call::program(folder)
            .args(line("killed").split_whitespace())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("started");
        std::thread::sleep(std::time::Duration::from_millis(pause));
        child.kill().expect("killed");
        child.wait().expect("gone");
    }
    call(folder, &line("killed")).ok();
    for file in [
        "scores.jsonl",
        "predictions/cifar10.a.parquet",
        "predictions/mnist.b.parquet",
    ] {
        let [whole, killed] = ["whole", "killed"].map(|out| folder.join(out).join(file));
        let bytes = |path| std::fs::read(path).expect("a file");
        assert!(bytes(whole) == bytes(killed), "{file}");
    }
}

#[test]
fn models_are_compared_on_what_both_were_asked() {
    let folder = folder();
    let folder = folder.path();
    call(
        folder,
        &format!("{EVAL} --model a b --tasks cifar10,mnist --out e"),
    )
    .ok();
    let called = call(folder, "compare a b --scores e --json").ok().json();
    let tasks = called["tasks"].as_array().expect("tasks");
    assert_eq!(tasks.len(), 2);
    let scores = std::fs::read_to_string(folder.join("e/scores.jsonl")).expect("there");
    let value = |model: &str, task: &str| {
        let scores = scores
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("a score"));
        let mut scores = scores.filter(|score| score["task"] == task);
        let score = scores.find(|score| {
            score["model"]
                .as_str()
                .is_some_and(|name| name.ends_with(model))
        });
        score.expect("a score")["value"].as_f64().expect("a value")
    };
    for task in tasks {
        let name = task["task"].as_str().expect("a name");
        let (a, b) = (value("a", name), value("b", name));
        let close = |figure: &str, expected: f64| {
            let found = task[figure].as_f64().expect("a figure");
            assert!(
                (found - expected).abs() < 1e-12,
                "{name} {figure}: {found} {expected}"
            );
        };
        close("a", a);
        close("b", b);
        close("drop", a - b);
    }
    // A path leads to the same model as its name or the end of that.
    let paths = format!("compare {0}/a ./b --scores e --json", folder.display());
    let by_path = call(folder, &paths).ok().json();
    assert_eq!(by_path["tasks"], called["tasks"]);
    call(folder, "compare a c --scores e").refused(&["\"c\"", "there are"]);
    call(folder, "compare a a --scores e").refused(&["same model"]);
    call(folder, "compare a b --scores e --tasks gtsrb").refused(&["no task"]);
    call(folder, "compare a b --scores e --group dog").refused(&["WordNet"]);
}

#[test]
fn captions_that_fit_a_pattern_are_held_against_the_rest() {
    let folder = folder();
    let folder = folder.path();
    let photos = std::fs::read_dir(folder.join("photos")).expect("there");
    let mut photos: Vec<_> = photos.map(|entry| entry.expect("one").path()).collect();
    photos.retain(|path| path.extension().is_some_and(|extension| extension == "png"));
    photos.sort();
    let set = folder.join("data/wds_flickr30k_test");
    std::fs::create_dir_all(set.join("test")).expect("made");
    std::fs::write(set.join("dataset_type.txt"), "retrieval\n").expect("written");
    std::fs::write(set.join("test/nshards.txt"), "1\n").expect("written");
    let members: Vec<(String, Vec<u8>)> = photos
        .iter()
        .enumerate()
        .flat_map(|(at, photo)| {
            // Every third has the word, in the second of its captions.
            let word = if at % 3 == 0 { "a Face Mask" } else { "a hat" };
            let captions = format!("picture {at}\nperson {at} with {word}\n");
            [
                (
                    format!("{at:04}.png"),
                    std::fs::read(photo).expect("a photo"),
                ),
                (format!("{at:04}.txt"), captions.into_bytes()),
            ]
        })
        .collect();
    write_tar(&set.join("test/0.tar"), &members);
    let eval = format!("{EVAL} --model a b --tasks flickr30k --out e");
    call(folder, &eval).ok();
    let line = "compare a b --scores e --tasks flickr30k --data data --json --pattern";
    let compared = call(folder, &format!("{line} face.mask")).ok().json();
    let task = &compared["tasks"][0];
    let pattern = &task["pattern"];
    let figure = |value: &Value, name: &str| value[name].as_f64().expect("a figure");
    assert_eq!(pattern["n"], 20, "{pattern}");
    let parts = [&pattern["inside"], &pattern["outside"]];
    let n: f64 = parts.iter().map(|part| figure(part, "n")).sum();
    let drops: f64 = parts
        .iter()
        .map(|part| figure(part, "n") * figure(part, "drop"))
        .sum();
    assert_eq!(n, 60.0);
    assert!((drops / n - figure(task, "drop")).abs() < 1e-9, "{task}");
    call(folder, &format!("{line} unicorn")).refused(&["unicorn"]);
    call(folder, &format!("{line} (")).refused(&["--pattern"]);
}
