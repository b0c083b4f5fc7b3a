use super::*;

fn request(model: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("model".to_owned(), model.to_owned())])
}

fn open(path: &Path, model: &str) -> Result<Opened, FeatureFileError> {
    FeatureFile::open(path, 2, request(model), false)
}

fn growing(path: &Path) -> FeatureFile {
    match open(path, "a").expect("opened") {
        Opened::Open(file) => file,
        Opened::Finished { .. } => panic!("nothing was finished"),
    }
}

fn append(file: &mut FeatureFile, key: &str, value: f32) {
    let bad = [(format!("bad {key}"), "unreadable".to_owned())];
    file.append(2, &[value, -value], &[key.to_owned()], &bad)
        .expect("appended");
}

#[test]
fn a_killed_call_goes_on_behind_its_last_chunk() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("out.safetensors");
    let mut file = growing(&path);
    append(&mut file, "one \"quoted\"", 1.0);
    // Killed in the middle of the next chunk.
    let features = file.folder.join(ROWS);
    drop(file);
    OpenOptions::new()
        .append(true)
        .open(features)
        .expect("there")
        .write_all(b"half")
        .expect("written");
    let mut file = growing(&path);
    assert_eq!((file.items(), file.rows(), file.left_out()), (2, 1, 1));
    append(&mut file, "two", 2.0);
    file.finish().expect("finished");

    let bytes = std::fs::read(&path).expect("a file");
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).expect("safetensors");
    let keys = &header.metadata().as_ref().expect("metadata")["keys"];
    assert_eq!(
        serde_json::from_str::<Vec<String>>(keys).expect("a list"),
        ["one \"quoted\"", "two"]
    );
    let tensors = safetensors::SafeTensors::deserialize(&bytes).expect("safetensors");
    let features = tensors.tensor("features").expect("features");
    assert_eq!(features.shape(), [2, 2]);
    let values: Vec<f32> = features
        .data()
        .as_chunks()
        .0
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect();
    assert_eq!(values, [1.0, -1.0, 2.0, -2.0]);
    let left_out = std::fs::read_to_string(FeatureFile::left_out_path(&path)).expect("a list");
    assert_eq!(left_out.lines().count(), 2);
    assert_eq!(
        std::fs::read_dir(folder.path()).expect("a folder").count(),
        2
    );
    assert!(matches!(
        open(&path, "a"),
        Ok(Opened::Finished { rows: 2, .. })
    ));
}

#[test]
fn features_of_another_tokenizer_are_not_touched() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("out.safetensors");
    let mut more = request("a");
    more.insert("tokenizer".to_owned(), "t".to_owned());
    let Opened::Open(mut file) = FeatureFile::open(&path, 2, more.clone(), false).expect("opened")
    else {
        panic!("nothing was finished");
    };
    append(&mut file, "one", 1.0);
    let taken = open(&path, "a").expect_err("it grows").to_string();
    assert!(taken.contains("another ticclip"), "{taken}");
    drop(file);
    let error = open(&path, "a").expect_err("with a tokenizer").to_string();
    assert!(error.contains("tokenizer: t"), "{error}");
    let Ok(Opened::Open(file)) = FeatureFile::open(&path, 2, more.clone(), false) else {
        panic!("it can be gone on with");
    };
    file.finish().expect("finished");
    let error = open(&path, "a")
        .expect_err("it has a tokenizer")
        .to_string();
    assert!(error.contains("tokenizer: t"), "{error}");
    let again = FeatureFile::open(&path, 2, more, false);
    assert!(matches!(again, Ok(Opened::Finished { rows: 1, .. })));
}

#[test]
fn a_file_that_is_none_of_ours_is_told_and_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("out.safetensors");
    let huge = [&[0xff; 8][..], b"{}"].concat();
    let cut = [&52_u64.to_le_bytes()[..], b"{"].concat();
    let broken = [&1_u64.to_le_bytes()[..], b"{"].concat();
    for bytes in [&b""[..], b"mine", &huge, &cut, &broken] {
        std::fs::write(&path, bytes).expect("written");
        let error = open(&path, "a").expect_err("no features");
        assert!(matches!(error, FeatureFileError::Damaged { .. }), "{error}");
        assert_eq!(std::fs::read(&path).expect("there"), bytes);
    }
}

#[test]
fn features_of_another_model_are_not_touched() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("out.safetensors");
    let mut file = growing(&path);
    append(&mut file, "one", 1.0);
    drop(file);
    let error = open(&path, "b")
        .expect_err("it grows from another model")
        .to_string();
    assert!(error.contains("model: a, not b"), "{error}");
    growing(&path).finish().expect("finished");
    assert!(open(&path, "b").is_err());
    assert!(
        matches!(FeatureFile::open(&path, 2, request("b"), true), Ok(Opened::Open(file)) if file.items() == 0)
    );
}
