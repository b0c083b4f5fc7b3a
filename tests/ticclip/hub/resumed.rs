//! What was interrupted: kills, broken connections, changed files, a busy hub.

use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::super::call::{call, program};
use super::super::server::{Reply, Server};
use super::{folder, honest, line, names, read, set, tar};

/// Starts a call and kills it as soon as a file has so many bytes.
fn killed(folder: &Path, line: &str, file: &str, bytes: u64) {
    let mut child = program(folder)
        .args(line.split_whitespace())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let began = Instant::now();
    while folder.join(file).metadata().map_or(0, |file| file.len()) < bytes {
        assert!(
            child.try_wait().expect("a child").is_none(),
            "it ended before it could be killed"
        );
        assert!(
            began.elapsed() < Duration::from_secs(300),
            "nothing came in"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}

const PART: &str = "data/wds_cifar10_test.partial/test/1.tar.part";

#[test]
fn a_killed_download_goes_on_where_it_was() {
    let tars = [tar(0..4, 0), tar(4..8, 1 << 20)];
    let (files, slow) = (
        set("wds_cifar10_test", &tars),
        Arc::new(AtomicBool::new(true)),
    );
    let (is_slow, ranges) = (Arc::clone(&slow), Arc::<Mutex<Vec<String>>>::default());
    let log = Arc::clone(&ranges);
    let server = Server::start(move |asked| {
        let mut reply = honest(&files, asked);
        if let Some(range) = asked.header("range") {
            log.lock().expect("sound").push(range.to_owned());
        }
        if is_slow.load(Ordering::Relaxed) && asked.target.ends_with("1.tar") {
            reply.pieces = Some((1 << 16, Duration::from_millis(10)));
        }
        reply
    });
    let folder = folder();
    let folder = folder.path();
    let line = line(&server, "--tasks cifar10");
    killed(folder, &line, PART, 1 << 20);
    assert!(
        !folder.join("data/wds_cifar10_test").exists(),
        "a set appears when it is whole"
    );
    slow.store(false, Ordering::Relaxed);
    let there = folder.join(PART).metadata().expect("a part").len();
    let set = call(folder, &line).ok().json()["sets"][0].clone();
    assert_eq!(*ranges.lock().expect("sound"), [format!("bytes={there}-")]);
    let all = tars.iter().map(Vec::len).sum::<usize>() as u64;
    assert_eq!(
        (set["bytes"].as_u64(), set["samples"].as_u64()),
        (Some(all), Some(8))
    );
    assert_eq!(set["received"].as_u64(), Some(tars[1].len() as u64 - there));
    assert!(read(folder, "wds_cifar10_test/test/1.tar") == tars[1]);
    let whole = [
        "classnames.txt",
        "origin.toml",
        "test",
        "zeroshot_classification_templates.txt",
    ];
    assert_eq!(names(&folder.join("data/wds_cifar10_test")), whole);
    assert_eq!(names(&folder.join("data")), ["wds_cifar10_test"]);
}

#[test]
fn a_part_of_another_file_is_not_continued() {
    let versions = [tar(4..8, 1 << 20), tar(40..44, 1 << 20)];
    let second = Arc::new(AtomicBool::new(false));
    let is_second = Arc::clone(&second);
    let kept = versions[1].clone();
    let server = Server::start(move |asked| {
        let second = is_second.load(Ordering::Relaxed);
        let files = set(
            "wds_cifar10_test",
            &[tar(0..4, 0), versions[usize::from(second)].clone()],
        );
        let mut reply = honest(&files, asked);
        if !second && asked.target.ends_with("1.tar") {
            reply.pieces = Some((1 << 16, Duration::from_millis(10)));
        }
        reply
    });
    let folder = folder();
    let folder = folder.path();
    let line = line(&server, "--tasks cifar10");
    killed(folder, &line, PART, 1 << 20);
    second.store(true, Ordering::Relaxed);
    call(folder, &line).ok();
    assert!(read(folder, "wds_cifar10_test/test/1.tar") == kept);
}

#[test]
fn a_body_that_breaks_off_is_resumed_and_begun_anew_where_ranges_are_unknown() {
    for ranges in [true, false] {
        let tars = [tar(0..6, 1 << 16)];
        let (files, times) = (
            set("wds_cifar10_test", &tars),
            Arc::new(AtomicUsize::new(0)),
        );
        let counted = Arc::clone(&times);
        let server = Server::start(move |asked| {
            if !asked.target.ends_with(".tar") {
                return honest(&files, asked);
            }
            let first = counted.fetch_add(1, Ordering::Relaxed) == 0;
            let mut reply = match ranges {
                true => honest(&files, asked),
                false => Reply::ok(files[&asked.target].clone()).with("etag", "\"1\""),
            };
            reply.cut_after = first.then_some(200_000);
            reply
        });
        let folder = folder();
        let folder = folder.path();
        let set = call(folder, &line(&server, "--tasks cifar10")).ok().json()["sets"][0].clone();
        assert!(read(folder, "wds_cifar10_test/test/0.tar") == tars[0]);
        let all = tars[0].len() as u64;
        let twice = if ranges { 0 } else { 200_000 };
        assert_eq!(
            set["received"].as_u64(),
            Some(all + twice),
            "ranges: {ranges}"
        );
        assert_eq!(times.load(Ordering::Relaxed), 2);
    }
}

#[test]
fn a_hub_that_is_busy_is_asked_again_by_the_next_call() {
    let files = set("wds_cifar10_test", &[tar(0..4, 0), tar(4..8, 0)]);
    let busy = Arc::new(AtomicBool::new(true));
    let is_busy = Arc::clone(&busy);
    let server = Server::start(move |asked| match is_busy.load(Ordering::Relaxed) {
        true if asked.target.ends_with("1.tar") => {
            // The other tar, which is fetched at the same time, is there by then; one under way would be given up.
            std::thread::sleep(Duration::from_secs(2));
            Reply::status(503)
        }
        _ => honest(&files, asked),
    });
    let folder = folder();
    let folder = folder.path();
    let line = line(&server, "--tasks cifar10 --retries 0").replace("--retries 1 ", "");
    let called = call(folder, &line);
    assert_eq!(
        (called.status, &called.json()["sets"][0]["state"]),
        (3, &"failed".into()),
        "{called:?}"
    );
    assert!(called.stderr.contains("status 503"), "{called:?}");
    busy.store(false, Ordering::Relaxed);
    call(folder, &line).ok();
    let first = server
        .asked()
        .iter()
        .filter(|target| target.ends_with("/0.tar"))
        .count();
    assert_eq!(first, 1, "a tar that is there is not fetched again");
}
