//! An HTTP date (RFC 9110, 5.6.7): the fixed form, and the two obsolete ones that must be understood.

use chrono::{DateTime, NaiveDateTime, Utc};

/// Reads an HTTP date. The weekday is ignored: servers that get it wrong still mean the date.
pub(crate) fn parse(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let naive = match text.split_once(',') {
        Some((_, rest)) => {
            let (rest, zone) = rest.trim().rsplit_once(' ')?;
            if !matches!(zone, "GMT" | "UTC" | "+0000") {
                return None;
            }
            NaiveDateTime::parse_from_str(rest, "%d-%b-%y %H:%M:%S")
                .or_else(|_| NaiveDateTime::parse_from_str(rest, "%d %b %Y %H:%M:%S"))
        }
        // The form of C's asctime: `Sun Nov  6 08:49:37 1994`.
        None => NaiveDateTime::parse_from_str(text.split_once(' ')?.1.trim(), "%b %e %H:%M:%S %Y"),
    };
    naive.ok().map(|naive| naive.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_of_the_standard_agree() {
        for form in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(
                parse(form).map(|at| at.timestamp()),
                Some(784_111_777),
                "{form}"
            );
        }
    }

    #[test]
    fn what_is_no_http_date_is_none() {
        for text in [
            "",
            "0",
            "-1",
            "yesterday",
            "Sun, 06 Nov 1994 08:49:37 PST",
            "Sun, 31 Feb 2019 08:49:37 GMT",
            ",",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
