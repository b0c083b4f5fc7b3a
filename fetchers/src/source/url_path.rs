//! The url-path source: a date that the image's url carries in its path. A heuristic, so last in order.
//!
//! Found are the directories `/2019/05/17/` and `/2019/05/` (so also `wp-content/uploads/2019/05/`), and,
//! anywhere in the path, `2019-05-17` and `20190517`. Only dates of the calendar from 1990 on count, and
//! digits that are part of a longer number or word do not: those are sizes, ids and hashes. A year alone
//! is never taken. The query and the fragment are not looked at.

use chrono::{NaiveDate, NaiveTime};

use super::digits;
use super::evidence::capped;
use super::plain_url::PlainUrl;
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
        let image = pair.image.trim();
        let parsed;
        let path = match PlainUrl::split(image) {
            Some(plain) => plain.path,
            None => match pair.image_url() {
                Some(url) => {
                    parsed = url;
                    parsed.path()
                }
                None => return Ok(Answer::Unknown),
            },
        };
        Ok(find(path).map_or(Answer::Unknown, |found| {
            let mut evidence = String::with_capacity(found.written.len() + 4 + pair.image.len());
            evidence.push_str(found.written);
            evidence.push_str(" in ");
            evidence.push_str(pair.image);
            Claim {
                at: found.day.and_time(NaiveTime::MIN).and_utc(),
                precision: found.precision,
                kind: Kind::Posted,
                source: self.name(),
                evidence: capped(evidence),
            }
            .into()
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
    match directory_date(path) {
        Some(directory) if directory.precision == Precision::Month => {
            let refined = written_dates(path).find(|date| month(date.day) == month(directory.day));
            Some(refined.unwrap_or(directory))
        }
        Some(directory) => Some(directory),
        None => written_dates(path).next(),
    }
}

fn month(day: NaiveDate) -> (i32, u32) {
    use chrono::Datelike;
    (day.year(), day.month())
}

/// A day of the calendar since the web began.
fn calendar_day(year: &[u8], month: &[u8], day: &[u8]) -> Option<NaiveDate> {
    let since = year.len() == 4 && (1990..2100).contains(&digits::number(year)?);
    since.then(|| digits::day(year, month, day))?
}

/// Runs of at least four digits, as the byte ranges where they begin and end. A date needs one.
fn digit_runs(path: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            // Of four bytes in a row one is a multiple of four away, so most of the path is not looked at.
            while !path.get(at + 3)?.is_ascii_digit() {
                at += 4;
            }
            let probe = at + 3;
            let digits = |from: &[u8]| from.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let start = probe
                - path[at..probe]
                    .iter()
                    .rev()
                    .take_while(|byte| byte.is_ascii_digit())
                    .count();
            let end = probe + digits(&path[probe..]);
            at = end;
            if end - start >= 4 {
                return Some((start, end));
            }
        }
    })
}

/// `/YYYY/MM/DD` or `/YYYY/MM/`; with a day the month and the day may have one digit.
fn directory_date(path: &str) -> Option<Found<'_>> {
    let bytes = path.as_bytes();
    digit_runs(bytes).find_map(|(start, end)| {
        let opens = start == 0 || bytes[start - 1] == b'/';
        if !opens || end - start != 4 || bytes.get(end) != Some(&b'/') {
            return None;
        }
        let segment = |from: usize| {
            let rest = &bytes[from..];
            &rest[..memchr::memchr(b'/', rest).unwrap_or(rest.len())]
        };
        let (year, month) = (&bytes[start..end], segment(end + 1));
        let month_end = end + 1 + month.len();
        // The last segment names the file: `/albums/2016/12` is more likely picture 12 than December.
        if month_end == bytes.len() {
            return None;
        }
        let day = segment(month_end + 1);
        let short =
            |text: &[u8]| matches!(text.len(), 1 | 2) && text.iter().all(u8::is_ascii_digit);
        let (day, written, precision) = if short(month) && short(day) {
            let written = path.get(start..month_end + 1 + day.len())?;
            (calendar_day(year, month, day)?, written, Precision::Day)
        } else if month.len() == 2 {
            let written = path.get(start..month_end)?;
            (calendar_day(year, month, b"1")?, written, Precision::Month)
        } else {
            return None;
        };
        Some(Found {
            day,
            precision,
            written,
        })
    })
}

/// `YYYY-MM-DD` and `YYYYMMDD`, wherever they stand alone.
fn written_dates(path: &str) -> impl Iterator<Item = Found<'_>> {
    digit_runs(path.as_bytes()).filter_map(|(start, end)| match end - start {
        4 => written_at(path, start, true),
        8 => written_at(path, start, false),
        _ => None,
    })
}

fn written_at(path: &str, start: usize, hyphens: bool) -> Option<Found<'_>> {
    let written = path.get(start..start + if hyphens { 10 } else { 8 })?;
    let bytes = written.as_bytes();
    let day = if hyphens {
        if bytes[4] != b'-' || bytes[7] != b'-' {
            return None;
        }
        calendar_day(&bytes[..4], &bytes[5..7], &bytes[8..])
    } else {
        calendar_day(&bytes[..4], &bytes[4..6], &bytes[6..])
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

    /// The same by trying every place, one after the other.
    fn find_slowly(path: &str) -> Option<Found<'_>> {
        let written = || {
            (0..path.len()).filter_map(|start| {
                written_at(path, start, true).or_else(|| written_at(path, start, false))
            })
        };
        let segments: Vec<(usize, &str)> = path
            .split('/')
            .map(|segment| (segment.as_ptr() as usize - path.as_ptr() as usize, segment))
            .collect();
        let directory = segments.windows(3).find_map(|window| {
            let [(start, year), (month_start, month), (day_start, day)] = window else {
                return None;
            };
            let numeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            let short = |text: &str| matches!(text.len(), 1 | 2) && numeric(text);
            let (end, precision, day) = if short(month) && short(day) {
                (day_start + day.len(), Precision::Day, *day)
            } else if month.len() == 2 {
                (month_start + 2, Precision::Month, "1")
            } else {
                return None;
            };
            Some(Found {
                day: calendar_day(year.as_bytes(), month.as_bytes(), day.as_bytes())?,
                precision,
                written: &path[*start..end],
            })
        });
        match directory {
            Some(found) if found.precision == Precision::Month => Some(
                written()
                    .find(|date| month(date.day) == month(found.day))
                    .unwrap_or(found),
            ),
            Some(found) => Some(found),
            None => written().next(),
        }
    }

    proptest::proptest! {
        #[test]
        fn the_fast_way_finds_what_the_slow_way_finds(
            path in "(/?(2019|1999|201|20190517|2019-05-1|2019-05-17|05|5|17|31|02|[a-zé%.]{0,3}|[0-9-]{0,4})[/_-]?){0,9}",
        ) {
            proptest::prop_assert_eq!(find(&path), find_slowly(&path));
        }

        #[test]
        fn no_path_panics(path in "\\PC{0,60}") {
            find(&path);
        }

        #[test]
        fn a_plain_url_is_read_as_the_standard_reads_it(
            image in "[ ]?https?://[a-z0-9.-]{1,6}(:[0-9]{1,3})?(/(2019|05|[ <é%a.]{0,3}20190517[ >é%a]{0,2}|\\.\\.|2019-05-17)){0,4}([?#]/2018/01/)?",
        ) {
            let columns = std::collections::BTreeMap::new();
            let pair = Pair { uid: 0, cells: &columns, image: &image, image_bytes: None };
            let slow = pair.image_url().and_then(|url| find(url.path()).map(|found| (found.day, found.precision)));
            let fast = match UrlPath.date(&pair) {
                Ok(Answer::Dated(claims)) => Some((claims[0].at.date_naive(), claims[0].precision)),
                _ => None,
            };
            proptest::prop_assert_eq!(fast, slow);
        }
    }
}
