#![expect(clippy::unwrap_used, reason = "the tests' own files can be read")]

use super::*;
use crate::claim::{Kind, Precision};
use crate::source::Sink;
use chrono::{DateTime, Utc};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Lines of key, seconds and evidence.
struct Lines {
    files: Vec<String>,
    scanned: AtomicUsize,
}

impl Archive for Lines {
    fn files(&self) -> &[String] {
        &self.files
    }

    fn scan(&self, file: &Path, sink: &mut dyn Sink) -> Result<(), ArchiveError> {
        self.scanned.fetch_add(1, Ordering::Relaxed);
        for line in std::fs::read_to_string(file).unwrap().lines() {
            let (key, seconds) = line.split_once(' ').unwrap();
            let key = Key(key.parse().unwrap());
            if sink.wants(key) {
                let at: DateTime<Utc> =
                    DateTime::from_timestamp(seconds.parse().unwrap(), 0).unwrap();
                sink.take(key, at, Precision::Day, Kind::Captured, line)
                    .unwrap();
            }
        }
        Ok(())
    }
}

#[test]
fn the_earliest_record_of_a_key_is_found_wherever_it_stands() {
    let dir = tempfile::tempdir().unwrap();
    for file in 0..300_u64 {
        let lines: String = (0..50)
            .map(|line| {
                format!(
                    "{} {}\n",
                    (line * 7 + file * 13) % 1000,
                    1_000_000 + file * 10 + line
                )
            })
            .collect();
        std::fs::write(dir.path().join(format!("{file:03}.txt")), lines).unwrap();
    }
    let archive = Lines {
        files: vec!["*.txt".to_owned()],
        scanned: AtomicUsize::new(0),
    };
    let mut wanted = Wanted::builder();
    (0..500).for_each(|key| wanted.insert(Key(key)));
    let wanted = wanted.finish();
    let files = archive_files(SourceName::Warc, &archive, dir.path()).unwrap();
    assert_eq!(files.len(), 300);
    let work = dir.path().join("work");
    let build = || Lookup::build(SourceName::Warc, &archive, &files, &wanted, &work).unwrap();
    drop(build());
    let lookup = build();
    assert_eq!(
        archive.scanned.load(Ordering::Relaxed),
        300,
        "nothing is scanned twice"
    );
    let mut reader = lookup.reader().unwrap();
    for key in (0..500).chain([250, 3]) {
        let expected = (0..300_u64)
            .flat_map(|file| (0..50).map(move |line| (file, line)))
            .filter(|(file, line)| (line * 7 + file * 13) % 1000 == key)
            .map(|(file, line)| 1_000_000 + file * 10 + line)
            .min();
        let found = reader.find(Key(key.into())).unwrap();
        assert_eq!(
            found.first().map(|claim| claim.at.timestamp() as u64),
            expected,
            "{key}"
        );
        assert!(found.len() <= 1);
    }
}

#[test]
fn a_pattern_that_matches_nothing_is_named() {
    let archive = Lines {
        files: vec!["none-*.txt".to_owned()],
        scanned: AtomicUsize::new(0),
    };
    let dir = tempfile::tempdir().unwrap();
    let error = archive_files(SourceName::Warc, &archive, dir.path()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "[timestamps] warc: `none-*.txt`: no such file"
    );
}
