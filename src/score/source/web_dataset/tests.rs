use super::*;
use crate::score::source::test_image::{jpeg, png};
use crate::score::source::{open, open_as};
use crate::shard::TarFile;

/// An image that says which it is.
fn image(number: u8) -> Vec<u8> {
    const FACES: [&str; 11] = [
        "🐱", "🐶", "🐭", "🐹", "🐰", "🦊", "🐻", "🐼", "🐨", "🐯", "🦁",
    ];
    png(FACES[usize::from(number)])
}

fn tar(path: &Path, members: &[(&str, &[u8])]) {
    std::fs::create_dir_all(path.parent().expect("below something")).expect("made");
    let mut tar = TarFile::create(path).expect("begun");
    for (name, bytes) in members {
        tar.append(name, bytes).expect("added");
    }
    tar.finish().expect("named");
}

fn npy(descr: &str, count: usize, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({count},), }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

fn opened(folder: &Path, hint: Kind) -> Set {
    open(folder, hint).expect("readable").expect("a set")
}

/// A classification set of one sample a tar, whose class is the tar's number.
fn numbered(folder: &Path, tars: usize) {
    for number in 0..tars {
        let class = format!("{number}\n");
        let path = folder.join(format!("test/{number}.tar"));
        let members = [
            ("s.cls", class.as_bytes()),
            ("s.png", &image(number as u8)),
            (
                "s.json",
                b"{\"region\": \"Asia\", \"income\": 3}".as_slice(),
            ),
        ];
        tar(&path, &members);
    }
}

fn classes(set: &Set) -> Vec<Answer<Target>> {
    set.source.targets(Kind::Classification).expect("read")
}

#[test]
fn tars_count_by_number_with_and_without_a_list() {
    let dir = tempfile::tempdir().expect("a folder");
    numbered(dir.path(), 11);
    let expected: Vec<_> = (0..11).map(|class| Ok(Target::Class(class))).collect();
    assert_eq!(classes(&opened(dir.path(), Kind::Classification)), expected);
    std::fs::write(dir.path().join("test/nshards.txt"), "11\n").expect("written");
    let set = opened(dir.path(), Kind::Classification);
    assert_eq!(classes(&set), expected);
    let images = set.source.images(9..11).expect("read");
    assert_eq!(images, [Ok(image(9)), Ok(image(10))]);
    assert_eq!(set.source.key(10), "s");
    assert_eq!((set.classes, set.templates), (None, None));
}

#[test]
fn a_missing_tar_is_named() {
    let dir = tempfile::tempdir().expect("a folder");
    numbered(dir.path(), 3);
    std::fs::write(dir.path().join("test/nshards.txt"), "4").expect("written");
    let error = open(dir.path(), Kind::Classification).expect_err("three of four");
    assert!(
        error.to_string().contains("test/3.tar: no such tar"),
        "{error}"
    );
}

#[test]
fn broken_samples_stay_in_their_places() {
    let dir = tempfile::tempdir().expect("a folder");
    let long = vec![b'a'; TEXT_BYTES as usize + 1];
    let members = [
        ("a.cls", b"1".as_slice()),
        ("a.png", &image(1)),
        ("b.cls", b"one"),
        ("b.png", &image(2)),
        ("c.png", &image(3)),
        ("d.cls", b" 2\n"),
        ("e.cls", &long),
        ("e.jpg", b"x"),
    ];
    tar(&dir.path().join("test/0.tar"), &members);
    let set = opened(dir.path(), Kind::Classification);
    let classes = classes(&set);
    assert_eq!(
        (&classes[0], &classes[3]),
        (&Ok(Target::Class(1)), &Ok(Target::Class(2)))
    );
    for (place, part) in [
        (1, "`b` has a .cls that is not a class id"),
        (2, "`c` has no .cls; it has .png"),
        (
            4,
            "`e` has a .cls of 1048577 bytes, at most 1048576 are allowed",
        ),
    ] {
        let message = classes[place].as_ref().expect_err(part);
        assert!(message.contains(part), "{message}");
    }
    let images = set.source.images(0..5).expect("read");
    assert_eq!(images.iter().filter(|image| image.is_ok()).count(), 4);
    let message = images[3].as_ref().expect_err("only a label");
    assert!(
        message.contains("`d` has no image; it has .cls"),
        "{message}"
    );
}

#[test]
fn the_sets_of_tic_have_their_tars_at_the_root() {
    let dir = tempfile::tempdir().expect("a folder");
    let members = [
        ("0001-0.txt", "a cat\n\n a tom \n".as_bytes()),
        ("0001-0.jpg", &jpeg("🐱")),
        ("0002-0.txt", b"\n"),
        ("0002-0.jpg", &jpeg("🐶")),
    ];
    tar(&dir.path().join("0.tar"), &members);
    std::fs::write(dir.path().join("nshards.txt"), "1").expect("written");
    std::fs::write(dir.path().join("count.txt"), "2").expect("written");
    // Without a type file the captions say what it is, whatever was expected.
    let set = opened(dir.path(), Kind::Classification);
    assert_eq!(set.kind, Kind::Retrieval);
    let captions = set.source.targets(Kind::Retrieval).expect("read");
    let cats = ["a cat", "a tom"].map(str::to_owned).to_vec();
    assert_eq!(captions[0], Ok(Target::Captions(cats)));
    let message = captions[1].as_ref().expect_err("no caption");
    assert!(message.contains("`0002-0` has no caption"), "{message}");
}

#[test]
fn labels_and_numbers_come_from_npy_and_values_from_json() {
    let dir = tempfile::tempdir().expect("a folder");
    let one = 1.0_f32.to_le_bytes();
    let labels = npy("<f4", 3, &[[0; 4], one, one].concat());
    let metadata = npy(
        "<i8",
        2,
        &[7_i64.to_le_bytes(), (-1_i64).to_le_bytes()].concat(),
    );
    let members = [
        ("a.npy", labels.as_slice()),
        ("a.json", br#"{"region": "Asia", "income": 3}"#),
        ("b.npy", &metadata),
        ("b.json", b"{"),
    ];
    tar(&dir.path().join("test/0.tar"), &members);
    std::fs::write(dir.path().join(TYPE_FILE), "Multilabel\n").expect("written");
    let set = opened(dir.path(), Kind::Classification);
    assert_eq!(set.kind, Kind::Multilabel);
    let targets = set.source.targets(Kind::Multilabel).expect("read");
    assert_eq!(targets[0], Ok(Target::Labels(vec![false, true, true])));
    assert!(
        targets[1]
            .as_ref()
            .expect_err("7")
            .contains("`b` has 7 in its .npy")
    );
    let numbers = set.source.numbers().expect("read");
    assert_eq!(numbers, [Ok(vec![0.0, 1.0, 1.0]), Ok(vec![7.0, -1.0])]);
    let incomes = set.source.values("income").expect("read");
    assert_eq!(incomes[0], Ok("3".to_owned()));
    assert!(
        incomes[1]
            .as_ref()
            .expect_err("cut")
            .contains("`b` has a .json")
    );
}

#[test]
fn names_and_prompts_stand_beside_and_an_unknown_type_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    numbered(dir.path(), 2);
    tar(&dir.path().join("train/0.tar"), &[("t.cls", b"7")]);
    std::fs::write(dir.path().join(CLASSES_FILE), "cat\ndog\n").expect("written");
    std::fs::write(dir.path().join(TEMPLATES_FILE), "a {c}.\n").expect("written");
    let set = opened(dir.path(), Kind::Classification);
    assert_eq!(
        set.classes.as_deref(),
        Some(&["cat".to_owned(), "dog".to_owned()][..])
    );
    assert_eq!(set.templates.as_deref(), Some(&["a {c}.".to_owned()][..]));
    let train = open_as(dir.path(), &Wanted::train(Kind::Classification))
        .expect("readable")
        .expect("a set");
    assert_eq!(classes(&train), [Ok(Target::Class(7))]);
    std::fs::write(dir.path().join(TYPE_FILE), "detection").expect("written");
    let error = open(dir.path(), Kind::Classification).expect_err("unknown");
    assert!(
        error.to_string().contains("`detection` is not a type"),
        "{error}"
    );
}

#[test]
fn the_fingerprint_changes_with_an_image_a_label_and_a_prompt() {
    let dir = tempfile::tempdir().expect("a folder");
    let of = || {
        opened(dir.path(), Kind::Classification)
            .fingerprint()
            .expect("read")
    };
    numbered(dir.path(), 2);
    let before = of();
    assert_eq!(of(), before);
    let members = [("s.cls", b"0\n".as_slice()), ("s.png", &image(9))];
    tar(&dir.path().join("test/0.tar"), &members);
    let replaced = of();
    assert_ne!(replaced, before);
    std::fs::write(dir.path().join(TEMPLATES_FILE), "a {c}.\n").expect("written");
    assert_ne!(of(), replaced);
}
