use super::*;
use crate::score::source::test_image::{jpeg, png};
use crate::score::source::{open, open_as};

fn folder(table: &str, text: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let images = dir.path().join("Images");
    std::fs::create_dir(&images).expect("made");
    std::fs::write(images.join("cat.png"), png("🐱")).expect("written");
    std::fs::write(images.join("dog.jpg"), jpeg("🐶")).expect("written");
    std::fs::write(dir.path().join(table), text).expect("written");
    dir
}

fn opened(folder: &Path, kind: Kind) -> Set {
    open(folder, kind).expect("readable").expect("a set")
}

fn captions(texts: &[&str]) -> Answer<Target> {
    Ok(Target::Captions(
        texts.iter().map(|&text| text.to_owned()).collect(),
    ))
}

#[test]
fn rows_of_one_image_are_one_sample_with_several_captions() {
    let text = "image,caption\ncat.png,a cat\ndog.jpg,a dog\ncat.png, a tom \ncow.jpg,\n";
    let dir = folder("captions.csv", text);
    let set = opened(dir.path(), Kind::Retrieval);
    assert_eq!((set.kind, set.source.len()), (Kind::Retrieval, 3));
    let targets = set.source.targets(Kind::Retrieval).expect("read");
    assert_eq!(
        targets[..2],
        [captions(&["a cat", "a tom"]), captions(&["a dog"])]
    );
    assert!(
        targets[2]
            .as_ref()
            .expect_err("none")
            .contains("`cow.jpg` has no caption")
    );
    let images = set.source.images(0..3).expect("read");
    assert_eq!(images[..2], [Ok(png("🐱")), Ok(jpeg("🐶"))]);
    assert!(images[2].as_ref().expect_err("none").contains("cow.jpg"));
}

#[test]
fn a_split_column_chooses_and_a_list_of_captions_is_read() {
    let text = "raw,split,filename,img_id\n\
        \"[\"\"a cat\"\", \"\"a tom\"\"]\",test,cat.png,1\n\
        \"[\"\"a dog\"\"]\",train,dog.jpg,2\n";
    let dir = folder("flickr_annotations.csv", text);
    let set = opened(dir.path(), Kind::Retrieval);
    let targets = set.source.targets(Kind::Retrieval).expect("read");
    assert_eq!(targets, [captions(&["a cat", "a tom"])]);
    assert_eq!(
        set.source.values("img_id").expect("read"),
        [Ok("1".to_owned())]
    );
    let error = set.source.values("imgid").expect_err("no such column");
    assert!(
        error.to_string().contains("there are `raw`, `split`"),
        "{error}"
    );
    let train = open_as(dir.path(), &Wanted::train(Kind::Retrieval));
    assert_eq!(
        train.expect("readable").expect("a set").source.key(0),
        "dog.jpg"
    );
}

#[test]
fn labels_are_ids_or_names_and_garbage_stays_in_its_place() {
    let text = "file_name\tlabel\ncat.png\t1\nx.png\tgarbage\ndog.jpg\t0\n";
    let dir = folder("labels.tsv", text);
    let set = opened(dir.path(), Kind::Classification);
    let targets = set.source.targets(Kind::Classification).expect("read");
    assert_eq!(
        (&targets[0], &targets[2]),
        (&Ok(Target::Class(1)), &Ok(Target::Class(0)))
    );
    let message = targets[1].as_ref().expect_err("garbage");
    assert!(
        message.contains("`x.png` has the label `garbage`"),
        "{message}"
    );
    assert!(set.source.targets(Kind::Retrieval).is_err());
    let text = "{\"file_name\": \"cat.png\", \"label\": \"cat\"}\n{\"file_name\": \"dog.jpg\", \"label\": \"ant\"}\n";
    let dir = folder("metadata.jsonl", text);
    let set = opened(dir.path(), Kind::Classification);
    assert_eq!(set.classes.as_deref().expect("names"), ["ant", "cat"]);
    let targets = set.source.targets(Kind::Classification).expect("read");
    assert_eq!(targets, [Ok(Target::Class(1)), Ok(Target::Class(0))]);
}

#[test]
fn two_labels_are_refused_until_one_is_named_and_no_path_leads_out() {
    let text = "image,label,class\ncat.png,0,1\n../dog.jpg,1,0\n";
    let dir = folder("t.csv", text);
    let error = open(dir.path(), Kind::Classification).expect_err("two");
    assert!(
        error.to_string().contains("`label`, `class` may each be"),
        "{error}"
    );
    let wanted = Wanted {
        column: Some("class".to_owned()),
        ..Wanted::test(Kind::Classification)
    };
    let set = open_as(dir.path(), &wanted)
        .expect("readable")
        .expect("a set");
    let targets = set.source.targets(Kind::Classification).expect("read");
    assert_eq!(targets, [Ok(Target::Class(1)), Ok(Target::Class(0))]);
    let images = set.source.images(0..2).expect("read");
    assert!(images[0].is_ok() && images[1].is_err());
}

#[test]
fn a_table_without_its_images_is_no_set() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("t.csv"), "image,label\ncat.png,0\n").expect("written");
    assert!(
        open(dir.path(), Kind::Classification)
            .expect("read")
            .is_none()
    );
}

#[test]
fn tars_win_over_a_table_and_a_table_over_folders_of_classes() {
    let dir = folder("labels.csv", "image,label\ncat.png,7\n");
    let set = opened(dir.path(), Kind::Classification);
    let targets = set.source.targets(Kind::Classification).expect("read");
    assert_eq!(targets, [Ok(Target::Class(7))], "not the folder's place");
    let mut tar = crate::shard::TarFile::create(&dir.path().join("0.tar")).expect("begun");
    tar.append("a.cls", b"3").expect("added");
    tar.finish().expect("named");
    let set = opened(dir.path(), Kind::Classification);
    let targets = set.source.targets(Kind::Classification).expect("read");
    assert_eq!(targets, [Ok(Target::Class(3))]);
}
