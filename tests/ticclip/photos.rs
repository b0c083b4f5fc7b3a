//! A user's folder: images, and a table of files, captions and dates.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;

use super::call::call;

/// Makes the model of the tests.
pub(crate) const RECIPE: &str = include_str!("micro.toml");

/// The emoji, written out once for all tests.
fn emoji() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let folder = tempfile::tempdir().expect("a folder");
            ticclip::emoji::materialise(folder.path()).expect("the embedded emoji");
            folder
        })
        .path()
}

/// A folder with `photos/`: a row for each image, half of 2016 and half of 2017, and the README's
/// dataset file.
pub(crate) fn folder_of_photos(rows: usize) -> TempDir {
    folder_of_photos_over(rows, 2)
}

/// The same over so many years from 2016.
pub(crate) fn folder_of_photos_over(rows: usize, years: usize) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    lay_photos(folder.path(), rows, years);
    let dataset = folder.path().join("photos/photos.toml");
    std::fs::write(dataset, super::readme::block("toml")).expect("written");
    std::fs::write(folder.path().join("micro.toml"), RECIPE).expect("written");
    folder
}

/// `photos/` in this folder: images and their table, without a dataset file.
pub(crate) fn lay_photos(folder: &Path, rows: usize, years: usize) {
    let photos = folder.join("photos");
    std::fs::create_dir(&photos).expect("made");
    let mut table = csv::Writer::from_path(photos.join("photos.csv")).expect("made");
    table
        .write_record(["file", "caption", "date"])
        .expect("written");
    for (at, (file, caption)) in pick(rows).into_iter().enumerate() {
        let day = 1 + at / years % 28;
        let date = format!("{}-05-{day:02}", 2016 + at % years);
        let name = file
            .file_name()
            .expect("a file")
            .to_string_lossy()
            .into_owned();
        std::fs::copy(&file, photos.join(&name)).expect("copied");
        table
            .write_record([&name, &caption, &date])
            .expect("written");
    }
    table.flush().expect("written");
}

/// The same as shards in `d`, with this share of each year held out.
pub(crate) fn shards_of_photos(rows: usize, years: usize, held_out: f64) -> TempDir {
    let folder = folder_of_photos_over(rows, years);
    for line in [
        "fetch photos/photos.toml --out m",
        &format!("split m --timeline yearly --held-out {held_out} --out s"),
        "shard m --splits s --out d",
    ] {
        call(folder.path(), line).ok();
    }
    folder
}

/// Images and captions, spread over all emoji.
pub(crate) fn pick(rows: usize) -> Vec<(PathBuf, String)> {
    let mut table = csv::Reader::from_path(emoji().join("table.csv")).expect("there");
    let all: Vec<csv::StringRecord> = table
        .records()
        .collect::<Result<_, _>>()
        .expect("well-formed");
    let every = all.len() / rows;
    let row = |record: &csv::StringRecord| {
        (
            emoji().join("images").join(&record[1]),
            record[2].to_owned(),
        )
    };
    all.iter().step_by(every).take(rows).map(row).collect()
}
