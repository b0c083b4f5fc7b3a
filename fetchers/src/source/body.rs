//! The body of a server's reply: what must hold before a source looks for a date in it.

use serde::de::DeserializeOwned;

use super::{Reply, SourceError};

/// Names whose reply it is and what is wrong with it; the message goes on after "the reply".
pub(super) fn bad(reply: &Reply, message: impl Into<String>) -> SourceError {
    SourceError::BadReply {
        url: Box::new(reply.url.clone()),
        message: super::evidence::capped(message.into()),
    }
}

/// Lets success pass. What may pass another time is a bad reply, any other status is final.
pub(super) fn check_status(reply: &Reply) -> Result<(), SourceError> {
    match reply.status {
        200..=299 => Ok(()),
        408 | 425 | 429 | 500.. => Err(bad(reply, format!("has status {}", reply.status))),
        status => Err(SourceError::Refused {
            url: Box::new(reply.url.clone()),
            status,
        }),
    }
}

/// Refuses a body that was cut off or is an error page.
pub(super) fn check_whole(reply: &Reply) -> Result<(), SourceError> {
    if reply.cut {
        let message = format!("is longer than {} bytes", reply.body.len());
        return Err(bad(reply, message));
    }
    if reply.body.trim_ascii_start().starts_with(b"<") {
        return Err(bad(reply, "is a page, not JSON"));
    }
    Ok(())
}

/// Reads a JSON body.
pub(super) fn json<T: DeserializeOwned>(reply: &Reply) -> Result<T, SourceError> {
    check_whole(reply)?;
    serde_json::from_slice(&reply.body)
        .map_err(|error| bad(reply, format!("is not as promised: {error}")))
}

/// A text or a number as a text: interfaces change between the two.
pub(super) fn text_of(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
