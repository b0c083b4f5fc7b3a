//! Streams: bodies that are read piece by piece, however long they are and take.

use std::time::Duration;

use ticclip_fetchers::client::{Client, ClientConfig, ClientError, Stream};
use ticclip_fetchers::source::{Request, Secret, SecretText};

use crate::server::{Server, Step, head, ok, reply};
use crate::{client, get, quick};

async fn rest(stream: &mut Stream<'_>) -> Result<Vec<u8>, ClientError> {
    let mut body = Vec::new();
    while let Some(piece) = stream.next().await? {
        body.extend_from_slice(piece.as_ref());
    }
    Ok(body)
}

#[tokio::test]
async fn a_stream_outlasts_the_time_out_of_a_try_and_the_cap_of_a_body() {
    let server = Server::start(|_, _| {
        let mut steps = vec![Step::Send(head(200, "content-length: 5000\n"))];
        for _ in 0..5 {
            steps.push(Step::Wait(Duration::from_millis(60)));
            steps.push(Step::Send(vec![b'x'; 1000]));
        }
        steps
    })
    .await;
    let client = client(ClientConfig {
        timeout: Duration::from_millis(150),
        ..quick()
    });
    let request = Request::get(server.url.clone(), 0);
    let mut stream = client.open(&request).await.expect("a reply");
    assert_eq!(stream.head().header("content-length"), Some("5000"));
    assert_eq!(
        rest(&mut stream).await.expect("all of it"),
        vec![b'x'; 5000]
    );
    assert!(stream.next().await.expect("the end").is_none());
}

#[tokio::test]
async fn a_stream_that_drips_is_cut_off_and_one_that_breaks_is_a_failure() {
    let server = Server::start(|seen, _| {
        let mut steps = vec![
            Step::Send(head(200, "content-length: 900\n")),
            Step::Send(vec![b'x'; 300]),
        ];
        steps.push(match seen.target.as_str() {
            "/drip" => Step::Repeat(b"x".to_vec(), Duration::from_millis(20)),
            _ => Step::Close,
        });
        steps
    })
    .await;
    let client = client(ClientConfig {
        min_bytes_per_second: 1000,
        speed_grace: Duration::from_millis(300),
        ..quick()
    });
    for (path, word) in [("drip", "too-slow"), ("break", "transport")] {
        let request = get(&server.at(path));
        let mut stream = client.open(&request).await.expect("headers");
        let error = rest(&mut stream).await.expect_err("half a body");
        assert_eq!(error.word(), word);
        assert!(stream.next().await.expect("nothing more").is_none());
    }
    assert_eq!(
        server.seen().len(),
        2,
        "what fails within a body is the reader's affair"
    );
}

#[tokio::test]
async fn what_fails_before_the_body_is_tried_again_and_refusals_are_replies() {
    let server = Server::start(|seen, before| match (seen.target.as_str(), before) {
        ("/busy", 0) => reply(503, "", "later"),
        ("/busy", _) => ok("now"),
        _ => reply(404, "", "not here"),
    })
    .await;
    let client = client(quick());
    let request = get(&server.at("busy"));
    let mut stream = client.open(&request).await.expect("a reply");
    assert_eq!(rest(&mut stream).await.expect("a body"), b"now");
    let request = get(&server.at("missing"));
    let mut stream = client.open(&request).await.expect("a reply");
    assert_eq!(
        (stream.head().status, stream.head().body.as_slice()),
        (404, &b"not here"[..])
    );
    assert!(rest(&mut stream).await.expect("read already").is_empty());
}

#[tokio::test]
async fn a_host_s_turn_is_taken_until_the_body_is_read() {
    let server = Server::start(|_, _| ok("body")).await;
    let client: Client = client(ClientConfig {
        per_host_concurrency: 1,
        ..quick()
    });
    let request = get(&server.url);
    let mut stream = client.open(&request).await.expect("a reply");
    let second = tokio::time::timeout(Duration::from_millis(200), client.send(&request));
    assert!(second.await.is_err(), "the only turn is taken");
    rest(&mut stream).await.expect("a body");
    client.send(&request).await.expect("a turn");
}

#[tokio::test]
async fn the_headers_of_redirects_are_kept_without_the_secret() {
    let elsewhere = Server::start(|_, _| ok("body")).await;
    let target = elsewhere.at("file");
    let server = Server::start(move |_, _| {
        reply(
            302,
            &format!("location: {target}\nx-size: 4\nx-echo: hunter2\n"),
            "",
        )
    })
    .await;
    let client = client(quick());
    let mut request = get(&server.url);
    request.secret = Some(Secret::Bearer(SecretText::new("hunter2")));
    let mut stream = client.open(&request).await.expect("a reply");
    let hop = &stream.hops()[0];
    assert_eq!((hop.status, hop.url.as_str()), (302, server.url.as_str()));
    assert_eq!(hop.header("x-size"), Some("4"));
    assert_eq!(hop.header("x-echo"), Some("[secret]"));
    assert_eq!(rest(&mut stream).await.expect("a body"), b"body");
    let sent = |server: &Server| server.seen()[0].head.to_lowercase().contains("hunter2");
    assert!(sent(&server) && !sent(&elsewhere));
}
