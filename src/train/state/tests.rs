use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor, TensorData};

use super::load::{Found, Loaded};
use super::*;
use crate::model::{
    Clip, ClipConfig, NamedTensor, TextPooling, TokenBatch, checkpoint, parameters,
};
use crate::scattered::scattered;
use crate::train::Learner;
use crate::train::gradient::Objective;
use crate::train::plan::Fingerprint;

fn plan() -> Fingerprint {
    Fingerprint::new("a recipe", "data", "start", "course")
}
const FILES: [&str; 3] = [
    "weights.safetensors",
    "moments.safetensors",
    "position.json",
];

fn fresh() -> Clip {
    let golden = include_str!("../../../tests/golden/trajectory.json");
    let golden: serde_json::Value = serde_json::from_str(golden).expect("a golden file");
    let config: ClipConfig = serde_json::from_value(golden["config"].clone()).expect("shapes");
    Clip::new(&config, 0, &Device::flex())
}

/// The learner after one more update, and its loss.
fn updated(learner: Learner, seed: u32) -> (Learner, f32) {
    let pixels = TensorData::new(scattered(4 * 3 * 16 * 16, seed), [4, 3, 16, 16]);
    let captions: Vec<Vec<u32>> = (1..5)
        .map(|word| vec![62, word, 63, 0, 0, 0, 0, 0])
        .collect();
    let texts = TokenBatch::new(&captions, TextPooling::Argmax);
    learner.update(Tensor::from_data(pixels, &Device::flex()), &texts, 1e-3)
}

fn learner(updates: u32) -> Learner {
    let fresh = Learner::new(fresh(), 0.2, &Device::flex());
    (0..updates).fold(fresh, |learner, seed| updated(learner, seed).0)
}

fn at(update: u64) -> Position {
    Position {
        update,
        broken: 3,
        ..Position::at_start(&plan())
    }
}

fn save(folder: &Path, keep: usize, update: u64, learner: &Learner) -> Written {
    let mut writer = Writer::new(folder, keep);
    let before = writer.save(Snapshot::new(&at(update), learner));
    assert_eq!(before.expect("nothing was written before"), None);
    writer.finish().expect("written").expect("one state")
}

fn load(folder: &Path) -> Result<Found, StateError> {
    super::load(folder, &plan(), &fresh(), 0.2, &Device::flex())
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let name = |path: PathBuf| {
        path.file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned()
    };
    let mut names: Vec<_> = entries
        .map(|entry| name(entry.expect("an entry").path()))
        .collect();
    names.sort();
    names
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn weight_bits(model: &Clip) -> BTreeMap<String, Vec<u32>> {
    let parameters = parameters(model).into_iter();
    parameters
        .map(|(name, tensor)| (name, bits(&tensor.values)))
        .collect()
}

fn moment_bits(adamw: &crate::train::adamw::AdamW) -> BTreeMap<String, Vec<u32>> {
    let tensors = adamw.tensors().into_iter();
    tensors
        .map(|(name, tensor)| {
            let values: Vec<f32> = tensor.into_data().try_into_vec().expect("f32");
            (name, bits(&values))
        })
        .collect()
}

#[test]
fn what_is_taken_up_is_what_was_kept_to_the_bit() {
    let folder = tempfile::tempdir().expect("a folder");
    let learner = learner(3);
    let (weights, moments) = (weight_bits(learner.model()), moment_bits(&learner.adamw));
    let average = NamedTensor {
        shape: vec![2, 2],
        values: vec![0.0, -0.0, f32::NAN, f32::MIN_POSITIVE / 2.0],
    };
    let averages = BTreeMap::from([("a".to_owned(), average.clone())]);
    let fisher = Tensor::from_floats([1.0, 2.0], &Device::flex());
    let snapshot = Snapshot::new(&at(3), &learner)
        .with_arrays("averages", averages)
        .with_model("anchor", learner.model())
        .with_tensors("fisher", [("b".to_owned(), fisher)]);
    // What training does after a snapshot does not change it.
    let (learner, _) = updated(learner, 3);
    assert_ne!(weight_bits(learner.model()), weights);
    let mut writer = Writer::new(folder.path(), 1);
    writer.save(snapshot).expect("begun");
    let written = writer.finish().expect("written").expect("a state");
    assert_eq!(written.path, folder.path().join("state-000000000003"));
    assert_eq!(written.update, 3);

    let found = load(folder.path()).expect("whole");
    assert_eq!(found.damaged, []);
    let Loaded {
        position,
        model,
        adamw,
        extra,
    } = found.state.expect("a state");
    assert_eq!(position, at(3));
    assert_eq!(weight_bits(&model), weights);
    assert_eq!(moment_bits(&adamw), moments);
    assert_eq!(bits(&extra["averages"]["a"].values), bits(&average.values));
    assert_eq!(extra["averages"]["a"].shape, average.shape);
    assert_eq!(extra["fisher"]["b"].values, [1.0, 2.0]);
    assert_eq!(extra["anchor"].len(), weights.len());
    let resumed = Learner::resume(model, adamw, Objective::default(), &Device::flex());
    let (resumed, _) = updated(resumed, 3);
    assert_eq!(weight_bits(resumed.model()), weight_bits(learner.model()));
}

#[test]
fn the_weights_of_a_state_are_a_file_as_safetensors_writes_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let learner = learner(1);
    let state = save(folder.path(), 1, 1, &learner).path;
    let theirs = folder.path().join("theirs.safetensors");
    checkpoint::write_tensors(&parameters(learner.model()), &theirs).expect("written");
    let [ours, theirs] =
        [state.join(FILES[0]), theirs].map(|path| std::fs::read(path).expect("a file"));
    assert!(ours == theirs);
}

/// Two states under a folder, and the newer one's path.
fn two_states(folder: &Path) -> PathBuf {
    save(folder, 2, 1, &learner(1));
    save(folder, 2, 2, &learner(2)).path
}

/// What goes wrong when the newer of two states is as it is now: the older one is taken.
fn reason(folder: &Path) -> String {
    let found = load(folder).expect("the older state is whole");
    assert_eq!(found.state.expect("a state").position, at(1));
    let [damaged] = found.damaged.as_slice() else {
        panic!("one state is damaged: {:?}", found.damaged);
    };
    assert!(damaged.path.ends_with("state-000000000002"));
    damaged.reason.clone()
}

#[test]
fn a_damaged_state_is_told_and_the_one_before_is_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let newest = two_states(folder.path());
    for file in FILES {
        let path = newest.join(file);
        let whole = std::fs::read(&path).expect("a file");
        let length = whole.len();
        for at in [0, 9, length / 2, length - 1] {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            std::fs::write(&path, bytes).expect("written");
            let reason = reason(folder.path());
            assert!(reason.starts_with(file), "{file}, byte {at}: {reason}");
        }
        // Two bytes less: the last of a position is a line feed, which nobody misses.
        for length in [0, 7, length / 2, length - 2] {
            std::fs::write(&path, &whole[..length]).expect("written");
            let reason = reason(folder.path());
            assert!(reason.starts_with(file), "{file}, {length} bytes: {reason}");
        }
        std::fs::remove_file(&path).expect("it was there");
        let missing = reason(folder.path());
        assert!(missing.starts_with(file), "{missing}");
        std::fs::write(&path, whole).expect("written");
        let found = load(folder.path()).expect("whole again");
        assert_eq!(found.state.expect("a state").position, at(2));
    }
}

#[test]
fn no_byte_of_the_position_can_change_unnoticed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = two_states(folder.path()).join("position.json");
    let whole = std::fs::read(&path).expect("a file");
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(&path, bytes).expect("written");
        reason(folder.path());
    }
}

#[test]
fn when_all_states_are_damaged_each_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let newest = two_states(folder.path());
    std::fs::write(newest.join(FILES[0]), "").expect("written");
    let oldest = folder.path().join("state-000000000001");
    std::fs::remove_file(oldest.join(FILES[1])).expect("it was there");
    let error = load(folder.path()).expect_err("none is whole").to_string();
    for part in [
        "state-000000000002 is damaged (weights.safetensors: it has 0 bytes instead of ",
        "state-000000000001 is damaged (moments.safetensors: ",
        "--overwrite",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_state_of_another_plan_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(load(folder.path()).expect("nothing yet").state.is_none());
    two_states(folder.path());
    let others = Fingerprint::new("a recipe", "other data", "start", "course");
    let other = super::load(folder.path(), &others, &fresh(), 0.2, &Device::flex());
    let Err(StateError::OtherRun { differs, .. }) = other else {
        panic!("another run's state is taken up: {other:?}");
    };
    assert_eq!(differs, "data");
}

#[test]
fn the_newest_are_kept_and_a_killed_runs_leavings_are_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let learner = learner(1);
    let partial = folder.path().join(folder::PARTIAL);
    std::fs::create_dir_all(&partial).expect("a folder");
    std::fs::write(partial.join("left"), "half").expect("written");
    std::fs::write(folder.path().join("notes.txt"), "mine").expect("written");
    for update in 7..12 {
        save(folder.path(), 3, update, &learner);
    }
    let kept = ["000000000009", "000000000010", "000000000011"];
    let kept = kept.map(|number| format!("state-{number}"));
    assert_eq!(names(folder.path())[1..], kept);
    let state = folder.path().join("state-000000000011");
    let mut files = FILES.map(str::to_owned);
    files.sort();
    assert_eq!(names(&state), files);

    // Updates 10 and 11 are damaged, so that training went on from 9.
    std::fs::remove_file(state.join(FILES[0])).expect("it was there");
    save(folder.path(), 3, 10, &learner);
    assert_eq!(names(folder.path())[1..], kept[..2]);
    // At least one is kept.
    save(folder.path(), 0, 12, &learner);
    assert_eq!(names(folder.path()), ["notes.txt", "state-000000000012"]);
}

#[test]
fn a_state_that_cannot_be_written_leaves_the_ones_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let learner = learner(1);
    let newest = two_states(folder.path());
    let mut writer = Writer::new(folder.path(), 1);
    // Weights and moments come after it in the alphabet, an average before: some files are there already.
    let long = format!("w{}", "x".repeat(300));
    let snapshot = Snapshot::new(&at(3), &learner)
        .with_model("average", learner.model())
        .with_model(&long, learner.model());
    writer.save(snapshot).expect("begun");
    let next = writer.save(Snapshot::new(&at(4), &learner));
    let Err(StateError::Io(error)) = next else {
        panic!("the first was not written: {next:?}");
    };
    assert!(error.to_string().contains(&long), "{error}");
    assert_eq!(
        names(folder.path()),
        ["state-000000000001", "state-000000000002"]
    );
    let found = load(folder.path()).expect("whole");
    assert_eq!(found.state.expect("a state").position, at(2));
    drop(writer);
    assert!(newest.exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_with_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("weights.safetensors");
    std::os::unix::fs::symlink("/dev/full", &file).expect("a link");
    let filled = writer::fill(Snapshot::new(&at(1), &learner(1)), folder.path());
    let error = filled.expect_err("no space is left").to_string();
    assert!(
        error.contains("weights.safetensors") && error.contains("No space left"),
        "{error}"
    );
}

#[test]
fn a_state_in_the_making_is_whole_when_its_writer_is_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut writer = Writer::new(folder.path(), 1);
    writer
        .save(Snapshot::new(&at(1), &learner(1)))
        .expect("begun");
    drop(writer);
    assert!(load(folder.path()).expect("whole").state.is_some());
}
