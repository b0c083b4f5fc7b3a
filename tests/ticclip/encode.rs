//! `encode`: features of a folder, of shards and of texts, from a model in open_clip's layout.

use std::path::Path;

use ticclip::model::{Clip, ModelFile, PreprocessConfig};

use super::call::call;
use super::photos::{RECIPE, folder_of_photos};

/// A folder with photos and an untrained `model`.
pub(crate) fn folder_with_model(rows: usize) -> tempfile::TempDir {
    let folder = folder_of_photos(rows);
    let recipe = ticclip::train::Recipe::parse(RECIPE, "micro.toml".as_ref()).expect("a recipe");
    let file = ModelFile {
        model_cfg: recipe.model,
        preprocess_cfg: PreprocessConfig::default(),
    };
    let model = folder.path().join("model");
    std::fs::create_dir(&model).expect("made");
    let clip = Clip::new(&file.model_cfg, 3, &burn::tensor::Device::flex());
    ticclip::model::save(&clip, &file, &model).expect("saved");
    folder
}

/// Keys and rows of a feature file.
pub(crate) fn read(path: &Path) -> (Vec<String>, Vec<Vec<f32>>) {
    let bytes = std::fs::read(path).expect("a file");
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).expect("safetensors");
    let keys = &header.metadata().as_ref().expect("metadata")["keys"];
    let keys = serde_json::from_str(keys).expect("a list");
    let tensors = safetensors::SafeTensors::deserialize(&bytes).expect("safetensors");
    let features = tensors.tensor("features").expect("features");
    let values = features
        .data()
        .as_chunks()
        .0
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes));
    let values: Vec<f32> = values.collect();
    let rows = values
        .chunks(features.shape()[1])
        .map(<[f32]>::to_vec)
        .collect();
    (keys, rows)
}

#[test]
fn a_folder_is_encoded_and_what_is_broken_is_listed() {
    let folder = folder_with_model(12);
    let folder = folder.path();
    std::fs::write(folder.join("photos/broken.png"), b"\x89PNG and no more").expect("written");
    let line = "encode --model model --images photos --out out/photos.safetensors --json";
    let called = call(folder, line).ok().json();
    assert_eq!(
        (&called["rows"], &called["left_out"]),
        (&12.into(), &1.into())
    );
    let (keys, rows) = read(&folder.join("out/photos.safetensors"));
    assert!(keys.is_sorted() && keys.len() == 12 && rows.len() == 12);
    for row in &rows {
        let length: f32 = row.iter().map(|value| value * value).sum();
        assert!((length - 1.0).abs() < 1e-5, "rows are unit vectors");
    }
    let listed = folder.join("out/photos.safetensors.left-out.jsonl");
    let listed = std::fs::read_to_string(listed).expect("a list");
    assert!(
        listed.contains("broken.png") && listed.lines().count() == 1,
        "{listed}"
    );

    // The parts are the whole.
    let mut parts = Vec::new();
    for part in 1..=3 {
        call(
            folder,
            &format!(
                "encode --model model --images photos --part {part}/3 --out p{part}.safetensors"
            ),
        )
        .ok();
        let (keys, rows) = read(&folder.join(format!("p{part}.safetensors")));
        parts.extend(keys.into_iter().zip(rows));
    }
    parts.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(parts.len(), 12);
    for ((key, row), (part_key, part_row)) in keys.iter().zip(&rows).zip(&parts) {
        assert_eq!(key, part_key);
        assert!(row.iter().zip(part_row).all(|(a, b)| (a - b).abs() < 1e-6));
    }

    let again = call(folder, line).ok();
    assert!(again.stdout.contains("\"rows\":12"), "{again:?}");
    std::fs::write(folder.join("texts.txt"), "a tulip\n\na boat\n").expect("written");
    call(
        folder,
        "encode --model model --texts texts.txt --out out/photos.safetensors",
    )
    .refused(&["input", "--overwrite"]);
    call(
        folder,
        "encode --model model --texts texts.txt --out texts.safetensors",
    )
    .ok();
    assert_eq!(read(&folder.join("texts.safetensors")).0, ["0", "1", "2"]);
}

#[test]
fn shards_and_files_give_the_same_features() {
    let folder = folder_with_model(12);
    let folder = folder.path();
    for line in [
        "fetch photos/photos.toml --out m",
        "split m --timeline yearly --out s",
        "shard m --splits s --out d",
        "encode --model model --images d/train/2016 --out shards.safetensors",
        "encode --model model --images photos --out files.safetensors",
    ] {
        call(folder, line).ok();
    }
    let (_, of_shards) = read(&folder.join("shards.safetensors"));
    let (_, of_files) = read(&folder.join("files.safetensors"));
    assert_eq!(of_shards.len(), 6, "half of the photos are of 2016");
    for row in of_shards {
        let same = |other: &Vec<f32>| row.iter().zip(other).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(
            of_files.iter().any(same),
            "a photo of the shard is none of the folder"
        );
    }
}

#[test]
fn a_wrong_call_says_what_is_allowed() {
    let folder = folder_with_model(12);
    let folder = folder.path();
    call(folder, "encode --model model --out x").refused(&["--images", "--texts"]);
    call(
        folder,
        "encode --model model --images photos --part 4/3 --out x",
    )
    .refused(&["4/3", "1/N"]);
    call(folder, "encode --model model --images nowhere --out x").refused(&["nowhere"]);
    std::fs::create_dir(folder.join("empty")).expect("made");
    call(folder, "encode --model model --images empty --out e/x").refused(&["empty: no images"]);
    std::fs::write(folder.join("mine"), "mine").expect("written");
    call(folder, "encode --model model --images photos --out mine")
        .refused(&["mine is not a whole file of features", "--overwrite"]);
    let mine = std::fs::read(folder.join("mine")).expect("there");
    assert_eq!(mine, b"mine", "what is not ours stays");
    call(folder, "encode --model photos --images photos --out x")
        .refused(&["open_clip_model.safetensors"]);
    call(
        folder,
        "encode --model model --images photos --precision f16 --out x",
    )
    .refused(&["f32", "bf16"]);
    let weights = "model/open_clip_model.safetensors";
    std::fs::copy(folder.join(weights), folder.join("bare.safetensors")).expect("copied");
    let line = "encode --model bare.safetensors --images photos --out x";
    call(folder, line).refused(&["--architecture", "ViT-B-32"]);
    call(folder, &format!("{line} --architecture ViT-Q-1")).refused(&["ViT-Q-1", "ViT-B-16"]);
    call(folder, &format!("{line} --architecture ViT-B-32")).refused(&[
        "expected [",
        "more",
        "--architecture",
    ]);
    call(
        folder,
        &format!("{line} --architecture model/open_clip_config.json"),
    )
    .ok();
}
