//! Redirects: followed, counted, and not into circles.

use crate::server::{Server, ok, reply};
use crate::{client, get, quick};

fn to(location: &str) -> Vec<crate::server::Step> {
    reply(302, &format!("location: {location}\n"), "elsewhere")
}

/// `/n` leads to `/n-1`, and `/0` is there.
async fn countdown() -> Server {
    Server::start(|seen, _| match seen.target[1..].parse::<u32>() {
        Ok(0) => ok("there"),
        Ok(number) => to(&format!("/{}", number - 1)),
        Err(_) => reply(404, "", ""),
    })
    .await
}

#[tokio::test]
async fn every_hop_is_told_in_order() {
    let server = countdown().await;
    let reply = client(quick())
        .send(&get(&server.at("5")))
        .await
        .expect("a reply");
    assert_eq!(reply.body, b"there");
    assert_eq!(reply.url, server.at("0"));
    assert_eq!(
        reply.hops,
        ["5", "4", "3", "2", "1"].map(|path| server.at(path))
    );
    let reply = client(quick())
        .send(&get(&server.at("0")))
        .await
        .expect("a reply");
    assert!(reply.hops.is_empty());
}

#[tokio::test]
async fn longer_chains_and_circles_are_given_up() {
    let server = countdown().await;
    let error = client(quick())
        .send(&get(&server.at("6")))
        .await
        .expect_err("six hops");
    assert_eq!(error.word(), "too-many-redirects");
    let circle = Server::start(|seen, _| to(&seen.target)).await;
    let error = client(quick())
        .send(&get(&circle.url))
        .await
        .expect_err("a circle");
    assert_eq!(
        (error.word(), circle.seen().len()),
        ("too-many-redirects", 6)
    );
    assert!(error.lasting().is_some());
}

#[tokio::test]
async fn redirects_to_what_is_no_web_address_are_refused() {
    for (location, word) in [
        ("file:///etc/passwd", "forbidden-url"),
        ("gopher://127.0.0.1:6379/_x", "forbidden-url"),
        ("http://", "malformed"),
        ("http://[::1", "malformed"),
        ("//:80", "malformed"),
    ] {
        let server = Server::start(move |_, _| to(location)).await;
        let error = client(quick())
            .send(&get(&server.url))
            .await
            .expect_err(location);
        assert_eq!(error.word(), word, "{error}");
        assert!(error.lasting().is_some());
    }
}

#[tokio::test]
async fn a_redirect_that_names_no_place_is_a_reply() {
    let server = Server::start(|_, _| reply(302, "", "moved, but where?")).await;
    let reply = client(quick())
        .send(&get(&server.url))
        .await
        .expect("a reply");
    assert_eq!((reply.status, reply.hops.len()), (302, 0));
}

#[tokio::test]
async fn a_location_in_raw_utf8_is_followed() {
    let server = Server::start(|seen, _| match seen.target.as_str() {
        "/" => to("/caf\u{e9}"),
        _ => ok("there"),
    })
    .await;
    let reply = client(quick())
        .send(&get(&server.url))
        .await
        .expect("a reply");
    assert_eq!(reply.url.path(), "/caf%C3%A9");
}

#[tokio::test]
async fn two_hosts_that_redirect_to_each_other_do_not_wait_for_each_other() {
    let first =
        Server::start(|seen, _| to(seen.target.split_once('?').map_or("/x", |(_, back)| back)))
            .await;
    let second =
        Server::start(|seen, _| to(seen.target.split_once('?').map_or("/x", |(_, back)| back)))
            .await;
    let client = client(ticclip_fetchers::client::ClientConfig {
        per_host_concurrency: 1,
        ..quick()
    });
    let there = get(&first.at(&format!("?{}", second.url)));
    let back = get(&second.at(&format!("?{}", first.url)));
    let (there, back) = tokio::join!(client.send(&there), client.send(&back));
    assert_eq!(there.expect_err("a circle").word(), "too-many-redirects");
    assert_eq!(back.expect_err("a circle").word(), "too-many-redirects");
}
