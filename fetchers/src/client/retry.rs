//! A retry: which failures may pass, and how long to wait before asking again.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{ClientConfig, ClientError};
use crate::http_date;
use crate::source::Reply;

/// What to do after a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The reply is an answer.
    Done,
    /// The whole host is to be left alone for a while, then asked again.
    Pause(Duration),
    /// This request is to be made again after a while.
    Again(Duration),
    /// It failed, and trying again would not help or was tried often enough.
    GiveUp,
}

/// Whether a status says that the same request may succeed later. A method that the server does not know (501)
/// will not be known in a minute either.
const fn may_pass(status: u16) -> bool {
    matches!(status, 408 | 425 | 429) || (status >= 500 && status != 501)
}

/// Judges the outcome of the given try, counted from 1, and the reply's `Retry-After`.
pub(super) fn judge(
    result: &Result<Reply, ClientError>,
    tried: u32,
    config: &ClientConfig,
) -> Verdict {
    let last = tried >= config.tries;
    match result {
        Ok(reply) if may_pass(reply.status) => {
            match reply
                .header("retry-after")
                .and_then(|value| asked_wait(value, Utc::now()))
            {
                // A wait of nothing is no licence to hammer.
                Some(wait) => Verdict::Pause(wait.max(backoff(tried, config))),
                None if last => Verdict::GiveUp,
                None => Verdict::Again(backoff(tried, config)),
            }
        }
        Ok(_) => Verdict::Done,
        // A name that cannot be looked up now will hardly be there within this run.
        Err(ClientError::Transport { word: "dns", .. }) => Verdict::GiveUp,
        // A body that drips would drip again, and the next try would hold the host's turn as long.
        Err(ClientError::Transport {
            word: "too-slow", ..
        }) => Verdict::GiveUp,
        Err(ClientError::Transport { .. }) if !last => Verdict::Again(backoff(tried, config)),
        Err(_) => Verdict::GiveUp,
    }
}

/// `Retry-After`, in seconds or as an HTTP date; a moment that has passed is no wait at all.
fn asked_wait(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    Some(
        (http_date::parse(value)? - now)
            .to_std()
            .unwrap_or(Duration::ZERO),
    )
}

/// Doubles from try to try; the random half keeps many clients from coming back in step.
fn backoff(tried: u32, config: &ClientConfig) -> Duration {
    let whole = config
        .first_wait
        .saturating_mul(1_u32.checked_shl(tried - 1).unwrap_or(u32::MAX));
    let half = whole.min(config.longest_wait) / 2;
    // A hasher's keys are random, and of this there is no more at stake than politeness.
    let share = (RandomState::new().hash_one(tried) >> 11) as f64 / (1_u64 << 53) as f64;
    half + half.mul_f64(share)
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::unwrap_used,
        reason = "a test that cannot parse its own dates should fail there"
    )]
    use super::*;

    fn reply(status: u16, retry_after: Option<&str>) -> Result<Reply, ClientError> {
        let header = |value: &str| ("retry-after".to_owned(), value.to_owned());
        Ok(Reply {
            url: url::Url::parse("http://example.org/").unwrap(),
            hops: Vec::new(),
            status,
            headers: retry_after.map(header).into_iter().collect(),
            body: Vec::new(),
            cut: false,
        })
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = "2024-01-01T00:00:00Z".parse().unwrap();
        let wait = |value| asked_wait(value, now).map(|wait| wait.as_secs());
        assert_eq!(wait("120"), Some(120));
        assert_eq!(wait("Mon, 01 Jan 2024 00:02:00 GMT"), Some(120));
        assert_eq!(wait("Sun, 31 Dec 2023 00:00:00 GMT"), Some(0));
        assert_eq!(wait("-5"), None);
        assert_eq!(wait("soon"), None);
    }

    #[test]
    fn only_what_may_pass_is_tried_again_and_not_forever() {
        let config = ClientConfig {
            tries: 3,
            ..ClientConfig::default()
        };
        for status in [200, 304, 400, 401, 403, 404, 410, 451, 501] {
            let verdict = judge(&reply(status, Some("1")), 1, &config);
            assert_eq!(verdict, Verdict::Done, "{status}");
        }
        for status in [408, 425, 429, 500, 502, 503, 504, 520] {
            let verdict = judge(&reply(status, None), 1, &config);
            assert!(matches!(verdict, Verdict::Again(_)), "{status}");
        }
        assert_eq!(
            judge(&reply(429, Some("7")), 1, &config),
            Verdict::Pause(Duration::from_secs(7))
        );
        assert!(matches!(
            judge(&reply(503, None), 2, &config),
            Verdict::Again(_)
        ));
        assert_eq!(judge(&reply(503, None), 3, &config), Verdict::GiveUp);
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let config = ClientConfig::default();
        for (tried, whole) in [(1, 1), (2, 2), (3, 4), (7, 60), (40, 60)] {
            let wait = backoff(tried, &config);
            assert!(
                wait >= Duration::from_secs(whole) / 2 && wait <= Duration::from_secs(whole),
                "{tried}: {wait:?}"
            );
        }
    }
}
