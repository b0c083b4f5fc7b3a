//! The demo's source: Twemoji's images, with names, groups and release dates, written out as a
//! folder of images and a table, as a user would bring them.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use emojis::{Emoji, Group, SkinTone};
use image::{ImageFormat, Rgb, RgbImage};
use thiserror::Error;
use twemoji_assets::png::PngTwemojiAsset;

/// The dataset file beside the table.
const DATASET: &str = include_str!("../data-manifests/tic-emoji.toml");
/// Its name.
pub const DATASET_FILE: &str = "tic-emoji.toml";

/// Public release of each Emoji version, as (major, minor, month).
const RELEASES: [(u32, u32, &str); 17] = [
    (0, 6, "2010-10"),
    (0, 7, "2014-06"),
    (1, 0, "2015-06"),
    (2, 0, "2015-11"),
    (3, 0, "2016-06"),
    (4, 0, "2016-11"),
    (5, 0, "2017-06"),
    (11, 0, "2018-06"),
    (12, 0, "2019-03"),
    (12, 1, "2019-10"),
    (13, 0, "2020-03"),
    (13, 1, "2020-09"),
    (14, 0, "2021-09"),
    (15, 0, "2022-09"),
    (15, 1, "2023-09"),
    (16, 0, "2024-09"),
    (17, 0, "2025-09"),
];

/// Why the dataset cannot be written out.
#[derive(Debug, Error)]
pub enum EmojiError {
    /// A file cannot be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// An embedded image cannot be read.
    #[error("the embedded image of {name:?} is damaged: {source}")]
    Image {
        /// The emoji's name.
        name: &'static str,
        /// What is wrong.
        source: image::ImageError,
    },
    /// The table cannot be written.
    #[error("cannot write the table: {0}")]
    Table(#[from] csv::Error),
}

/// One emoji that has an image and a date.
struct Entry {
    emoji: &'static Emoji,
    png: &'static [u8],
    released: &'static str,
}

/// Writes `images/`, `table.csv` and the dataset file into `folder`; returns the number of pairs.
///
/// # Errors
/// [`EmojiError`] naming the file that cannot be written.
pub fn materialise(folder: &Path) -> Result<usize, EmojiError> {
    let images = folder.join("images");
    std::fs::create_dir_all(&images).map_err(|source| EmojiError::Write {
        path: images.clone(),
        source,
    })?;
    let entries = entries();
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record([
        "emoji",
        "file",
        "name",
        "name_with_class",
        "keywords",
        "of_class",
        "class",
        "version",
        "released",
    ])?;
    for entry in &entries {
        let file = file_name(entry.emoji);
        let path = images.join(&file);
        let bytes = on_white(entry)?;
        std::fs::write(&path, bytes).map_err(|source| EmojiError::Write { path, source })?;
        table.write_record(row(entry, &file))?;
    }
    let table = table
        .into_inner()
        .map_err(|error| EmojiError::Table(error.into_error().into()))?;
    for (name, bytes) in [
        ("table.csv", table.as_slice()),
        (DATASET_FILE, DATASET.as_bytes()),
    ] {
        let path = folder.join(name);
        std::fs::write(&path, bytes).map_err(|source| EmojiError::Write { path, source })?;
    }
    Ok(entries.len())
}

/// Every emoji and skin-tone variant with an image and a release date, in the order of the data.
fn entries() -> Vec<Entry> {
    let variants = |emoji: &'static Emoji| -> Vec<&'static Emoji> {
        match emoji.skin_tones() {
            Some(tones) => tones.collect(),
            None => vec![emoji],
        }
    };
    emojis::iter()
        .flat_map(variants)
        .filter_map(|emoji| {
            Some(Entry {
                emoji,
                png: png(emoji)?,
                released: released(emoji)?,
            })
        })
        .collect()
}

/// Twemoji leaves out the variation selector of some sequences.
fn png(emoji: &Emoji) -> Option<&'static [u8]> {
    let plain = emoji.as_str().replace('\u{fe0f}', "");
    let asset = PngTwemojiAsset::from_emoji(emoji.as_str())
        .or_else(|| PngTwemojiAsset::from_emoji(&plain))?;
    Some(asset.data.0)
}

fn released(emoji: &Emoji) -> Option<&'static str> {
    let version = emoji.emoji_version();
    RELEASES
        .iter()
        .find(|(major, minor, _)| (*major, *minor) == (version.major(), version.minor()))
        .map(|(_, _, month)| *month)
}

/// Code points in hexadecimal, joined by dashes, as Twemoji names its files.
fn file_name(emoji: &Emoji) -> String {
    let points: Vec<String> = emoji
        .as_str()
        .chars()
        .map(|point| format!("{:x}", u32::from(point)))
        .collect();
    format!("{}.png", points.join("-"))
}

fn row(entry: &Entry, file: &str) -> [String; 9] {
    let (emoji, class) = (entry.emoji, class(entry.emoji));
    let version = emoji.emoji_version();
    let keywords: Vec<String> = emoji
        .shortcodes()
        .map(|code| code.replace('_', " "))
        .collect();
    [
        emoji.as_str().to_owned(),
        file.to_owned(),
        emoji.name().to_owned(),
        format!("{}, an emoji of {class}", emoji.name()),
        keywords.join(", "),
        format!("an emoji of {class}"),
        class.to_owned(),
        format!("{}.{}", version.major(), version.minor()),
        entry.released.to_owned(),
    ]
}

/// The emoji's group; people are told apart by skin tone, because most later emoji are people.
fn class(emoji: &Emoji) -> &'static str {
    match (emoji.group(), emoji.skin_tone()) {
        (Group::SmileysAndEmotion, _) => "smileys and emotion",
        (Group::AnimalsAndNature, _) => "animals and nature",
        (Group::FoodAndDrink, _) => "food and drink",
        (Group::TravelAndPlaces, _) => "travel and places",
        (Group::Activities, _) => "activities",
        (Group::Objects, _) => "objects",
        (Group::Symbols, _) => "symbols",
        (Group::Flags, _) => "flags",
        (Group::PeopleAndBody, None | Some(SkinTone::Default)) => "people and body",
        (Group::PeopleAndBody, Some(SkinTone::Light)) => "people with light skin tone",
        (Group::PeopleAndBody, Some(SkinTone::MediumLight)) => "people with medium-light skin tone",
        (Group::PeopleAndBody, Some(SkinTone::Medium)) => "people with medium skin tone",
        (Group::PeopleAndBody, Some(SkinTone::MediumDark)) => "people with medium-dark skin tone",
        (Group::PeopleAndBody, Some(SkinTone::Dark)) => "people with dark skin tone",
        (Group::PeopleAndBody, Some(_)) => "people with two skin tones",
    }
}

/// The image on white, as PNG: tools differ in what they make of transparency.
fn on_white(entry: &Entry) -> Result<Vec<u8>, EmojiError> {
    let damaged = |source| EmojiError::Image {
        name: entry.emoji.name(),
        source,
    };
    let image = image::load_from_memory_with_format(entry.png, ImageFormat::Png)
        .map_err(damaged)?
        .into_rgba8();
    let (width, height) = image.dimensions();
    let flat = RgbImage::from_fn(width, height, |x, y| {
        let [red, green, blue, alpha] = image.get_pixel(x, y).0.map(u32::from);
        let blend = |value: u32| ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        Rgb([blend(red), blend(green), blend(blue)])
    });
    let mut bytes = Cursor::new(Vec::new());
    flat.write_to(&mut bytes, ImageFormat::Png)
        .map_err(damaged)?;
    Ok(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn every_release_has_emoji_and_every_file_a_name_of_its_own() {
        let entries = entries();
        let mut by_release: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in &entries {
            *by_release.entry(entry.released).or_default() += 1;
        }
        assert_eq!(by_release.len(), RELEASES.len(), "{by_release:?}");
        let files: BTreeSet<String> = entries.iter().map(|entry| file_name(entry.emoji)).collect();
        assert_eq!(files.len(), entries.len());
        assert!(entries.len() > 3900, "{}", entries.len());
    }

    #[test]
    fn a_transparent_corner_becomes_white() {
        let entries = entries();
        let face = entries
            .iter()
            .find(|entry| entry.emoji.name() == "grinning face")
            .expect("it is there");
        let flat = image::load_from_memory(&on_white(face).expect("an image"))
            .expect("a PNG")
            .into_rgb8();
        assert_eq!(flat.get_pixel(0, 0).0, [255, 255, 255]);
        assert_ne!(flat.get_pixel(36, 36).0, [255, 255, 255]);
    }
}
