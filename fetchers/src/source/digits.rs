//! Dates written in digits of fixed widths, read byte by byte: millions of cells and urls pass here.

use chrono::{DateTime, NaiveDate, Utc};

/// The number that all these digits write; `None` if there are none, a byte is no digit, or they are too many.
pub(super) fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    digits.iter().try_fold(0, |number: u32, byte| {
        byte.is_ascii_digit()
            .then(|| number * 10 + u32::from(byte - b'0'))
    })
}

/// A day of the calendar from its digits.
pub(super) fn day(year: &[u8], month: &[u8], day: &[u8]) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(
        i32::try_from(number(year)?).ok()?,
        number(month)?,
        number(day)?,
    )
}

/// `20190517101112` in UTC, as web archives write instants.
pub(super) fn fourteen(text: &str) -> Option<DateTime<Utc>> {
    let digits = text.as_bytes();
    if digits.len() != 14 {
        return None;
    }
    let day = day(&digits[..4], &digits[4..6], &digits[6..8])?;
    let time = day.and_hms_opt(
        number(&digits[8..10])?,
        number(&digits[10..12])?,
        number(&digits[12..])?,
    );
    Some(time?.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fourteen_digits_are_an_instant_of_the_calendar() {
        let at = fourteen("20190517101112").map(|at| at.timestamp());
        assert_eq!(at, Some(1_558_087_872));
        for text in [
            "",
            "2019051710111",
            "20190229101112",
            "20190517101160",
            "+2019051710111",
            "2019051710111é",
        ] {
            assert_eq!(fourteen(text), None, "{text}");
        }
    }
}
