//! `eval --download` from a hub that is not always kind: names, kills, ranges, damage, redirects, tokens.

mod damaged;
mod guarded;
mod resumed;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use image::{ImageFormat, Rgb, RgbImage};
use sha2::{Digest, Sha256};

use super::call::call;
use super::scores::write_model;
use super::server::{Asked, Reply, Server};

/// What a hub has, by path.
type Files = BTreeMap<String, Vec<u8>>;

fn png(seed: usize) -> Vec<u8> {
    let shade = |of: u32| (of as usize * 4 + seed * 11) as u8;
    let image = RgbImage::from_fn(48, 32, |x, y| Rgb([shade(x), shade(y), seed as u8]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    image
        .write_to(&mut bytes, ImageFormat::Png)
        .expect("encoded");
    bytes.into_inner()
}

/// A tar of samples of four classes, each with a member of so many bytes more.
fn tar(samples: Range<usize>, more: usize) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for sample in samples {
        let noise: Vec<u8> = (0..more).map(|at| (at * at + sample * 7) as u8).collect();
        for (extension, bytes) in [
            ("png", png(sample)),
            ("cls", (sample % 4).to_string().into_bytes()),
            ("bin", noise),
        ] {
            let mut header = tar::Header::new_ustar();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            let name = format!("s{sample:05}.{extension}");
            tar.append_data(&mut header, name, bytes.as_slice())
                .expect("appended");
        }
    }
    tar.into_inner().expect("in memory")
}

/// A set of these tars.
fn set(folder: &str, tars: &[Vec<u8>]) -> Files {
    let mut files = Files::new();
    let mut add =
        |name: &str, bytes: &[u8]| files.insert(format!("/{folder}/{name}"), bytes.to_vec());
    add("classnames.txt", b"one\ntwo\nthree\nfour\n");
    add(
        "zeroshot_classification_templates.txt",
        b"a picture of a {c}.\nthe {c}\n",
    );
    add("test/nshards.txt", format!("{}\n", tars.len()).as_bytes());
    for (number, tar) in tars.iter().enumerate() {
        add(&format!("test/{number}.tar"), tar);
    }
    files
}

/// What an honest server answers: ranges of the file that the client means.
fn honest(files: &Files, asked: &Asked) -> Reply {
    let Some(bytes) = files.get(&asked.target) else {
        return Reply::status(404);
    };
    let tag = format!("\"{}\"", &sha256(bytes)[..16]);
    let begin = asked.header("range").and_then(|range| {
        let begin = range.strip_prefix("bytes=")?.strip_suffix('-')?;
        begin.parse::<usize>().ok()
    });
    let same = asked.header("if-range").is_none_or(|known| known == tag);
    match begin.filter(|_| same) {
        Some(begin) if begin < bytes.len() => {
            let range = format!("bytes {begin}-{}/{}", bytes.len() - 1, bytes.len());
            let mut reply = Reply::ok(&bytes[begin..])
                .with("etag", tag)
                .with("content-range", range);
            reply.status = 206;
            reply
        }
        Some(_) => Reply::status(416),
        None => Reply::ok(bytes.clone()).with("etag", tag),
    }
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn line(server: &Server, options: &str) -> String {
    let base = server.base();
    format!("eval --download --data data --hub {base} --allow-private --retries 1 --json {options}")
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn read(folder: &Path, file: &str) -> Vec<u8> {
    std::fs::read(folder.join("data").join(file)).expect(file)
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("there");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn sets_are_found_by_their_names_and_scored() {
    let mut files = set("d/wds_vtab-cifar10/main", &[tar(0..12, 0), tar(12..20, 0)]);
    files.extend(set("d/wds_mnist_test/main", &[tar(0..9, 0)]));
    let kept = files.clone();
    let server = Server::start(move |asked| honest(&files, asked));
    let folder = folder();
    let folder = folder.path();
    let hub = format!("{}/d/{{name}}/main", server.base());
    let line = format!(
        "eval --download --data data --hub {hub} --allow-private --json --tasks cifar10,mnist"
    );
    let sets = call(folder, &line).ok().json()["sets"].clone();
    for (at, (task, name, samples)) in [
        ("cifar10", "wds_vtab-cifar10", 20),
        ("mnist", "wds_mnist_test", 9),
    ]
    .into_iter()
    .enumerate()
    {
        let set = &sets[at];
        assert_eq!(
            (&set["task"], &set["samples"]),
            (&task.into(), &samples.into()),
            "{sets}"
        );
        assert_eq!(
            (&set["state"], &set["folder"]),
            (&"downloaded".into(), &format!("data/{name}").into())
        );
        assert_eq!(set["received"], set["bytes"]);
        for file in [
            "classnames.txt",
            "zeroshot_classification_templates.txt",
            "test/0.tar",
        ] {
            assert!(
                read(folder, &format!("{name}/{file}")) == kept[&format!("/d/{name}/main/{file}")]
            );
        }
    }
    assert_eq!(
        names(&folder.join("data")),
        ["wds_mnist_test", "wds_vtab-cifar10"]
    );
    assert_eq!(
        names(&folder.join("data/wds_vtab-cifar10/test")),
        ["0.tar", "1.tar", "nshards.txt"]
    );

    let asked = server.asked().len();
    let again = call(folder, &line).ok().json()["sets"].clone();
    assert_eq!(
        (&again[0]["state"], &again[0]["samples"]),
        (&"there".into(), &20.into())
    );
    assert_eq!(
        server.asked().len(),
        asked,
        "what is there is not asked for"
    );

    write_model(&folder.join("a"), 3);
    let scored = "eval --model a --data data --tasks cifar10,mnist --device cpu --out s --json";
    let results = call(folder, scored).ok().json()["results"].clone();
    let mut n: Vec<_> = results
        .as_array()
        .expect("two")
        .iter()
        .map(|score| score["n"].as_u64())
        .collect();
    n.sort_unstable();
    assert_eq!(n, [Some(9), Some(20)]);
}

#[test]
fn names_that_a_hub_does_not_know_are_listed_and_the_others_are_brought() {
    let files = set("wds_mnist", &[tar(0..4, 0)]);
    let server = Server::start(move |asked| match honest(&files, asked) {
        // A hub that hides whether a set is there.
        reply if reply.status == 404 && asked.target.starts_with("/wds_vtab-eurosat") => {
            Reply::status(401)
        }
        reply => reply,
    });
    let folder = folder();
    let folder = folder.path();
    let called = call(folder, &line(&server, "--tasks eurosat,mnist"));
    assert_eq!(called.status, 2, "{called:?}");
    for name in [
        "wds_eurosat_test",
        "wds_vtab-eurosat_test",
        "wds_eurosat",
        "wds_vtab-eurosat",
        "vtab/eurosat",
    ] {
        let address = format!("{}/{name} (status 40", server.base());
        assert!(
            called.stderr.contains(&address),
            "no {address} in {called:?}"
        );
    }
    let sets = called.json()["sets"].clone();
    assert_eq!(
        (&sets[0]["state"], &sets[1]["state"]),
        (&"refused".into(), &"downloaded".into())
    );
    assert_eq!(names(&folder.join("data")), ["wds_mnist"]);
}

#[test]
fn images_to_train_on_come_when_they_are_asked_for_and_overwrite_brings_all_anew() {
    let mut first = set("wds_cifar10_test", &[tar(0..4, 0)]);
    first.insert(
        "/wds_cifar10_test/train/nshards.txt".to_owned(),
        b"1".to_vec(),
    );
    first.insert("/wds_cifar10_test/train/0.tar".to_owned(), tar(10..17, 0));
    let second = set("wds_cifar10_test", &[tar(20..25, 0)]);
    let (anew, versions) = (Arc::new(AtomicBool::new(false)), [first, second]);
    let is_anew = Arc::clone(&anew);
    let server = Server::start(move |asked| {
        honest(
            &versions[usize::from(is_anew.load(Ordering::Relaxed))],
            asked,
        )
    });
    let folder = folder();
    let folder = folder.path();
    let line = line(&server, "--tasks cifar10");
    call(folder, &line).ok();
    assert!(!folder.join("data/wds_cifar10_test/train").exists());
    let before = server.asked().len();
    let set = call(folder, &format!("{line} --train")).ok().json()["sets"][0].clone();
    assert_eq!(
        (set["samples"].as_u64(), set["train_samples"].as_u64()),
        (Some(4), Some(7))
    );
    assert!(
        server.asked()[before..]
            .iter()
            .all(|target| target.contains("/train/"))
    );
    assert_eq!(
        names(&folder.join("data/wds_cifar10_test/train")),
        ["0.tar", "nshards.txt", "origin.toml"]
    );
    assert_eq!(names(&folder.join("data")), ["wds_cifar10_test"]);

    anew.store(true, Ordering::Relaxed);
    let sets = call(folder, &line).ok().json()["sets"].clone();
    assert_eq!(sets[0]["samples"], 4, "what is there stays");
    let sets = call(folder, &format!("{line} --overwrite")).ok().json()["sets"].clone();
    assert_eq!(sets[0]["samples"], 5);

    let own = folder.join("data/wds_cifar10_test");
    std::fs::remove_file(own.join("origin.toml")).expect("there");
    std::fs::write(own.join("mine.txt"), "mine").expect("written");
    let sets = call(folder, &format!("{line} --overwrite")).ok().json()["sets"].clone();
    assert_eq!(sets[0]["state"], "there");
    assert!(
        own.join("mine.txt").exists(),
        "what no download has made is not replaced"
    );
}

#[test]
fn a_set_without_its_words_or_that_another_call_is_at_is_refused() {
    let mut files = set("wds_cifar10_test", &[tar(0..4, 0)]);
    files.remove("/wds_cifar10_test/classnames.txt");
    let server = Server::start(move |asked| honest(&files, asked));
    let folder = folder();
    let folder = folder.path();
    let line = line(&server, "--tasks cifar10");
    call(folder, &line).refused(&["/wds_cifar10_test/classnames.txt", "status 404"]);
    let lock =
        std::fs::File::create(folder.join("data/wds_cifar10_test.partial/.lock")).expect("made");
    lock.lock().expect("free");
    let called = call(folder, &line);
    assert_eq!(called.status, 3, "{called:?}");
    assert!(
        called.stderr.contains("another ticclip is writing"),
        "{called:?}"
    );
}

#[test]
fn a_download_call_that_cannot_be_meant_is_refused() {
    let folder = folder();
    let folder = folder.path();
    let call = |line: &str| call(folder, &format!("eval --data data {line}"));
    call("--download --tasks cifar10").refused(&["--hub", "TICCLIP_HUB"]);
    call("--download --tasks cifar10 --hub ftp://hub.test")
        .refused(&["ftp://hub.test", "https://"]);
    call("--download --hub https://hub.test").refused(&["retrieval", "time step"]);
    call("--download --tasks nothing --hub https://hub.test").refused(&["nothing"]);
    call("--model a --out s --tasks cifar10 --hub https://hub.test").refused(&["--download"]);
    call("--download --list").refused(&["--list"]);
    assert!(!folder.join("data").exists());
}
