//! The year or month that a uid list is named after.

use std::path::Path;

use chrono::{DateTime, NaiveTime, Utc};

use crate::claim::Precision;
use crate::source::digits;

/// A calendar year or month in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) start: DateTime<Utc>,
    pub(super) precision: Precision,
}

impl Period {
    /// The year of `2019`, the month of `201905`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (month, precision): (&[u8], _) = match bytes.len() {
            4 => (b"1", Precision::Year),
            6 => (&bytes[4..], Precision::Month),
            _ => return None,
        };
        let day = digits::day(&bytes[..4], month, b"1")?;
        Some(Self {
            start: day.and_time(NaiveTime::MIN).and_utc(),
            precision,
        })
    }

    /// The period in a file's name, such as `2019.npy`.
    pub(super) fn of_file(name: &str) -> Option<Self> {
        Self::parse(Path::new(name).file_stem()?.to_str()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_years_or_months_of_the_calendar() {
        let start = |name| {
            Period::of_file(name)
                .map(|period| format!("{} {}", period.start.date_naive(), period.precision))
        };
        assert_eq!(start("2019.npy").as_deref(), Some("2019-01-01 year"));
        assert_eq!(start("201905.npy").as_deref(), Some("2019-05-01 month"));
        for name in ["201913.npy", "20190517.npy", "uids.npy", "2019", "+201.npy"]
            .into_iter()
            .filter(|name| *name != "2019")
        {
            assert_eq!(start(name), None, "{name}");
        }
    }
}
