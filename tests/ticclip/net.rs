//! `net`: the pairs of ImageNet's classes, by lemmas, by a model's text tower, and by features made before.

use std::io::Write;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::Float32Type;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ticclip::manifest::read_rows;
use ticclip_net::synsets::Synsets;

use super::call::call;
use super::encode::{folder_with_model, read};

/// A WordNet of the classes alone, with glosses of our own.
fn wordnet(folder: &Path) {
    let mut classes = Synsets::embedded().classes().to_vec();
    classes.sort_by_key(|class| class.wnid);
    let mut text = "  1 WordNet 3.0 Copyright 2006 by Princeton University.  \n".to_owned();
    for class in classes {
        let lemmas: String = class
            .lemmas
            .iter()
            .map(|lemma| format!(" {lemma} 0"))
            .collect();
        let (offset, count, name) = (class.wnid.offset(), class.lemmas.len(), class.name());
        text += &format!("{offset:08} 05 n {count:02x}{lemmas} 000 | some {name}  \n");
    }
    std::fs::create_dir_all(folder).expect("made");
    std::fs::write(folder.join("data.noun"), text).expect("written");
}

/// Uids and cosines of all steps of a net.
fn cosines(net: &Path) -> Vec<(Vec<u8>, Option<f32>)> {
    let mut found = Vec::new();
    for step in ["2016", "2017"] {
        let file = std::fs::File::open(net.join(format!("classes/{step}.parquet"))).expect("there");
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet");
        for batch in reader.build().expect("a reader") {
            let batch = batch.expect("a batch");
            let uids = batch.column(0).as_fixed_size_binary();
            let cosines = batch.column(2).as_primitive::<Float32Type>();
            found.extend(uids.iter().flatten().map(<[u8]>::to_vec).zip(cosines));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// An archive of one array of f4, and the manifest beside it.
fn features(folder: &Path, name: &str, rows: &[Vec<f32>]) {
    let to = folder.join("features");
    std::fs::create_dir_all(&to).expect("made");
    std::fs::copy(
        folder.join("m/manifest.parquet"),
        to.join(format!("{name}.parquet")),
    )
    .expect("copied");
    let mut archive = zip::ZipWriter::new(
        std::fs::File::create(to.join(format!("{name}.npz"))).expect("created"),
    );
    let options = zip::write::SimpleFileOptions::default();
    archive.start_file("b32_txt.npy", options).expect("begun");
    let dict = format!(
        "{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}\n",
        rows.len(),
        rows[0].len()
    );
    archive.write_all(b"\x93NUMPY\x01\0").expect("written");
    archive
        .write_all(&(dict.len() as u16).to_le_bytes())
        .expect("written");
    archive.write_all(dict.as_bytes()).expect("written");
    for value in rows.concat() {
        archive.write_all(&value.to_le_bytes()).expect("written");
    }
    archive.finish().expect("finished");
}

#[test]
fn a_text_tower_and_its_features_made_before_find_the_same_pairs() {
    let folder = folder_with_model(400);
    let folder = folder.path();
    wordnet(&folder.join("wn"));
    call(folder, "fetch photos/photos.toml --out m").ok();
    let line = "net m --timeline yearly --model model --wordnet wn --device cpu --json";
    call(folder, &format!("{line} --threshold -1 --out all")).ok();
    let all = cosines(&folder.join("all"));
    assert!(all.len() >= 8, "{}", all.len());
    let mut sorted: Vec<f32> = all
        .iter()
        .map(|(_, cosine)| cosine.expect("compared"))
        .collect();
    sorted.sort_by(f32::total_cmp);
    // Between two cosines, so that rounding decides nothing.
    let middle = sorted.len() / 2;
    let threshold = f32::midpoint(sorted[middle - 1], sorted[middle]);
    let half = call(
        folder,
        &format!("{line} --threshold {threshold} --out half"),
    )
    .ok()
    .json();
    assert_eq!(half["outcomes"]["other-meaning"], middle, "{half}");

    let rows = read_rows(&folder.join("m")).expect("a manifest");
    let captions: Vec<String> = rows.map(|row| row.expect("a row").caption).collect();
    std::fs::write(folder.join("captions.txt"), captions.join("\n")).expect("written");
    call(
        folder,
        "encode --model model --texts captions.txt --out captions.safetensors --device cpu",
    )
    .ok();
    let (_, mut made) = read(&folder.join("captions.safetensors"));
    // Of whatever length.
    made.iter_mut().flatten().for_each(|value| *value *= 3.0);
    features(folder, "0", &made);
    let line = format!("{line} --text-features features/*.npz --threshold {threshold}");
    let same = call(folder, &format!("{line} --out same")).ok().json();
    assert_eq!(same["outcomes"], half["outcomes"]);
    let (one, other) = (cosines(&folder.join("half")), cosines(&folder.join("same")));
    assert_eq!(one.len(), other.len());
    for ((uid, cosine), (other_uid, other_cosine)) in one.iter().zip(&other) {
        assert_eq!(uid, other_uid);
        let by = cosine.expect("compared") - other_cosine.expect("compared");
        assert!(by.abs() < 1e-5, "{by}");
    }
    // Archives that are not the manifest's.
    call(folder, &format!("{line} --text-array l14_txt --out no")).refused(&["l14_txt", "b32_txt"]);
    features(folder, "0", &made[1..]);
    call(folder, &format!("{line} --out short")).refused(&["features/0.npz", "399", "400"]);
    std::fs::write(folder.join("features/0.npz"), "no archive").expect("written");
    call(folder, &format!("{line} --out broken")).refused(&["features/0.npz"]);
    call(
        folder,
        "net m --timeline yearly --text-features features/*.npz --out no",
    )
    .refused(&["--model"]);
}

#[test]
fn a_net_follows_the_file_that_describes_it() {
    let folder = folder_with_model(400);
    let folder = folder.path();
    wordnet(&folder.join("wn"));
    call(folder, "fetch photos/photos.toml --out m").ok();
    let plain = call(folder, "net m --timeline yearly --out plain --json")
        .ok()
        .json();
    let rows = read_rows(&folder.join("m")).expect("a manifest");
    let in_net = cosines(&folder.join("plain"));
    let caption = rows
        .map(|row| row.expect("a row"))
        .find(|row| {
            in_net.iter().any(|(uid, _)| *uid == row.uid.to_be_bytes())
                && !row.caption.contains(',')
        })
        .expect("a pair with a class")
        .caption;
    let file = format!(
        "[timeline]\nsteps = [{{ name = \"2016\", years = [2016, 2016] }}, {{ name = \"2017\", years = [2017, 2017] }}]\n\
         [net]\nencoder = \"ViT-B-32\"\nthreshold = -1.0\ndrop = {{ column = \"caption\", values = [{caption:?}] }}\n"
    );
    std::fs::write(folder.join("net.toml"), &file).expect("written");
    let called = call(
        folder,
        "net m --timeline net.toml --model model --wordnet wn --out net --device cpu --json",
    )
    .ok();
    assert!(called.stderr.contains("ViT-B-32"), "{called:?}");
    let net = called.json();
    assert_eq!(net["outcomes"]["dropped"], 1, "{net}");
    let pairs = |net: &serde_json::Value| net["outcomes"]["in-net"].as_u64().expect("a number");
    assert_eq!(pairs(&net), pairs(&plain) - 1);
    std::fs::write(folder.join("net.toml"), file.replace("encoder", "encodr")).expect("written");
    call(folder, "net m --timeline net.toml --out no").refused(&["net.toml", "encodr", "encoder"]);
    call(folder, "net m --timeline yearly --drop nsfw=1 --out no").refused(&["nsfw", "caption"]);
    call(folder, "net m --timeline yearly --drop nsfw --out no").refused(&["COLUMN=VALUE"]);
}
