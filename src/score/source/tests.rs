//! Sets as CLIP_benchmark and Hugging Face's `datasets` write them, read as those programs read them.

use std::path::PathBuf;

use serde_json::Value;

use super::*;
use crate::artefact::sha256_of;

/// What the programs read, from tests/golden/evaluation_sets.py.
fn golden(name: &str) -> Value {
    let all = include_str!("../../../tests/golden/evaluation_sets.json");
    serde_json::from_str::<Value>(all).expect("a golden file")[name].clone()
}

/// A set of another kind than it is asked for, to see that it knows itself.
fn opened(name: &str, hint: Kind) -> Set {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("tests/golden/evaluation_sets").join(name);
    open(&folder, hint).expect("readable").expect("a set")
}

fn images(set: &Set) -> Vec<String> {
    let images = set.source.images(0..set.source.len()).expect("read");
    let sha = |image: Answer<Vec<u8>>| sha256_of(image.expect("an image"));
    images.into_iter().map(sha).collect()
}

fn targets(set: &Set) -> Vec<Target> {
    let targets = set.source.targets(set.kind).expect("read");
    targets
        .into_iter()
        .collect::<Result<_, _>>()
        .expect("whole")
}

fn texts(value: &Value) -> Vec<String> {
    serde_json::from_value(value.clone()).expect("texts")
}

#[test]
fn webdatasets_are_read_as_clip_benchmark_reads_them() {
    for (name, hint, kind) in [
        ("wds_classes", Kind::Classification, Kind::Classification),
        ("wds_labels", Kind::Classification, Kind::Multilabel),
        ("wds_captions", Kind::Multilabel, Kind::Retrieval),
    ] {
        let (set, golden) = (opened(name, hint), golden(name));
        assert_eq!(set.kind, kind, "{name}");
        let list = |key: &str| golden[key].is_array().then(|| texts(&golden[key]));
        assert_eq!(
            (&set.classes, &set.templates),
            (&list("classes"), &list("templates"))
        );
        let samples = golden["samples"].as_array().expect("samples");
        let expected: Vec<Value> = samples
            .iter()
            .map(|sample| sample["image"].clone())
            .collect();
        assert_eq!(images(&set), expected, "{name}");
        let answer = |sample: &Value| match kind {
            Kind::Classification => Target::Class(sample.as_u64().expect("an id") as usize),
            Kind::Multilabel => {
                let flags = sample.as_array().expect("flags").iter();
                Target::Labels(flags.map(|flag| *flag == 1).collect())
            }
            _ => Target::Captions(texts(sample)),
        };
        let expected: Vec<_> = samples
            .iter()
            .map(|sample| answer(&sample["answer"]))
            .collect();
        assert_eq!(targets(&set), expected, "{name}");
    }
}

#[test]
fn parquet_is_read_as_datasets_reads_it() {
    let (set, golden_set) = (
        opened("parquet_classes", Kind::Classification),
        golden("parquet_classes"),
    );
    assert_eq!(set.classes, Some(texts(&golden_set["classes"])));
    assert_eq!(images(&set), texts(&golden_set["images"]));
    let labels: Vec<usize> = serde_json::from_value(golden_set["labels"].clone()).expect("ids");
    let labels: Vec<Target> = labels.into_iter().map(Target::Class).collect();
    assert_eq!(targets(&set), labels);

    let (set, golden_set) = (
        opened("parquet_labels", Kind::Multilabel),
        golden("parquet_labels"),
    );
    assert_eq!(images(&set), texts(&golden_set["images"]));
    let labels: Vec<Vec<usize>> =
        serde_json::from_value(golden_set["labels"].clone()).expect("ids");
    let labels = labels
        .into_iter()
        .map(|ids| (0..3).map(|id| ids.contains(&id)).collect());
    assert_eq!(
        targets(&set),
        labels.map(Target::Labels).collect::<Vec<_>>()
    );

    let (set, golden_set) = (
        opened("parquet_captions", Kind::Classification),
        golden("parquet_captions"),
    );
    assert_eq!(set.kind, Kind::Retrieval);
    assert_eq!(images(&set), texts(&golden_set["images"]));
    let captions = golden_set["captions"].as_array().expect("lists").iter();
    let captions: Vec<Target> = captions.map(|list| Target::Captions(texts(list))).collect();
    assert_eq!(targets(&set), captions);
}

#[test]
fn questions_in_parquet_are_read_as_datasets_reads_them() {
    let (set, golden) = (
        opened("parquet_questions", Kind::Association),
        golden("parquet_questions"),
    );
    for (key, image) in (0..set.source.len())
        .map(|sample| set.source.key(sample))
        .zip(images(&set))
    {
        assert_eq!(golden["images"][&key], image, "{key}");
    }
    let questions = set.source.associations().expect("read");
    let expected = golden["questions"].as_array().expect("questions");
    assert_eq!(questions.len(), expected.len());
    for (question, expected) in questions.iter().zip(expected) {
        let question = question.as_ref().expect("whole");
        let names = question
            .candidates
            .iter()
            .map(|&sample| set.source.key(sample));
        let found = serde_json::json!([question.cue, names.collect::<Vec<_>>(), question.gold]);
        assert_eq!(&found, expected);
    }
}
