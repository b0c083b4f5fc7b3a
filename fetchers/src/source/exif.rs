//! The exif source: when the camera says it took, or software last changed, the picture (EXIF, XMP and IPTC).

mod iptc;
mod packets;
mod xmp;

use std::io::Cursor;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, Utc};
use exif::{Error, In, Reader, Tag, Value};

use self::packets::Packets;
use super::column::Unit;
use super::evidence::capped;
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

/// Reads the EXIF block, the XMP packet and the IPTC block of the image file, and gives every date. Times without an offset are the camera's local time and are
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
        let mut found = Found::default();
        match read_block(bytes) {
            Ok(Some(block)) => {
                for (date, offset, kind) in DATES {
                    found.take(read_date(&block, date, offset, kind));
                }
            }
            Ok(None) => {}
            Err(message) => found.take(Err(message)),
        }
        let packets = Packets::find(&bytes[..bytes.len().min(MAX_IMAGE_BYTES)]);
        for (name, value) in packets.xmp.iter().flat_map(|packet| xmp::dates(packet)) {
            found.take(read_xmp(name, value));
        }
        match packets.iptc.as_deref().and_then(iptc::date) {
            Some(Ok(dated)) => found.take(Ok(plausible(
                dated.at,
                dated.precision,
                format!("IPTC {}", dated.written),
            ))),
            Some(Err(written)) => found.take(Err(format!("IPTC: `{written}` is no date"))),
            None => {}
        }
        found.answer(pair.image)
    }
}

/// The dates of a file, each instant once.
#[derive(Default)]
struct Found {
    claims: Vec<Claim>,
    /// A default or a broken date is reported only if there is no good one.
    fallback: Option<Result<Answer, String>>,
}

impl Found {
    fn take(&mut self, answer: Result<Answer, String>) {
        match answer {
            Ok(Answer::Dated(claims)) => {
                for claim in claims {
                    let same =
                        |other: &Claim| (other.at, other.precision) == (claim.at, claim.precision);
                    if !self.claims.iter().any(same) {
                        self.claims.push(claim);
                    }
                }
            }
            Ok(Answer::Unknown) => {}
            other => {
                self.fallback.get_or_insert(other);
            }
        }
    }

    fn answer(self, image: &str) -> Result<Answer, SourceError> {
        if !self.claims.is_empty() {
            return Ok(Answer::Dated(self.claims));
        }
        self.fallback
            .unwrap_or(Ok(Answer::Unknown))
            .map_err(|message| SourceError::MalformedExif {
                image: image.to_owned(),
                message: capped(message),
            })
    }
}

fn rejected(reason: Reason, evidence: String) -> Answer {
    Answer::Rejected(Rejection {
        source: SourceName::Exif,
        reason,
        evidence: capped(evidence),
    })
}

/// A date when the picture was made, unless it is a default.
fn plausible(at: DateTime<Utc>, precision: Precision, evidence: String) -> Answer {
    if is_camera_default(at.naive_utc()) {
        return rejected(Reason::CameraDefault, evidence);
    }
    if is_unix_epoch(at.naive_utc()) {
        return rejected(Reason::UnixEpoch, evidence);
    }
    Claim {
        at,
        precision,
        kind: Kind::Created,
        source: SourceName::Exif,
        evidence: capped(evidence),
    }
    .into()
}

fn read_xmp(name: &str, value: &str) -> Result<Answer, String> {
    let utc = FixedOffset::east_opt(0).ok_or("no such offset")?;
    if value.starts_with("0000") {
        return Ok(rejected(Reason::ExifYearZero, format!("{name} {value}")));
    }
    let (at, precision) = Unit::Iso8601
        .parse(value, utc)
        .ok_or_else(|| format!("{name}: `{value}` is no ISO 8601 date"))?;
    // The default shows on the camera's own clock, whatever offset is written behind it.
    let on_camera = value
        .get(..19)
        .and_then(|wall| Unit::Iso8601.parse(wall, utc));
    if on_camera.is_some_and(|(wall, _)| is_camera_default(wall.naive_utc())) {
        return Ok(rejected(Reason::CameraDefault, format!("{name} {value}")));
    }
    Ok(plausible(at, precision, format!("{name} {value}")))
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
    if read.year == 0 {
        return Ok(rejected(Reason::ExifYearZero, evidence));
    }
    let wall = wall_clock(&read)
        .ok_or_else(|| format!("{tag}: `{}` is not in the calendar", text.trim()))?;
    // Defaults show on the camera's own clock, before any offset moves them.
    if is_camera_default(wall) {
        return Ok(rejected(Reason::CameraDefault, evidence));
    }
    if is_unix_epoch(wall) {
        return Ok(rejected(Reason::UnixEpoch, evidence));
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
    Ok(Claim {
        at,
        precision: Precision::Second,
        kind,
        source: SourceName::Exif,
        evidence: capped(evidence),
    }
    .into())
}

fn wall_clock(read: &exif::DateTime) -> Option<NaiveDateTime> {
    NaiveDate::from_ymd_opt(read.year.into(), read.month.into(), read.day.into())?.and_hms_opt(
        read.hour.into(),
        read.minute.into(),
        read.second.into(),
    )
}
