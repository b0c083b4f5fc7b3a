//! robots.txt: asked for once, obeyed, and no way to be held up.

use std::time::{Duration, Instant};

use ticclip_fetchers::client::{Client, ClientConfig, ClientError};
use ticclip_fetchers::source::{Request, Secret, SecretText};

use crate::server::{Server, Step, head, ok, reply};
use crate::{client, get, quick};

fn polite() -> Client {
    client(ClientConfig {
        robots: true,
        ..quick()
    })
}

/// A server with a robots.txt and something at every other path.
async fn with_robots(robots: Vec<Step>) -> Server {
    Server::start(move |seen, _| match seen.target.as_str() {
        "/robots.txt" => robots.clone(),
        _ => ok("fine"),
    })
    .await
}

#[tokio::test]
async fn what_is_forbidden_is_never_asked_for() {
    let server = with_robots(ok(
        "User-agent: ticclip\nDisallow: /private\nAllow: /private/not$",
    ))
    .await;
    let client = polite();
    for path in ["private", "private/a", "private/not?x", "%70rivate"] {
        let error = client.send(&get(&server.at(path))).await.expect_err(path);
        assert_eq!(error.word(), "refused-by-robots");
        assert_eq!(
            error.lasting().map(|reason| reason.as_str()),
            Some("refused-by-robots")
        );
    }
    for path in ["", "private/not", "public?a=/private"] {
        assert!(client.send(&get(&server.at(path))).await.is_ok(), "{path}");
    }
    assert_eq!(
        server.targets(),
        ["/robots.txt", "/", "/private/not", "/public?a=/private"]
    );
}

#[tokio::test]
async fn many_requests_share_one_question() {
    let server = with_robots(ok("")).await;
    let (client, request) = (polite(), get(&server.at("a")));
    let ask = || client.send(&request);
    let replies = tokio::join!(ask(), ask(), ask(), ask());
    assert!(replies.0.is_ok() && replies.3.is_ok());
    let targets = server.targets();
    assert_eq!(
        targets
            .iter()
            .filter(|target| *target == "/robots.txt")
            .count(),
        1
    );
}

#[tokio::test]
async fn a_robots_txt_that_is_not_there_allows_all() {
    for status in [400, 401, 403, 404, 410, 451] {
        let server = with_robots(reply(status, "", "User-agent: *\nDisallow: /")).await;
        assert!(
            polite().send(&get(&server.at("a"))).await.is_ok(),
            "{status}"
        );
    }
    let circle = with_robots(reply(302, "location: /robots.txt\n", "")).await;
    assert!(polite().send(&get(&circle.at("a"))).await.is_ok());
    let page = with_robots(ok("<!DOCTYPE html><title>Not found</title>")).await;
    assert!(polite().send(&get(&page.at("a"))).await.is_ok());
}

#[tokio::test]
async fn a_server_that_cannot_tell_its_rules_is_refused_for_now() {
    for status in [500, 501, 503, 429] {
        let server = with_robots(reply(status, "", "")).await;
        let client = polite();
        for path in ["a", "b"] {
            let error = client
                .send(&get(&server.at(path)))
                .await
                .expect_err("unknown rules");
            assert_eq!(error.word(), "robots-unreachable");
            assert!(error.lasting().is_none());
            assert!(matches!(error, ClientError::RobotsUnreachable { .. }));
        }
        assert!(
            server
                .targets()
                .iter()
                .all(|target| target == "/robots.txt")
        );
        assert!(server.seen().len() <= 3, "asked once more");
    }
    let server = with_robots(vec![Step::Reset]).await;
    let error = polite()
        .send(&get(&server.at("a")))
        .await
        .expect_err("unknown rules");
    assert_eq!(error.word(), "transport");
    assert!(error.to_string().contains("/a"), "{error}");
}

#[tokio::test]
async fn the_robots_request_has_the_limits_of_any_other() {
    let mut endless = vec![Step::Send(head(200, ""))];
    endless.push(Step::Send(b"User-agent: *\nDisallow: /private\n".to_vec()));
    endless.push(Step::Repeat(b"# and so on\n".repeat(1000), Duration::ZERO));
    let server = with_robots(endless).await;
    let client_of_endless = polite();
    let error = client_of_endless
        .send(&get(&server.at("private")))
        .await
        .expect_err("forbidden");
    assert_eq!(error.word(), "refused-by-robots");
    assert!(client_of_endless.send(&get(&server.at("a"))).await.is_ok());

    let drip = vec![
        Step::Send(head(200, "")),
        Step::Repeat(b"#".to_vec(), Duration::from_millis(20)),
    ];
    let server = with_robots(drip).await;
    let client = client(ClientConfig {
        robots: true,
        min_bytes_per_second: 1000,
        speed_grace: Duration::from_millis(200),
        ..quick()
    });
    let error = client
        .send(&get(&server.at("a")))
        .await
        .expect_err("too slow");
    assert_eq!(error.word(), "too-slow");
}

#[tokio::test]
async fn rules_beyond_a_redirect_are_those_of_the_origin_that_was_asked() {
    let other = with_robots(ok("User-agent: *\nDisallow: /a")).await;
    let server = with_robots(reply(
        301,
        &format!("location: {}\n", other.at("robots.txt")),
        "",
    ))
    .await;
    let client = polite();
    let error = client
        .send(&get(&server.at("a")))
        .await
        .expect_err("forbidden");
    assert_eq!(error.word(), "refused-by-robots");
    assert!(client.send(&get(&server.at("b"))).await.is_ok());
}

#[tokio::test]
async fn every_hop_needs_the_permission_of_its_own_origin() {
    let other = with_robots(ok("User-agent: *\nDisallow: /")).await;
    let target = other.at("a").to_string();
    let server = Server::start(move |seen, _| match seen.target.as_str() {
        "/robots.txt" => ok(""),
        _ => reply(302, &format!("location: {target}\n"), ""),
    })
    .await;
    let error = polite()
        .send(&get(&server.at("a")))
        .await
        .expect_err("forbidden there");
    assert_eq!(error.word(), "refused-by-robots");
    assert_eq!(other.targets(), ["/robots.txt"]);
}

#[tokio::test]
async fn a_crawl_delay_is_kept_as_far_as_the_longest_wait_goes() {
    for (delay, least) in [("0.2", 400), ("100000", 600)] {
        let server = with_robots(ok(format!("User-agent: *\nCrawl-delay: {delay}"))).await;
        let client = client(ClientConfig {
            robots: true,
            longest_wait: Duration::from_millis(300),
            ..quick()
        });
        let start = Instant::now();
        for path in ["a", "b", "c"] {
            assert!(client.send(&get(&server.at(path))).await.is_ok());
        }
        let took = start.elapsed();
        assert!(
            took >= Duration::from_millis(least) && took < Duration::from_secs(3),
            "{took:?}"
        );
    }
}

#[tokio::test]
async fn the_robots_request_carries_neither_secret_nor_headers() {
    let server = with_robots(ok("")).await;
    let mut request = Request::get(server.at("a"), 100);
    request.headers = vec![("X-Mine".to_owned(), "1".to_owned())];
    request.secret = Some(Secret::Bearer(SecretText::new("s3cret-key")));
    assert!(polite().send(&request).await.is_ok());
    let seen = server.seen();
    assert!(!seen[0].head.contains("s3cret") && !seen[0].head.contains("x-mine"));
    assert!(seen[1].head.contains("s3cret") && seen[1].head.contains("x-mine"));
    assert!(seen[0].head.contains("user-agent: ticclip/"));
}

#[tokio::test]
async fn a_client_that_is_told_so_does_not_ask_for_rules() {
    let server = with_robots(ok("User-agent: *\nDisallow: /")).await;
    assert!(client(quick()).send(&get(&server.at("a"))).await.is_ok());
    assert_eq!(server.targets(), ["/a"]);
}
