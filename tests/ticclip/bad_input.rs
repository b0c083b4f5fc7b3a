//! What is wrong is told by file, row or key, with what is allowed; the rest goes on.

use std::path::Path;

use super::call::call;
use super::photos::folder_of_photos;

fn edit(file: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(file).expect("there");
    assert!(text.contains(from), "{from} in {}", file.display());
    std::fs::write(file, text.replacen(from, to, 1)).expect("written");
}

fn up_to_shards(folder: &Path) {
    for line in [
        "fetch photos/photos.toml --out m",
        "split m --timeline yearly --held-out 0.2 --out s",
        "shard m --splits s --out d",
    ] {
        call(folder, line).ok();
    }
}

#[test]
fn a_missing_file_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    call(folder.path(), "fetch no-such.toml --out m").refused(&["no-such.toml"]);
    call(folder.path(), "split nowhere --timeline yearly --out s").refused(&["nowhere"]);
    call(folder.path(), "shard nowhere --splits s --out d").refused(&["nowhere"]);
    call(
        folder.path(),
        "train tiny --data nowhere --strategy sequential --out t",
    )
    .refused(&["nowhere"]);
    call(folder.path(), "eval --model nowhere --data d --out e").refused(&["nowhere"]);
    call(folder.path(), "report nowhere --data d --out r")
        .refused(&["d: no shards here", "ticclip shard"]);
}

#[test]
fn an_unknown_key_is_told_with_its_line_and_the_keys_allowed() {
    let folder = folder_of_photos(20);
    let toml = folder.path().join("photos/photos.toml");
    edit(&toml, "table =", "tabel =");
    call(folder.path(), "fetch photos/photos.toml --out m").refused(&[
        "photos.toml:4",
        "tabel",
        "`table`",
    ]);
    edit(&toml, "tabel =", "table =");
    edit(&toml, "order = [\"column\",", "order = [\"colunm\",");
    call(folder.path(), "fetch photos/photos.toml --out m").refused(&[
        "photos.toml",
        "colunm",
        "`url-path`",
    ]);
    edit(&toml, "order = [\"colunm\",", "order = [\"column\",");
    edit(&toml, "name = \"date\"", "name = \"when\"");
    call(folder.path(), "fetch photos/photos.toml --out m").refused(&["photos.toml", "`when`"]);
    let recipe = folder.path().join("micro.toml");
    edit(&recipe, "peak-lr", "peak-rl");
    call(
        folder.path(),
        "train micro.toml --data d --strategy sequential --out t",
    )
    .refused(&["micro.toml:", ": unknown field `peak-rl`"]);
}

#[test]
fn a_misspelt_name_is_answered_with_the_names_there_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let train = |strategy: &str| format!("train tiny --data d --strategy {strategy} --out t");
    call(folder.path(), &train("sequentail")).refused(&["sequentail", "cumulative-all"]);
    call(
        folder.path(),
        "train tinny --data d --strategy oracle --out t",
    )
    .refused(&["tinny", "tiny"]);
    call(folder.path(), "demo --strategies cumulative --out x").refused(&["cumulative-all"]);
    assert!(
        !folder.path().join("x").exists(),
        "nothing is written before the call is understood"
    );
    call(folder.path(), "demo --device cuda").refused(&["cuda", "gpu:N"]);
    call(folder.path(), "retrain").refused(&["retrain"]);
    call(folder.path(), "split m --timeline weekly --out s").refused(&["weekly", "yearly"]);
}

#[test]
fn a_number_that_is_none_is_answered_with_the_numbers_allowed() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let split = |option: &str| format!("split m --timeline yearly {option} --out s");
    call(folder, &split("--held-out -0.1")).refused(&["-0.1", "below 1"]);
    call(folder, &split("--held-out tenth")).refused(&["--held-out", "such as 0.1"]);
    call(folder, &split("--retrieval 0")).refused(&["--retrieval", "at least 1"]);
    call(folder, &split("--memory 0")).refused(&["--memory", "at least 1"]);
    call(folder, "check d --distance -1").refused(&["--distance", "from 0 to 32"]);
}

#[test]
fn what_is_in_the_way_of_a_folder_is_named() {
    let folder = folder_of_photos(20);
    let folder = folder.path();
    for out in ["photos/photos.csv", "photos/photos.csv/m"] {
        call(folder, &format!("fetch photos/photos.toml --out {out}"))
            .refused(&["photos/photos.csv", "no folder"]);
    }
    call(folder, "completions --man photos/photos.csv").refused(&["photos.csv", "no folder"]);
    call(folder, "fetch photos/photos.toml --out m").ok();
    call(
        folder,
        "split m --timeline yearly --held-out-uids photos/photos.csv --out s",
    )
    .refused(&["photos.csv", ".npy"]);
}

#[test]
fn a_folder_without_scores_and_a_line_that_is_none_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    for line in [
        "matrix nowhere",
        "robustness nowhere",
        "compare a b --scores nowhere",
    ] {
        call(folder, line).refused(&["nowhere: no scores here", "ticclip eval --out nowhere"]);
    }
    std::fs::create_dir(folder.join("e")).expect("made");
    std::fs::write(folder.join("e/scores.jsonl"), "\n{\"task\":").expect("written");
    call(folder, "matrix e").refused(&[
        "e/scores.jsonl: line 2: EOF while parsing a value; take the line out",
        "ticclip eval",
    ]);
}

#[test]
fn a_table_without_any_pair_is_told() {
    let folder = folder_of_photos(20);
    let table = folder.path().join("photos/photos.csv");
    let text = std::fs::read_to_string(&table).expect("there");
    let header = text.lines().next().expect("a header");
    std::fs::write(&table, format!("{header}\na.png,,2016-01-01\n")).expect("written");
    for _ in 0..2 {
        let called = call(folder.path(), "fetch photos/photos.toml --out m");
        assert!(called.stdout.contains("1 row, 0 pairs"), "{called:?}");
        called.refused(&["no pair in 1 row", "m/rejected.parquet"]);
    }
}

#[test]
fn a_row_without_a_uid_is_found_before_anything_is_downloaded() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let row = |uid: &str| format!("{uid},http://127.0.0.1:1/a.jpg,a photo\n");
    let table = |second: &str| {
        let rows = [row(&"0".repeat(32)), row(second)].concat();
        std::fs::write(folder.join("t.csv"), format!("uid,url,text\n{rows}")).expect("written");
    };
    let line = "download t.csv --shard-size 1 --allow-private --retries 0 --out p";
    table("odd");
    call(folder, line).refused(&["t.csv: row 2", "`odd` is not a uid"]);
    assert!(!folder.join("p/00000000.parquet").exists());
    // With the row put right it is as if there had been no other call.
    table(&"1".repeat(32));
    let called = call(folder, line);
    assert!(called.stdout.starts_with("2 rows: "), "{called:?}");
}

#[test]
fn rows_that_are_no_pairs_are_counted_and_listed_and_the_rest_goes_on() {
    let folder = folder_of_photos(40);
    let table = folder.path().join("photos/photos.csv");
    let mut text = std::fs::read_to_string(&table).expect("there");
    text.push_str("only-two,fields\n");
    text.push_str("a.png,,2016-01-01\n");
    text.push_str("../outside.png,a secret,2016-01-01\n");
    text.push_str("b.png,no date,\nc.png,zero,1970-01-01\nd.png,typo,2016-13-45\n");
    std::fs::write(&table, text).expect("written");
    let stats = call(folder.path(), "fetch photos/photos.toml --out m --json")
        .ok()
        .json()["stats"]
        .clone();
    assert_eq!(
        (stats["rows"].as_u64(), stats["pairs"].as_u64()),
        (Some(46), Some(43))
    );
    assert_eq!(stats["outcomes"]["dated"], 40);
    for reason in ["wrong-field-count", "empty-caption", "bad-image-path"] {
        assert_eq!(stats["rejected"][reason], 1, "{stats}");
    }
    let listed = ticclip::manifest::read_rejected(&folder.path().join("m/rejected.parquet"))
        .expect("a list");
    let short = listed
        .iter()
        .find(|row| row.reason == "wrong-field-count")
        .expect("listed");
    assert_eq!(
        (short.table.as_deref(), short.row),
        (Some("photos.csv"), Some(41))
    );
}

#[test]
fn an_image_that_cannot_be_read_is_listed_and_the_rest_goes_on() {
    let folder = folder_of_photos(40);
    let mut images: Vec<_> = std::fs::read_dir(folder.path().join("photos"))
        .expect("there")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "png"))
        .collect();
    images.sort();
    std::fs::write(&images[0], "no image at all").expect("written");
    let whole = std::fs::read(&images[1]).expect("there");
    std::fs::write(&images[1], &whole[..whole.len() / 2]).expect("written");
    std::fs::remove_file(&images[2]).expect("removed");
    call(folder.path(), "fetch photos/photos.toml --out m").ok();
    call(
        folder.path(),
        "split m --timeline yearly --held-out 0.2 --out s",
    )
    .ok();
    let shard = call(folder.path(), "shard m --splits s --out d --json")
        .ok()
        .json();
    let rejected = shard["rejected"].as_object().expect("counts");
    let total: u64 = rejected
        .values()
        .filter_map(serde_json::Value::as_u64)
        .sum();
    assert_eq!(total, 3, "{shard}");
    let listed = ticclip::manifest::read_rejected(&folder.path().join("d/rejected.parquet"))
        .expect("a list");
    let mut names: Vec<_> = listed.iter().filter_map(|row| row.image.clone()).collect();
    names.sort();
    let expected = images[..3].iter().map(|path| {
        path.file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned()
    });
    assert_eq!(names, expected.collect::<Vec<_>>());
}

#[test]
fn an_empty_time_step_is_named_with_the_counts_of_all() {
    let folder = folder_of_photos(20);
    call(folder.path(), "fetch photos/photos.toml --out m").ok();
    let steps = "steps = [ { name = \"early\", years = [2001, 2015] }, { name = \"late\", years = [2016, 2017] } ]";
    std::fs::write(folder.path().join("steps.toml"), steps).expect("written");
    call(folder.path(), "split m --timeline steps.toml --out s")
        .refused(&["early", "late 20 train"]);
}

#[test]
fn nothing_held_out_means_nothing_to_score_and_says_so() {
    let folder = folder_of_photos(20);
    call(folder.path(), "fetch photos/photos.toml --out m").ok();
    call(folder.path(), "split m --timeline yearly --out s").ok();
    call(folder.path(), "shard m --splits s --out d").ok();
    call(
        folder.path(),
        "train micro.toml --data d --strategy sequential --out t --device cpu",
    )
    .ok();
    call(folder.path(), "eval --model t --data d --out e").refused(&["held out"]);
}

#[test]
fn a_damaged_checkpoint_or_shard_is_named() {
    let folder = folder_of_photos(40);
    up_to_shards(folder.path());
    call(
        folder.path(),
        "train micro.toml --data d --strategy sequential --out t --device cpu",
    )
    .ok();
    let weights = folder
        .path()
        .join("t/sequential/2017/open_clip_model.safetensors");
    let bytes = std::fs::read(&weights).expect("there");
    std::fs::write(&weights, &bytes[..1000]).expect("written");
    call(
        folder.path(),
        "eval --model t/sequential/2017 --data d --out e --device cpu",
    )
    .refused(&["t/sequential/2017/open_clip_model.safetensors"]);
    let tar = folder.path().join("d/train/2016/00000000.tar");
    let bytes = std::fs::read(&tar).expect("there");
    std::fs::write(&tar, &bytes[..2000]).expect("written");
    call(
        folder.path(),
        "train micro.toml --data d --strategy restart --out t2 --device cpu",
    )
    .refused(&["d/train/2016/00000000.tar"]);
}
