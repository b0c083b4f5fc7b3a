//! `download` from a server that is not always kind: outcomes, only what failed again, parts, kills, an object store.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use image::{ImageFormat, Rgb, RgbImage};
use ticclip::shard::Samples;

use super::call::{call, call_with_largest_file, program};
use super::photos::shards_of_photos;
use super::server::{Asked, Reply, Server};

const OPTIONS: &str =
    "--image-size 32 --resize-mode keep_ratio --shard-size 40 --allow-private --retries 0";

fn jpeg(seed: u32) -> Vec<u8> {
    let image = RgbImage::from_fn(64, 48, |x, y| {
        Rgb([(x * 4) as u8, (y * 5) as u8, seed.wrapping_mul(7) as u8])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    image
        .write_to(&mut bytes, ImageFormat::Jpeg)
        .expect("encoded");
    bytes.into_inner()
}

/// A manifest of so many rows with images on the server.
fn manifest(folder: &Path, base: &str, rows: usize) {
    let mut table = String::from("id,url,title\n");
    for row in 0..rows {
        writeln!(table, "{row},{base}/{row}.jpg,title {row}").expect("written");
    }
    std::fs::write(folder.join("t.csv"), table).expect("written");
    let dataset = "name = \"x\"\n[pairs]\ntable = \"t.csv\"\nuid = { hash = [\"id\"] }\n\
        image = { column = \"url\" }\ncaption = { column = \"title\" }\n[timestamps]\norder = [\"url-path\"]\n";
    std::fs::write(folder.join("t.toml"), dataset).expect("written");
    call(folder, "fetch t.toml --out m").ok();
}

fn number(asked: &Asked) -> u32 {
    let name = asked
        .target
        .trim_start_matches('/')
        .trim_end_matches(".jpg");
    name.parse().unwrap_or(u32::MAX)
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for folder in [folder.to_owned(), folder.join("claims")] {
        for entry in std::fs::read_dir(folder).expect("there") {
            let path = entry.expect("an entry").path();
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            if path.is_file() && !name.ends_with(".toml") && name != "part.json" {
                let bytes = std::fs::read(&path).expect("read");
                files.insert(
                    path.parent()
                        .map_or(name.clone(), |parent| {
                            format!(
                                "{}/{name}",
                                parent
                                    .file_name()
                                    .map_or("".into(), |name| name.to_string_lossy())
                            )
                        })
                        .rsplit_once("claims/")
                        .map_or(name, |(_, name)| format!("claims/{name}")),
                    bytes,
                );
            }
        }
    }
    files
}

#[test]
fn every_row_has_an_outcome_and_only_what_failed_is_asked_again() {
    let broken = Arc::new(AtomicBool::new(true));
    let is_broken = Arc::clone(&broken);
    let server = Server::start(move |asked| match number(asked) {
        3 => Reply::status(404),
        4 => Reply::ok("<html>not an image</html>").with("content-type", "text/html"),
        5 => Reply::ok(jpeg(5)).with("x-robots-tag", "noai"),
        6 if is_broken.load(Ordering::Relaxed) => Reply::status(503),
        7 => Reply::status(302).with("location", "/2019/05/17/7000.jpg"),
        8 => Reply::ok(jpeg(8)[..300].to_vec()),
        9 => Reply::ok(jpeg(9)).with("last-modified", "Fri, 17 May 2019 10:11:12 GMT"),
        row => Reply::ok(jpeg(row)),
    });
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    manifest(folder, &server.base(), 50);
    let line = format!("download m --out pool {OPTIONS} --json");
    let called = call(folder, &line);
    assert_eq!(called.status, 3, "{called:?}");
    let stats = called.json()["stats"].clone();
    assert_eq!(stats["successes"], 45, "{stats}");
    for (reason, n) in [
        ("refused-by-server", 1),
        ("unreadable-image", 2),
        ("opted-out", 1),
        ("busy", 1),
    ] {
        assert_eq!(stats["reasons"][reason], n, "{stats}");
    }
    let before = server.asked().len();
    broken.store(false, Ordering::Relaxed);
    let stats = call(folder, &line).ok().json()["stats"].clone();
    assert_eq!(
        (stats["successes"].as_u64(), stats["count"].as_u64()),
        (Some(46), Some(50))
    );
    assert_eq!(server.asked().len(), before + 1);
    assert!(!folder.join("pool/.download/00000000.outcomes").exists());

    let samples: Vec<_> = Samples::open(&folder.join("pool/00000000.tar"))
        .expect("a tar")
        .map(|sample| sample.expect("a sample"))
        .collect();
    assert_eq!(samples.len(), 36);
    let sixth = samples
        .iter()
        .find(|sample| sample.captions() == Ok(vec!["title 6"]))
        .expect("there");
    let image = image::load_from_memory(sixth.image().expect("an image")).expect("decoded");
    assert_eq!((image.width(), image.height()), (43, 32));
    let ninth = samples
        .iter()
        .find(|sample| sample.captions() == Ok(vec!["title 9"]))
        .expect("there");
    let note: serde_json::Value =
        serde_json::from_slice(ninth.member("json").expect("a note")).expect("JSON");
    assert_eq!(note["claims"][0]["source"], "http-headers");
    let seventh = samples
        .iter()
        .find(|sample| sample.captions() == Ok(vec!["title 7"]))
        .expect("there");
    let note: serde_json::Value =
        serde_json::from_slice(seventh.member("json").expect("a note")).expect("JSON");
    assert_eq!(
        note["claims"][0]["at"], "2019-05-17T00:00:00Z",
        "a redirect dates the image"
    );
}

#[test]
fn parts_threads_and_repeats_make_the_same_shards() {
    let server = Server::start(|asked| Reply {
        // In another order than they are asked for.
        after: Duration::from_millis(u64::from(number(asked) * 7 % 11)),
        ..Reply::ok(jpeg(number(asked)))
    });
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    manifest(folder, &server.base(), 200);
    call(
        folder,
        &format!("download m --out one --threads 1 --concurrency 1 {OPTIONS}"),
    )
    .ok();
    call(
        folder,
        &format!("download m --out two --threads 2 {OPTIONS}"),
    )
    .ok();
    let one = files(&folder.join("one"));
    assert_eq!(one.len(), 5 * 4 + 2, "{:?}", one.keys());
    assert!(
        one == files(&folder.join("two")),
        "the order of answers shows"
    );
    for part in 1..=2 {
        call(
            folder,
            &format!("download m --out part{part} --part {part}/2 {OPTIONS}"),
        )
        .ok();
    }
    call(folder, "merge part1 --out merged").refused(&["part 2/2 is missing"]);
    call(folder, "merge part2 part1 --out merged").ok();
    assert!(
        one == files(&folder.join("merged")),
        "parts are not the whole"
    );
    std::fs::remove_file(folder.join("part1/00000002_stats.json")).expect("removed");
    call(folder, "merge part2 part1 --out again")
        .refused(&["00000002_stats.json", "run its part again"]);
}

#[test]
fn ten_kills_lose_nothing_and_change_nothing() {
    let server = Server::start(|asked| Reply {
        after: Duration::from_millis(4),
        ..Reply::ok(jpeg(number(asked)))
    });
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    manifest(folder, &server.base(), 600);
    let line = |out| format!("download m --out {out} --concurrency 4 {OPTIONS}");
    call(folder, &line("whole")).ok();
    let asked = server.asked().len();
    for moment in 0..10_u64 {
        let mut child = program(folder)
            .args(line("cut").split_whitespace())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let began = Instant::now();
        let kill_after = Duration::from_millis(15 + moment * 37 % 110);
        while began.elapsed() < kill_after && child.try_wait().expect("a child").is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().expect("it runs or has ended");
        child.wait().expect("it ends");
    }
    call(folder, &line("cut")).ok();
    assert!(
        files(&folder.join("whole")) == files(&folder.join("cut")),
        "a kill shows"
    );
    let again = server.asked().len() - 2 * asked;
    // So many were under way at each kill, in the network or between it and the journal.
    assert!(again <= 10 * 4, "{again} images were asked for twice");
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_told_and_the_next_run_goes_on() {
    let server = Server::start(|asked| Reply::ok(jpeg(number(asked))));
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    manifest(folder, &server.base(), 400);
    let options = OPTIONS.replace("--shard-size 40", "--shard-size 400");
    call(folder, &format!("download m --out whole {options}")).ok();
    let asked = server.asked().len();
    let line = format!("download m --out cut {options}");
    // The journal of the shard reaches its limit before its last row.
    let full = call_with_largest_file(folder, &line, 128);
    assert_eq!(full.status, 1, "{full:?}");
    assert!(full.stderr.contains("00000000.journal"), "{full:?}");
    let before = server.asked().len();
    call(folder, &line).ok();
    let again = server.asked().len() - before;
    assert!(
        again < asked,
        "what the journal had room for is not asked for again"
    );
    assert!(files(&folder.join("whole")) == files(&folder.join("cut")));
}

type Objects = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// Objects by path, as a store has them: whole when they are put, listed by prefix.
fn store() -> (Server, Objects) {
    let objects = Objects::default();
    let kept = Arc::clone(&objects);
    let server = Server::start(move |asked| {
        let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
        let key = path
            .trim_start_matches("/bucket")
            .trim_start_matches('/')
            .to_owned();
        let mut objects = kept.lock().expect("no thread panicked");
        match asked.method.as_str() {
            "PUT" => {
                objects.insert(key, asked.body.clone());
                Reply::ok("").with("etag", "\"1\"")
            }
            "GET" if query.contains("list-type=2") => {
                let prefix = query
                    .split('&')
                    .find_map(|part| part.strip_prefix("prefix="))
                    .unwrap_or("");
                let prefix = prefix.replace("%2F", "/");
                let listed: String = objects
                    .iter()
                    .filter(|(key, _)| key.starts_with(&prefix))
                    .map(|(key, bytes)| {
                        format!(
                            "<Contents><Key>{key}</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>\
                             <ETag>1</ETag><Size>{}</Size></Contents>",
                            bytes.len()
                        )
                    })
                    .collect();
                Reply::ok(format!(
                    "<ListBucketResult><IsTruncated>false</IsTruncated>{listed}</ListBucketResult>"
                ))
            }
            _ => match objects.get(&key) {
                Some(bytes) => Reply::ok(bytes.clone())
                    .with("etag", "\"1\"")
                    .with("last-modified", "Fri, 17 May 2019 10:11:12 GMT"),
                None => Reply::status(404),
            },
        }
    });
    (server, objects)
}

#[test]
fn parts_in_an_object_store_are_merged_to_the_same_pool_and_manifest() {
    let broken = Arc::new(AtomicBool::new(true));
    let is_broken = Arc::clone(&broken);
    let images = Server::start(move |asked| match number(asked) {
        6 if is_broken.load(Ordering::Relaxed) => Reply::status(503),
        row => Reply::ok(jpeg(row)),
    });
    let (server, objects) = store();
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    manifest(folder, &images.base(), 120);
    let run = |line: &str| {
        let output = program(folder)
            .args(line.split_whitespace())
            .env("AWS_ACCESS_KEY_ID", "key-of-the-test")
            .env("AWS_SECRET_ACCESS_KEY", "secret-of-the-test")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ENDPOINT", server.base())
            .env("AWS_ALLOW_HTTP", "true")
            .env("TMPDIR", folder)
            .output()
            .expect("the program starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().unwrap_or(-1), said)
    };
    let first = format!("download m --out s3://bucket/pool-1 --part 1/2 {OPTIONS}");
    assert_eq!(run(&format!("{first} --work lost")).0, 3);
    std::fs::remove_dir_all(folder.join("lost")).expect("a machine is lost");
    broken.store(false, Ordering::Relaxed);
    let other = first.replace("--image-size 32", "--image-size 48");
    let (status, said) = run(&format!("{other} --work another"));
    assert!(status == 2 && said.contains("images ="), "{status}: {said}");
    let asked = images.asked().len();
    assert_eq!(run(&format!("{first} --work next")).0, 0);
    assert_eq!(
        images.asked().len(),
        asked + 1,
        "another machine asks for what failed alone"
    );
    let run = |line: &str| {
        let (status, said) = run(line);
        assert_eq!(status, 0, "{line}: {said}");
    };
    call(folder, &format!("download m --out whole {OPTIONS}")).ok();
    for part in 1..=2 {
        run(&format!(
            "download m --out s3://bucket/pool-{part} --work w{part} --part {part}/2 {OPTIONS}"
        ));
        run(&format!(
            "fetch t.toml --out s3://bucket/m-{part} --part {part}/2"
        ));
    }
    assert!(
        !folder.join("w1/00000000.tar").exists(),
        "a shard that is in the store takes no room here"
    );
    let asked = images.asked().len();
    run(&format!(
        "download m --out s3://bucket/pool-1 --work elsewhere --part 1/2 {OPTIONS}"
    ));
    assert_eq!(
        images.asked().len(),
        asked,
        "another machine finds the part finished"
    );
    run("merge s3://bucket/pool-1 s3://bucket/pool-2 --out merged");
    assert!(files(&folder.join("whole")) == files(&folder.join("merged")));
    run("merge s3://bucket/m-2 s3://bucket/m-1 --out s3://bucket/m");
    let objects = objects.lock().expect("no thread panicked");
    let local = std::fs::read(folder.join("m/claims.parquet")).expect("there");
    assert!(objects["m/claims.parquet"] == local);
    for (name, bytes) in objects.iter() {
        let text = String::from_utf8_lossy(bytes);
        assert!(
            !text.contains("secret-of-the-test"),
            "{name} holds a secret"
        );
    }
}

/// All files below a folder, by their paths in it.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("there") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        if path.is_dir() {
            let below = tree(&path).into_iter();
            found.extend(below.map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        } else {
            found.insert(name.into_owned(), std::fs::read(&path).expect("read"));
        }
    }
    found
}

#[test]
fn training_takes_its_shards_from_an_object_store_once() {
    let (server, objects) = store();
    let folder = shards_of_photos(40, 2, 0.2);
    let folder = folder.path();
    for (name, bytes) in tree(&folder.join("d")) {
        let mut objects = objects.lock().expect("no thread panicked");
        objects.insert(format!("d/{name}"), bytes);
    }
    let run = |line: &str| {
        let output = program(folder)
            .args(line.split_whitespace())
            .env("AWS_ACCESS_KEY_ID", "key-of-the-test")
            .env("AWS_SECRET_ACCESS_KEY", "secret-of-the-test")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ENDPOINT", server.base())
            .env("AWS_ALLOW_HTTP", "true")
            .output()
            .expect("the program starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{line}: {said}");
    };
    let line = "train micro.toml --strategy cumulative-all --evaluate dynamic --device cpu";
    run(&format!("{line} --data d --out near"));
    run(&format!(
        "{line} --data s3://bucket/d --work copy --out far"
    ));
    let model = "cumulative-all/2017/open_clip_model.safetensors";
    let bytes = |run: &str| std::fs::read(folder.join(run).join(model)).expect("there");
    assert!(bytes("near") == bytes("far"));
    assert!(tree(&folder.join("copy")) == tree(&folder.join("d")));
    let origin = std::fs::read_to_string(folder.join("far/cumulative-all/origin.toml"));
    assert!(origin.expect("there").contains("s3://bucket/d"));
    // The copy is whole: only whether it is still the same is asked.
    let asked = server.asked().len();
    run(&format!(
        "{line} --data s3://bucket/d --work copy --out far"
    ));
    assert_eq!(server.asked().len(), asked + 1);
    // Other shards under the same name: nothing of the old ones stays.
    call(folder, "shard m --splits s --out e --shard-size 10").ok();
    {
        let mut objects = objects.lock().expect("no thread panicked");
        objects.retain(|name, _| !name.starts_with("d/"));
        for (name, bytes) in tree(&folder.join("e")) {
            objects.insert(format!("d/{name}"), bytes);
        }
    }
    run(&format!(
        "{line} --data s3://bucket/d --work copy --out other"
    ));
    assert!(tree(&folder.join("copy")) == tree(&folder.join("e")));
    call(folder, &format!("{line} --data d --work copy --out near"))
        .refused(&["--work", "object store"]);
}

#[test]
fn options_that_make_no_sense_are_refused_before_anything_is_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    manifest(folder, "http://127.0.0.1:9", 3);
    call(folder, "download m --out p --resize-mode keepratio")
        .refused(&["keepratio", "keep_ratio_largest"]);
    call(
        folder,
        "download m --out p --encode-format png --encode-quality 95",
    )
    .refused(&["encode-quality", "0 to 9"]);
    call(folder, "download nowhere --out p").refused(&["nowhere"]);
    call(folder, "download m --out p --verify-sha256 sha").refused(&["`sha`", "`url`"]);
    call(folder, "download m --out p --work w").refused(&["--work", "object store"]);
    assert!(
        !folder.join("p").exists(),
        "nothing is written before the call is understood"
    );
    // Without --allow-private nothing on this machine is asked, whoever answers there.
    let called = call(folder, "download m --out p --json");
    assert_eq!(called.status, 2, "no image came of it: {called:?}");
    assert_eq!(called.json()["stats"]["reasons"]["forbidden-url"], 3);
}
