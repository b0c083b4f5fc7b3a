//! The examples, run as a reader would: what they print and leave is what the commands make of the same.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::call::{Called, call, called};
use super::photos::shards_of_photos;
use super::scores::{EVAL, folder, score};

/// An example's program, which `cargo test` builds beside this one.
fn example(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a path");
    let profile = own.ancestors().nth(2).expect("below the profile's folder");
    let program = profile.join("examples").join(name);
    assert!(
        program.is_file(),
        "{}: run `cargo test` without `--test`, which builds the examples",
        program.display()
    );
    program
}

fn run(folder: &Path, name: &str, words: &[&str]) -> Called {
    let output = Command::new(example(name))
        .args(words)
        .current_dir(folder)
        .output()
        .expect("started");
    called(&output)
}

#[test]
fn rows_are_dated_by_column_then_url() {
    let folder = tempfile::tempdir().expect("a folder");
    let table = "url,released\nhttps://a.example/1.jpg,2019-05-17\nhttps://a.example/2016/07/02/x.jpg,\n\
                 https://a.example/y.jpg,\n";
    std::fs::write(folder.path().join("pairs.csv"), table).expect("written");
    let told = run(folder.path(), "date_table", &["pairs.csv"]).ok().stdout;
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].contains("2019-05-17  by column"), "{told}");
    assert!(lines[1].contains("2016-07-02  by url-path"), "{told}");
    assert!(lines[2].contains("unknown"), "{told}");
}

#[test]
fn a_model_scores_as_eval_says() {
    let folder = folder();
    let folder = folder.path();
    let told = run(folder, "score_model", &["a", "mnist", "data"])
        .ok()
        .stdout;
    let line = format!("{EVAL} --model a --tasks mnist --out e");
    let scored = call(folder, &line).ok().json();
    let metrics = score(&scored, "a", "mnist")["metrics"].clone();
    for (metric, value) in metrics.as_object().expect("metrics") {
        let value = value.as_f64().expect("a value");
        assert!(told.contains(&format!("  {metric} {value:.4}")), "{told}");
    }
}

#[test]
fn a_strategy_of_ones_own_is_trained_and_scored_like_others() {
    let folder = shards_of_photos(160, 2, 0.3);
    let folder = folder.path();
    let words = ["micro.toml", "d", "t"];
    let first = run(folder, "add_strategy", &words).ok().stdout;
    assert_eq!(first.lines().count(), 2, "{first}");
    assert_eq!(run(folder, "add_strategy", &words).ok().stdout, first);
    call(
        folder,
        "eval --model t --tasks retrieval --data d --out e --device cpu",
    )
    .ok();
    let matrix = call(folder, "matrix e --steps d").ok().stdout;
    assert!(matrix.contains("last-two"), "{matrix}");
    let report = "report e --data d --train t --out r";
    call(folder, report).ok();
    let page = std::fs::read_to_string(folder.join("r/report.html")).expect("written");
    assert!(page.contains("last-two"));
}
