use std::fs::File;
use std::sync::Arc;

use arrow_array::builder::{BinaryBuilder, ListBuilder, StringBuilder};
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Int64Array, ListArray, RecordBatch, StringArray, StructArray};
use arrow_schema::{DataType, Field};
use parquet::arrow::ArrowWriter;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::*;
use crate::score::source::test_image::{jpeg, png};
use crate::score::source::{Association, open, open_as};

/// Images as `datasets` writes them: bytes and path.
fn images(all: &[Option<Vec<u8>>]) -> StructArray {
    let mut bytes = BinaryBuilder::new();
    all.iter()
        .for_each(|image| bytes.append_option(image.as_ref()));
    let paths: StringArray = all.iter().map(|_| Some("/etc/hostname")).collect();
    let field = |name: &str, of| Arc::new(Field::new(name, of, true));
    StructArray::from(vec![
        (
            field("bytes", DataType::Binary),
            Arc::new(bytes.finish()) as ArrayRef,
        ),
        (field("path", DataType::Utf8), Arc::new(paths)),
    ])
}

fn lists(all: &[&[&str]]) -> ListArray {
    let mut lists = ListBuilder::new(StringBuilder::new());
    for list in all {
        list.iter()
            .for_each(|text| lists.values().append_value(text));
        lists.append(true);
    }
    lists.finish()
}

/// Writes a file with two rows a row group.
fn write(path: &Path, columns: Vec<(&str, ArrayRef)>, note: Option<&str>) {
    std::fs::create_dir_all(path.parent().expect("below something")).expect("made");
    let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let note = note.map(|note| vec![KeyValue::new("huggingface".to_owned(), note.to_owned())]);
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(2))
        .set_key_value_metadata(note)
        .build();
    let file = File::create(path).expect("made");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).expect("begun");
    writer.write(&batch).expect("written");
    writer.close().expect("whole");
}

fn opened(folder: &Path, kind: Kind) -> Set {
    open(folder, kind).expect("readable").expect("a set")
}

const FACES: [&str; 7] = ["🐱", "🐶", "🐭", "🐹", "🐰", "🦊", "🐻"];

const LABELS: &str = r#"{"info": {"features": {
    "image": {"_type": "Image"},
    "label": {"names": ["cat", "dog", "mouse"], "_type": "ClassLabel"},
    "labels": {"feature": {"names": ["a", "b", "c"], "_type": "ClassLabel"}, "_type": "Sequence"}}}}"#;

/// Two files of four and three rows, whose labels are 0, 1, 2, 0, …; the third row has no image and the sixth no label.
fn classification(folder: &Path) {
    for (file, rows) in [("00000", 0..4), ("00001", 4..7)] {
        let image = |row: usize| (row != 2).then(|| png(FACES[row]));
        let label = |row: usize| match row {
            5 => None,
            6 => Some(-1),
            row => Some(row as i64 % 3),
        };
        let columns: Vec<(&str, ArrayRef)> = vec![
            (
                "image",
                Arc::new(images(&rows.clone().map(image).collect::<Vec<_>>())),
            ),
            ("label", Arc::new(rows.map(label).collect::<Int64Array>())),
        ];
        let name = format!("data/test-{file}-of-00002.parquet");
        write(&folder.join(name), columns, Some(LABELS));
    }
}

#[test]
fn class_ids_have_their_names_and_a_run_goes_over_groups_and_files() {
    let dir = tempfile::tempdir().expect("a folder");
    classification(dir.path());
    let set = opened(dir.path(), Kind::Classification);
    assert_eq!((set.kind, set.source.len()), (Kind::Classification, 7));
    assert_eq!(
        set.classes.as_deref().expect("noted"),
        ["cat", "dog", "mouse"]
    );
    assert_eq!(set.source.key(5), "test-00001-of-00002/1");
    let targets = set.source.targets(Kind::Classification).expect("read");
    let class = |id| Ok(Target::Class(id));
    assert_eq!(
        targets[..5],
        [class(0), class(1), class(2), class(0), class(1)]
    );
    let message = targets[5].as_ref().expect_err("null");
    assert!(
        message.contains("row `test-00001-of-00002/1` has no label"),
        "{message}"
    );
    assert!(targets[6].as_ref().expect_err("-1").contains("label `-1`"));
    // Some runs go on where the one before ended, some do not.
    for range in [0..7, 1..2, 2..3, 3..5, 5..7, 6..7, 0..0, 0..1, 4..6, 6..7] {
        let images = set.source.images(range.clone()).expect("read");
        assert_eq!(images.len(), range.len());
        for (image, row) in images.iter().zip(range) {
            match row {
                2 => assert!(image.as_ref().expect_err("null").contains("path alone")),
                row => assert_eq!(image, &Ok(png(FACES[row]))),
            }
        }
    }
    assert!(set.source.targets(Kind::Retrieval).is_err());
    assert_eq!(
        set.source.values("label").expect("read")[1],
        Ok("1".to_owned())
    );
}

#[test]
fn names_beside_the_files_come_first_and_have_to_be_as_many() {
    let dir = tempfile::tempdir().expect("a folder");
    classification(dir.path());
    let path = dir.path().join(CLASSES_FILE);
    std::fs::write(&path, "kitten\npuppy\nmouse\n").expect("written");
    let set = opened(dir.path(), Kind::Classification);
    assert_eq!(set.classes.expect("names")[0], "kitten");
    std::fs::write(&path, "kitten\npuppy\n").expect("written");
    let error = open(dir.path(), Kind::Classification).expect_err("one too few");
    assert!(error.to_string().contains("names 3 classes"), "{error}");
}

#[test]
fn captions_are_texts_lists_or_sentences_and_a_split_column_chooses() {
    let dir = tempfile::tempdir().expect("a folder");
    let image: ArrayRef = Arc::new(images(&[
        Some(jpeg("🐱")),
        Some(jpeg("🐶")),
        Some(jpeg("🐭")),
    ]));
    let split: StringArray = vec!["train", "test", "test"].into();
    let captions = lists(&[&["a cat"], &["a dog", " a hound\n"], &[]]);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("image", image),
        ("caption", Arc::new(captions)),
        ("split", Arc::new(split)),
        ("label", Arc::new(Int64Array::from(vec![0, 1, 2]))),
    ];
    write(
        &dir.path().join("TEST-00000-of-00001.parquet"),
        columns,
        None,
    );
    let set = opened(dir.path(), Kind::Retrieval);
    assert_eq!((set.kind, set.source.len()), (Kind::Retrieval, 2));
    let targets = set.source.targets(Kind::Retrieval).expect("read");
    let dogs = ["a dog", "a hound"].map(str::to_owned).to_vec();
    assert_eq!(targets[0], Ok(Target::Captions(dogs)));
    assert!(
        targets[1]
            .as_ref()
            .expect_err("none")
            .contains("has no caption")
    );
    assert_eq!(
        set.source.images(0..2).expect("read"),
        [Ok(jpeg("🐶")), Ok(jpeg("🐭"))]
    );
    // The same file is a classification set for who asks for classes.
    let set = opened(dir.path(), Kind::Classification);
    let targets = set.source.targets(Kind::Classification).expect("read");
    assert_eq!(targets, [Ok(Target::Class(1)), Ok(Target::Class(2))]);
}

#[test]
fn numbered_captions_and_sentences_in_structs_are_captions() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut bytes = BinaryBuilder::new();
    bytes.append_value(png("🐱"));
    let text = |text: Option<&str>| Arc::new(StringArray::from(vec![text])) as ArrayRef;
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("picture_bytes", Arc::new(bytes.finish())),
        ("caption_1", text(Some("two"))),
        ("caption_0", text(Some("one"))),
        ("caption_2", text(None)),
    ];
    write(&dir.path().join("x.parquet"), columns, None);
    let targets = opened(dir.path(), Kind::Retrieval)
        .source
        .targets(Kind::Retrieval);
    let both = ["one", "two"].map(str::to_owned).to_vec();
    assert_eq!(targets.expect("read"), [Ok(Target::Captions(both))]);

    let raw: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
    let sentid: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let sentences = StructArray::from(vec![
        (Arc::new(Field::new("raw", DataType::Utf8, true)), raw),
        (
            Arc::new(Field::new("sentid", DataType::Int64, true)),
            sentid,
        ),
    ]);
    let list = list_of(sentences, &[2]);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("image", Arc::new(images(&[Some(png("🐱"))]))),
        ("sentences", Arc::new(list)),
    ];
    write(&dir.path().join("x.parquet"), columns, None);
    let targets = opened(dir.path(), Kind::Retrieval)
        .source
        .targets(Kind::Retrieval);
    let both = ["a", "b"].map(str::to_owned).to_vec();
    assert_eq!(targets.expect("read"), [Ok(Target::Captions(both))]);
}

/// Lists of the items up to each end.
fn list_of(items: StructArray, ends: &[usize]) -> ListArray {
    let mut begin = 0;
    let lengths = ends
        .iter()
        .map(|&end| end - std::mem::replace(&mut begin, end));
    let shape = lengths.map(|length| Some(vec![None; length]));
    let shape = ListArray::from_iter_primitive::<Int64Type, _, _>(shape);
    let item = Arc::new(Field::new_list_field(items.data_type().clone(), true));
    ListArray::new(item, shape.offsets().clone(), Arc::new(items), None)
}

#[test]
fn several_labels_are_refused_by_name_and_one_may_be_chosen() {
    let dir = tempfile::tempdir().expect("a folder");
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("img", Arc::new(images(&[Some(png("🐱"))]))),
        ("fine_label", Arc::new(Int64Array::from(vec![42]))),
        ("coarse_label", Arc::new(Int64Array::from(vec![7]))),
    ];
    write(&dir.path().join("cifar100-test.parquet"), columns, None);
    let error = open(dir.path(), Kind::Classification).expect_err("two");
    let message = error.to_string();
    assert!(
        message.contains("`fine_label`, `coarse_label` may each be the label"),
        "{message}"
    );
    let wanted = Wanted {
        column: Some("fine_label".to_owned()),
        ..Wanted::test(Kind::Classification)
    };
    let set = open_as(dir.path(), &wanted)
        .expect("readable")
        .expect("a set");
    let targets = set.source.targets(Kind::Classification).expect("read");
    assert_eq!(targets, [Ok(Target::Class(42))]);
}

#[test]
fn lists_of_classes_are_labels() {
    let dir = tempfile::tempdir().expect("a folder");
    let ids = ListArray::from_iter_primitive::<Int64Type, _, _>([
        Some(vec![Some(0), Some(2)]),
        Some(vec![]),
        Some(vec![Some(3)]),
    ]);
    let three = [Some(png("🐱")), Some(png("🐶")), Some(png("🐭"))];
    let columns = |labels: &ListArray| -> Vec<(&str, ArrayRef)> {
        vec![
            ("image", Arc::new(images(&three))),
            ("labels", Arc::new(labels.clone())),
        ]
    };
    write(
        &dir.path().join("test.parquet"),
        columns(&ids),
        Some(LABELS),
    );
    let set = opened(dir.path(), Kind::Multilabel);
    assert_eq!(
        (set.kind, set.classes.as_ref().map(Vec::len)),
        (Kind::Multilabel, Some(3))
    );
    let targets = set.source.targets(Kind::Multilabel).expect("read");
    assert_eq!(targets[0], Ok(Target::Labels(vec![true, false, true])));
    assert_eq!(targets[1], Ok(Target::Labels(vec![false; 3])));
    assert!(
        targets[2]
            .as_ref()
            .expect_err("3")
            .contains("the label 3, but there are 3 classes")
    );
    write(&dir.path().join("test.parquet"), columns(&ids), None);
    let targets = opened(dir.path(), Kind::Multilabel)
        .source
        .targets(Kind::Multilabel);
    assert!(
        targets.expect("read")[0]
            .as_ref()
            .expect_err("2")
            .contains("has 2 in its labels")
    );
}

#[test]
fn a_caption_that_is_too_long_breaks_its_sample_alone() {
    let dir = tempfile::tempdir().expect("a folder");
    let long = "a".repeat((1 << 20) + 1);
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "image",
            Arc::new(images(&[Some(png("🐶")), Some(png("🐱"))])),
        ),
        ("text", Arc::new(StringArray::from(vec![&long, "a cat"]))),
    ];
    write(&dir.path().join("test.parquet"), columns, None);
    let set = opened(dir.path(), Kind::Retrieval);
    let targets = set.source.targets(Kind::Retrieval).expect("read");
    let message = targets[0].as_ref().expect_err("too long");
    assert!(message.contains("has a text of 1048577 bytes"), "{message}");
    let cat = vec!["a cat".to_owned()];
    assert_eq!(targets[1], Ok(Target::Captions(cat)));
}

#[test]
fn texts_are_classes_in_order() {
    let dir = tempfile::tempdir().expect("a folder");
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "image",
            Arc::new(images(&[Some(png("🐶")), Some(png("🐱"))])),
        ),
        ("label", Arc::new(StringArray::from(vec!["dog", "cat"]))),
    ];
    write(&dir.path().join("test.parquet"), columns, None);
    let set = opened(dir.path(), Kind::Classification);
    assert_eq!(set.classes.as_deref().expect("names"), ["cat", "dog"]);
    let targets = set.source.targets(Kind::Classification).expect("read");
    assert_eq!(targets, [Ok(Target::Class(1)), Ok(Target::Class(0))]);
}

#[test]
fn questions_name_their_candidates_and_have_their_images() {
    let dir = tempfile::tempdir().expect("a folder");
    let all = images(&["🐱", "🐶", "🐶", "🦊"].map(|face| Some(jpeg(face))));
    let candidate_images = list_of(all, &[2, 4]);
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "candidates",
            Arc::new(lists(&[&["cat", "dog"], &["dog", "fox"]])),
        ),
        (
            "cue",
            Arc::new(StringArray::from(vec!["whiskers", "loyal"])),
        ),
        ("associations", Arc::new(lists(&[&["cat"], &["dog"]]))),
        ("candidate_images", Arc::new(candidate_images)),
    ];
    write(&dir.path().join("test.parquet"), columns, None);
    let set = opened(dir.path(), Kind::Association);
    assert_eq!((set.kind, set.source.len()), (Kind::Association, 3));
    let questions = set.source.associations().expect("read");
    let second = Association {
        cue: "loyal".to_owned(),
        candidates: vec![1, 2],
        gold: vec![true, false],
    };
    assert_eq!(questions[1], Ok(second));
    let images = set.source.images(1..3).expect("read");
    assert_eq!(images, [Ok(jpeg("🐶")), Ok(jpeg("🦊"))]);
    assert_eq!(set.source.images(0..1).expect("read"), [Ok(jpeg("🐱"))]);
}

#[test]
fn a_damaged_file_is_named_and_parquet_without_images_is_no_set() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("test.parquet");
    std::fs::write(&path, b"PAR1 nothing PAR1").expect("written");
    let error = open(dir.path(), Kind::Classification).expect_err("damaged");
    assert!(error.to_string().contains("test.parquet"), "{error}");
    let columns: Vec<(&str, ArrayRef)> = vec![("label", Arc::new(Int64Array::from(vec![1])))];
    write(&path, columns, None);
    assert!(
        open(dir.path(), Kind::Classification)
            .expect("read")
            .is_none()
    );
    classification(dir.path());
    std::fs::remove_file(&path).expect("removed");
    let before = opened(dir.path(), Kind::Classification)
        .fingerprint()
        .expect("read");
    let again = opened(dir.path(), Kind::Classification)
        .fingerprint()
        .expect("read");
    assert_eq!(before, again);
    let file = dir.path().join("data/test-00001-of-00002.parquet");
    let mut bytes = std::fs::read(&file).expect("there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).expect("written");
    assert_ne!(
        opened(dir.path(), Kind::Classification)
            .fingerprint()
            .expect("read"),
        before
    );
}
