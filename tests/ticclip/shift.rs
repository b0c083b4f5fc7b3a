//! `shift`: what changes from year to year in sets of which it is known.

use std::path::Path;

use super::call::call;
use super::photos::shards_of_photos;
use super::scores::{write_model, write_tar};

/// A retrieval set of so many pairs: captions by number, images of one colour.
fn write_set(folder: &Path, step: &str, captions: &[String], colour: [u8; 3], side: u32) {
    let set = folder.join(format!("shards/eval/retrieval/{step}"));
    std::fs::create_dir_all(set.join("test")).expect("made");
    std::fs::write(set.join("dataset_type.txt"), "retrieval\n").expect("written");
    std::fs::write(set.join("test/nshards.txt"), "1\n").expect("written");
    let image = image::RgbImage::from_pixel(side, side, image::Rgb(colour));
    let mut png = std::io::Cursor::new(Vec::new());
    image
        .write_to(&mut png, image::ImageFormat::Png)
        .expect("encoded");
    let members: Vec<(String, Vec<u8>)> = captions
        .iter()
        .enumerate()
        .flat_map(|(at, caption)| {
            [
                (format!("{at:04}.png"), png.get_ref().clone()),
                (format!("{at:04}.txt"), caption.clone().into_bytes()),
            ]
        })
        .collect();
    write_tar(&set.join("test/0.tar"), &members);
}

fn table(folder: &Path, name: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_path(folder.join(name))
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let rows = reader.records().map(|row| row.expect("a row"));
    rows.map(|row| row.iter().map(str::to_owned).collect())
        .collect()
}

#[test]
fn a_new_word_and_white_pictures_are_found_in_their_year() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let steps: Vec<String> = ["2018", "2019", "2020"]
        .iter()
        .map(|year| {
            let next = year.parse::<u32>().expect("a year") + 1;
            format!(
                r#"{{"name": "{year}", "from": "{year}-01-01T00:00:00Z", "to": "{next}-01-01T00:00:00Z", "train": 0, "held_out": 60}}"#
            )
        })
        .collect();
    std::fs::create_dir_all(folder.join("shards")).expect("made");
    let record = format!(r#"{{"dataset": "words", "steps": [{}]}}"#, steps.join(", "));
    std::fs::write(folder.join("shards/steps.json"), record).expect("written");
    for (step, mask, colour) in [
        ("2018", 0, [40, 80, 120]),
        ("2019", 0, [40, 80, 120]),
        ("2020", 20, [255; 3]),
    ] {
        let captions: Vec<String> = (0..60)
            .map(|at| {
                let worn = if at < mask {
                    "a face mask on"
                } else {
                    "a hat on"
                };
                format!("person {at} with {worn} the street")
            })
            .collect();
        write_set(
            folder,
            step,
            &captions,
            colour,
            24 + 8 * u32::from(mask > 0),
        );
    }
    let line = "shift --data shards --out shift --device cpu";
    let called = call(folder, &format!("{line} --json")).ok().json();
    let words = table(folder, "shift/words.csv");
    let of = |list: &str, term: &str| {
        let row = words
            .iter()
            .find(|row| row[..2] == [list, "2020"] && row[3] == term)?;
        row[4].parse::<f64>().ok()
    };
    let rising = of("rising", "face mask").unwrap_or_else(|| panic!("no mask rises in {words:?}"));
    assert!(rising > 2.0, "{rising}");
    assert!(of("new", "face mask").is_some(), "{words:?}");
    // A word of every caption of every year is no news.
    assert!(of("rising", "street").is_none_or(|z| z.abs() < 1.0));
    assert!(of("new", "street").is_none());
    let looks = table(folder, "shift/looks.csv");
    assert_eq!(looks.len(), 4, "{looks:?}");
    assert!(called["looks"].is_object() || called["looks"].is_array());
    // The same again is there already; other options are another table.
    let before = std::fs::metadata(folder.join("shift/words.csv")).expect("there");
    call(folder, line).ok();
    let after = std::fs::metadata(folder.join("shift/words.csv")).expect("there");
    assert_eq!(before.modified().ok(), after.modified().ok());
    call(folder, &format!("{line} --phrase-words 1")).refused(&["phrase-words"]);
    call(folder, &format!("{line} --model nobody --overwrite")).refused(&["nobody"]);
}

#[test]
fn a_model_that_is_not_there_is_told_before_the_words_are_counted() {
    let folder = shards_of_photos(120, 2, 0.3);
    let folder = folder.path();
    let line = "shift --data d --out shift --device cpu";
    let called = call(folder, &format!("{line} --model nobody"));
    assert_eq!(called.status, 2, "{called:?}");
    assert!(called.stderr.contains("nobody"), "{called:?}");
    assert!(!folder.join("shift/words.csv").exists());
    write_model(&folder.join("a"), 3);
    call(folder, &format!("{line} --model a --overwrite")).ok();
}
