//! The EXIF source: when the camera says it took, or software last changed, the picture.

use std::io::Cursor;

use chrono::{FixedOffset, NaiveDate, NaiveDateTime, Utc};
use exif::{Error, In, Reader, Tag, Value};

use super::{Answer, Pair, SourceError, SourceName, TimestampSource};
use crate::claim::{Claim, Kind, Precision, is_camera_default, is_unix_epoch};
use crate::rejection::{Reason, Rejection};

/// How many bytes of an image are looked at: the EXIF block stands before the pixels in all but odd files.
pub const MAX_IMAGE_BYTES: usize = 4 << 20;

/// The dates of an EXIF block, best first. `DateTime` is the time of the last change, hence only a bound.
const DATES: [(Tag, Tag, Kind); 3] = [
    (
        Tag::DateTimeOriginal,
        Tag::OffsetTimeOriginal,
        Kind::Created,
    ),
    (
        Tag::DateTimeDigitized,
        Tag::OffsetTimeDigitized,
        Kind::Created,
    ),
    (Tag::DateTime, Tag::OffsetTime, Kind::Modified),
];

/// Reads the EXIF block of the image file. Times without an offset are the camera's local time and are
/// read as UTC, as nothing tells where the camera was; the evidence says so.
#[derive(Clone, Copy, Debug)]
pub struct Exif;

impl TimestampSource for Exif {
    fn name(&self) -> SourceName {
        SourceName::Exif
    }

    fn reads_images(&self) -> bool {
        true
    }

    fn date(&self, pair: &Pair<'_>) -> Result<Answer, SourceError> {
        let Some(bytes) = pair.image_bytes else {
            return Ok(Answer::Unknown);
        };
        let malformed = |message: String| SourceError::MalformedExif {
            image: pair.image.to_owned(),
            message,
        };
        let Some(block) = read_block(bytes).map_err(malformed)? else {
            return Ok(Answer::Unknown);
        };
        // The first good date wins; a default or a broken one is reported only if no other is there.
        let mut fallback = Ok(Answer::Unknown);
        for (date, offset, kind) in DATES {
            let answer = read_date(&block, date, offset, kind);
            match answer {
                Ok(Answer::Dated(_)) => return answer.map_err(malformed),
                Ok(Answer::Unknown) => {}
                other if matches!(fallback, Ok(Answer::Unknown)) => fallback = other,
                _ => {}
            }
        }
        fallback.map_err(malformed)
    }
}

/// The EXIF block, or `None` where the file has none or is of a kind that cannot have one.
fn read_block(bytes: &[u8]) -> Result<Option<exif::Exif>, String> {
    let whole = bytes.len() < MAX_IMAGE_BYTES;
    let head = &bytes[..bytes.len().min(MAX_IMAGE_BYTES)];
    let mut reader = Reader::new();
    let read = reader
        .continue_on_error(true)
        .read_from_container(&mut Cursor::new(head));
    // One broken field, often the maker's own, must not hide the good ones.
    match read.or_else(|error| error.distill_partial_result(|_| {})) {
        Ok(block) => Ok(Some(block)),
        Err(Error::NotFound(_) | Error::InvalidFormat("Unknown image format")) => Ok(None),
        // A file that goes on after the cap looks broken to the reader, and is not.
        Err(_) if !whole => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

fn ascii(block: &exif::Exif, tag: Tag) -> Option<&[u8]> {
    match &block.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(lines) => lines.first().map(Vec::as_slice),
        _ => None,
    }
}

fn read_date(block: &exif::Exif, tag: Tag, offset_tag: Tag, kind: Kind) -> Result<Answer, String> {
    let Some(raw) = ascii(block, tag) else {
        return Ok(Answer::Unknown);
    };
    let mut read = match exif::DateTime::from_ascii(raw) {
        Ok(read) => read,
        Err(Error::BlankValue(_)) => return Ok(Answer::Unknown),
        Err(error) => return Err(format!("{tag}: {error}")),
    };
    let text = String::from_utf8_lossy(raw);
    let mut evidence = format!("{tag} {}", text.trim_end_matches('\0').trim());
    let rejected = |reason, evidence| {
        Ok(Answer::Rejected(Rejection {
            source: SourceName::Exif,
            reason,
            evidence,
        }))
    };
    if read.year == 0 {
        return rejected(Reason::ExifYearZero, evidence);
    }
    let wall = wall_clock(&read)
        .ok_or_else(|| format!("{tag}: `{}` is not in the calendar", text.trim()))?;
    // Defaults show on the camera's own clock, before any offset moves them.
    if is_camera_default(wall) {
        return rejected(Reason::CameraDefault, evidence);
    }
    if is_unix_epoch(wall) {
        return rejected(Reason::UnixEpoch, evidence);
    }
    let offset = ascii(block, offset_tag).and_then(|raw| {
        read.parse_offset(raw).ok()?;
        FixedOffset::east_opt(i32::from(read.offset?) * 60)
    });
    let at = match offset.and_then(|offset| wall.and_local_timezone(offset).single()) {
        Some(at) => {
            evidence.push_str(&format!(" {}", at.offset()));
            at.to_utc()
        }
        None => {
            evidence.push_str(" without offset, read as UTC");
            wall.and_local_timezone(Utc)
                .single()
                .ok_or("no such time in UTC")?
        }
    };
    Ok(Answer::Dated(Claim {
        at,
        precision: Precision::Second,
        kind,
        source: SourceName::Exif,
        evidence,
    }))
}

fn wall_clock(read: &exif::DateTime) -> Option<NaiveDateTime> {
    NaiveDate::from_ymd_opt(read.year.into(), read.month.into(), read.day.into())?.and_hms_opt(
        read.hour.into(),
        read.minute.into(),
        read.second.into(),
    )
}
