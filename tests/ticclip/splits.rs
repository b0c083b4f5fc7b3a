//! Uid lists and pools: what `split`, `uids` and `shard` make of each other's output.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use ticclip::shard::{Samples, tars_of};
use ticclip::uid::{Uid, write_uids};

use super::call::{call, program};
use super::photos::folder_of_photos;

/// Every sample of a set with its bytes.
pub(crate) fn samples(set: &Path) -> BTreeMap<String, Vec<(String, Vec<u8>)>> {
    let tars = tars_of(set).expect("tars");
    let samples = tars
        .iter()
        .flat_map(|tar| Samples::open(tar).expect("opened"));
    samples
        .map(|sample| sample.expect("whole"))
        .map(|sample| (sample.key, sample.members))
        .collect()
}

#[test]
fn shards_are_a_pool_that_makes_the_same_shards() {
    let folder = folder_of_photos(40);
    let folder = folder.path();
    for line in [
        "fetch photos/photos.toml --out m",
        "split m --timeline yearly --held-out 0.3 --retrieval 4 --out s",
        "shard m --splits s --out d",
        "shard d/**/*.tar --splits s --out again",
    ] {
        call(folder, line).ok();
    }
    for set in [
        "train/2016",
        "train/2017",
        "eval/retrieval/2016",
        "eval/retrieval/2017",
    ] {
        let (one, again) = (
            samples(&folder.join("d").join(set)),
            samples(&folder.join("again").join(set)),
        );
        assert!(one == again, "{set}");
        assert!(!one.is_empty());
    }
    assert_eq!(samples(&folder.join("again/eval/retrieval/2016")).len(), 4);
    let steps = |name: &str| {
        let text = std::fs::read_to_string(folder.join(name).join("steps.json")).expect("there");
        let record: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        record["steps"].clone()
    };
    assert_eq!(steps("d"), steps("again"));
    // The same call finds its work done; another one is refused.
    let line = "shard d/**/*.tar --splits s --out again";
    call(folder, line).ok();
    call(folder, &format!("{line} --shard-size 7")).refused(&["again", "shard-size"]);
    call(folder, "shard d/train/1999/*.tar --splits s --out e").refused(&["d/train/1999/*.tar"]);
    call(folder, "shard photos --splits s --out e").refused(&[
        "photos",
        "manifest.parquet",
        "tars",
    ]);
}

#[test]
fn a_split_that_made_nothing_leaves_its_folder_to_another() {
    let folder = folder_of_photos(40);
    let folder = folder.path();
    call(folder, "fetch photos/photos.toml --out m").ok();
    let steps = |text: &str| {
        std::fs::write(folder.join("steps.toml"), format!("[timeline]\n{text}\n"))
            .expect("written");
    };
    steps("steps = [{ name = \"1999\", years = [1999, 1999] }]");
    call(folder, "split m --timeline steps.toml --out s").refused(&["1999"]);
    steps("steps = [{ name = \"2016\", years = [2016, 2016] }]");
    let told = call(folder, "split m --timeline steps.toml --out s").ok();
    assert!(told.stdout.contains("outside-timeline"), "{told:?}");
    // What the split left out is known to shards, whichever way they are made.
    call(folder, "shard m --splits s --out d").ok();
    call(folder, "shard d/**/*.tar --splits s --out again").ok();
    for shards in ["d", "again"] {
        let text = std::fs::read_to_string(folder.join(shards).join("steps.json")).expect("there");
        let record: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let left_out = record["left_out"]["outside-timeline"].as_u64();
        assert!(left_out > Some(0), "{shards}: {text}");
    }
}

#[test]
fn lists_of_a_split_are_joined_converted_and_checked() {
    let folder = folder_of_photos(40);
    let folder = folder.path();
    for line in [
        "fetch photos/photos.toml --out m",
        "split m --timeline yearly --held-out 0.3 --tables --out s",
        "uids union s/train/2016.npy s/train/2017.npy s/eval/held-out/2016.npy s/eval/held-out/2017.npy --out all.txt",
        "uids convert m/manifest.parquet --out manifest.bin",
        "uids convert all.txt --out all.bin",
        "uids subtract manifest.bin s/eval/held-out/2016.npy s/eval/held-out/2017.npy --out train.npy",
        "uids union s/train/2016.parquet s/train/2017.parquet --out same.npy",
        "uids check train.npy all.txt manifest.bin",
    ] {
        call(folder, line).ok();
    }
    let bytes = |name: &str| std::fs::read(folder.join(name)).expect("there");
    assert_eq!(bytes("manifest.bin"), bytes("all.bin"));
    assert_eq!(bytes("train.npy"), bytes("same.npy"));
    let info = call(folder, "uids info all.txt --json").ok().json();
    assert_eq!(info["lists"][0]["uids"], 40);
    assert_eq!(info["lists"][0]["sorted"], true);
    // The lists again, as another split's.
    call(
        folder,
        "split m --timeline yearly --held-out-uids s/eval/held-out/2016.npy,s/eval/held-out/2017.npy --out t",
    )
    .ok();
    for list in ["train/2016.npy", "eval/held-out/2017.npy"] {
        assert_eq!(bytes(&format!("s/{list}")), bytes(&format!("t/{list}")));
    }
    std::fs::write(folder.join("bad.txt"), "12\n").expect("written");
    call(folder, "uids union bad.txt all.txt --out no.npy")
        .refused(&["bad.txt", "row 1", "32 hex"]);
    call(folder, "uids union all.txt --out bad.txt/no.npy").refused(&["bad.txt", "no folder"]);
    call(folder, "uids info all.csv").refused(&["all.csv", ".npy"]);
    call(folder, "split m --timeline yearly --retrieval 5 --out u")
        .refused(&["--retrieval", "--held-out"]);
    // A call into a module, in place of lists.
    std::fs::write(folder.join("bad.pkl"), b"cos\nsystem\n(S'touch run'\ntR.").expect("written");
    call(folder, "uids info bad.pkl").refused(&["bad.pkl"]);
    assert!(!folder.join("run").exists());
    let unsorted = [Uid(7), Uid(5)].map(|uid| format!("{uid}\n")).concat();
    std::fs::write(folder.join("unsorted.txt"), unsorted).expect("written");
    let checked = call(folder, "uids check unsorted.txt");
    assert_eq!(checked.status, 1);
    assert!(checked.stderr.contains("the first is row 2"), "{checked:?}");
}

/// A pool of some ten megabytes, and a split of it into two steps.
fn large_pool(folder: &Path) {
    let mut lists: [Vec<Uid>; 2] = Default::default();
    std::fs::create_dir_all(folder.join("pool")).expect("made");
    for number in 0..24_usize {
        let path = folder.join(format!("pool/{number:05}.tar"));
        let mut tar = tar::Builder::new(std::fs::File::create(path).expect("created"));
        for sample in 0..40_usize {
            let at = (number * 40 + sample) as u128 + 1;
            let uid = Uid(at.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
            lists[sample % 2].push(uid);
            let json = format!("{{\"uid\": \"{uid}\"}}");
            for (extension, bytes) in [
                ("jpg", vec![sample as u8; 20_000]),
                ("json", json.into_bytes()),
                ("txt", b"a caption".to_vec()),
            ] {
                let mut header = tar::Header::new_ustar();
                header.set_size(bytes.len() as u64);
                let name = format!("{at:09}.{extension}");
                tar.append_data(&mut header, name, bytes.as_slice())
                    .expect("written");
            }
        }
        tar.finish().expect("finished");
    }
    for (list, step) in lists.iter_mut().zip(["2016", "2017"]) {
        list.sort_unstable();
        write_uids(&folder.join(format!("s/train/{step}.npy")), list).expect("written");
    }
    let step = |year: i32| {
        format!(
            "{{\"name\":\"{year}\",\"from\":\"{year}-01-01T00:00:00Z\",\"to\":\"{}-01-01T00:00:00Z\"}}",
            year + 1
        )
    };
    let record = format!(
        "{{\"rows\":960,\"counts\":{{}},\"rejected\":{{}},\"held_out_share\":0,\"seed\":0,\"held_out_formula\":\"\",\"timeline\":{{\"rule\":\"steps\",\"not_after\":null,\"steps\":[{},{}]}}}}",
        step(2016),
        step(2017)
    );
    std::fs::write(folder.join("s/split.json"), record).expect("written");
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("there") {
        let path = entry.expect("there").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.file_name().is_none_or(|name| name != "origin.toml") {
            found.insert(path.clone(), std::fs::read(&path).expect("there"));
        }
    }
    found
}

#[test]
fn ten_kills_of_a_pass_over_a_pool_change_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    large_pool(folder);
    call(
        folder,
        "shard pool --splits s --out one --shard-size 100 --threads 1",
    )
    .ok();
    let before = files(&folder.join("pool"));
    let line = "shard pool --splits s --out two --shard-size 100 --threads 2";
    for kill in 0..10 {
        let mut child = program(folder)
            .args(line.split_whitespace())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        std::thread::sleep(Duration::from_millis(10 + 13 * kill));
        // It may have ended by itself: the later the kill, the likelier.
        let _ = child.kill();
        child.wait().expect("it ends");
    }
    call(folder, line).ok();
    let relative = |name: &str| -> BTreeMap<PathBuf, Vec<u8>> {
        let root = folder.join(name);
        let of_root = files(&root).into_iter();
        of_root
            .map(|(path, bytes)| (path.strip_prefix(&root).expect("below").to_owned(), bytes))
            .collect()
    };
    let (one, two) = (relative("one"), relative("two"));
    assert_eq!(
        one.keys().collect::<Vec<_>>(),
        two.keys().collect::<Vec<_>>()
    );
    assert!(one == two);
    assert!(one.contains_key(Path::new("train/2017/00000004_stats.json")));
    assert!(
        before == files(&folder.join("pool")),
        "the pool is only read"
    );
}
