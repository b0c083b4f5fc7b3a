//! Instants and days as ISO 8601 writes them.

use chrono::{DateTime, Datelike, NaiveDate, Timelike};

/// Days from 0001-01-01, which is day 1, to 1970-01-01.
const DAYS_TO_1970: i32 = 719_163;

/// Appends a day, given in days since 1970-01-01; nothing, if no calendar has it.
pub(super) fn push_day(text: &mut String, days: i32) {
    let day = days
        .checked_add(DAYS_TO_1970)
        .and_then(NaiveDate::from_num_days_from_ce_opt);
    if let Some(day) = day {
        push_date(text, day);
    }
}

/// Appends an instant, given in microseconds since 1970-01-01T00:00:00, with a `Z` if it is known to be UTC; nothing, if
/// no calendar has it.
pub(super) fn push_instant(text: &mut String, micros: i64, is_utc: bool) {
    let Some(at) = DateTime::from_timestamp_micros(micros) else {
        return;
    };
    push_date(text, at.date_naive());
    text.push('T');
    push_two(text, at.hour());
    text.push(':');
    push_two(text, at.minute());
    text.push(':');
    push_two(text, at.second());
    let fraction = at.nanosecond() / 1000;
    if fraction > 0 {
        text.push_str(&format!(".{fraction:06}"));
    }
    if is_utc {
        text.push('Z');
    }
}

fn push_date(text: &mut String, day: NaiveDate) {
    match u32::try_from(day.year()) {
        Ok(year @ ..10_000) => {
            push_two(text, year / 100);
            push_two(text, year % 100);
        }
        _ => text.push_str(&format!("{:+05}", day.year())),
    }
    text.push('-');
    push_two(text, day.month());
    text.push('-');
    push_two(text, day.day());
}

fn push_two(text: &mut String, number: u32) {
    for digit in [number / 10, number % 10] {
        text.push(char::from_digit(digit, 10).unwrap_or('?'));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn instant(micros: i64) -> String {
        let mut text = String::new();
        push_instant(&mut text, micros, true);
        text
    }

    #[test]
    fn instants_are_iso_8601() {
        assert_eq!(instant(0), "1970-01-01T00:00:00Z");
        assert_eq!(
            instant(1_558_087_872_500_000),
            "2019-05-17T10:11:12.500000Z"
        );
        assert_eq!(instant(-1), "1969-12-31T23:59:59.999999Z");
        assert_eq!(instant(i64::MAX), "");
        let mut day = String::new();
        push_day(&mut day, 18_033);
        push_day(&mut day, i32::MAX);
        assert_eq!(day, "2019-05-17");
    }

    proptest! {
        #[test]
        fn an_instant_is_read_back(micros in -62_135_596_800_000_000_i64..253_402_300_800_000_000) {
            let at: DateTime<chrono::Utc> = instant(micros).parse().expect("ISO 8601");
            prop_assert_eq!(at.timestamp_micros(), micros);
        }
    }
}
