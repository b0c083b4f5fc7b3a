use super::*;
use crate::score::source::{open, open_as};

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("below something")).expect("made");
    std::fs::write(path, bytes).expect("written");
}

fn opened(folder: &Path) -> Set {
    open(folder, Kind::Classification)
        .expect("readable")
        .expect("a set")
}

fn ids(set: &Set) -> Vec<usize> {
    let targets = set.source.targets(Kind::Classification).expect("read");
    let id = |target| match target {
        Ok(Target::Class(class)) => class,
        other => panic!("{other:?}"),
    };
    targets.into_iter().map(id).collect()
}

#[test]
fn the_class_is_the_place_of_the_folder_and_an_empty_one_counts() {
    let dir = tempfile::tempdir().expect("a folder");
    for (name, bytes) in [
        ("zebra_fish/b.JPEG", "3"),
        ("zebra_fish/deep/er/a.png", "4"),
        ("Apple/1.jpg", "0"),
        ("Apple/notes.txt", "-"),
        (".thumbnails/x.jpg", "-"),
        ("readme.txt", "-"),
    ] {
        write(dir.path(), name, bytes.as_bytes());
    }
    std::fs::create_dir(dir.path().join("bear")).expect("made");
    let set = opened(dir.path());
    // Capital letters come first, as in Python's order.
    assert_eq!(
        set.classes.as_deref().expect("named"),
        ["Apple", "bear", "zebra fish"]
    );
    assert_eq!(ids(&set), [0, 2, 2]);
    let keys: Vec<_> = (0..3).map(|sample| set.source.key(sample)).collect();
    assert_eq!(
        keys,
        [
            "Apple/1.jpg",
            "zebra_fish/b.JPEG",
            "zebra_fish/deep/er/a.png"
        ]
    );
    let images = set.source.images(1..3).expect("read");
    assert_eq!(images, [Ok(b"3".to_vec()), Ok(b"4".to_vec())]);
    std::fs::remove_file(dir.path().join("zebra_fish/b.JPEG")).expect("removed");
    let images = set.source.images(0..3).expect("read");
    assert!(images[1].as_ref().expect_err("gone").contains("b.JPEG"));
    assert!(images[0].is_ok() && images[2].is_ok());
}

#[test]
fn folders_named_by_numbers_from_0_are_class_ids() {
    let dir = tempfile::tempdir().expect("a folder");
    for name in ["0/a.jpg", "2/b.jpg", "10/c.jpg"] {
        write(dir.path(), name, b"x");
    }
    let set = opened(dir.path());
    assert_eq!((ids(&set), &set.classes), (vec![0, 2, 10], &None));
    let other = tempfile::tempdir().expect("a folder");
    for name in ["1/a.jpg", "2/b.jpg", "10/c.jpg"] {
        write(other.path(), name, b"x");
    }
    assert_eq!(ids(&opened(other.path())), [0, 1, 2]);
}

#[test]
fn sides_are_folders_of_folders_and_names_stand_beside() {
    let dir = tempfile::tempdir().expect("a folder");
    for name in [
        "val/n01/a.JPEG",
        "val/n02/b.JPEG",
        "train/n01/c.JPEG",
        "train/n02/d.JPEG",
    ] {
        write(dir.path(), name, b"x");
    }
    write(dir.path(), "classnames.txt", b"tench\ngoldfish\n");
    let set = opened(dir.path());
    assert_eq!(set.source.key(1), "n02/b.JPEG");
    assert_eq!(
        set.classes.as_deref().expect("names"),
        ["tench", "goldfish"]
    );
    let train = open_as(dir.path(), &Wanted::train(Kind::Classification));
    let train = train.expect("readable").expect("a set");
    assert_eq!(train.source.key(0), "n01/c.JPEG");
    write(dir.path(), "classnames.txt", b"tench\n");
    let error = open(dir.path(), Kind::Classification).expect_err("one name too few");
    assert!(
        error
            .to_string()
            .contains("classnames.txt, line 1: is the last"),
        "{error}"
    );
}

#[test]
fn a_class_may_be_called_train_and_a_dataset_may_have_only_that_side() {
    let dir = tempfile::tempdir().expect("a folder");
    for name in ["train/a.jpg", "plane/b.jpg"] {
        write(dir.path(), name, b"x");
    }
    assert_eq!(ids(&opened(dir.path())), [0, 1]);
    let only = tempfile::tempdir().expect("a folder");
    write(only.path(), "train/cat/a.jpg", b"x");
    assert!(
        open(only.path(), Kind::Classification)
            .expect("read")
            .is_none()
    );
    let empty = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(empty.path().join("cat")).expect("made");
    assert!(
        open(empty.path(), Kind::Classification)
            .expect("read")
            .is_none()
    );
}

#[test]
fn an_image_that_is_too_large_is_not_read() {
    let dir = tempfile::tempdir().expect("a folder");
    write(dir.path(), "cat/a.jpg", b"x");
    let large = std::fs::File::create(dir.path().join("cat/b.jpg")).expect("made");
    large
        .set_len((64 << 20) + 1)
        .expect("long, but it takes no room");
    let images = opened(dir.path()).source.images(0..2).expect("read");
    assert_eq!(images[0], Ok(b"x".to_vec()));
    let message = images[1].as_ref().expect_err("too large");
    assert!(
        message.contains("b.jpg: has an image of 67108865 bytes, at most 67108864 are"),
        "{message}"
    );
}

#[test]
fn the_fingerprint_changes_with_a_replaced_image_of_the_same_size() {
    let dir = tempfile::tempdir().expect("a folder");
    write(dir.path(), "cat/a.jpg", &[1; 70_000]);
    write(dir.path(), "dog/b.jpg", b"y");
    let before = opened(dir.path()).fingerprint().expect("read");
    write(dir.path(), "cat/a.jpg", &[2; 70_000]);
    assert_ne!(opened(dir.path()).fingerprint().expect("read"), before);
    write(dir.path(), "cat/a.jpg", &[1; 70_000]);
    assert_eq!(opened(dir.path()).fingerprint().expect("read"), before);
    std::fs::create_dir(dir.path().join("bear")).expect("made");
    assert_ne!(opened(dir.path()).fingerprint().expect("read"), before);
}
