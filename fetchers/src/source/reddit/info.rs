//! Reddit's interface: `/api/info`, a hundred posts a request.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::post::created;
use crate::claim::{Claim, Kind, Precision};
use crate::rejection::{Reason, Rejection};
use crate::source::ask::{Secret, SecretText};
use crate::source::evidence::capped;
use crate::source::{Answer, Question, Reply, Request, SourceError, SourceName, body};

/// How many posts the interface takes at once.
pub(super) const BATCH: usize = 100;
/// A hundred posts are a few hundred kB, more if people wrote much.
const MAX_REPLY_BYTES: usize = 16 << 20;

/// The request for the posts.
pub(super) fn request(base: &Url, questions: &[&Question], token: Option<SecretText>) -> Request {
    let ids: Vec<String> = questions
        .iter()
        .map(|question| format!("t3_{}", question.about))
        .collect();
    let mut url = base.clone();
    url.set_path(&format!("{}/api/info", base.path().trim_end_matches('/')));
    url.query_pairs_mut()
        .append_pair("id", &ids.join(","))
        .append_pair("raw_json", "1");
    let mut request = Request::get(url, MAX_REPLY_BYTES);
    request.secret = token.map(Secret::Bearer);
    request
}

#[derive(Deserialize)]
struct Listing {
    data: Children,
}

#[derive(Deserialize)]
struct Children {
    children: Vec<Value>,
}

/// What the reply says of each post.
pub(super) fn read(questions: &[&Question], reply: &Reply) -> Vec<Result<Answer, SourceError>> {
    let listing = body::check_status(reply).and_then(|()| body::json::<Listing>(reply));
    let posts: BTreeMap<&str, &Value> = match &listing {
        Ok(listing) => listing
            .data
            .children
            .iter()
            .filter_map(|child| child.get("data"))
            .filter_map(|post| Some((post.get("id")?.as_str()?, post)))
            .collect(),
        Err(error) => return questions.iter().map(|_| Err(error.clone())).collect(),
    };
    questions
        .iter()
        .map(|question| match posts.get(question.about.as_str()) {
            Some(post) => read_post(&question.about, post, reply),
            None => Ok(Answer::Unknown),
        })
        .collect()
}

fn read_post(id: &str, post: &Value, reply: &Reply) -> Result<Answer, SourceError> {
    if let Some(removed) = post
        .get("removed_by_category")
        .filter(|value| !value.is_null())
    {
        let evidence = capped(format!("post {id}: removed_by_category={removed}"));
        return Ok(Answer::Rejected(Rejection {
            source: SourceName::Reddit,
            reason: Reason::RemovedPost,
            evidence,
        }));
    }
    let seconds = post.get("created_utc").unwrap_or(&Value::Null);
    let at = created(seconds).ok_or_else(|| {
        body::bad(
            reply,
            format!("has created_utc = {seconds} for post {id}, no number of seconds"),
        )
    })?;
    let place = post.get("permalink").and_then(Value::as_str).unwrap_or(id);
    Ok(Claim {
        at,
        precision: Precision::Second,
        kind: Kind::Posted,
        source: SourceName::Reddit,
        evidence: capped(format!("created_utc={seconds} of {place}")),
    }
    .into())
}
