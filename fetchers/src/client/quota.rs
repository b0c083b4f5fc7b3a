//! A quota: what `X-Ratelimit-Remaining` and `X-Ratelimit-Reset` say about the requests that are left.

use std::time::Duration;

use crate::source::Reply;

/// A larger number of seconds is a Unix time, as some servers send it: nobody means 31 years.
const LEAST_UNIX_SECONDS: f64 = 1e9;

/// How long to leave the host alone because no request is left; `now_unix` is the time in Unix seconds.
pub(super) fn pause(reply: &Reply, now_unix: f64) -> Option<Duration> {
    // Some servers count in fractions, so that less than one is none.
    if number(reply, "x-ratelimit-remaining")? >= 1.0 {
        return None;
    }
    let reset = number(reply, "x-ratelimit-reset")?;
    let seconds = if reset >= LEAST_UNIX_SECONDS {
        reset - now_unix
    } else {
        reset
    };
    Duration::try_from_secs_f64(seconds).ok()
}

fn number(reply: &Reply, name: &str) -> Option<f64> {
    let number: f64 = reply.header(name)?.trim().parse().ok()?;
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(remaining: &str, reset: &str) -> Option<Duration> {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let reply = Reply {
            url: url::Url::parse("http://example.org/").expect("a url"),
            hops: Vec::new(),
            status: 200,
            headers: vec![
                header("x-ratelimit-remaining", remaining),
                header("x-ratelimit-reset", reset),
            ],
            body: Vec::new(),
            cut: false,
        };
        pause(&reply, 1_700_000_000.0)
    }

    #[test]
    fn a_used_up_quota_pauses_until_it_is_reset() {
        assert_eq!(asked("0", "30"), Some(Duration::from_secs(30)));
        assert_eq!(asked("0.5", " 1.5"), Some(Duration::from_millis(1500)));
        assert_eq!(asked("-1", "1700000042"), Some(Duration::from_secs(42)));
    }

    #[test]
    fn quotas_that_are_left_or_senseless_pause_nothing() {
        for (remaining, reset) in [
            ("1", "30"),
            ("599.0", "30"),
            ("0", "-30"),
            ("0", "1600000000"),
            ("0", "1e400"),
            ("0", "soon"),
            ("none", "30"),
            ("NaN", "30"),
            ("0", ""),
        ] {
            assert_eq!(asked(remaining, reset), None, "{remaining} {reset}");
        }
    }
}
