//! When a photograph was taken, as Flickr records it: by the owner's clock, and only as finely as it is known.

use chrono::{DateTime, FixedOffset, NaiveTime, TimeDelta, Utc};

use crate::claim::Precision;
use crate::source::column::Unit;
use crate::source::digits;

/// The first instant of the second, month or year that `taken` and its granularity name, by a clock read as UTC.
///
/// Granularity 0 is a second, 4 a month, 6 a year; 8 is "about", which is no date.
pub(super) fn taken(text: &str, granularity: u32) -> Option<(DateTime<Utc>, Precision)> {
    let text = text.trim();
    let bytes = text.as_bytes();
    let start = |month: &[u8]| {
        Some(
            digits::day(bytes.get(..4)?, month, b"1")?
                .and_time(NaiveTime::MIN)
                .and_utc(),
        )
    };
    match granularity {
        0 => Unit::DateTime.parse(text, FixedOffset::east_opt(0)?),
        4 => Some((start(bytes.get(5..7)?)?, Precision::Month)),
        6 => Some((start(b"1")?, Precision::Year)),
        _ => None,
    }
}

/// Whether the taken time is only the upload time by another clock: what Flickr writes where the file has no EXIF.
///
/// The owner's clock may be hours away, in quarters; a photograph that was really taken a whole number of quarters
/// before its upload, to two seconds, is lost with them, one in two hundred of those younger than 14 hours.
pub(super) fn is_upload_time(taken: DateTime<Utc>, uploaded: DateTime<Utc>) -> bool {
    const QUARTER_SECONDS: i64 = 900;
    let apart = taken - uploaded;
    let off = apart.num_seconds().rem_euclid(QUARTER_SECONDS);
    apart.abs() <= TimeDelta::hours(14) && off.min(QUARTER_SECONDS - off) <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, granularity: u32) -> Option<String> {
        let (at, precision) = taken(text, granularity)?;
        Some(format!("{} {precision}", at.format("%FT%T")))
    }

    #[test]
    fn granularity_is_the_precision() {
        let text = "2009-05-17 10:11:12";
        assert_eq!(read(text, 0).as_deref(), Some("2009-05-17T10:11:12 second"));
        assert_eq!(
            read("2009-05-00 00:00:00", 4).as_deref(),
            Some("2009-05-01T00:00:00 month")
        );
        assert_eq!(
            read("2009-00-00 00:00:00", 6).as_deref(),
            Some("2009-01-01T00:00:00 year")
        );
        assert_eq!(read(text, 8), None);
        assert_eq!(read("0000-00-00 00:00:00", 0), None);
    }

    #[test]
    fn the_upload_time_by_another_clock_is_recognised() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).expect("a small number of seconds");
        let uploaded = at(1_558_087_872);
        assert!(is_upload_time(at(1_558_087_873), uploaded));
        assert!(is_upload_time(at(1_558_087_872 - 7 * 3600), uploaded));
        assert!(!is_upload_time(at(1_558_087_872 - 7 * 3600 - 60), uploaded));
        assert!(!is_upload_time(at(1_558_087_872 - 15 * 3600), uploaded));
    }
}
