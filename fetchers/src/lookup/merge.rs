//! A merge of sorted runs, which keeps the earliest record of each key and kind.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use super::record::Record;
use super::{LookupError, at};

/// Gives the records of all runs in order to `push`.
pub(super) fn merge(
    runs: &[PathBuf],
    mut push: impl FnMut(&Record) -> Result<(), LookupError>,
) -> Result<(), LookupError> {
    let mut open = Vec::new();
    let mut next = BinaryHeap::new();
    for (run, path) in runs.iter().enumerate() {
        let file = File::open(path).map_err(at(path))?;
        let mut file = BufReader::with_capacity(1 << 16, file);
        if let Some(record) = Record::read(&mut file).map_err(at(path))? {
            next.push(Reverse((record, run)));
        }
        open.push(file);
    }
    let mut last = None;
    while let Some(Reverse((record, run))) = next.pop() {
        let is = Some((record.key, record.kind));
        if last != is {
            push(&record)?;
            last = is;
        }
        if let Some(record) = Record::read(&mut open[run]).map_err(at(&runs[run]))? {
            next.push(Reverse((record, run)));
        }
    }
    Ok(())
}
