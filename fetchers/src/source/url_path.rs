//! The url-path source: a date that the image's url carries in its path. A heuristic, so last in order.
//!
//! Found are the directories `/2019/05/17/` and `/2019/05/` (so also `wp-content/uploads/2019/05/`), and,
//! anywhere in the path, `2019-05-17` and `20190517`. Only dates of the calendar from 1990 on count, and
//! digits that are part of a longer number or word do not: those are sizes, ids and hashes. A year alone
//! is never taken. The query and the fragment are not looked at.

use chrono::{NaiveDate, NaiveTime};

use super::{Answer, Pair, SourceError, SourceName, TimestampSource};
use crate::claim::{Claim, Kind, Precision};

/// Reads the path of the image's url.
#[derive(Clone, Copy, Debug)]
pub struct UrlPath;

impl TimestampSource for UrlPath {
    fn name(&self) -> SourceName {
        SourceName::UrlPath
    }

    fn date(&self, pair: &Pair<'_>) -> Result<Answer, SourceError> {
        let Some(url) = pair.image_url() else {
            return Ok(Answer::Unknown);
        };
        Ok(find(url.path()).map_or(Answer::Unknown, |found| {
            Answer::Dated(Claim {
                at: found.day.and_time(NaiveTime::MIN).and_utc(),
                precision: found.precision,
                kind: Kind::Posted,
                source: self.name(),
                evidence: format!("{} in {}", found.written, pair.image),
            })
        }))
    }
}

/// A date in a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// The day, or the first day of the month.
    pub day: NaiveDate,
    /// Day or month.
    pub precision: Precision,
    /// The date as the path writes it.
    pub written: &'a str,
}

/// Finds the date in a url's path.
///
/// Directories are laid out by whoever publishes, while a file may keep the name it had on the camera: so
/// a directory date wins over a written one, which may only refine it to a day of the same month.
///
/// ```
/// use ticclip_fetchers::source::url_path::find;
///
/// assert_eq!(find("/wp-content/uploads/2019/05/cat.jpg").map(|found| found.written), Some("2019/05"));
/// assert_eq!(find("/images/2019/cat-1920x1080.jpg"), None);
/// ```
pub fn find(path: &str) -> Option<Found<'_>> {
    let mut written = written_dates(path);
    match directory_date(path) {
        Some(directory) if directory.precision == Precision::Month => {
            let refined = written.find(|date| month(date.day) == month(directory.day));
            Some(refined.unwrap_or(directory))
        }
        Some(directory) => Some(directory),
        None => written.next(),
    }
}

fn month(day: NaiveDate) -> (i32, u32) {
    use chrono::Datelike;
    (day.year(), day.month())
}

/// A day of the calendar since the web began, from digits of the given widths.
fn calendar_day(year: &str, month: &str, day: &str) -> Option<NaiveDate> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if ![year, month, day].into_iter().all(digits) || year.len() != 4 {
        return None;
    }
    let year: i32 = year
        .parse()
        .ok()
        .filter(|year| (1990..2100).contains(year))?;
    NaiveDate::from_ymd_opt(year, month.parse().ok()?, day.parse().ok()?)
}

/// `/YYYY/MM/DD` or `/YYYY/MM/`; with a day the month and the day may have one digit.
fn directory_date(path: &str) -> Option<Found<'_>> {
    let mut segments = Vec::new();
    let mut start = 0;
    for segment in path.split('/') {
        segments.push((start, segment));
        start += segment.len() + 1;
    }
    let short =
        |text: &str| matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit());
    (0..segments.len()).find_map(|at| {
        let (start, year) = segments[at];
        let &(month_start, month) = segments.get(at + 1)?;
        // The last segment names the file: `/albums/2016/12` is more likely picture 12 than December.
        let &(day_start, day) = segments.get(at + 2)?;
        if short(month) && short(day) {
            let found = calendar_day(year, month, day)?;
            let written = path.get(start..day_start + day.len())?;
            return Some(Found {
                day: found,
                precision: Precision::Day,
                written,
            });
        }
        if month.len() != 2 {
            return None;
        }
        let found = calendar_day(year, month, "01")?;
        let written = path.get(start..month_start + month.len())?;
        Some(Found {
            day: found,
            precision: Precision::Month,
            written,
        })
    })
}

/// `YYYY-MM-DD` and `YYYYMMDD`, wherever they stand alone.
fn written_dates(path: &str) -> impl Iterator<Item = Found<'_>> {
    (0..path.len()).filter_map(|start| {
        written_at(path, start, true).or_else(|| written_at(path, start, false))
    })
}

fn written_at(path: &str, start: usize, hyphens: bool) -> Option<Found<'_>> {
    let written = path.get(start..start + if hyphens { 10 } else { 8 })?;
    let bytes = written.as_bytes();
    let day = if hyphens {
        if bytes[4] != b'-' || bytes[7] != b'-' {
            return None;
        }
        calendar_day(written.get(..4)?, written.get(5..7)?, written.get(8..)?)
    } else {
        calendar_day(written.get(..4)?, written.get(4..6)?, written.get(6..)?)
    }?;
    // A letter beside `20190517` makes it a hash, beside `2019-05-17` only a `T` or a word; after `%` stand
    // the two digits of an escaped character.
    let part = |c: char| {
        c == '%'
            || if hyphens {
                c.is_ascii_digit()
            } else {
                c.is_alphanumeric()
            }
    };
    let alone = |neighbour: Option<char>| !neighbour.is_some_and(part);
    let free = alone(path[..start].chars().next_back())
        && alone(path[start + written.len()..].chars().next());
    free.then_some(Found {
        day,
        precision: Precision::Day,
        written,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str) -> Option<String> {
        find(path).map(|found| format!("{} {}", found.day, found.precision))
    }

    #[test]
    fn directories_win_and_file_names_refine_them() {
        assert_eq!(
            found("/2019/05/17/20180304.jpg").as_deref(),
            Some("2019-05-17 day")
        );
        assert_eq!(
            found("/2019/05/20180304.jpg").as_deref(),
            Some("2019-05-01 month")
        );
        assert_eq!(
            found("/2019/05/IMG_20190517_1.jpg").as_deref(),
            Some("2019-05-17 day")
        );
    }

    #[test]
    fn numbers_that_are_no_dates_are_left_alone() {
        for path in [
            "/2019/photo.jpg",
            "/2019/13/photo.jpg",
            "/2019/02/30/photo.jpg",
            "/albums/2016/12",
            "/1920/1080/photo.jpg",
            "/photo-1920x1080.jpg",
            "/a20190517f.jpg",
            "/120190517.jpg",
            "/20190517101112.jpg",
            "/2019-02-29.jpg",
            "/19850517.jpg",
            "/IMG%20190517.jpg",
        ] {
            assert_eq!(found(path), None, "{path}");
        }
    }
}
