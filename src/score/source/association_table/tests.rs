use std::io::Write;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::score::source::open;
use crate::score::source::test_image::jpeg;

const TABLE: &str = r#",candidates,cue,associations,num_candidates
0,"[""cat"", ""dog"", ""tea party""]",whiskers,"[""cat"", ""dog""]",3
1,"[""dog"", ""fox""]",loyal,"[""dog"", ""wolf""]",2
2,"[""dog"", ""fox""]",liquid,"[""water""]",2
3,"dog, fox",wild,"[""fox""]",2
"#;

fn opened(folder: &Path) -> Set {
    open(folder, Kind::Association)
        .expect("readable")
        .expect("a set")
}

fn check(set: &Set) {
    assert_eq!(set.kind, Kind::Association);
    let names: Vec<_> = (0..set.source.len())
        .map(|sample| set.source.key(sample))
        .collect();
    assert_eq!(names, ["cat", "dog", "tea party", "fox"]);
    let questions = set.source.associations().expect("read");
    assert_eq!(
        questions[0],
        Ok(Association {
            cue: "whiskers".to_owned(),
            candidates: vec![0, 1, 2],
            gold: vec![true, true, false],
        })
    );
    let second = questions[1].as_ref().expect("a stray name does not count");
    assert_eq!(
        (&second.candidates, &second.gold),
        (&vec![1, 3], &vec![true, false])
    );
    assert!(
        questions[2]
            .as_ref()
            .expect_err("water")
            .contains("`liquid` goes with none")
    );
    assert!(
        questions[3]
            .as_ref()
            .expect_err("no list")
            .contains("`candidates` is no JSON list")
    );
    let images = set.source.images(0..4).expect("read");
    assert_eq!(images[0], Ok(jpeg("🐱")));
    assert_eq!(images[2], Ok(jpeg("☕")));
    assert!(images[3].is_err(), "there is no good fox");
    assert!(set.source.targets(Kind::Association).is_err());
}

#[test]
fn candidates_are_files_in_a_folder() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("winogavil_dataset.csv"), TABLE).expect("written");
    let error = open(dir.path(), Kind::Association).expect_err("no images");
    assert!(error.to_string().contains("none of the images"), "{error}");
    let images = dir.path().join("winogavil_images");
    std::fs::create_dir(&images).expect("made");
    for (name, emoji) in [("cat", "🐱"), ("dog", "🐶"), ("tea party", "☕")] {
        std::fs::write(images.join(format!("{name}.jpg")), jpeg(emoji)).expect("written");
    }
    let set = opened(dir.path());
    check(&set);
    let before = set.fingerprint().expect("read");
    std::fs::write(images.join("cat.jpg"), jpeg("🐯")).expect("written");
    assert_ne!(opened(dir.path()).fingerprint().expect("read"), before);
}

#[test]
fn candidates_are_entries_of_the_archive_that_is_published() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("winogavil_dataset.csv"), TABLE).expect("written");
    let file = std::fs::File::create(dir.path().join("winogavil_images.zip")).expect("made");
    let mut archive = ZipWriter::new(file);
    for (name, emoji) in [("cat", "🐱"), ("dog", "🐶"), ("tea party", "☕")] {
        let name = format!("winogavil_images/{name}.jpg");
        archive
            .start_file(name, SimpleFileOptions::default())
            .expect("begun");
        archive.write_all(&jpeg(emoji)).expect("written");
    }
    // What unpacks to more than an image may have is none.
    archive
        .start_file("winogavil_images/fox.jpg", SimpleFileOptions::default())
        .expect("begun");
    let zeros = vec![0; 1 << 20];
    for _ in 0..65 {
        archive.write_all(&zeros).expect("written");
    }
    archive.finish().expect("whole");
    let set = opened(dir.path());
    check(&set);
    let fox = set.source.images(3..4).expect("read").remove(0);
    assert!(
        fox.expect_err("too large")
            .contains("has an image of 68157440 bytes")
    );
}
