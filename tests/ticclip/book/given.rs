//! What the pages' commands find: `<!-- given: NAME ROWS -->`, small data in the forms that the published data has.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{Float64Builder, ListBuilder};
use arrow_array::{
    ArrayRef, Float32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use chrono::{NaiveDate, NaiveTime};
use image::ImageFormat;
use parquet::arrow::ArrowWriter;
use sha2::{Digest, Sha256};
use ticclip::uid::{Uid, write_uids};

use super::super::call::call;
use super::super::photos::{lay_photos, pick};
use super::super::readme;
use super::super::server::{Reply, Server};

/// What has to live as long as the page's commands run.
pub(super) struct Given {
    _images: Option<Server>,
}

/// Lays out what a directive asks for.
pub(super) fn lay(folder: &Path, what: &str) -> Given {
    let (name, rows) = what.split_once(' ').unwrap_or((what, ""));
    let rows: usize = rows
        .parse()
        .unwrap_or_else(|_| panic!("given: {what}: how many rows?"));
    let mut images = None;
    match name {
        "photos" => lay_photos(folder, rows, 2),
        "manifest" => manifest(folder, rows),
        "shards" => shards(folder, rows),
        "trained" => {
            shards(folder, rows);
            run(
                folder,
                "train debug --data shards --strategy sequential --out train --device cpu",
            );
        }
        "class-folder" => class_folder(folder, rows),
        "commonpool" => images = Some(common_pool(folder, rows)),
        "pool" => {
            let server = common_pool(folder, rows);
            let shard = rows / 3;
            run(
                folder,
                &format!(
                    "download metadata/00000000.parquet --out pool --shard-size {shard} --allow-private"
                ),
            );
            images = Some(server);
        }
        "yfcc" => yfcc(folder, rows),
        "redcaps" => redcaps(folder, rows),
        other => panic!("given: there is no {other:?}"),
    }
    Given { _images: images }
}

fn run(folder: &Path, line: &str) {
    call(folder, line).ok();
}

fn manifest(folder: &Path, rows: usize) {
    lay_photos(folder, rows, 2);
    fs::write(folder.join("photos/photos.toml"), readme::block("toml")).expect("written");
    run(folder, "fetch photos/photos.toml --out manifest");
}

fn shards(folder: &Path, rows: usize) {
    manifest(folder, rows);
    run(
        folder,
        "split manifest --timeline yearly --held-out 0.2 --out splits",
    );
    run(folder, "shard manifest --splits splits --out shards");
}

/// Images in folders of classes, which have names and no prompts.
fn class_folder(folder: &Path, rows: usize) {
    for (at, (file, _)) in pick(rows).into_iter().enumerate() {
        let class = ["boat", "flower", "tree"][at % 3];
        let place = folder.join("sets/flowers-and-boats").join(class);
        fs::create_dir_all(&place).expect("made");
        fs::copy(&file, place.join(format!("{at}.png"))).expect("copied");
    }
}

/// CommonPool's metadata with urls on a server that has the images, TiC-DataComp's released lists, and the dates as a table.
/// Every fourth round of years is kept for evaluation: those uids are in the pickle alone.
fn common_pool(folder: &Path, rows: usize) -> Server {
    let picked = pick(rows);
    let files: Vec<Vec<u8>> = picked
        .iter()
        .map(|(file, _)| fs::read(file).expect("an image"))
        .collect();
    let checksums: Vec<String> = files
        .iter()
        .map(|bytes| hex(&Sha256::digest(bytes)))
        .collect();
    let server = Server::start(move |asked| {
        let number = asked
            .target
            .trim_start_matches('/')
            .trim_end_matches(".png");
        let file = number
            .parse::<usize>()
            .ok()
            .and_then(|number| files.get(number));
        file.map_or(Reply::status(404), |bytes| {
            Reply::ok(bytes.clone()).with("content-type", "image/png")
        })
    });
    let uids: Vec<Uid> = (0..rows)
        .map(|row| Uid::from_values([&*format!("pool {row}")]))
        .collect();
    let years: Vec<i32> = (0..rows).map(|row| 2014 + row as i32 % 9).collect();
    let captions: Vec<String> = picked
        .iter()
        .enumerate()
        .map(|(row, (_, caption))| match row % 5 {
            // A lemma of one of ImageNet's classes.
            0 => "a photo of a goldfish".to_owned(),
            _ => format!("a picture of the emoji {caption}"),
        })
        .collect();
    let mut boxes = ListBuilder::new(ListBuilder::new(Float64Builder::new()));
    for row in 0..rows {
        if row % 4 == 0 {
            boxes
                .values()
                .values()
                .append_slice(&[0.25, 0.25, 0.5, 0.75]);
            boxes.values().append(true);
        }
        boxes.append(true);
    }
    let texts = |values: Vec<String>| Arc::new(StringArray::from(values)) as ArrayRef;
    let names: Vec<String> = uids.iter().map(ToString::to_string).collect();
    let urls = (0..rows)
        .map(|row| format!("{}/{row}.png", server.base()))
        .collect();
    let sides = || Arc::new(Int64Array::from(vec![640; rows])) as ArrayRef;
    let scores: Vec<f32> = (0..rows)
        .map(|row| 0.2 + 0.01 * (row % 20) as f32)
        .collect();
    fs::create_dir_all(folder.join("metadata")).expect("made");
    write_table(
        &folder.join("metadata/00000000.parquet"),
        vec![
            ("uid", texts(names.clone())),
            ("url", texts(urls)),
            ("text", texts(captions)),
            ("original_width", sides()),
            ("original_height", sides()),
            (
                "clip_b32_similarity_score",
                Arc::new(Float32Array::from(scores.clone())),
            ),
            (
                "clip_l14_similarity_score",
                Arc::new(Float32Array::from(scores)),
            ),
            ("face_bboxes", Arc::new(boxes.finish())),
            ("sha256", texts(checksums)),
        ],
    );
    let instants = years.iter().map(|year| seconds(*year, 0) * 1_000_000);
    let instants: TimestampMicrosecondArray = instants.collect::<Vec<i64>>().into();
    let dates = vec![
        ("uid", texts(names)),
        (
            "timestamp",
            Arc::new(instants.with_timezone("UTC")) as ArrayRef,
        ),
    ];
    write_table(&folder.join("dates.parquet"), dates);
    released_lists(folder, &uids, &years);
    server
}

fn released_lists(folder: &Path, uids: &[Uid], years: &[i32]) {
    let lists = folder.join("tic-datacomp_training_yearly_noeval");
    fs::create_dir_all(&lists).expect("made");
    let (mut train, mut eval) = (
        BTreeMap::<i32, Vec<Uid>>::new(),
        BTreeMap::<i32, Vec<Uid>>::new(),
    );
    for (row, (uid, year)) in uids.iter().zip(years).enumerate() {
        let side = if row / 9 % 4 == 0 {
            &mut eval
        } else {
            &mut train
        };
        side.entry(*year).or_default().push(*uid);
    }
    for (year, mut uids) in train {
        uids.sort_unstable();
        write_uids(&lists.join(format!("{year}.npy")), &uids).expect("written");
    }
    // A dict of lists of strings, in the oldest of pickle's forms, which is text.
    let mut pickle = String::from("(d");
    for (year, uids) in eval {
        write!(pickle, "I{year}\n(l").expect("written");
        for uid in uids {
            write!(pickle, "V{uid}\na").expect("written");
        }
        pickle.push('s');
    }
    pickle.push('.');
    fs::write(
        folder.join("tic-datacomp_retrieval_evals_year2uids.pkl"),
        pickle,
    )
    .expect("written");
}

/// YFCC15M's metadata, and its images as they are stored.
fn yfcc(folder: &Path, rows: usize) {
    let folder = folder.join("yfcc");
    fs::create_dir_all(&folder).expect("made");
    let mut table = csv::Writer::from_path(folder.join("yfcc15m.csv")).expect("made");
    table
        .write_record([
            "photoid",
            "uid",
            "dateuploaded",
            "title",
            "description",
            "usertags",
            "downloadurl",
            "key",
        ])
        .expect("written");
    for (row, (file, caption)) in pick(rows).into_iter().enumerate() {
        let key = hex(&Sha256::digest(format!("yfcc {row}").as_bytes()))[..31].to_owned();
        let uploaded = seconds(2004 + row as i32 % 11, row).to_string();
        let title = caption.replace(' ', "+");
        let url = format!("http://farm1.staticflickr.com/1/{row}_a.jpg");
        let number = row.to_string();
        table
            .write_record([
                number.as_str(),
                "44@N00",
                &uploaded,
                &title,
                "seen+%26+drawn",
                "emoji,sign",
                &url,
                &key,
            ])
            .expect("written");
        jpeg(
            &file,
            &folder
                .join(&key[..3])
                .join(&key[3..6])
                .join(format!("{key}.jpg")),
        );
    }
    table.flush().expect("written");
}

/// RedCaps' annotations of four years, and its images.
fn redcaps(folder: &Path, rows: usize) {
    let folder = folder.join("redcaps");
    let mut posts = BTreeMap::<i32, Vec<serde_json::Value>>::new();
    for (row, (file, caption)) in pick(rows).into_iter().enumerate() {
        let (year, id) = (2017 + row as i32 % 4, format!("p{row:05}"));
        jpeg(&file, &folder.join("emoji").join(format!("{id}.jpg")));
        posts.entry(year).or_default().push(serde_json::json!({
            "image_id": id, "author": "me", "url": format!("https://i.redd.it/{id}.jpg"), "raw_caption": caption,
            "caption": caption, "subreddit": "emoji", "score": 16, "created_utc": seconds(year, row),
            "permalink": format!("/r/emoji/comments/{id}/x/"), "crosspost_parents": null,
        }));
    }
    fs::create_dir_all(folder.join("annotations")).expect("made");
    for (year, posts) in posts {
        let table = serde_json::json!({"info": {"year": year}, "annotations": posts});
        let path = folder.join(format!("annotations/emoji_{year}.json"));
        fs::write(path, table.to_string()).expect("written");
    }
}

/// Seconds since 1970 of some day in the middle of a year.
fn seconds(year: i32, row: usize) -> i64 {
    let day = NaiveDate::from_ymd_opt(year, 3 + (row % 6) as u32, 17).expect("a day");
    day.and_time(NaiveTime::MIN).and_utc().timestamp()
}

fn jpeg(from: &Path, to: &Path) {
    let image = image::open(from).expect("an image").to_rgb8();
    let mut bytes = Cursor::new(Vec::new());
    image
        .write_to(&mut bytes, ImageFormat::Jpeg)
        .expect("encoded");
    fs::create_dir_all(to.parent().expect("a folder")).expect("made");
    fs::write(to, bytes.into_inner()).expect("written");
}

fn write_table(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter(columns).expect("a batch");
    let file = fs::File::create(path).expect("a file");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
