//! The released pickles: uids by year, uids by year and synset, and the classes of one year's uids.

use std::io::{Read, Seek};

use super::Problem;
use super::period::Period;
use crate::claim::Kind;
use crate::pickle::{self, Entry, Leaf, PickleError};
use crate::source::{Key, Sink};

/// Gives the uids that are wanted to the sink.
///
/// A uid is a value in a list, or the key of a number. Its year is the outermost key of the pickle, or else in the
/// file's name, as in `uid2classid/2019.pkl`.
pub(super) fn scan(file: impl Read + Seek, name: &str, sink: &mut dyn Sink) -> Result<(), Problem> {
    let of_file = Period::of_file(name);
    let (mut dated, mut undated, mut evidence) = (0_u64, 0_u64, String::new());
    let mut last: Option<(pickle::Key, Option<Period>)> = None;
    let mut each = |entry: Entry<'_>| {
        let Some(key) = uid(&entry) else {
            sink.skip(&format!(
                "{name}: {:?} is no uid of 32 hex digits",
                entry.key.unwrap_or(entry.value)
            ));
            return Ok(());
        };
        let period = match entry.path.first() {
            None => of_file,
            Some(year) => match &last {
                Some((known, period)) if known == year => *period,
                _ => {
                    let period = period(year).or(of_file);
                    last = Some((year.clone(), period));
                    period
                }
            },
        };
        let Some(period) = period else {
            undated += 1;
            return Ok(());
        };
        dated += 1;
        if !sink.wants(key) {
            return Ok(());
        }
        evidence.clear();
        evidence.push_str(name);
        if let Some(year) = entry.path.first() {
            evidence.push_str(&format!(", {}", shown(year)));
        }
        sink.take(
            key,
            period.start,
            period.precision,
            Kind::Captured,
            &evidence,
        )
    };
    pickle::read(file, &mut each).map_err(|error| match error {
        PickleError::Io(error) => Problem::Io(error),
        other => Problem::Format(other.to_string()),
    })?;
    if dated == 0 && undated > 0 {
        return Err(Problem::Format(format!(
            "has {undated} uids and no year for them; allowed are dicts by year, and files named YYYY.pkl"
        )));
    }
    if undated > 0 {
        sink.skip(&format!("{name}: {undated} uids are under no year"));
    }
    Ok(())
}

fn uid(entry: &Entry<'_>) -> Option<Key> {
    let text = match (entry.key, entry.value) {
        (None, Leaf::Text(text)) | (Some(Leaf::Text(text)), Leaf::Int(_)) => text,
        _ => return None,
    };
    let digits = text.as_bytes();
    if digits.len() != 32 {
        return None;
    }
    digits
        .iter()
        .try_fold(0_u128, |uid, digit| {
            let value = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'f' => digit - b'a' + 10,
                _ => return None,
            };
            Some(uid << 4 | u128::from(value))
        })
        .map(Key)
}

fn period(year: &pickle::Key) -> Option<Period> {
    match year {
        pickle::Key::Text(text) => Period::parse(text),
        pickle::Key::Int(number) => Period::parse(&number.to_string()),
        pickle::Key::Other(_) => None,
    }
}

fn shown(year: &pickle::Key) -> String {
    match year {
        pickle::Key::Text(text) => text.clone(),
        pickle::Key::Int(number) => number.to_string(),
        pickle::Key::Other(kind) => (*kind).to_owned(),
    }
}
