//! The column source: a timestamp that the dataset's own table already has.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

use super::digits;
use super::evidence::capped;
use super::{Answer, Pair, SourceError, SourceName, TimestampSource};
use crate::claim::{Claim, Kind, Precision};
use crate::config::ConfigError;

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
        /// `17/05/2019`, also with dots or hyphens.
        DayMonthYear = "day-month-year",
        /// `05/17/2019`, also with dots or hyphens.
        MonthDayYear = "month-day-year",
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
            Self::DayMonthYear => "DD/MM/YYYY, DD.MM.YYYY or DD-MM-YYYY (day-month-year)",
            Self::MonthDayYear => "MM/DD/YYYY, MM.DD.YYYY or MM-DD-YYYY (month-day-year)",
        }
    }

    /// Reads one cell; `None` if it is not in this unit. A date that is not in the calendar is not.
    ///
    /// A time of day without an offset is read in `zone`. A day, month or year without a time stays what is
    /// written: it names a date, not an instant.
    pub fn parse(self, cell: &str, zone: FixedOffset) -> Option<(DateTime<Utc>, Precision)> {
        let at = match self {
            Self::UnixSeconds => DateTime::from_timestamp(whole_number(cell)?, 0)?,
            Self::UnixMillis => DateTime::from_timestamp_millis(whole_number(cell)?)?,
            Self::Iso8601 => return iso_8601(cell, zone),
            Self::DateTime => {
                let (day, time) = cell.split_at_checked(10)?;
                let (time, rest) = time_of_day(time.strip_prefix(' ')?)?;
                let local = date(day)?.and_time(time);
                rest.is_empty().then(|| to_utc(local, zone))??
            }
            Self::Cc14 => to_utc(digits::fourteen(cell)?.naive_utc(), zone)?,
            Self::DayMonthYear => return year_last(cell, false),
            Self::MonthDayYear => return year_last(cell, true),
        };
        Some((at, Precision::Second))
    }

    /// Whether the unit writes clocks, which a time zone can move.
    const fn has_zone(self) -> bool {
        matches!(self, Self::Iso8601 | Self::DateTime | Self::Cc14)
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
    /// The offset of times that have none, such as `+09:00`; UTC without this key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

/// Reads the timestamp from the row itself.
#[derive(Clone, Debug)]
pub struct Column {
    config: ColumnConfig,
    zone: FixedOffset,
}

impl Column {
    /// A source for the given column.
    ///
    /// # Errors
    /// The time zone is none, or the unit has no use for one.
    pub fn new(config: ColumnConfig) -> Result<Self, ConfigError> {
        let text = config.time_zone.as_deref().unwrap_or("Z");
        let usable = config.time_zone.is_none() || config.unit.has_zone();
        let zone = offset(text).filter(|_| usable && !text.is_empty());
        let zone = zone.ok_or_else(|| ConfigError::Value {
            source_name: SourceName::Column,
            key: "time-zone",
            value: format!("{text:?}"),
            allowed: "allowed are \"Z\" and offsets such as \"+09:00\", with the units iso-8601, date-time and cc-14",
        })?;
        Ok(Self { config, zone })
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
        let ColumnConfig {
            name, unit, kind, ..
        } = &self.config;
        let cell = pair
            .cells
            .cell(name)
            .ok_or_else(|| SourceError::NoColumn {
                column: name.clone(),
            })?
            .trim();
        if cell.is_empty() {
            return Ok(Answer::Unknown);
        }
        let (at, precision) =
            unit.parse(cell, self.zone)
                .ok_or_else(|| SourceError::MalformedCell {
                    column: name.clone(),
                    value: capped(cell.to_owned()),
                    allowed: unit.allowed(),
                })?;
        let mut evidence = String::with_capacity(name.len() + 1 + cell.len());
        evidence.push_str(name);
        evidence.push('=');
        evidence.push_str(cell);
        Ok(Claim {
            at,
            precision,
            kind: *kind,
            source: self.name(),
            evidence: capped(evidence),
        }
        .into())
    }
}

/// Whole seconds of `1558087872` and of `1558087872.0`, as tables that went through floats write it.
fn whole_number(cell: &str) -> Option<i64> {
    let (negative, digits) = match cell.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let end = digits.iter().position(|&byte| byte == b'.');
    let (whole, fraction) = digits.split_at(end.unwrap_or(digits.len()));
    if whole.is_empty() || fraction.len() == 1 {
        return None;
    }
    if !fraction.iter().skip(1).all(u8::is_ascii_digit) {
        return None;
    }
    let number = whole.iter().try_fold(0_i64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })?;
    Some(if negative { -number } else { number })
}

fn to_utc(local: NaiveDateTime, zone: FixedOffset) -> Option<DateTime<Utc>> {
    Some(local.checked_sub_offset(zone)?.and_utc())
}

fn iso_8601(cell: &str, zone: FixedOffset) -> Option<(DateTime<Utc>, Precision)> {
    let bytes = cell.as_bytes();
    let hyphen = |at: usize| bytes.get(at) == Some(&b'-');
    let (day, precision) = match bytes.len() {
        4 => (digits::day(bytes, b"1", b"1")?, Precision::Year),
        7 if hyphen(4) => (
            digits::day(&bytes[..4], &bytes[5..], b"1")?,
            Precision::Month,
        ),
        10 => (date(cell)?, Precision::Day),
        _ => {
            let (day, rest) = cell.split_at_checked(10)?;
            let (time, written) = time_of_day(rest.strip_prefix(['T', 't', ' '])?)?;
            let zone = if written.is_empty() {
                zone
            } else {
                offset(written)?
            };
            return Some((to_utc(date(day)?.and_time(time), zone)?, Precision::Second));
        }
    };
    Some((day.and_time(NaiveTime::MIN).and_utc(), precision))
}

/// A day whose year stands last, behind one of `/`, `.` and `-`, the same twice.
fn year_last(cell: &str, month_first: bool) -> Option<(DateTime<Utc>, Precision)> {
    let mark = cell.chars().find(|c| "/.-".contains(*c))?;
    let mut parts = cell.split(mark).map(str::as_bytes);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    let short = |part: &[u8]| (1..=2).contains(&part.len());
    if parts.next().is_some() || !short(first) || !short(second) || year.len() != 4 {
        return None;
    }
    let (month, day) = if month_first {
        (first, second)
    } else {
        (second, first)
    };
    let day = digits::day(year, month, day)?;
    Some((day.and_time(NaiveTime::MIN).and_utc(), Precision::Day))
}

/// `YYYY-MM-DD` and nothing else: chrono alone would also take signs, spaces and single digits.
fn date(text: &str) -> Option<NaiveDate> {
    match text.as_bytes() {
        text if text.len() == 10 && text[4] == b'-' && text[7] == b'-' => {
            digits::day(&text[..4], &text[5..7], &text[8..])
        }
        _ => None,
    }
}

/// `hh:mm` or `hh:mm:ss`, a fraction that is cut off, and what follows.
fn time_of_day(text: &str) -> Option<(NaiveTime, &str)> {
    let bytes = text.as_bytes();
    let length = bytes
        .iter()
        .position(|&byte| !byte.is_ascii_digit() && byte != b':')
        .unwrap_or(bytes.len());
    let two = |at: usize| digits::number(bytes.get(at..at + 2)?);
    let colon = |at: usize| bytes.get(at) == Some(&b':');
    let second = match length {
        5 if colon(2) => 0,
        8 if colon(2) && colon(5) => two(6)?,
        _ => return None,
    };
    // A leap second is the last one of its minute: nothing here is finer.
    let time = NaiveTime::from_hms_opt(two(0)?, two(3)?, if second == 60 { 59 } else { second })?;
    let mut rest = text.get(length..)?;
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        if rest.len() == fraction.len() {
            return None;
        }
    }
    Some((time, rest))
}

/// Nothing and `Z` are UTC; else `+hh:mm`, `+hhmm` or `+hh`.
fn offset(zone: &str) -> Option<FixedOffset> {
    if matches!(zone, "" | "Z" | "z") {
        return FixedOffset::east_opt(0);
    }
    let (hours, minutes) = match zone.as_bytes().get(1..)? {
        [a, b] => ([*a, *b], [b'0', b'0']),
        [a, b, c, d] | [a, b, b':', c, d] => ([*a, *b], [*c, *d]),
        _ => return None,
    };
    let (hours, minutes) = (digits::number(&hours)?, digits::number(&minutes)?);
    let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
    match zone.as_bytes()[0] {
        b'+' if minutes < 60 => FixedOffset::east_opt(seconds),
        b'-' if minutes < 60 => FixedOffset::west_opt(seconds),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iso(cell: &str) -> Option<String> {
        let (at, precision) = Unit::Iso8601.parse(cell, FixedOffset::east_opt(0)?)?;
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
    fn a_year_that_stands_last_is_read_in_the_order_that_is_named() {
        let of = |unit: Unit, cell: &str| {
            let (at, precision) = unit.parse(cell, FixedOffset::east_opt(0)?)?;
            Some(format!("{} {precision}", at.format("%F")))
        };
        for cell in ["17/05/2019", "17.5.2019", "17-05-2019"] {
            let read = of(Unit::DayMonthYear, cell);
            assert_eq!(read.as_deref(), Some("2019-05-17 day"), "{cell}");
        }
        let read = of(Unit::MonthDayYear, "05/17/2019");
        assert_eq!(read.as_deref(), Some("2019-05-17 day"));
        for cell in [
            "17/05/19",
            "05/17/2019",
            "17/05-2019",
            "17/05/2019 10:11",
            "/05/2019",
            "1/2/3/2019",
            "+1/05/2019",
        ] {
            assert_eq!(of(Unit::DayMonthYear, cell), None, "{cell}");
        }
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
            time_zone: None,
        })
        .expect("the settings make sense");
        let columns: std::collections::BTreeMap<_, _> =
            [("when".to_owned(), "2019051710111".to_owned())].into();
        let error = column
            .date(&Pair {
                uid: 0,
                cells: &columns,
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

    #[test]
    fn the_time_zone_moves_clocks_without_an_offset_and_nothing_else() {
        let tokyo = FixedOffset::east_opt(9 * 3600).expect("nine hours are an offset");
        let read = |unit: Unit, cell| {
            unit.parse(cell, tokyo)
                .map(|(at, _)| at.format("%FT%T").to_string())
        };
        let moved = Some("2019-05-17T01:11:12");
        assert_eq!(read(Unit::Iso8601, "2019-05-17T10:11:12").as_deref(), moved);
        assert_eq!(
            read(Unit::DateTime, "2019-05-17 10:11:12.0").as_deref(),
            moved
        );
        assert_eq!(read(Unit::Cc14, "20190517101112").as_deref(), moved);
        assert_eq!(
            read(Unit::Iso8601, "2019-05-17T01:11:12Z").as_deref(),
            moved
        );
        assert_eq!(read(Unit::UnixSeconds, "1558055472").as_deref(), moved);
        assert_eq!(
            read(Unit::Iso8601, "2019-05-17").as_deref(),
            Some("2019-05-17T00:00:00")
        );
    }

    #[test]
    fn a_time_zone_that_is_none_or_has_no_use_is_refused() {
        let problem = |unit, zone: &str| {
            Column::new(ColumnConfig {
                name: "when".into(),
                unit,
                kind: Kind::Posted,
                time_zone: Some(zone.to_owned()),
            })
            .err()
            .map(|error| error.to_string())
        };
        assert_eq!(problem(Unit::Iso8601, "+09:00"), None);
        for (unit, zone) in [
            (Unit::Iso8601, "Tokyo"),
            (Unit::Iso8601, ""),
            (Unit::UnixSeconds, "Z"),
        ] {
            assert!(
                problem(unit, zone).is_some_and(|text| text.contains("column.time-zone")),
                "{unit} {zone}"
            );
        }
    }

    #[test]
    fn floats_are_whole_seconds_and_other_writings_are_none() {
        assert_eq!(whole_number("1558087872.0"), Some(1_558_087_872));
        assert_eq!(whole_number("-12"), Some(-12));
        for text in [
            "",
            "-",
            ".",
            "1.",
            ".5",
            "1e9",
            "+1",
            "1.x",
            "9223372036854775808",
            " 1",
        ] {
            assert_eq!(whole_number(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_cell_panics(cell in "\\PC{0,40}", date in "[0-9TZ:. +-]{0,30}") {
            let utc = FixedOffset::east_opt(0).expect("zero is an offset");
            for unit in Unit::ALL {
                unit.parse(&cell, utc);
                unit.parse(&date, utc);
            }
        }

        #[test]
        fn what_chrono_writes_is_read_back(seconds in -60_000_000_000_i64..250_000_000_000, east in -50_000_i32..50_000) {
            let zone = FixedOffset::east_opt(east / 60 * 60).expect("less than a day is an offset");
            let at = DateTime::from_timestamp(seconds, 0).expect("the year has four digits");
            let read = |unit: Unit, cell: String| unit.parse(&cell, zone).map(|(at, _)| at);
            proptest::prop_assert_eq!(read(Unit::Iso8601, at.with_timezone(&zone).to_rfc3339()), Some(at));
            proptest::prop_assert_eq!(read(Unit::DateTime, at.with_timezone(&zone).format("%F %T").to_string()), Some(at));
            proptest::prop_assert_eq!(read(Unit::Cc14, at.with_timezone(&zone).format("%Y%m%d%H%M%S").to_string()), Some(at));
            proptest::prop_assert_eq!(read(Unit::UnixSeconds, seconds.to_string()), Some(at));
        }
    }
}
