//! A killed run continues, and ends as if nothing had happened.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::call::{call, program};
use super::photos::{folder_of_photos, shards_of_photos};

const TRAIN: &str = "train micro.toml --data d --strategy sequential,cumulative-all --samples-per-step 2048 --device cpu --out";

/// Starts a call and kills it as soon as `file` has `lines` lines.
pub(crate) fn killed(folder: &Path, line: &str, file: &str, lines: usize) {
    let mut child = program(folder)
        .args(line.split_whitespace())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let began = Instant::now();
    let written =
        || std::fs::read_to_string(folder.join(file)).map_or(0, |text| text.lines().count());
    while written() < lines {
        let ended = child.try_wait().expect("a child");
        assert!(ended.is_none(), "the call ended before it could be killed");
        assert!(
            began.elapsed() < Duration::from_secs(900),
            "nothing was written to {file}"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}

#[test]
fn a_killed_training_continues_to_the_same_bytes() {
    let folder = shards_of_photos(40, 2, 0.2);
    let folder = folder.path();
    call(folder, &format!("{TRAIN} whole")).ok();
    // In the middle of the first step, of the second, and of the second strategy.
    let line = format!("{TRAIN} cut --checkpoint-seconds 3600 --checkpoint-updates 2");
    killed(folder, &line, "cut/sequential/metrics.jsonl", 40);
    let kept = std::fs::read_dir(folder.join("cut/sequential/2016.partial")).expect("a step");
    let state = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with("state-");
    assert!(
        kept.flatten().any(|entry| state(&entry.file_name())),
        "no state was kept"
    );
    assert!(
        !folder.join("cut/sequential/2016").exists(),
        "a step appears when it is whole"
    );
    // Other pairs than those it began with are told; with its own it goes on.
    let tar = |year: u32| folder.join(format!("d/train/{year}/00000000.tar"));
    let own = std::fs::read(tar(2016)).expect("a tar");
    std::fs::copy(tar(2017), tar(2016)).expect("copied");
    call(folder, &line).refused(&["2016", "another data"]);
    std::fs::write(tar(2016), own).expect("written");
    killed(folder, &line, "cut/sequential/metrics.jsonl", 300);
    killed(folder, &line, "cut/cumulative-all/metrics.jsonl", 300);
    call(folder, &line).ok();
    for strategy in ["sequential", "cumulative-all"] {
        for file in [
            "2016/open_clip_model.safetensors",
            "2017/open_clip_model.safetensors",
            "metrics.jsonl",
        ] {
            let bytes =
                |run: &str| std::fs::read(folder.join(run).join(strategy).join(file)).expect(file);
            assert!(
                bytes("whole") == bytes("cut"),
                "{strategy}/{file} differs after the interruptions"
            );
        }
    }
}

#[test]
fn a_killed_sharding_continues_to_the_same_bytes() {
    let folder = folder_of_photos(400);
    let folder = folder.path();
    call(folder, "fetch photos/photos.toml --out m").ok();
    call(folder, "split m --timeline yearly --held-out 0.2 --out s").ok();
    let line = "shard m --splits s --out cut --shard-size 20";
    let mut child = program(folder)
        .args(line.split_whitespace())
        .stdout(Stdio::null())
        .spawn()
        .expect("starts");
    let began = Instant::now();
    while !folder.join("cut/.unfinished.toml").exists() && began.elapsed() < Duration::from_secs(60)
    {
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().expect("it runs or has ended");
    child.wait().expect("it ends");
    call(folder, line).ok();
    call(folder, "shard m --splits s --out whole --shard-size 20").ok();
    for file in [
        "train/2016/00000000.tar",
        "train/2017/00000003.tar",
        "eval/retrieval/2017/test/0.tar",
        "steps.json",
    ] {
        let bytes = |run: &str| std::fs::read(folder.join(run).join(file)).expect(file);
        assert!(
            bytes("whole") == bytes("cut"),
            "{file} differs after the interruption"
        );
    }
}
