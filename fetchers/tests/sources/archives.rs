//! The sources that read files.

use std::fs;

use proptest::prelude::*;
use ticclip_fetchers::config::Timestamps;
use ticclip_fetchers::source::url_key::UrlKeys;
use ticclip_fetchers::source::{Key, TimestampSource};

use super::recorded;
use super::taken::Taken;

/// One source by its settings.
fn source(name: &str) -> Box<dyn TimestampSource> {
    let text = format!(
        r#"
        order = ["{name}"]
        uid-lists = {{ files = ["*"] }}
        flickr = {{ metadata = ["*"] }}
        reddit = {{ id = {{ column = "id" }}, annotations = ["*"] }}
        common-crawl = {{ index = ["*"] }}
        warc = {{ files = ["*"] }}
        "#
    );
    let config: Timestamps = toml::from_str(&text).expect("the settings are right");
    config.sources().expect("the settings make sense").remove(0)
}

fn scan(name: &str, file: &str) -> Result<Taken, String> {
    let mut taken = Taken::default();
    let source = source(name);
    let archive = source.archive().expect("the source has files");
    match archive.scan(&recorded(file), &mut taken) {
        Ok(()) => Ok(taken),
        Err(error) => Err(error.to_string()),
    }
}

fn good(name: &str, file: &str) -> Taken {
    scan(name, file).expect("the recorded file is good")
}

fn bad(name: &str, file: &str) -> String {
    scan(name, file)
        .map(|_| ())
        .expect_err("the recorded file is broken")
}

/// As `make.py` makes them.
fn uid(number: u128) -> Key {
    Key(number << 64 | (number * 7 + 1))
}

fn url(url: &str) -> Key {
    UrlKeys::default()
        .key(url)
        .expect("the test's urls are on the web")
}

#[test]
fn numpy_lists_of_every_version_date_their_uids() {
    let taken = good("uid-lists", "uid-lists/2016.npy");
    assert_eq!(taken.records.len(), 39);
    assert_eq!(taken.of(uid(39)), ["2016-01-01T00:00:00Z year captured"]);
    assert_eq!(taken.records[0].4, "2016.npy");
    assert_eq!(good("uid-lists", "uid-lists/2017.npy").of(uid(40)).len(), 1);
    let taken = good("uid-lists", "uid-lists/201805.npy");
    assert_eq!(taken.of(uid(59)), ["2018-05-01T00:00:00Z month captured"]);
}

#[test]
fn the_months_in_a_tar_are_read_and_other_members_are_not() {
    let taken = good("uid-lists", "uid-lists/2021.tar");
    assert_eq!(taken.records.len(), 10);
    assert_eq!(taken.of(uid(75)), ["2021-02-01T00:00:00Z month captured"]);
}

#[test]
fn foreign_and_cut_lists_are_refused_by_name() {
    assert!(bad("uid-lists", "uid-lists/2019.npy").contains("another dtype"));
    assert!(bad("uid-lists", "uid-lists/2020.npy").contains("cut off"));
    assert!(bad("uid-lists", "uid-lists/make.py").contains(".npy, .tar, .pkl"));
}

#[test]
fn released_pickles_of_every_protocol_say_the_same() {
    for protocol in [0, 2, 4] {
        let taken = good("uid-lists", &format!("uid-lists/years-{protocol}.pkl"));
        assert_eq!(taken.records.len(), 1101, "protocol {protocol}");
        assert_eq!(taken.of(uid(1199)), ["2015-01-01T00:00:00Z year captured"]);
        assert_eq!(taken.of(uid(4000)), ["2016-01-01T00:00:00Z year captured"]);
        assert!(taken.skipped.is_empty());
    }
    for protocol in 0..6 {
        let taken = good("uid-lists", &format!("uid-lists/synsets-{protocol}.pkl"));
        assert_eq!(taken.of(uid(5001)), ["2017-01-01T00:00:00Z year captured"]);
        assert_eq!(taken.of(uid(5002)), ["2019-01-01T00:00:00Z year captured"]);
        assert_eq!(taken.records.len(), 3, "protocol {protocol}");
    }
    let taken = good("uid-lists", "uid-lists/2022.pkl");
    assert_eq!(taken.records.len(), 1100);
    assert_eq!(taken.of(uid(6000)), ["2022-01-01T00:00:00Z year captured"]);
}

#[test]
fn pickles_that_would_run_code_or_are_cut_are_refused() {
    let error = bad("uid-lists", "uid-lists/code.pkl");
    assert!(
        error.contains("GLOBAL would run code") && error.contains("byte "),
        "{error}"
    );
    assert!(bad("uid-lists", "uid-lists/cut.pkl").contains("the file ends"));
}

#[test]
fn a_full_disk_ends_the_scan_as_an_io_error() {
    for (name, file) in [
        ("uid-lists", "uid-lists/2016.npy"),
        ("uid-lists", "uid-lists/2022.pkl"),
        ("flickr", "flickr/part.csv"),
        ("reddit", "reddit/cats_2019.json"),
        ("common-crawl", "common-crawl/texts.parquet"),
        ("warc", "warc/small.warc.wat.gz"),
    ] {
        let mut taken = Taken {
            full: true,
            ..Taken::default()
        };
        let source = source(name);
        let archive = source.archive().expect("the source has files");
        let error = archive
            .scan(&recorded(file), &mut taken)
            .err()
            .map(|error| error.to_string());
        assert!(
            error.is_some_and(|error| error.ends_with("no space left")),
            "{file}"
        );
    }
}

#[test]
fn flickr_metadata_is_read_in_all_its_forms() {
    for file in [
        "flickr/yfcc100m_dataset",
        "flickr/yfcc100m_dataset-old",
        "flickr/part.csv",
    ] {
        let taken = good("flickr", file);
        assert_eq!(
            taken.of(Key::of("1001")),
            [
                "2019-05-17T10:11:12Z second posted",
                "2009-05-01T10:11:12Z second created"
            ],
            "{file}"
        );
    }
    let taken = good("flickr", "flickr/yfcc100m_dataset");
    assert_eq!(
        taken.of(Key::of("1002")),
        ["2009-11-13T04:51:12Z second posted"]
    );
    assert_eq!(taken.skipped.len(), 2, "{:?}", taken.skipped);
    assert!(bad("flickr", "flickr/other.tsv").contains("3 cells"));
}

#[test]
fn redcaps_annotations_are_read_post_by_post() {
    let taken = good("reddit", "reddit/cats_2019.json");
    assert_eq!(
        taken.of(Key::of("bpx8yk")),
        ["2019-05-17T10:11:12Z second posted"]
    );
    assert_eq!(
        taken.of(Key::of("abc")),
        ["2019-05-17T09:56:40Z second posted"]
    );
    assert_eq!(taken.skipped.len(), 2, "{:?}", taken.skipped);
    assert!(bad("reddit", "reddit/cut.json").contains("is not RedCaps' JSON"));
    assert!(bad("reddit", "reddit/no_list.json").contains("annotations"));
}

#[test]
fn the_columnar_index_gives_successful_captures() {
    for file in ["timestamps", "int96", "texts"] {
        let taken = good("common-crawl", &format!("common-crawl/{file}.parquet"));
        assert_eq!(
            taken.of(url("https://example.org/a.jpg")),
            ["2019-04-20T10:11:12Z second captured"],
            "{file}"
        );
        assert_eq!(
            taken.of(url("http://example.org/b.jpg")),
            ["2019-04-20T10:11:13Z second captured"],
            "{file}"
        );
        assert_eq!(taken.records.len(), 2, "{file}");
        assert!(
            taken.records[0]
                .4
                .ends_with("crawl-data/CC-MAIN-2019-18/a.warc.gz at 12")
        );
    }
    assert!(bad("common-crawl", "common-crawl/no_status.parquet").contains("`fetch_status`"));
    assert!(bad("common-crawl", "common-crawl/make.py").contains("not a Parquet file"));
}

#[test]
fn wat_records_date_the_images_of_their_page() {
    let taken = good("warc", "warc/small.warc.wat.gz");
    assert_eq!(
        taken.of(url("http://example.org/a.jpg")),
        ["2019-04-20T10:11:12Z second captured"]
    );
    assert_eq!(taken.of(url("http://example.org/blog/b.jpg")).len(), 1);
    assert_eq!(taken.records.len(), 2);
    assert_eq!(
        taken.records[0].4,
        "image on https://Example.org/blog/post.html in small.warc.wat.gz, alt: A \"cat\" é"
    );
    assert_eq!(taken.skipped.len(), 1, "{:?}", taken.skipped);
}

#[test]
fn warc_responses_date_themselves_and_the_images_of_pages() {
    for file in ["warc/small.warc.gz", "warc/small.warc"] {
        let taken = good("warc", file);
        for image in ["a.jpg", "c.jpg?x=1&y=2", "d.jpg", "blog/post.html"] {
            assert_eq!(
                taken.of(url(&format!("https://example.org/{image}"))).len(),
                1,
                "{image} in {file}"
            );
        }
        assert_eq!(taken.records.len(), 4, "{file}");
    }
    assert!(bad("warc", "warc/cut.warc").contains("cut off"));
    assert!(bad("warc", "warc/make.py").contains("no WARC record"));
}

#[test]
fn what_no_row_wants_is_not_taken() {
    let mut taken = Taken {
        wanted: Some([uid(3)].into()),
        ..Taken::default()
    };
    let source = source("uid-lists");
    let archive = source.archive().expect("the source has files");
    archive
        .scan(&recorded("uid-lists/2016.npy"), &mut taken)
        .expect("the recorded file is good");
    assert_eq!(taken.records.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_damaged_file_panics(
        which in 0..14_usize,
        cut in 0.0..1.0_f64,
        flips in prop::collection::vec((0.0..1.0_f64, any::<u8>()), 0..6),
        noise: bool,
    ) {
        let (name, file) = [
            ("uid-lists", "uid-lists/2016.npy"), ("uid-lists", "uid-lists/2021.tar"), ("uid-lists", "uid-lists/synsets-0.pkl"),
            ("uid-lists", "uid-lists/synsets-2.pkl"), ("uid-lists", "uid-lists/synsets-4.pkl"), ("flickr", "flickr/yfcc100m_dataset"),
            ("flickr", "flickr/part.csv"), ("reddit", "reddit/cats_2019.json"), ("warc", "warc/small.warc.wat.gz"),
            ("warc", "warc/small.warc.gz"), ("warc", "warc/small.warc"), ("reddit", "reddit/cut.json"),
            ("uid-lists", "uid-lists/code.pkl"), ("common-crawl", "common-crawl/make.py"),
        ][which];
        let mut bytes = fs::read(recorded(file)).expect("the recorded file is there");
        let length = bytes.len() as f64;
        for (at, value) in flips {
            bytes[(at * length) as usize] = value;
        }
        if noise {
            bytes.truncate((cut * length) as usize);
        }
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let path = folder.path().join(recorded(file).file_name().expect("it has a name"));
        fs::write(&path, bytes).expect("there is room for a file");
        let source = source(name);
        let archive = source.archive().expect("the source has files");
        let _ = archive.scan(&path, &mut Taken::default());
    }
}
