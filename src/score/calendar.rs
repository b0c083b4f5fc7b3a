//! Calendar: from when to when the steps last that scores name.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use ticclip_eval::transfer::Span;

/// When steps are: as a timeline says, else as their names do.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    known: BTreeMap<String, Span>,
}

impl Calendar {
    /// Steps whose times are known: name, first instant, first instant after. Others go by their names.
    pub fn of<'a>(
        steps: impl IntoIterator<Item = (&'a str, DateTime<Utc>, DateTime<Utc>)>,
    ) -> Self {
        let known = steps.into_iter().map(|(name, from, to)| {
            let (from, to) = (from.timestamp(), to.timestamp());
            (name.to_owned(), Span { from, to })
        });
        Self {
            known: known.collect(),
        }
    }

    /// When the step of this name is, in seconds since 1970 UTC; none where nobody says so.
    ///
    /// Names that say so: a year (`2016`), a month (`201607`, `2016-07`), and from one year to another that belongs to
    /// it (`2004-2008`, `2011_2012`).
    pub fn span(&self, name: &str) -> Option<Span> {
        self.known.get(name).copied().or_else(|| by_name(name))
    }
}

fn by_name(name: &str) -> Option<Span> {
    if name.len() == 4 {
        let year = year(name)?;
        return Some(Span {
            from: start(year, 1)?,
            to: start(year + 1, 1)?,
        });
    }
    let first = year(name.get(..4)?)?;
    let rest = name.get(4..)?;
    let (mark, rest) = match rest.strip_prefix(['-', '_']) {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    match rest.len() {
        2 => {
            let month = digits(rest)?;
            let (next_year, next) = if month == 12 {
                (first + 1, 1)
            } else {
                (first, month + 1)
            };
            Some(Span {
                from: start(first, month)?,
                to: start(next_year, next)?,
            })
        }
        4 if mark => {
            let last = year(rest).filter(|last| *last >= first)?;
            Some(Span {
                from: start(first, 1)?,
                to: start(last + 1, 1)?,
            })
        }
        _ => None,
    }
}

fn digits(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// A year that a web pair can be of; other numbers of four digits are no years.
fn year(text: &str) -> Option<i32> {
    let year = i32::try_from(digits(text)?).ok()?;
    (1990..=2199).contains(&year).then_some(year)
}

/// Midnight of a month's first day, in seconds since 1970.
fn start(year: i32, month: u32) -> Option<i64> {
    let day = NaiveDate::from_ymd_opt(year, month, 1)?;
    // Days of the common era; 719163 is that of 1970-01-01.
    Some((i64::from(day.num_days_from_ce()) - 719_163) * 86_400)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(name: &str) -> Option<(String, String)> {
        let span = Calendar::default().span(name)?;
        let day = |seconds| {
            let at = DateTime::from_timestamp(seconds, 0).expect("an instant");
            at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
        };
        Some((day(span.from), day(span.to)))
    }

    #[test]
    fn years_months_and_ranges_say_when_they_are() {
        for (name, from, to) in [
            ("2016", "2016-01-01", "2017-01-01"),
            ("201602", "2016-02-01", "2016-03-01"),
            ("2016-12", "2016-12-01", "2017-01-01"),
            ("2004-2008", "2004-01-01", "2009-01-01"),
            ("2011_2012", "2011-01-01", "2013-01-01"),
        ] {
            let at = |day: &str| format!("{day}T00:00:00Z");
            assert_eq!(days(name), Some((at(from), at(to))), "{name}");
        }
    }

    #[test]
    fn other_names_say_nothing() {
        for name in [
            "",
            "new",
            "1850",
            "2016-13",
            "201600",
            "2016-2012",
            "20162017",
            "2016-7",
            "éé16",
        ] {
            assert_eq!(days(name), None, "{name}");
        }
    }

    #[test]
    fn a_timeline_goes_before_a_name() {
        let at = |year| {
            let seconds = start(year, 1).expect("a date");
            DateTime::from_timestamp(seconds, 0).expect("an instant")
        };
        let calendar = Calendar::of([("2016", at(2014), at(2017))]);
        let span = calendar.span("2016").expect("known");
        assert_eq!(span.from, start(2014, 1).expect("a date"));
    }
}
