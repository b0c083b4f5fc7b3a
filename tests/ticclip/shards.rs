//! Finished shards: pairs taken out of them, unpacked again, and given classes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ticclip::uid::{Uid, read_uids};

use super::call::{call, call_with_largest_file};
use super::photos::folder_of_photos;
use super::splits::samples;

const SETS: [&str; 4] = [
    "train/2016",
    "train/2017",
    "eval/retrieval/2016",
    "eval/retrieval/2017",
];

/// Every file below `folder` with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("there") {
            let path = entry.expect("there").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).expect("there");
                found.insert(path, bytes);
            }
        }
    }
    found
}

fn json(path: PathBuf) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).expect("there")).expect("JSON")
}

#[test]
fn opt_outs_leave_all_sets_and_only_the_tars_that_had_them_change() {
    let folder = folder_of_photos(60);
    let folder = folder.path();
    for line in [
        "fetch photos/photos.toml --out m",
        "split m --timeline yearly --held-out 0.3 --out s",
        "shard m --splits s --shard-size 5 --out d",
    ] {
        call(folder, line).ok();
    }
    let before = files(&folder.join("d"));
    let train = read_uids(&folder.join("s/train/2016.npy")).expect("a list");
    let held_out = read_uids(&folder.join("s/eval/held-out/2017.npy")).expect("a list");
    // The fourth tar of the training set, and one more.
    let gone = [train[15], train[16], held_out[0], Uid(7)];
    let list = gone.map(|uid| format!("{uid}\n")).concat();
    std::fs::write(folder.join("out.txt"), list).expect("written");
    // A disk that is full: no tar is broken, and the next call does the work.
    let full = call_with_largest_file(folder, "shard d --remove out.txt", 1);
    assert_eq!(full.status, 1, "{full:?}");
    let done = call(folder, "shard d --remove out.txt --json").ok().json();
    assert_eq!((&done["asked"], &done["pairs"]), (&4.into(), &3.into()));
    for set in SETS {
        let left = samples(&folder.join("d").join(set));
        for uid in gone {
            assert!(!left.contains_key(&format!("{uid}-0")), "{set}");
        }
    }
    let after = files(&folder.join("d"));
    let changed: Vec<String> = after
        .iter()
        .filter(|(path, bytes)| before.get(*path) != Some(*bytes))
        .map(|(path, _)| {
            path.strip_prefix(folder)
                .expect("below")
                .display()
                .to_string()
        })
        .collect();
    assert_eq!(
        changed,
        [
            "d/eval/retrieval/2017/test/0.tar",
            "d/eval/retrieval/2017/test/count.txt",
            "d/removed.npy",
            "d/steps.json",
            "d/train/2016/00000003.tar",
            "d/train/2016/00000003_stats.json",
            "d/train/2016/sizes.json",
        ]
    );
    let sizes = json(folder.join("d/train/2016/sizes.json"));
    assert_eq!(
        (&sizes["00000002.tar"], &sizes["00000003.tar"]),
        (&5.into(), &(20.min(train.len()) - 17).into())
    );
    let steps = json(folder.join("d/steps.json"));
    assert_eq!(steps["steps"][0]["train"], train.len() - 2);
    assert_eq!(steps["rejected"]["removed"], 3);
    // Once more finds nothing; the list of what is gone stays.
    let again = call(folder, "shard d --remove out.txt --json").ok().json();
    assert_eq!(
        (&again["pairs"], &again["rewritten"]),
        (&0.into(), &0.into())
    );
    assert_eq!(files(&folder.join("d")), after);
    assert_eq!(
        read_uids(&folder.join("d/removed.npy"))
            .expect("a list")
            .len(),
        3
    );
    call(folder, "shard m --remove out.txt").refused(&["steps.json"]);
    call(folder, "shard d --remove out.txt --out e").refused(&["--remove", "--out"]);
}

#[test]
fn shards_unpack_into_a_table_that_makes_the_same_shards() {
    let folder = folder_of_photos(40);
    let folder = folder.path();
    for line in [
        "fetch photos/photos.toml --out m",
        "split m --timeline yearly --held-out 0.3 --out s",
        "shard m --splits s --out d",
        "shard d --unpack --out u",
        "fetch u/dataset.toml --out m2",
        "split m2 --timeline yearly --held-out 0.3 --out s2",
        "shard m2 --splits s2 --out d2",
    ] {
        call(folder, line).ok();
    }
    for set in SETS {
        let (one, again) = (folder.join("d").join(set), folder.join("d2").join(set));
        assert!(samples(&one) == samples(&again), "{set}");
    }
    // A damaged tar gives what stands before the damage.
    let tar = folder.join("d/train/2016/00000000.tar");
    let bytes = std::fs::read(&tar).expect("there");
    std::fs::write(&tar, &bytes[..bytes.len() / 2]).expect("written");
    let before = call(folder, "shard d --unpack --out u --json");
    before.refused(&["tar-names-and-sizes"]);
    let after = call(folder, "shard d/train/2016/*.tar --unpack --out v --json")
        .ok()
        .json();
    assert_eq!(after["rejected"]["damaged-tar"], 1, "{after}");
    let pairs = after["pairs"].as_u64().expect("a number");
    assert!(0 < pairs && pairs < samples(&folder.join("d2/train/2016")).len() as u64);
    call(folder, "shard m --unpack --out w").refused(&["--unpack", "manifest"]);
    call(folder, "shard m --out w").refused(&["--splits", "--unpack"]);
}

#[test]
fn a_name_in_a_tar_makes_no_file_elsewhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let mut tar = tar::Builder::new(std::fs::File::create(folder.join("x.tar")).expect("created"));
    for name in ["a/../../../evil", "/evil", "good", "C:evil", "a\\..\\evil"] {
        for extension in ["jpg", "txt"] {
            let mut header = tar::Header::new_ustar();
            header.set_size(1);
            let name = format!("{name}.{extension}");
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            tar.append(&header, &b"x"[..]).expect("written");
        }
    }
    tar.finish().expect("finished");
    let done = call(folder, "shard x.tar --unpack --out u --json")
        .ok()
        .json();
    assert_eq!(
        (&done["pairs"], &done["rejected"]["bad-key"]),
        (&1.into(), &3.into())
    );
    let images: Vec<PathBuf> = files(&folder.join("u/images")).into_keys().collect();
    assert_eq!(images, [folder.join("u/images/x/good.jpg")]);
    assert!(!folder.join("evil.jpg").exists());
}

#[test]
fn the_pairs_of_a_net_become_classification_sets() {
    let folder = folder_of_photos(400);
    let folder = folder.path();
    for line in [
        "fetch photos/photos.toml --out m",
        "split m --timeline yearly --out all",
        "shard m --splits all --out pool",
        "net m --timeline yearly --out net",
        "split m --timeline yearly --held-out 0.1 --held-out-uids net/eval/2016.npy,net/eval/2017.npy --out s",
        "shard pool/train/*/*.tar --splits s --classes net --out d",
    ] {
        call(folder, line).ok();
    }
    let names = std::fs::read_to_string(folder.join("net/classnames.txt")).expect("there");
    let names: Vec<&str> = names.lines().collect();
    let mut pairs = 0;
    for step in ["2016", "2017"] {
        let uids = read_uids(&folder.join(format!("net/eval/{step}.npy"))).expect("a list");
        let set = folder.join(format!("d/eval/classification/{step}"));
        let found = samples(&set);
        let keys: Vec<String> = uids.iter().map(|uid| format!("{uid}-0")).collect();
        assert!(found.keys().eq(&keys));
        for members in found.values() {
            let text = |wanted: &str| {
                let member = members.iter().find(|(extension, _)| extension == wanted);
                String::from_utf8(member.expect("there").1.clone()).expect("text")
            };
            let class: usize = text("cls").parse().expect("a class id");
            let caption = text("txt").to_lowercase();
            assert!(class < names.len(), "{caption}");
            pairs += 1;
        }
        let beside = |name: &str| std::fs::read_to_string(set.join(name)).expect("there");
        assert_eq!(beside("dataset_type.txt"), "classification\n");
        assert_eq!(beside("classnames.txt").lines().count(), 1000);
        assert_eq!(
            beside("zeroshot_classification_templates.txt"),
            "a photo of a {c}.\n"
        );
        assert_eq!(beside("test/count.txt"), format!("{}\n", uids.len()));
    }
    assert!(pairs >= 4, "{pairs}");
    // The classes unpacked are those of the pairs.
    let unpacked = call(folder, "shard d --unpack --out u --json").ok().json();
    assert_eq!(unpacked["pairs"], 400);
    std::fs::write(folder.join("prompts.txt"), "a photo\n").expect("written");
    call(
        folder,
        "shard pool/train/*/*.tar --splits s --classes net --templates prompts.txt --out e",
    )
    .refused(&["prompts.txt", "{c}"]);
    call(folder, "shard m --splits s --classes net --out e").refused(&["--classes", "pool"]);
    // A pair of the net that is trained on is on both sides.
    call(
        folder,
        "shard pool/train/*/*.tar --splits all --classes net --out e",
    )
    .refused(&["all: step", "both"]);
}

#[test]
fn parts_of_a_pool_together_are_the_whole() {
    let folder = folder_of_photos(60);
    let folder = folder.path();
    for line in [
        "fetch photos/photos.toml --out m",
        "split m --timeline yearly --held-out 0.3 --out s",
        "shard m --splits s --shard-size 4 --out d",
    ] {
        call(folder, line).ok();
    }
    // A pool in which a tar of 2016 is there twice, and a tar of 2017 is not.
    std::fs::create_dir(folder.join("pool")).expect("made");
    let tars = files(&folder.join("d"));
    let tars = tars
        .keys()
        .filter(|path| path.extension().is_some_and(|name| name == "tar"));
    let tars: Vec<&PathBuf> = tars
        .filter(|path| !path.ends_with("train/2017/00000001.tar"))
        .collect();
    for (number, tar) in tars.iter().enumerate() {
        std::fs::copy(tar, folder.join(format!("pool/{number:05}.tar"))).expect("copied");
    }
    let twice = folder.join("d/train/2016/00000000.tar");
    std::fs::copy(twice, folder.join("pool/99999.tar")).expect("copied");
    let line = "shard pool --splits s --shard-size 4";
    call(folder, &format!("{line} --out whole")).ok();
    for part in 1..=3 {
        call(folder, &format!("{line} --part {part}/3 --out p{part}")).ok();
    }
    call(folder, "merge p3 p1 --out no").refused(&["part 2/3 is missing"]);
    call(folder, "merge p2 p1 p3 --out all").ok();
    for set in SETS {
        let (one, all) = (folder.join("whole").join(set), folder.join("all").join(set));
        assert!(samples(&one) == samples(&all), "{set}");
        let missing = |set: &Path| std::fs::read(set.join("missing.npy")).ok();
        assert_eq!(missing(&one), missing(&all), "{set}");
    }
    assert!(folder.join("all/train/2017/missing.npy").is_file());
    let steps = |name: &str| json(folder.join(name).join("steps.json"));
    assert_eq!(steps("whole"), steps("all"));
    assert_eq!(steps("all")["rejected"]["duplicate-uid"], 4);
    let sizes = json(folder.join("all/train/2016/sizes.json"));
    let sum: u64 = sizes
        .as_object()
        .expect("an object")
        .values()
        .filter_map(|n| n.as_u64())
        .sum();
    assert_eq!(
        sum,
        steps("all")["steps"][0]["train"]
            .as_u64()
            .expect("a number")
    );
    // Another run's part is not taken for this one's.
    call(
        folder,
        "shard pool --splits s --shard-size 5 --part 2/3 --out q2",
    )
    .ok();
    call(folder, "merge p1 q2 p3 --out no").refused(&["q2", "not a part of the same run"]);
    call(folder, "shard m --splits s --part 1/2 --out no").refused(&["--part", "pool"]);
}
