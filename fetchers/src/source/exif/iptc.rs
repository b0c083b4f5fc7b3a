//! The date in an IPTC block: dataset 2:55 (date created) and, where it is there, 2:60 (time created).

use chrono::{DateTime, FixedOffset, NaiveTime, Utc};

use crate::claim::Precision;
use crate::source::column::Unit;
use crate::source::digits;

/// A date, and how it is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dated {
    pub(super) at: DateTime<Utc>,
    pub(super) precision: Precision,
    pub(super) written: String,
}

/// What the block has under a dataset of record 2.
fn dataset(mut block: &[u8], number: u8) -> Option<&str> {
    while let Some((&[0x1c, record, dataset, high, low], rest)) = block.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes([high, low]));
        // Longer data than this has a length of its own form, and is no date.
        let value = rest.get(..length)?;
        if (record, dataset) == (2, number) {
            return std::str::from_utf8(value).ok().map(str::trim);
        }
        block = &rest[length..];
    }
    None
}

/// The date of the block; `Err` with what is written if that is none.
pub(super) fn date(block: &[u8]) -> Option<Result<Dated, String>> {
    let day = dataset(block, 55).filter(|day| !day.is_empty())?;
    let time = dataset(block, 60).unwrap_or("");
    let written = format!(
        "2:55 {day} 2:60 {}",
        if time.is_empty() { "-" } else { time }
    );
    let read = clock(day, time).or_else(|| calendar(day));
    Some(match read {
        Some((at, precision)) => Ok(Dated {
            at,
            precision,
            written,
        }),
        None => Err(written),
    })
}

fn clock(day: &str, time: &str) -> Option<(DateTime<Utc>, Precision)> {
    let (clock, zone) = time.split_at_checked(6)?;
    let (year, rest) = day.split_at_checked(4)?;
    let (month, day) = rest.split_at_checked(2)?;
    let (hour, rest) = clock.split_at_checked(2)?;
    let (minute, second) = rest.split_at_checked(2)?;
    let iso = format!("{year}-{month}-{day}T{hour}:{minute}:{second}{zone}");
    Unit::Iso8601.parse(&iso, FixedOffset::east_opt(0)?)
}

/// `CCYYMMDD`, in which a month or day that is not known is 00.
fn calendar(text: &str) -> Option<(DateTime<Utc>, Precision)> {
    let bytes = text.as_bytes();
    if bytes.len() != 8 {
        return None;
    }
    let (year, month, day) = (&bytes[..4], &bytes[4..6], &bytes[6..]);
    let (day, precision) = match (month, day) {
        (b"00", b"00") => (digits::day(year, b"1", b"1")?, Precision::Year),
        (_, b"00") => (digits::day(year, month, b"1")?, Precision::Month),
        _ => (digits::day(year, month, day)?, Precision::Day),
    };
    Some((day.and_time(NaiveTime::MIN).and_utc(), precision))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(day: &str, time: &str) -> Vec<u8> {
        let mut block = vec![0x1c, 2, 0, 0, 2, 0, 4];
        for (number, text) in [(55, day), (60, time)] {
            block.extend([0x1c, 2, number, 0, text.len() as u8]);
            block.extend(text.bytes());
        }
        block
    }

    fn read(day: &str, time: &str) -> Option<String> {
        let dated = date(&block(day, time))?.ok()?;
        Some(format!("{} {}", dated.at.format("%FT%TZ"), dated.precision))
    }

    #[test]
    fn date_and_time_make_an_instant() {
        assert_eq!(
            read("20190517", "101112+0900").as_deref(),
            Some("2019-05-17T01:11:12Z second")
        );
        assert_eq!(
            read("20190517", "101112").as_deref(),
            Some("2019-05-17T10:11:12Z second")
        );
        assert_eq!(
            read("20190517", "").as_deref(),
            Some("2019-05-17T00:00:00Z day")
        );
        assert_eq!(
            read("20190500", "").as_deref(),
            Some("2019-05-01T00:00:00Z month")
        );
        assert_eq!(
            read("20190000", "").as_deref(),
            Some("2019-01-01T00:00:00Z year")
        );
        assert_eq!(read("20190230", ""), None);
    }

    proptest::proptest! {
        #[test]
        fn no_block_panics(bytes: Vec<u8>, day in "\\PC{0,9}", time in "\\PC{0,9}") {
            date(&bytes);
            date(&block(&day, &time));
        }
    }
}
