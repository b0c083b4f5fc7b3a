//! Calls that cannot mean what they say: refused, not done by half.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::call::{call, called, program};
use super::encode::folder_with_model;
use super::photos::folder_of_photos;

/// Photos as shards in `d`, by way of `m` and `s`.
fn folder_of_shards(rows: usize) -> tempfile::TempDir {
    let folder = folder_of_photos(rows);
    for line in [
        "fetch photos/photos.toml --out m",
        "split m --timeline yearly --held-out 0.3 --out s",
        "shard m --splits s --out d",
    ] {
        call(folder.path(), line).ok();
    }
    folder
}

#[test]
fn two_processes_do_not_write_into_one_folder() {
    let folder = folder_of_photos(20);
    let folder = folder.path();
    std::fs::create_dir(folder.join("m")).expect("made");
    let other = File::create(folder.join("m/.lock")).expect("made");
    assert!(!matches!(other.try_lock(), Err(TryLockError::WouldBlock)));
    let told = call(folder, "fetch photos/photos.toml --out m");
    assert_eq!(told.status, 1, "{told:?}");
    assert!(
        told.stderr.contains("another ticclip is writing to m"),
        "{told:?}"
    );
    drop(other);
    call(folder, "fetch photos/photos.toml --out m").ok();
    assert!(!folder.join("m/.lock").exists());
}

#[test]
fn a_call_without_a_last_day_finds_its_work_on_another_day() {
    let folder = folder_of_photos(20);
    let folder = folder.path();
    call(folder, "fetch photos/photos.toml --out m").ok();
    call(
        folder,
        "split m --timeline yearly --not-after 2018-01-31 --out s",
    )
    .ok();
    // As if it had been called on that day.
    call(folder, "split m --timeline yearly --out s").ok();
    call(
        folder,
        "split m --timeline yearly --not-after 2018-02-01 --out s",
    )
    .refused(&["2018-01-31", "2018-02-01", "--overwrite"]);
    std::fs::write(
        folder.join("steps.toml"),
        "[timeline]\nsteps = [{ name = \"2016\", years = [2016, 2016] }]\n",
    )
    .expect("written");
    call(
        folder,
        "split m --timeline steps.toml --not-after 2016-06-30 --out t",
    )
    .refused(&["--not-after", "steps.toml"]);
}

#[test]
fn a_tar_that_is_gone_is_not_trained_around() {
    let folder = folder_of_shards(60);
    let folder = folder.path();
    std::fs::remove_file(folder.join("d/train/2016/00000000.tar")).expect("removed");
    call(
        folder,
        "train micro.toml --data d --strategy sequential --out t --device cpu",
    )
    .refused(&["d/train/2016/00000000.tar", "no such tar", "sizes.json"]);
}

#[test]
fn folders_that_are_not_there_are_not_passed_over() {
    let folder = folder_of_shards(60);
    let folder = folder.path();
    call(
        folder,
        "train micro.toml --data d --strategy sequential --evaluate dynamic --out t --device cpu",
    )
    .ok();
    for (line, said) in [
        (
            "report t --data d --train nope --out r",
            "nope: no such folder",
        ),
        (
            "report t --data d --train s --out r",
            "--train s: no strategy in it",
        ),
        (
            "report t --data d --compare c --sets nope --out r",
            "nope: no such folder",
        ),
        ("eval --list --data nope", "nope: no such folder"),
        (
            "eval --model t --data d --heads nope --out e --device cpu",
            "nope: no such folder",
        ),
        (
            "eval --model t --data d --heads s --out e --device cpu",
            "s: no head of a task",
        ),
        (
            "robustness t t --base retrieval@2016 --shift retrieval@2017",
            "a second time",
        ),
    ] {
        call(folder, line).refused(&[said]);
    }
    assert!(!folder.join("r").exists());
    let families = folder.join("families.csv");
    std::fs::write(&families, "model,family\nsequentail/2016,a\n").expect("written");
    call(
        folder,
        "robustness t --base retrieval@2016 --shift retrieval@2017 --families families.csv",
    )
    .refused(&[
        "families.csv",
        "sequentail/2016",
        "did you mean sequential/2016",
    ]);
}

#[test]
fn options_that_would_be_ignored_are_refused() {
    let folder = folder_of_shards(30);
    let folder = folder.path();
    for more in ["--part 1/2", "--images photos", "--shard-size 3"] {
        call(folder, &format!("shard d --unpack --out u {more}")).refused(&["cannot be used with"]);
    }
    call(folder, "shift --data d --classes retrieval --out f").refused(&["--model"]);
    let listed = call(folder, "eval --list --tasks dynamic --data d --json")
        .ok()
        .json();
    let tasks = listed["tasks"].as_array().expect("a list");
    assert!(
        tasks.iter().all(|task| task["groups"][0] == "dynamic"),
        "{listed}"
    );
    let all = call(folder, "eval --list --data d --json").ok().json();
    assert!(all["tasks"].as_array().expect("a list").len() > tasks.len());
    std::fs::copy(folder.join("s/train/2016.npy"), folder.join("a.npy")).expect("copied");
    call(folder, "uids union a.npy s/train/2017.npy --out a.npy").refused(&["a.npy", "replace"]);
}

#[test]
fn what_was_left_out_is_told_again() {
    let folder = folder_with_model(12);
    let folder = folder.path();
    std::fs::write(folder.join("photos/broken.png"), b"\x89PNG and no more").expect("written");
    let line = "encode --model model --images photos --out f.safetensors --json";
    let first = call(folder, line).ok().json();
    assert_eq!(call(folder, line).ok().json(), first);
}

#[cfg(unix)]
#[test]
fn a_folder_may_have_a_name_that_is_not_unicode() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let folder = folder_of_photos(20);
    let out = Path::new(OsStr::from_bytes(b"odd\xff")).join("m");
    let output = program(folder.path())
        .args(["fetch", "photos/photos.toml", "--json", "--out"])
        .arg(&out)
        .output()
        .expect("the program starts");
    let told = called(&output).ok().json();
    assert!(
        told["manifest"]
            .as_str()
            .expect("a path")
            .contains("odd\u{fffd}")
    );
    assert!(folder.path().join(out).join("manifest.parquet").is_file());
}

#[cfg(unix)]
#[test]
fn pairs_are_not_removed_behind_a_link() {
    let folder = folder_of_shards(30);
    let folder = folder.path();
    std::fs::create_dir(folder.join("links")).expect("made");
    for name in ["train", "eval", "steps.json", "origin.toml"] {
        let to = folder.join("d").join(name);
        std::os::unix::fs::symlink(to, folder.join("links").join(name)).expect("linked");
    }
    call(folder, "shard links --remove s/train/2016.npy").refused(&["links/train", "is a link"]);
    call(folder, "check d --no-images").ok();
}
