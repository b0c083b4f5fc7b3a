//! Tests of writing a manifest and reading it again.

use chrono::{DateTime, Utc};

use super::*;
use crate::manifest::{
    DateTable, DatedUid, ManifestRow, PairRow, PairTable, read_meta, read_rejected, read_rows,
};
use std::collections::HashSet;
use ticclip_fetchers::claim::{Kind, Precision};
use ticclip_fetchers::source::SourceName;

const DATASET: &str = "name = \"x\"\n[pairs]\ntable = \"t.csv\"\nuid = { hash = [\"id\"] }\nimage = { path = \"i/{id}.png\" }\n\
    caption = { alternatives = [\"caption\", \"more\"] }\nclass = { column = \"class\", templates = [\"a {c}\"] }\n";
const TABLE: &str = "id,caption,more,class,source,year\n1,one,eins,odd,a,2014\n2,two,,even,b,2015\n2,again,,,c,2015\n\
    3,,,odd,d,2016\n4,four\n5,five,,odd,e,1970\n";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn found(year: &str) -> Outcome {
    let dated = year != "1970";
    let claim = Claim {
        at: at(&format!("{year}-05-01T00:00:00.000001Z")),
        precision: Precision::Year,
        kind: Kind::Posted,
        source: SourceName::Column,
        evidence: "year".to_owned(),
    };
    let refused = (!dated).then(|| (claim.clone(), Reason::UnixEpoch));
    Outcome {
        claims: dated.then_some(claim).into_iter().collect(),
        refused: refused.into_iter().collect(),
        rejections: Vec::new(),
        failures: Vec::new(),
        chosen: dated.then_some(0),
        state: if dated {
            State::Dated
        } else {
            State::Rejected(Reason::UnixEpoch)
        },
        disagreement: None,
    }
}

fn fetch(root: &Path) -> Stats {
    std::fs::create_dir_all(root.join("source")).expect("made");
    std::fs::create_dir_all(root.join("manifest")).expect("made");
    std::fs::write(root.join("source/x.toml"), DATASET).expect("written");
    std::fs::write(root.join("source/t.csv"), TABLE).expect("written");
    let dataset = Dataset::read(&root.join("source/x.toml")).expect("a dataset");
    let pairs = PairTable::open(&dataset).expect("a table");
    let folder = root.join("manifest");
    let meta = ManifestMeta::new(&dataset, &folder).expect("folders");
    let mut manifest = ManifestWriter::create(&folder, &meta, pairs.columns()).expect("begun");
    let year = pairs.columns().index_of("year").expect("a column");
    let mut seen = HashSet::new();
    for row in pairs.rows() {
        match pairs.pair(row.expect("read"), |uid| seen.insert(uid)) {
            PairRow::Pair(pair, _) => manifest
                .push(&pair, &found(&pair.values[year]))
                .expect("written"),
            PairRow::Rejected(rejected) => manifest.reject(&rejected).expect("written"),
        }
    }
    manifest.finish().expect("finished")
}

#[test]
fn a_manifest_keeps_every_pair_and_lists_every_other_row() {
    let dir = tempfile::tempdir().expect("a folder");
    let stats = fetch(dir.path());
    assert_eq!((stats.rows, stats.pairs), (6, 3));
    let reasons: Vec<_> = stats
        .rejected
        .iter()
        .map(|(reason, &n)| (reason.as_str(), n))
        .collect();
    assert_eq!(
        reasons,
        [
            ("duplicate-uid", 1),
            ("empty-caption", 1),
            ("unix-epoch", 1),
            ("wrong-field-count", 1)
        ]
    );
    assert_eq!(stats.first, Some(at("2014-05-01T00:00:00.000001Z")));

    let folder = dir.path().join("manifest");
    let rows: Vec<_> = read_rows(&folder)
        .expect("opened")
        .map(|row| row.expect("a row"))
        .collect();
    assert_eq!(
        rows[0],
        ManifestRow {
            uid: Uid::from_values(["1"]),
            image: "i/1.png".to_owned(),
            caption: "one\neins".to_owned(),
            timestamp: Some(at("2014-05-01T00:00:00.000001Z")),
            class: Some("odd".to_owned()),
        }
    );
    assert_eq!(rows.len(), 3);
    let table = DateTable::open(&folder, true).expect("opened");
    let mut dates = Vec::new();
    for group in 0..table.groups() {
        table
            .read(group, |row| {
                dates.push(row);
                true
            })
            .expect("read");
    }
    assert_eq!(
        dates[2],
        DatedUid {
            row: 3,
            uid: Uid::from_values(["5"]),
            at_micros: None
        }
    );
    let meta = read_meta(&folder).expect("opened").expect("a note");
    assert_eq!(meta.image_root, Path::new("../source"));
    assert_eq!(meta.class_templates, ["a {c}"]);

    let rejected = read_rejected(&folder.join("rejected.parquet")).expect("read");
    let where_and_why: Vec<_> = rejected
        .iter()
        .map(|row| (row.row, row.reason.as_str()))
        .collect();
    assert_eq!(
        where_and_why,
        [
            (Some(3), "duplicate-uid"),
            (Some(4), "empty-caption"),
            (Some(5), "wrong-field-count"),
            (None, "unix-epoch")
        ]
    );
    assert_eq!(rejected[0].table.as_deref(), Some("t.csv"));
    assert_eq!(rejected[3].uid, Some(Uid::from_values(["5"])));
}

#[test]
fn the_tables_own_columns_are_kept_and_never_mistaken_for_ours() {
    let dir = tempfile::tempdir().expect("a folder");
    fetch(dir.path());
    let file = crate::manifest::parquet_file::ParquetReader::open(
        &dir.path().join("manifest/manifest.parquet"),
    );
    let file = file.expect("opened");
    for column in [
        "id",
        "more",
        "year",
        "source",
        "table.source",
        "caption",
        "class",
    ] {
        assert!(file.require(&[column]).is_ok(), "{column}");
    }
    for column in ["table.caption", "table.class"] {
        assert!(file.require(&[column]).is_err(), "{column}");
    }
}

#[test]
fn the_same_rows_are_the_same_bytes_wherever_they_are_written() {
    let dirs = [
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    ];
    dirs.iter().for_each(|dir| drop(fetch(dir.path())));
    for entry in MANIFEST_ENTRIES
        .iter()
        .filter(|&&entry| entry != STATS_FILE)
    {
        let [a, b] = dirs
            .each_ref()
            .map(|dir| std::fs::read(dir.path().join("manifest").join(entry)).expect("there"));
        assert!(a == b, "{entry}");
    }
}

#[test]
fn the_way_between_two_folders_is_relative() {
    for (from, to, expected) in [
        ("/a/b", "/a/b", "."),
        ("/a/b", "/a/c/d", "../c/d"),
        ("/a", "/a/b", "b"),
        ("/a/b", "/c", "../../c"),
    ] {
        assert_eq!(
            relative(Path::new(from), Path::new(to)),
            Path::new(expected)
        );
    }
}
