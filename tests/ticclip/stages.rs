//! The stages one by one, on a folder of images with a table of captions and dates.

use std::path::Path;

use serde_json::Value;
use ticclip::shard::{ShardIndex, tars_of};

use super::call::call;
use super::photos::folder_of_photos;
use super::readme::walk;

/// Runs the README's commands, with the tests' recipe in place of the one that takes minutes.
fn run_all(folder: &Path, threads: usize) {
    for command in walk() {
        let line = command.replace("train tiny", "train micro.toml");
        let words = line.strip_prefix("ticclip ").expect("a command");
        let computes = words.starts_with("train") || words.starts_with("eval");
        let device = if computes { "--device cpu" } else { "" };
        call(folder, &format!("{words} --threads {threads} {device}")).ok();
    }
}

fn scores(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("photos/scores/scores.jsonl")).expect("scores");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a score"))
        .collect()
}

#[test]
fn the_readmes_walk_ends_in_a_report_and_the_same_bytes_on_any_number_of_threads() {
    let (one, two) = (folder_of_photos(80), folder_of_photos(80));
    run_all(one.path(), 1);
    run_all(two.path(), 2);
    let one = one.path();
    let scores = scores(one);
    // Two strategies, two trained steps, two tested steps; no classes, so retrieval alone.
    assert_eq!(scores.len(), 8);
    for score in &scores {
        let figure = |name: &str| score[name].as_f64().expect("a number");
        assert!(
            figure("low") <= figure("value") && figure("value") <= figure("high"),
            "{score}"
        );
        assert!(figure("chance") > 0.0 && score["n"].as_u64() > Some(0));
    }
    let page = std::fs::read_to_string(one.join("photos/report/report.html")).expect("a report");
    for part in [
        "cumulative-all",
        "sequential",
        "ticclip fetch photos/photos.toml",
        "2016",
    ] {
        assert!(page.contains(part), "{part}");
    }
    for file in [
        "scores/scores.jsonl",
        "train/sequential/2017/open_clip_model.safetensors",
        "train/cumulative-all/2017/open_clip_model.safetensors",
        "shards/train/2016/00000000.tar",
        "splits/train/2016.npy",
    ] {
        let bytes = |folder: &Path| std::fs::read(folder.join("photos").join(file)).expect(file);
        assert_eq!(
            bytes(one),
            bytes(two.path()),
            "{file} depends on the number of threads"
        );
    }
}

#[test]
fn a_finished_stage_is_not_done_again_and_another_is_refused() {
    let folder = folder_of_photos(40);
    let fetch = "fetch photos/photos.toml --out m --json";
    let first = call(folder.path(), fetch).ok().json();
    let manifest = folder.path().join("m/manifest.parquet");
    let written = std::fs::metadata(&manifest)
        .and_then(|file| file.modified())
        .expect("there");
    assert_eq!(call(folder.path(), fetch).ok().json(), first);
    let again = std::fs::metadata(&manifest)
        .and_then(|file| file.modified())
        .expect("there");
    assert_eq!(written, again, "a finished manifest was written again");
    let split = |seed: u32, more: &str| {
        call(
            folder.path(),
            &format!("split m --timeline yearly --held-out 0.2 --seed {seed} --out s {more}"),
        )
    };
    split(0, "").ok();
    split(1, "").refused(&["seed = 0, now 1", "--overwrite"]);
    split(1, "--overwrite").ok();
}

#[test]
fn uid_lists_and_shards_hold_every_pair_once() {
    let folder = folder_of_photos(60);
    call(folder.path(), "fetch photos/photos.toml --out m").ok();
    let split = call(
        folder.path(),
        "split m --timeline yearly --held-out 0.2 --out s --json",
    )
    .ok()
    .json();
    let shard = call(
        folder.path(),
        "shard m --splits s --out d --shard-size 16 --json",
    )
    .ok()
    .json();
    let (mut pairs, mut keys) = (0, Vec::new());
    for step in ["2016", "2017"] {
        let counts = &split["counts"][step];
        let count = |side: &str| counts[side].as_u64().expect("a count");
        pairs += count("train") + count("held_out");
        for (set, side) in [
            (format!("train/{step}"), "train"),
            (format!("eval/retrieval/{step}"), "held_out"),
        ] {
            let tars = tars_of(&folder.path().join("d").join(set)).expect("tars");
            let index = ShardIndex::open(tars).expect("readable");
            assert_eq!(index.len() as u64, count(side));
            for at in 0..index.len() {
                let sample = index.sample(at).expect("readable");
                assert!(!sample.captions().expect("captions").is_empty());
                image::load_from_memory(sample.image().expect("an image")).expect("decodes");
                keys.push(sample.key);
            }
        }
    }
    keys.sort();
    keys.dedup();
    assert_eq!((pairs, keys.len()), (60, 60), "{shard}");
}

#[test]
fn eval_lists_tasks_and_scores_each_model_once() {
    let folder = folder_of_photos(40);
    let calls = [
        "fetch photos/photos.toml --out m",
        "split m --timeline yearly --held-out 0.2 --out s",
        "shard m --splits s --out d",
        "train micro.toml --data d --strategy sequential --out t --device cpu",
    ];
    for line in calls {
        call(folder.path(), line).ok();
    }
    let tasks = call(folder.path(), "eval --list --data d --json")
        .ok()
        .json();
    let tasks = tasks["tasks"].as_array().expect("tasks");
    let sets = |name: &str| {
        let mut tasks = tasks.iter();
        let task = tasks.find(|task| task["name"] == name).expect(name);
        task["sets"].as_u64()
    };
    assert_eq!(sets("retrieval"), Some(2));
    for name in ["classification", "imagenet1k", "tic-datacomp-retrieval"] {
        assert_eq!(sets(name), Some(0), "{name}");
    }
    let eval =
        "eval --model t/sequential/2016 --tasks retrieval --data d --out e --device cpu --json";
    let first = call(folder.path(), eval).ok().json();
    assert_eq!(first["scored_now"], 1);
    let again = call(folder.path(), eval).ok().json();
    assert_eq!(
        (&again["scored_now"], &again["results"]),
        (&0.into(), &first["results"])
    );
    // The same model trained anew is another model.
    call(
        folder.path(),
        "train micro.toml --data d --strategy sequential --out t --seed 1 --overwrite --device cpu",
    )
    .ok();
    let anew = call(folder.path(), eval).ok().json();
    assert_eq!(anew["scored_now"], 1);
}

#[test]
fn training_goes_on_from_a_model_and_from_no_other_unasked() {
    let folder = folder_of_photos(60);
    for line in [
        "fetch photos/photos.toml --out m",
        "split m --timeline yearly --held-out 0.2 --out s",
        "shard m --splits s --out d",
        "train micro.toml --data d --strategy sequential --out first --device cpu",
    ] {
        call(folder.path(), line).ok();
    }
    // The recipe's shapes give way to the model's.
    let other = super::photos::RECIPE.replace("embed_dim = 16", "embed_dim = 24");
    std::fs::write(folder.path().join("other.toml"), other).expect("written");
    let go_on = |from: &str, more: &str| {
        let line = format!(
            "train other.toml --seed 5 --samples-per-step 8 --data d --strategy restart --out second --device cpu \
             --from {from} {more}"
        );
        call(folder.path(), &line)
    };
    go_on("first/sequential/2017", "").ok();
    let weights = |model: &str| {
        let path = folder.path().join(model);
        let (model, _) =
            ticclip::model::load(&path, &burn::tensor::Device::flex()).expect("a model");
        ticclip::model::parameters(&model)
    };
    let start = weights("first/sequential/2017");
    for step in ["2016", "2017"] {
        let end = weights(&format!("second/restart/{step}"));
        assert_ne!(start, end, "{step}: one update changes something");
        for (name, tensor) in &start {
            for (a, b) in tensor.values.iter().zip(&end[name].values) {
                // AdamW's first update moves a weight by its rate, at most 1e-3.
                assert!((a - b).abs() < 2e-3, "{step}: {name} began elsewhere");
            }
        }
    }
    go_on("first/sequential/2016", "").refused(&["from", "--overwrite"]);
    go_on("first/sequential/2018", "--overwrite")
        .refused(&["first/sequential/2018", "No such file"]);
    go_on("first/sequential/2017", "--architecture ViT-B-17").refused(&["ViT-B-17", "ViT-B-16"]);
}
