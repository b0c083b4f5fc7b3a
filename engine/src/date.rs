//! Dates in the ways that tables write them, as microseconds since 1970-01-01T00:00:00Z.

use chrono::{NaiveDate, NaiveTime};

/// A number that is greater counts milliseconds, not seconds: as seconds it would be after the year 5138.
const MOST_SECONDS: i64 = 100_000_000_000;
/// The first instant after the year 9999, in milliseconds.
const END_MILLIS: i64 = 253_402_300_800_000;
const SECOND: i64 = 1_000_000;

/// The date that a number of seconds, or of milliseconds, is; `None` if it is after the year 9999 or as long before 1970.
pub(crate) fn of_number(number: i64) -> Option<i64> {
    let seconds = (-MOST_SECONDS..=MOST_SECONDS).contains(&number);
    let millis = (-END_MILLIS..END_MILLIS).contains(&number);
    millis.then(|| number * if seconds { SECOND } else { 1000 })
}

/// The date that a number with a fraction is, which is cut off; `None` for negative ones and those that are no number.
pub(crate) fn of_float(number: f64) -> Option<i64> {
    let usable = (0.0..END_MILLIS as f64).contains(&number);
    usable.then_some(number as i64).and_then(of_number)
}

/// The date in ISO 8601, from `2019` to `2019-05-17T10:11:12.5+02:00`, with a `T` or a space before the time, in UTC
/// where no offset is written; or a whole number of seconds or milliseconds of other than four digits.
pub(crate) fn of_text(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() != 4
        && let Some(number) = whole_number(bytes)
    {
        return of_number(number);
    }
    let (date, time) = bytes.split_at_checked(10).unwrap_or((bytes, &[]));
    let date = match date {
        [year @ .., b'-', m1, m2, b'-', d1, d2] => day(year, &[*m1, *m2], &[*d1, *d2])?,
        [year @ .., b'-', m1, m2] => day(year, &[*m1, *m2], b"1")?,
        year => day(year, b"1", b"1")?,
    };
    let midnight = date.and_time(NaiveTime::MIN).and_utc().timestamp_micros();
    match time {
        [] => Some(midnight),
        [b'T' | b't' | b' ', time @ ..] => Some(midnight + time_of_day(time)?),
        _ => None,
    }
}

fn day(year: &[u8], month: &[u8], day: &[u8]) -> Option<NaiveDate> {
    let year = (year.len() == 4).then(|| digits(year))??;
    NaiveDate::from_ymd_opt(
        i32::try_from(year).ok()?,
        u32::try_from(digits(month)?).ok()?,
        u32::try_from(digits(day)?).ok()?,
    )
}

/// Microseconds since midnight in UTC of `hh:mm` or `hh:mm:ss`, with a fraction and an offset or without.
fn time_of_day(text: &[u8]) -> Option<i64> {
    let (clock, rest) = match text {
        [h1, h2, b':', m1, m2, b':', s1, s2, rest @ ..] => {
            ([[*h1, *h2], [*m1, *m2], [*s1, *s2]], rest)
        }
        [h1, h2, b':', m1, m2, rest @ ..] => ([[*h1, *h2], [*m1, *m2], *b"00"], rest),
        _ => return None,
    };
    let (hour, minute, second) = (digits(&clock[0])?, digits(&clock[1])?, digits(&clock[2])?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // A leap second is the last one of its minute.
    let seconds = (hour * 60 + minute) * 60 + second.min(59);
    let (fraction, zone) = match rest {
        [b'.', rest @ ..] => {
            let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (fraction, zone) = rest.split_at(length);
            (micros(fraction)?, zone)
        }
        zone => (0, zone),
    };
    Some(seconds * SECOND + fraction - offset(zone)? * 60 * SECOND)
}

/// The fraction of a second after the point; what is finer than microseconds is cut off.
fn micros(fraction: &[u8]) -> Option<i64> {
    let first = &fraction[..fraction.len().min(6)];
    let scale = 10_i64.pow(6 - first.len() as u32);
    Some(digits(first)? * scale)
}

/// Minutes east of UTC: nothing and `Z` are none, else `+hh:mm`, `+hhmm` or `+hh`.
fn offset(zone: &[u8]) -> Option<i64> {
    let (sign, zone) = match zone {
        [] | [b'Z' | b'z'] => return Some(0),
        [b'+', zone @ ..] => (1, zone),
        [b'-', zone @ ..] => (-1, zone),
        _ => return None,
    };
    let (hours, minutes) = match zone {
        [h1, h2] => ([*h1, *h2], *b"00"),
        [h1, h2, m1, m2] | [h1, h2, b':', m1, m2] => ([*h1, *h2], [*m1, *m2]),
        _ => return None,
    };
    let (hours, minutes) = (digits(&hours)?, digits(&minutes)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// Whole seconds of `1558087872` and of `1558087872.0`, as tables that went through floats write it.
fn whole_number(text: &[u8]) -> Option<i64> {
    let (sign, text) = match text {
        [b'-', text @ ..] => (-1, text),
        text => (1, text),
    };
    let point = text.iter().position(|&byte| byte == b'.');
    let (whole, fraction) = text.split_at(point.unwrap_or(text.len()));
    let fraction_is_whole = match fraction {
        [] => true,
        [_, fraction @ ..] => digits(&fraction[..fraction.len().min(18)]).is_some(),
    };
    fraction_is_whole
        .then(|| digits(whole))?
        .map(|number| sign * number)
}

/// The number that these digits write; `None` if there are none, one is no digit, or they are too many.
fn digits(text: &[u8]) -> Option<i64> {
    if text.is_empty() || text.len() > 18 {
        return None;
    }
    text.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit()
            .then(|| number * 10 + i64::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_an_instant_is_read() {
        let at = 1_558_087_872 * SECOND;
        for text in [
            "2019-05-17T10:11:12Z",
            "2019-05-17 10:11:12",
            "2019-05-17t12:11:12+02:00",
            "2019-05-17T05:41:12.000-0430",
            "1558087872",
            "1558087872.0",
            "1558087872000",
        ] {
            assert_eq!(of_text(text), Some(at), "{text}");
        }
        assert_eq!(of_text("2019-05-17 10:11:12.25"), Some(at + 250_000));
        assert_eq!(of_text("2019-05-17T10:11"), Some(at - 12 * SECOND));
        assert_eq!(of_text("1970"), Some(0));
        assert_eq!(of_text("1970-02"), Some(31 * 86_400 * SECOND));
        assert_eq!(of_text("1969-12-31"), Some(-86_400 * SECOND));
        assert_eq!(of_text("-1"), Some(-SECOND));
        assert_eq!(of_float(1_558_087_872.9), Some(at));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "-",
            ".",
            "5.",
            "1e9",
            "soon",
            "2019-13-01",
            "2019-02-29",
            "2019-5-17",
            "2019-05-17T",
            "17.5.2019",
            "2019-05-17T25:00",
            "2019-05-17T10:11:12+2",
            "2019-05-17T10:11:12.",
            "2019-05-17x10:11:12",
            "二〇一九年五月",
            "999999999999999999999",
        ] {
            assert_eq!(of_text(text), None, "{text}");
        }
        for number in [f64::NAN, f64::INFINITY, -1.0, 1e18] {
            assert_eq!(of_float(number), None, "{number}");
        }
        assert_eq!(of_number(i64::MAX), None);
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,40}", date in "[0-9TZ:. +-]{0,30}") {
            of_text(&text);
            of_text(&date);
        }

        #[test]
        fn what_chrono_writes_is_read_back(micros in -60_000_000_000_000_000_i64..250_000_000_000_000_000) {
            let at = chrono::DateTime::from_timestamp_micros(micros).expect("the year has four digits");
            proptest::prop_assert_eq!(of_text(&at.to_rfc3339()), Some(micros));
            proptest::prop_assert_eq!(of_text(&at.format("%F %T%.6f").to_string()), Some(micros));
        }
    }
}
