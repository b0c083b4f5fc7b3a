//! Flickr's REST interface: `flickr.photos.getInfo`, one photograph a request.

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::taken::{is_upload_time, taken};
use crate::claim::{Claim, Kind, Precision};
use crate::source::ask::{Secret, SecretText};
use crate::source::column::Unit;
use crate::source::evidence::capped;
use crate::source::{Answer, Reply, Request, SourceError, SourceName, body};

/// A photograph's record is a few kB; its tags and notes may make it longer.
const MAX_REPLY_BYTES: usize = 1 << 20;
const KEY_PARAMETER: &str = "api_key";

/// The request for a photograph's record.
pub(super) fn request(base: &Url, photo_id: &str, key: Option<SecretText>) -> Request {
    let mut url = base.clone();
    url.query_pairs_mut()
        .append_pair("method", "flickr.photos.getInfo")
        .append_pair("format", "json")
        .append_pair("nojsoncallback", "1")
        .append_pair("photo_id", photo_id);
    let mut request = Request::get(url, MAX_REPLY_BYTES);
    request.secret = key.map(|value| Secret::Query {
        name: KEY_PARAMETER.to_owned(),
        value,
    });
    request
}

#[derive(Deserialize)]
struct Record {
    stat: String,
    code: Option<i64>,
    message: Option<String>,
    photo: Option<Photo>,
}

#[derive(Deserialize)]
struct Photo {
    id: Value,
    dates: Dates,
}

#[derive(Deserialize)]
struct Dates {
    posted: Value,
    #[serde(default)]
    taken: Value,
    #[serde(default)]
    takengranularity: Value,
    #[serde(default)]
    takenunknown: Value,
}

/// What the record says of the photograph.
pub(super) fn read(photo_id: &str, reply: &Reply) -> Result<Answer, SourceError> {
    let reply = &without_key(reply);
    body::check_status(reply)?;
    let record: Record = body::json(reply)?;
    if record.stat != "ok" {
        return failed(&record, reply);
    }
    let photo = record
        .photo
        .ok_or_else(|| body::bad(reply, "has no photo"))?;
    let id = body::text_of(&photo.id).unwrap_or_default();
    if id != photo_id {
        return Err(body::bad(
            reply,
            format!("is about photo {id:?}, not {photo_id}"),
        ));
    }
    let dates = photo.dates;
    let posted_text = body::text_of(&dates.posted).unwrap_or_default();
    let utc = chrono::FixedOffset::east_opt(0);
    let (posted, precision) = utc
        .and_then(|utc| Unit::UnixSeconds.parse(&posted_text, utc))
        .ok_or_else(|| {
            body::bad(
                reply,
                format!("has posted = {}, no number of seconds", dates.posted),
            )
        })?;
    let mut claims = vec![Claim {
        at: posted,
        precision,
        kind: Kind::Posted,
        source: SourceName::Flickr,
        evidence: format!("photo {id}: posted={posted_text}"),
    }];
    claims.extend(
        created(&id, &dates).filter(|claim| {
            claim.precision != Precision::Second || !is_upload_time(claim.at, posted)
        }),
    );
    Ok(Answer::Dated(claims))
}

fn created(id: &str, dates: &Dates) -> Option<Claim> {
    let number = |value: &Value| body::text_of(value).and_then(|text| text.parse::<u32>().ok());
    if number(&dates.takenunknown).unwrap_or(0) != 0 {
        return None;
    }
    let text = body::text_of(&dates.taken)?;
    let granularity = if dates.takengranularity.is_null() {
        0
    } else {
        number(&dates.takengranularity)?
    };
    let (at, precision) = taken(&text, granularity)?;
    Some(Claim {
        at,
        precision,
        kind: Kind::Created,
        source: SourceName::Flickr,
        evidence: capped(format!(
            "photo {id}: taken={text} by the owner's clock, read as UTC"
        )),
    })
}

/// Codes 1 and 2: there is no such photograph, or none for the public. All others are about the request or the
/// service, such as 100 (invalid key) and 105 (unavailable), and may pass.
fn failed(record: &Record, reply: &Reply) -> Result<Answer, SourceError> {
    let code = record.code.unwrap_or(0);
    if record.stat == "fail" && matches!(code, 1 | 2) {
        return Ok(Answer::Unknown);
    }
    let message = record.message.as_deref().unwrap_or("no message");
    Err(body::bad(
        reply,
        format!("has stat {:?}, code {code}: {message}", record.stat),
    ))
}

/// The key is in no error, whatever url the reply names.
fn without_key(reply: &Reply) -> Reply {
    let mut reply = reply.clone();
    if reply
        .url
        .query_pairs()
        .any(|(name, _)| name == KEY_PARAMETER)
    {
        let kept: Vec<(String, String)> = reply
            .url
            .query_pairs()
            .filter(|(name, _)| name != KEY_PARAMETER)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        reply.url.query_pairs_mut().clear().extend_pairs(kept);
    }
    reply
}
