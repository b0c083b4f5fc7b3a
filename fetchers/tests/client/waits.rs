//! Waits: what a host asks for is obeyed, and nobody is hammered.

use std::time::{Duration, Instant};

use chrono::Utc;
use ticclip_fetchers::client::ClientConfig;

use crate::server::{Server, Step, ok, reply};
use crate::{client, get, quick};

/// The time between the first two requests.
fn gap(server: &Server) -> Duration {
    let seen = server.seen();
    seen[1].at - seen[0].at
}

async fn busy_once(headers: impl Fn() -> String + Send + Sync + 'static) -> Server {
    Server::start(move |_, before| match before {
        0 => reply(429, &headers(), "slow down"),
        _ => ok("fine"),
    })
    .await
}

#[tokio::test]
async fn retry_after_in_seconds_is_waited_for() {
    let server = busy_once(|| "retry-after: 1\n".to_owned()).await;
    let reply = client(quick())
        .send(&get(&server.url))
        .await
        .expect("a reply");
    assert_eq!((reply.status, reply.body.as_slice()), (200, &b"fine"[..]));
    assert!(gap(&server) >= Duration::from_secs(1));
}

#[tokio::test]
async fn retry_after_as_a_date_is_waited_for() {
    let date = || (Utc::now() + Duration::from_secs(2)).format("%a, %d %b %Y %H:%M:%S GMT");
    let server = busy_once(move || format!("retry-after: {}\n", date())).await;
    let reply = client(quick())
        .send(&get(&server.url))
        .await
        .expect("a reply");
    assert_eq!(reply.status, 200);
    // Dates have no fractions of seconds.
    assert!(gap(&server) >= Duration::from_millis(950));
}

#[tokio::test]
async fn a_host_that_asks_for_a_longer_wait_than_a_run_has_is_left_alone() {
    let server =
        busy_once(|| "retry-after: 99999999999999999999\nretry-after: 3600\n".to_owned()).await;
    let other = busy_once(|| "retry-after: 3600\n".to_owned()).await;
    let client = client(quick());
    // A number that is none is no wait.
    assert!(client.send(&get(&server.url)).await.is_ok());
    let start = Instant::now();
    let first = client.send(&get(&other.url)).await.expect_err("busy");
    let second = client.send(&get(&other.at("b"))).await.expect_err("paused");
    assert_eq!((first.word(), second.word()), ("busy", "paused"));
    assert!(first.lasting().is_none() && second.lasting().is_none());
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_eq!(other.seen().len(), 1);
}

#[tokio::test]
async fn a_storm_of_errors_is_met_with_few_tries() {
    let server = Server::start(|_, _| reply(500, "", "oops")).await;
    let error = client(quick())
        .send(&get(&server.url))
        .await
        .expect_err("busy");
    assert_eq!((error.word(), server.seen().len()), ("busy", 3));
    let server = Server::start(|_, before| match before {
        0 | 1 => reply(503, "retry-after: 0\n", ""),
        _ => ok("fine"),
    })
    .await;
    assert!(client(quick()).send(&get(&server.url)).await.is_ok());
}

#[tokio::test]
async fn a_definite_no_is_not_asked_about_again() {
    let server = Server::start(|seen, _| {
        let status = seen.target[1..].parse().expect("a status");
        reply(status, "", "no")
    })
    .await;
    let client = client(quick());
    for (status, tries) in [
        (400, 1),
        (403, 1),
        (404, 1),
        (410, 1),
        (501, 1),
        (408, 3),
        (425, 3),
        (429, 3),
    ] {
        let before = server.seen().len();
        let result = client.send(&get(&server.at(&status.to_string()))).await;
        assert_eq!(server.seen().len() - before, tries, "{status}");
        assert_eq!(result.is_ok(), tries == 1, "{status}");
    }
}

#[tokio::test]
async fn a_used_up_quota_pauses_the_host_until_its_reset() {
    let server = Server::start(|_, before| {
        let left = if before == 0 { "0.0" } else { "99" };
        reply(
            200,
            &format!("X-Ratelimit-Remaining: {left}\nX-Ratelimit-Reset: 1\n"),
            "",
        )
    })
    .await;
    let client = client(quick());
    for _ in 0..2 {
        assert!(client.send(&get(&server.url)).await.is_ok());
    }
    assert!(gap(&server) >= Duration::from_millis(990));
}

#[tokio::test]
async fn a_quota_that_is_reset_too_late_leaves_the_host_for_the_next_run() {
    let server = Server::start(|_, _| {
        reply(
            200,
            "x-ratelimit-remaining: 0\nx-ratelimit-reset: 600\n",
            "",
        )
    })
    .await;
    let client = client(quick());
    assert!(client.send(&get(&server.url)).await.is_ok());
    let error = client.send(&get(&server.url)).await.expect_err("paused");
    assert_eq!((error.word(), server.seen().len()), ("paused", 1));
}

#[tokio::test]
async fn a_host_gets_no_more_requests_a_second_than_allowed() {
    let server = Server::start(|_, _| ok("")).await;
    let client = client(ClientConfig {
        requests_per_second: Some(20.0),
        per_host_concurrency: 8,
        ..quick()
    });
    let (request, start) = (get(&server.url), Instant::now());
    let ask = || client.send(&request);
    let replies = tokio::join!(ask(), ask(), ask(), ask(), ask(), ask());
    assert!(replies.0.is_ok() && replies.5.is_ok());
    assert!(start.elapsed() >= Duration::from_millis(250));
    assert_eq!(server.seen().len(), 6);
}

#[tokio::test]
async fn a_host_gets_no_more_requests_at_once_than_allowed() {
    let server = Server::start(|_, _| {
        let mut steps = vec![Step::Wait(Duration::from_millis(20))];
        steps.extend(ok(""));
        steps
    })
    .await;
    let client = client(ClientConfig {
        per_host_concurrency: 3,
        ..quick()
    });
    let request = get(&server.url);
    let ask = || client.send(&request);
    let replies = tokio::join!(ask(), ask(), ask(), ask(), ask(), ask(), ask());
    assert!(replies.0.is_ok() && replies.6.is_ok());
    assert_eq!(server.busiest(), 3);
}
