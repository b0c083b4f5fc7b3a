//! Tests of the dataset files of the published benchmarks, each on a few rows in the published format.

use std::fs::{self, File};
use std::sync::Arc;

use arrow_array::builder::{Float64Builder, ListBuilder};
use arrow_array::{ArrayRef, Float32Array, Int64Array, RecordBatch, StringArray};
use chrono::{DateTime, Utc};
use parquet::arrow::ArrowWriter;

use super::*;
use crate::manifest::{Pair, PairRow, PairTable};
use crate::uid::Uid;

/// A dataset file and the tables beside it.
struct Fixture {
    /// Where the tables are, as long as this is.
    _dir: tempfile::TempDir,
    dataset: Dataset,
}

impl Fixture {
    /// The dataset file of this name in a folder of its own, with what `lay` puts beside it.
    fn new(name: &str, lay: impl FnOnce(&Path)) -> Self {
        Self::of(name, &source(name), lay)
    }

    fn of(name: &str, text: &str, lay: impl FnOnce(&Path)) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        lay(dir.path());
        let path = dir.path().join(format!("{name}.toml"));
        fs::write(&path, text).expect("written");
        let dataset = Dataset::read(&path).expect("a dataset");
        assert_eq!(dataset.name, name);
        Self { _dir: dir, dataset }
    }

    fn rows(&self) -> (Vec<Pair>, Vec<String>) {
        let (mut pairs, mut rejected) = (Vec::new(), Vec::new());
        let table = PairTable::open(&self.dataset).expect("tables");
        let mut seen = std::collections::HashSet::new();
        for row in table.rows() {
            match table.pair(row.expect("a row"), |uid| seen.insert(uid)) {
                PairRow::Pair(pair, _) => pairs.push(pair),
                PairRow::Rejected(row) => {
                    let table = row.table.unwrap_or_default();
                    let number = row.row.unwrap_or_default();
                    rejected.push(format!("{table}:{number} {}", row.reason));
                }
            }
        }
        (pairs, rejected)
    }

    fn steps(&self) -> Vec<&str> {
        let timeline = &self.dataset.timeline.as_ref().expect("a timeline").0;
        timeline
            .steps()
            .iter()
            .map(|step| step.name.as_str())
            .collect()
    }

    fn step_of(&self, at: &str) -> Option<&str> {
        let at: DateTime<Utc> = at.parse().expect("an instant");
        let timeline = &self.dataset.timeline.as_ref().expect("a timeline").0;
        timeline.step_of(at).map(|step| self.steps()[step])
    }
}

fn source(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data-manifests");
    fs::read_to_string(folder.join(format!("{name}.toml"))).expect("a dataset file")
}

#[test]
fn yfcc15m_is_read_as_it_is_published() {
    let fixture = Fixture::new("tic-yfcc15m", |folder| {
        let row = |title: &str, description: &str, usertags: &str, key: &str| {
            format!(
                "4329,44@N00,me,2008-06-01 10:00:00.0,1230767999,Canon,{title},{description},{usertags},,2.35,48.85,16,\
                 http://www.flickr.com/photos/44@N00/4329/,http://farm1.staticflickr.com/1/4329_a.jpg,\
                 Attribution License,http://creativecommons.org/licenses/by/2.0/,1,1,a,b,jpg,0,{key}\n"
            )
        };
        let header = "photoid,uid,unickname,datetaken,dateuploaded,capturedevice,title,description,usertags,\
                      machinetags,longitude,latitude,accuracy,pageurl,downloadurl,licensename,licenseurl,serverid,\
                      farmid,secret,secretoriginal,ext,marker,key\n";
        let table = [
            header,
            &row(
                "Caf%C3%A9+by+night",
                "\"A <a href=\"\"x\"\">caf%C3%A9</a>, open\"",
                "\"caf%C3%A9,paris\"",
                "d29e7c6a3028418c64eb15e3cf577c2",
            ),
            &row("R%26amp%3BB", "", "", "ab1"),
            &row("", "%3Cbr%3E", "", "abcdef0"),
        ];
        fs::write(folder.join("yfcc15m.csv"), table.concat()).expect("written");
    });
    let (pairs, rejected) = fixture.rows();
    assert_eq!(pairs.len(), 1);
    assert_eq!(
        pairs[0].uid,
        Uid::from_values(["d29e7c6a3028418c64eb15e3cf577c2"])
    );
    assert_eq!(
        pairs[0].image,
        "d29/e7c/d29e7c6a3028418c64eb15e3cf577c2.jpg"
    );
    assert_eq!(pairs[0].caption, "Café by night. A café, open. café,paris");
    assert_eq!(
        rejected,
        [
            "yfcc15m.csv:2 bad-image-path",
            "yfcc15m.csv:3 empty-caption"
        ]
    );
    assert_eq!(
        fixture.steps(),
        ["2004-2008", "2009-2010", "2011-2012", "2013-2014"]
    );
    assert_eq!(fixture.step_of("2008-12-31T23:59:59Z"), Some("2004-2008"));
    assert_eq!(fixture.step_of("2009-01-01T00:00:00Z"), Some("2009-2010"));
    assert_eq!(fixture.step_of("2015-01-01T00:00:00Z"), None);
    assert_eq!(
        fixture.dataset.held_out.map(|held_out| held_out.share),
        Some(0.01)
    );
}

#[test]
fn redcaps_is_read_as_it_is_published() {
    let fixture = Fixture::new("tic-redcaps", |folder| {
        fs::create_dir(folder.join("annotations")).expect("a folder");
        let post = |id: &str, caption: &str| {
            format!(
                "{{\"image_id\": \"{id}\", \"author\": \"me\", \"url\": \"https://i.redd.it/{id}.jpg\", \
                 \"raw_caption\": \"{caption} [OC]\", \"caption\": \"{caption}\", \"subreddit\": \"itookapicture\", \
                 \"score\": 16, \"created_utc\": 1514764799, \"permalink\": \"/r/itookapicture/comments/{id}/itap/\", \
                 \"crosspost_parents\": null}}"
            )
        };
        let table = |rows: &str| {
            format!("{{\"info\": {{\"year\": 2017, \"url\": \"\"}}, \"annotations\": [{rows}]}}")
        };
        let annotations = folder.join("annotations");
        let first = [
            post("6a1b2c", "itap of \\u00e9clairs"),
            post("6a1b2d", " \\n"),
            "7".to_owned(),
        ];
        fs::write(
            annotations.join("itookapicture_2017.json"),
            table(&first.join(", ")),
        )
        .expect("written");
        fs::write(
            annotations.join("pics_2018.json"),
            table(&post("7z", "a cat\\nsits")),
        )
        .expect("written");
    });
    let (pairs, rejected) = fixture.rows();
    assert_eq!(pairs.len(), 2);
    assert_eq!(pairs[0].uid, Uid::from_values(["6a1b2c"]));
    assert_eq!(pairs[0].image, "itookapicture/6a1b2c.jpg");
    assert_eq!(pairs[0].caption, "itap of éclairs");
    assert_eq!(pairs[1].caption, "a cat sits");
    let columns = PairTable::open(&fixture.dataset)
        .expect("tables")
        .columns()
        .clone();
    let created = columns.index_of("created_utc").expect("a column");
    assert_eq!(&pairs[0].values[created], "1514764799");
    assert_eq!(
        rejected,
        [
            "itookapicture_2017.json:2 empty-caption",
            "itookapicture_2017.json:3 not-json"
        ]
    );
    assert_eq!(fixture.steps(), ["2017", "2018", "2019", "2020"]);
    assert_eq!(fixture.step_of("2011-05-01T00:00:00Z"), Some("2017"));
    assert_eq!(fixture.step_of("2017-12-31T23:59:59Z"), Some("2017"));
    assert_eq!(fixture.step_of("2018-01-01T00:00:00Z"), Some("2018"));
    assert_eq!(fixture.step_of("2021-01-01T00:00:00Z"), None);
    assert_eq!(
        fixture.dataset.held_out.map(|held_out| held_out.share),
        Some(0.01)
    );
}

fn common_pool(folder: &Path) {
    fs::create_dir(folder.join("metadata")).expect("a folder");
    let mut boxes = ListBuilder::new(ListBuilder::new(Float64Builder::new()));
    boxes
        .values()
        .values()
        .append_slice(&[0.25, 0.5, 0.75, 1.0]);
    boxes.values().append(true);
    boxes.append(true);
    boxes.append(true);
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "uid",
            text(["00000000000000000000000000000a0f", "not a uid"]),
        ),
        (
            "url",
            text(["https://a.example/cat.jpg?w=1", "https://a.example/dog.jpg"]),
        ),
        ("text", text(["a \"cat\",\tsits", "a dog"])),
        ("original_width", Arc::new(Int64Array::from(vec![640, 32]))),
        ("original_height", Arc::new(Int64Array::from(vec![480, 32]))),
        (
            "clip_b32_similarity_score",
            Arc::new(Float32Array::from(vec![0.25, 0.125])),
        ),
        (
            "clip_l14_similarity_score",
            Arc::new(Float32Array::from(vec![0.5, 0.0])),
        ),
        ("face_bboxes", Arc::new(boxes.finish())),
        ("sha256", text(["e3b0c442", "98fc1c14"])),
    ];
    let batch = RecordBatch::try_from_iter(columns).expect("a batch");
    let file = File::create(folder.join("metadata/0a1b2c3d.parquet")).expect("a file");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
}

fn text(values: [&'static str; 2]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

#[test]
fn datacomp_is_read_as_it_is_published() {
    let fixture = Fixture::new("tic-datacomp", common_pool);
    let (pairs, rejected) = fixture.rows();
    assert_eq!(pairs.len(), 1);
    assert_eq!(pairs[0].uid, Uid(0xa0f));
    assert_eq!(pairs[0].image, "https://a.example/cat.jpg?w=1");
    assert_eq!(pairs[0].caption, "a \"cat\",\tsits");
    let columns = PairTable::open(&fixture.dataset)
        .expect("tables")
        .columns()
        .clone();
    let boxes = columns.index_of("face_bboxes").expect("a column");
    assert_eq!(&pairs[0].values[boxes], "[[0.25,0.5,0.75,1.0]]");
    assert_eq!(rejected, ["0a1b2c3d.parquet:2 bad-uid"]);
    assert_eq!(
        fixture.steps(),
        ["2014-2016", "2017", "2018", "2019", "2020", "2021", "2022"]
    );
    for (at, step) in [
        ("2014-01-01T00:00:00Z", Some("2014-2016")),
        ("2016-12-31T23:59:59Z", Some("2014-2016")),
        ("2022-12-31T23:59:59Z", Some("2022")),
        ("2023-01-01T00:00:00Z", None),
    ] {
        assert_eq!(fixture.step_of(at), step, "{at}");
    }
    assert_eq!(fixture.dataset.held_out, None);
}

#[test]
fn monthly_datacomp_has_the_months_that_were_released() {
    let fixture = Fixture::new("tic-datacomp-monthly", common_pool);
    assert_eq!(fixture.rows().0.len(), 1);
    let steps = fixture.steps();
    assert_eq!(
        (steps.len(), steps[0], steps[steps.len() - 1]),
        (102, "201403", "202306")
    );
    assert!(steps.is_sorted());
    for (at, step) in [
        ("2014-03-01T00:00:00Z", Some("201403")),
        ("2014-05-15T00:00:00Z", None),
        ("2017-12-31T23:59:59Z", Some("201712")),
        ("2023-06-30T23:59:59Z", Some("202306")),
        ("2023-07-01T00:00:00Z", None),
    ] {
        assert_eq!(fixture.step_of(at), step, "{at}");
    }
}
