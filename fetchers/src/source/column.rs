//! The column source: a timestamp that the dataset's own table already has.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Answer, Pair, SourceError, SourceName, TimestampSource};
use crate::claim::{Claim, Kind, Precision};

words! {
    /// How the column writes instants.
    pub enum Unit {
        /// Seconds since 1970-01-01T00:00:00Z; a decimal fraction is cut off.
        UnixSeconds = "unix-seconds",
        /// Milliseconds since 1970-01-01T00:00:00Z.
        UnixMillis = "unix-millis",
        /// Extended ISO 8601: `2019`, `2019-05`, `2019-05-17` or with a time and, if not UTC, an offset.
        Iso8601 = "iso-8601",
        /// `2019-05-17 10:11:12` in UTC.
        DateTime = "date-time",
        /// Fourteen digits in UTC, as web archives write them: `20190517101112`.
        Cc14 = "cc-14",
    }
}

impl Unit {
    const fn allowed(self) -> &'static str {
        match self {
            Self::UnixSeconds => "a number of seconds since 1970 (unix-seconds)",
            Self::UnixMillis => "a number of milliseconds since 1970 (unix-millis)",
            Self::Iso8601 => {
                "YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with an optional offset (iso-8601)"
            }
            Self::DateTime => "YYYY-MM-DD hh:mm:ss (date-time)",
            Self::Cc14 => "fourteen digits, YYYYMMDDhhmmss (cc-14)",
        }
    }

    /// Reads one cell; `None` if it is not in this unit. A date that is not in the calendar is not.
    pub fn parse(self, cell: &str) -> Option<(DateTime<Utc>, Precision)> {
        let second = |at| (at, Precision::Second);
        match self {
            Self::UnixSeconds => DateTime::from_timestamp(whole_number(cell)?, 0).map(second),
            Self::UnixMillis => DateTime::from_timestamp_millis(whole_number(cell)?).map(second),
            Self::Iso8601 => iso_8601(cell),
            Self::DateTime => {
                let (day, time) = cell.split_once(' ')?;
                let (time, rest) = time_of_day(time)?;
                rest.is_empty()
                    .then_some(second(date(day)?.and_time(time).and_utc()))
            }
            Self::Cc14 if cell.len() == 14 && is_digits(cell) => {
                NaiveDateTime::parse_from_str(cell, "%Y%m%d%H%M%S")
                    .ok()
                    .map(|naive| second(naive.and_utc()))
            }
            Self::Cc14 => None,
        }
    }
}

/// The table `column` under `[timestamps]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ColumnConfig {
    /// The column's name in the table.
    pub name: String,
    /// How it writes instants.
    pub unit: Unit,
    /// What happened at that instant.
    pub kind: Kind,
}

/// Reads the timestamp from the row itself.
#[derive(Clone, Debug)]
pub struct Column {
    config: ColumnConfig,
}

impl Column {
    /// A source for the given column.
    pub fn new(config: ColumnConfig) -> Self {
        Self { config }
    }
}

impl TimestampSource for Column {
    fn name(&self) -> SourceName {
        SourceName::Column
    }

    fn needs_column(&self) -> Option<&str> {
        Some(&self.config.name)
    }

    fn date(&self, pair: &Pair<'_>) -> Result<Answer, SourceError> {
        let ColumnConfig { name, unit, kind } = &self.config;
        let cell = pair
            .columns
            .get(name)
            .ok_or_else(|| SourceError::NoColumn {
                column: name.clone(),
            })?
            .trim();
        if cell.is_empty() {
            return Ok(Answer::Unknown);
        }
        let (at, precision) = unit.parse(cell).ok_or_else(|| SourceError::MalformedCell {
            column: name.clone(),
            value: cell.to_owned(),
            allowed: unit.allowed(),
        })?;
        let evidence = format!("{name}={cell}");
        Ok(Answer::Dated(Claim {
            at,
            precision,
            kind: *kind,
            source: self.name(),
            evidence,
        }))
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whole seconds of `1558087872` and of `1558087872.0`, as tables that went through floats write it.
fn whole_number(cell: &str) -> Option<i64> {
    let (whole, fraction) = cell.split_once('.').unwrap_or((cell, "0"));
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    if !is_digits(digits) || !is_digits(fraction) {
        return None;
    }
    whole.parse().ok()
}

fn iso_8601(cell: &str) -> Option<(DateTime<Utc>, Precision)> {
    let start_of = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    let dated = match cell.len() {
        4 => (start_of(date(&format!("{cell}-01-01"))?), Precision::Year),
        7 => (start_of(date(&format!("{cell}-01"))?), Precision::Month),
        10 => (start_of(date(cell)?), Precision::Day),
        _ => {
            let (day, rest) = (cell.get(..10)?, cell.get(10..)?);
            let (time, zone) = time_of_day(rest.strip_prefix(['T', 't', ' '])?)?;
            let local = date(day)?.and_time(time);
            (
                local.and_local_timezone(offset(zone)?).single()?.to_utc(),
                Precision::Second,
            )
        }
    };
    Some(dated)
}

/// `YYYY-MM-DD` and nothing else: chrono alone would also take signs, spaces and single digits.
fn date(text: &str) -> Option<NaiveDate> {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else {
        return None;
    };
    let sized = (year.len(), month.len(), day.len()) == (4, 2, 2);
    if !sized || ![year, month, day].into_iter().all(is_digits) {
        return None;
    }
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// `hh:mm` or `hh:mm:ss`, a fraction that is cut off, and what follows.
fn time_of_day(text: &str) -> Option<(NaiveTime, &str)> {
    let clock = text
        .find(|c: char| !c.is_ascii_digit() && c != ':')
        .map_or(text, |end| &text[..end]);
    let mut rest = &text[clock.len()..];
    let time = match clock.len() {
        5 => NaiveTime::parse_from_str(clock, "%H:%M"),
        8 => NaiveTime::parse_from_str(clock, "%H:%M:%S"),
        _ => return None,
    };
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        if rest.len() == fraction.len() {
            return None;
        }
    }
    Some((time.ok()?, rest))
}

/// Nothing and `Z` are UTC; else `+hh:mm`, `+hhmm` or `+hh`.
fn offset(zone: &str) -> Option<FixedOffset> {
    if matches!(zone, "" | "Z" | "z") {
        return FixedOffset::east_opt(0);
    }
    let digits: String = zone.get(1..)?.chars().filter(|&c| c != ':').collect();
    let written = [
        zone.len() == 3,
        zone.len() == 5,
        zone.len() == 6 && zone.get(3..4) == Some(":"),
    ];
    if !written.contains(&true) || !is_digits(&digits) || !matches!(digits.len(), 2 | 4) {
        return None;
    }
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = digits
        .get(2..)
        .filter(|text| !text.is_empty())
        .map_or(Ok(0), str::parse)
        .ok()?;
    let seconds = hours * 3600 + minutes * 60;
    match zone.chars().next()? {
        '+' if minutes < 60 => FixedOffset::east_opt(seconds),
        '-' if minutes < 60 => FixedOffset::west_opt(seconds),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iso(cell: &str) -> Option<String> {
        let (at, precision) = Unit::Iso8601.parse(cell)?;
        Some(format!("{} {precision}", at.format("%FT%TZ")))
    }

    #[test]
    fn what_is_not_written_is_not_claimed() {
        assert_eq!(iso("2019").as_deref(), Some("2019-01-01T00:00:00Z year"));
        assert_eq!(
            iso("2019-05").as_deref(),
            Some("2019-05-01T00:00:00Z month")
        );
        assert_eq!(
            iso("2019-05-17").as_deref(),
            Some("2019-05-17T00:00:00Z day")
        );
        assert_eq!(
            iso("2019-05-17T10:11").as_deref(),
            Some("2019-05-17T10:11:00Z second")
        );
    }

    #[test]
    fn offsets_are_honoured_and_their_absence_is_utc() {
        for zone in ["", "Z", "+00:00", "-0000", "+00"] {
            assert_eq!(
                iso(&format!("2019-05-17T10:11:12.5{zone}")).as_deref(),
                Some("2019-05-17T10:11:12Z second")
            );
        }
        assert_eq!(
            iso("2019-05-17T01:11:12+05:30").as_deref(),
            Some("2019-05-16T19:41:12Z second")
        );
        assert_eq!(
            iso("2019-05-17 23:11:12-0800").as_deref(),
            Some("2019-05-18T07:11:12Z second")
        );
    }

    #[test]
    fn a_malformed_cell_is_named_with_its_column() {
        let column = Column::new(ColumnConfig {
            name: "when".into(),
            unit: Unit::Cc14,
            kind: Kind::Captured,
        });
        let columns = [("when".to_owned(), "2019051710111".to_owned())].into();
        let error = column
            .date(&Pair {
                columns: &columns,
                image: "a.png",
                image_bytes: None,
            })
            .err();
        let message = error.map(|error| error.to_string());
        assert_eq!(
            message.as_deref(),
            Some("column `when`: `2019051710111` is not fourteen digits, YYYYMMDDhhmmss (cc-14)")
        );
    }
}
