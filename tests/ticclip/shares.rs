//! `eval` shared out to several processes, and heads kept in files.

use std::path::Path;

use super::call::call;
use super::scores::{EVAL, folder, score, write_model};

fn bytes(folder: &Path, file: &str) -> Vec<u8> {
    std::fs::read(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn parts_of_an_evaluation_make_the_same_whole() {
    let folder = folder();
    let folder = folder.path();
    let line = format!("{EVAL} --model a b --tasks cifar10,mnist");
    call(folder, &format!("{line} --out whole")).ok();
    let mut scored = 0;
    for part in 1..=3 {
        let called = call(
            folder,
            &format!("{line} --part {part}/3 --out parts/{part}"),
        );
        scored += called.ok().json()["scored_now"].as_u64().expect("a number");
    }
    assert_eq!(scored, 4, "every model once on every task");
    let merged = call(folder, "merge parts/3 parts/1 parts/2 --out merged --json");
    assert_eq!(merged.ok().json()["n"], 4);
    for file in [
        "scores.jsonl",
        "predictions/cifar10.a.parquet",
        "predictions/mnist.b.parquet",
    ] {
        let (whole, merged) = (
            bytes(&folder.join("whole"), file),
            bytes(&folder.join("merged"), file),
        );
        assert!(whole == merged, "{file}");
    }
    // Merged scores are as good as others.
    call(folder, "compare a b --scores merged").ok();
    call(folder, "merge parts/1 parts/2 --out other").refused(&["part 3/3 is missing"]);
    call(folder, "merge parts/1 nowhere --out other")
        .refused(&["nowhere/score-part.json", "--part I/N"]);
    call(folder, &format!("{line} --part 4/3 --out parts/4")).refused(&["1/N"]);
    call(folder, &format!("{line} --part 2/3 --out parts/1")).refused(&["part"]);
    // A part of other models is none of this evaluation.
    write_model(&folder.join("b"), 5);
    call(folder, &format!("{line} --part 2/3 --out parts/2")).ok();
    call(folder, "merge parts/1 parts/2 parts/3 --out other").refused(&["parts/2", "differ"]);
}

#[test]
fn a_kept_head_answers_as_its_prompts_did() {
    let folder = folder();
    let folder = folder.path();
    let line = format!("{EVAL} --model a --tasks cifar10");
    let first = call(folder, &format!("{line} --out e")).ok().json();
    // What is scored already still gives its head.
    let again = format!("{line} --save-heads heads --out e");
    call(folder, &again).ok();
    let file = folder.join("heads/a/cifar10.safetensors");
    assert!(file.is_file());
    let given = format!("{EVAL} --model a --tasks cifar10 --heads heads/a --out given");
    let second = call(folder, &given).ok().json();
    let [first, second] = [&first, &second].map(|called| score(called, "a", "cifar10"));
    assert_eq!(first["metrics"], second["metrics"]);
    assert_ne!(
        first["data"], second["data"],
        "a head is other data than prompts"
    );
    // Another model's head of the same width is taken; it is a classifier like any other.
    let other = format!("{EVAL} --model b --tasks cifar10,mnist --heads heads/a --out other");
    let other = call(folder, &other).ok().json();
    assert!(score(&other, "b", "cifar10")["value"].is_number());
    // A head of other classes is no head of the set.
    let names = folder.join("data/wds_cifar10_test/classnames.txt");
    std::fs::write(names, "kind 0\nkind 1\nkind 3\nkind 2\n").expect("written");
    call(folder, &given).refused(&["cifar10.safetensors", "class 2", "kind 3"]);
    std::fs::write(&file, b"no head").expect("written");
    call(folder, &given).refused(&["cifar10.safetensors"]);
}
