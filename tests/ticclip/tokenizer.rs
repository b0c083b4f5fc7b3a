//! `--tokenizer`: models whose captions are not cut into CLIP's own tokens.

use std::path::Path;

use serde_json::Value;

use super::call::call;
use super::photos::folder_of_photos;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/tokenizer_files");
const TRAIN: &str = "train own.toml --data d --strategy sequential,cumulative-all --device cpu";

/// Photos up to their shards, two tokenizers of the same name in `bytes/` and `words/`, and a recipe that has room for
/// either.
fn folder() -> tempfile::TempDir {
    let folder = folder_of_photos(40);
    let path = folder.path();
    for line in [
        "fetch photos/photos.toml --out m",
        "split m --timeline yearly --held-out 0.2 --out s",
        "shard m --splits s --out d",
    ] {
        call(path, line).ok();
    }
    for (from, to) in [
        ("bytes.json", "bytes/tokenizer.json"),
        ("words/tokenizer.json", "words/tokenizer.json"),
        ("words/tokenizer_config.json", "words/tokenizer_config.json"),
        ("merges.txt.gz", "merges.txt.gz"),
    ] {
        let to = path.join(to);
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("made");
        std::fs::copy(Path::new(GOLDEN).join(from), to).expect("copied");
    }
    recipe(path, "own.toml", 400);
    recipe(path, "large.toml", 50_000);
    folder
}

fn recipe(folder: &Path, name: &str, tokens: usize) {
    let text = std::fs::read_to_string(folder.join("micro.toml")).expect("there");
    let text = text.replace("vocab_size = 49408", &format!("vocab_size = {tokens}"));
    std::fs::write(folder.join(name), text).expect("written");
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("there")).expect("JSON")
}

/// The rows of a feature file, as they stand in it.
fn features(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).expect("there");
    let tensors = safetensors::SafeTensors::deserialize(&bytes).expect("safetensors");
    tensors
        .tensor("features")
        .expect("features")
        .data()
        .to_vec()
}

#[test]
fn a_model_carries_its_tokenizer_from_training_to_its_scores() {
    let folder = folder();
    let folder = folder.path();
    let train = format!("{TRAIN} --tokenizer bytes/tokenizer.json --out t");
    call(folder, &train).ok();
    // The first step of the second strategy is a copy of the first one's.
    for step in ["sequential/2016", "sequential/2017", "cumulative-all/2016"] {
        let model = folder.join("t").join(step);
        let copied = std::fs::read(model.join("tokenizer.json")).expect("there");
        let given = std::fs::read(folder.join("bytes/tokenizer.json")).expect("there");
        assert!(copied == given, "{step}");
        assert_eq!(
            json(&model.join("tokenizer_config.json"))["pad_token"],
            "<pad>"
        );
        let config = json(&model.join("open_clip_config.json"));
        assert_eq!(config["model_cfg"]["text_cfg"]["hf_tokenizer_name"], ".");
    }
    // The same call finds its work done, another tokenizer does not.
    call(folder, &train).ok();
    let other = format!("{TRAIN} --tokenizer words/tokenizer.json --out t");
    call(folder, &other).refused(&["tokenizer", "--overwrite"]);
    call(folder, &format!("{TRAIN} --out t")).refused(&["400", "49408", "--tokenizer"]);

    let eval =
        "eval --model t/sequential/2016 --tasks retrieval --data d --out e --device cpu --json";
    let scored = |more: &str| {
        let called = call(folder, &format!("{eval} {more}")).ok().json();
        let tokenizer = called["results"][0]["tokenizer"].clone();
        (called["scored_now"].clone(), tokenizer)
    };
    let (new, own) = scored("");
    assert_eq!(new, 1);
    assert_eq!(scored(""), (0.into(), own.clone()));
    assert_eq!(
        scored("--tokenizer bytes/tokenizer.json"),
        (0.into(), own.clone()),
        "it is the model's own"
    );
    let (new, other) = scored("--tokenizer words/tokenizer.json");
    assert_eq!(new, 1, "scores of another tokenizer are none of this one");
    assert!(own.is_string() && other.is_string() && own != other);
    // Training refuses what the model would not carry.
    call(
        folder,
        &format!("{TRAIN} --tokenizer merges.txt.gz --out t2"),
    )
    .refused(&["merges.txt.gz", "tokenizer.json"]);
    assert!(!folder.join("t2").exists());
}

#[test]
fn features_of_texts_are_of_the_tokenizer_that_is_named() {
    let folder = folder();
    let folder = folder.path();
    call(
        folder,
        &format!("{TRAIN} --tokenizer bytes/tokenizer.json --out t"),
    )
    .ok();
    std::fs::write(folder.join("texts.txt"), "a photo of a cat\nthe garden\n").expect("written");
    let encode = |out: &str, more: &str| {
        let line = format!(
            "encode --model t/sequential/2016 --texts texts.txt --out {out}.safetensors {more}"
        );
        call(folder, &line)
    };
    encode("own", "").ok();
    encode("given", "--tokenizer bytes/tokenizer.json").ok();
    encode("table", "--tokenizer merges.txt.gz").refused(&["400", "535", "merges.txt.gz"]);
    encode("words", "--tokenizer words/tokenizer.json").ok();
    encode("own", "--tokenizer words/tokenizer.json").refused(&["tokenizer", "--overwrite"]);
    encode("none", "--tokenizer nowhere.json").refused(&["nowhere.json"]);
    let rows = |name: &str| features(&folder.join(format!("{name}.safetensors")));
    assert_eq!(rows("own"), rows("given"));
    assert_ne!(rows("own"), rows("words"));

    // Without the file beside the weights the name in the configuration leads nowhere.
    let beside = folder.join("t/sequential/2016/tokenizer.json");
    std::fs::remove_file(&beside).expect("removed");
    encode("lost", "").refused(&["tokenizer.json", "hf_tokenizer_name", "--tokenizer"]);
    encode("given", "--tokenizer bytes/tokenizer.json").ok();
}

#[test]
fn a_recipe_has_as_many_tokens_as_its_tokenizer_or_more() {
    let folder = folder();
    let folder = folder.path();
    let train = |recipe: &str, more: &str| {
        let line =
            format!("train {recipe} --data d --strategy restart --device cpu --out t {more}");
        call(folder, &line)
    };
    train("large.toml", "").refused(&["50000", "49408", "--tokenizer"]);
    recipe(folder, "small.toml", 387);
    train("small.toml", "--tokenizer bytes/tokenizer.json").refused(&["387", "388"]);
    std::fs::write(folder.join("no.json"), "{\"model\": 1}").expect("written");
    train("own.toml", "--tokenizer no.json").refused(&["no.json"]);
    let text = std::fs::read_to_string(folder.join("own.toml")).expect("there");
    let text = text.replace("vocab_size", "hf_tokenizer_name = \"x\"\nvocab_size");
    std::fs::write(folder.join("named.toml"), text).expect("written");
    train("named.toml", "").refused(&["hf_tokenizer_name", "--tokenizer"]);
}
