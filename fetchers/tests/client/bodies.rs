//! Bodies: too slow, too long, shorter or longer than promised, or a bomb.

use std::io::Write;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use ticclip_fetchers::client::ClientConfig;
use ticclip_fetchers::source::Request;

use crate::server::{Server, Step, head, ok, reply};
use crate::{client, get, quick};

const DRIP: Duration = Duration::from_millis(20);

#[tokio::test]
async fn a_body_that_drips_is_cut_off() {
    let server = Server::start(|_, _| {
        vec![
            Step::Send(head(200, "content-length: 900\n")),
            Step::Repeat(b"x".to_vec(), DRIP),
        ]
    })
    .await;
    let client = client(ClientConfig {
        min_bytes_per_second: 1000,
        speed_grace: Duration::from_millis(300),
        ..quick()
    });
    let start = Instant::now();
    let error = client.send(&get(&server.url)).await.expect_err("too slow");
    assert_eq!(error.word(), "too-slow");
    assert!(error.lasting().is_none());
    let took = start.elapsed();
    assert!(
        took >= Duration::from_millis(300) && took < Duration::from_secs(2),
        "{took:?}"
    );
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_burst_at_the_start_does_not_excuse_a_drip() {
    let server = Server::start(|_, _| {
        vec![
            Step::Send(head(200, "content-length: 900\n")),
            Step::Send(vec![b'x'; 800]),
            Step::Repeat(b"x".to_vec(), Duration::from_millis(100)),
        ]
    })
    .await;
    let client = client(ClientConfig {
        min_bytes_per_second: 100,
        speed_grace: Duration::from_millis(250),
        ..quick()
    });
    let error = client.send(&get(&server.url)).await.expect_err("too slow");
    assert_eq!(error.word(), "too-slow");
}

#[tokio::test]
async fn a_body_that_is_fast_enough_but_never_ends_runs_out_of_time() {
    let server = Server::start(|_, _| {
        vec![
            Step::Send(head(200, "content-length: 100000\n")),
            Step::Repeat(b"xxxxxxxxxx".to_vec(), DRIP),
        ]
    })
    .await;
    let client = client(ClientConfig {
        min_bytes_per_second: 100,
        speed_grace: Duration::from_millis(200),
        timeout: Duration::from_millis(600),
        tries: 1,
        ..quick()
    });
    let request = Request::get(server.url.clone(), 1_000_000);
    let error = client.send(&request).await.expect_err("timed out");
    assert_eq!(error.word(), "timed-out", "{error}");
}

#[tokio::test]
async fn a_body_without_end_is_cut_at_the_limit() {
    let server = Server::start(|_, _| {
        vec![
            Step::Send(head(200, "transfer-encoding: chunked\n")),
            Step::Repeat(b"5\r\nxxxxx\r\n".to_vec(), Duration::ZERO),
        ]
    })
    .await;
    let reply = client(quick())
        .send(&get(&server.url))
        .await
        .expect("a reply");
    assert!(reply.cut);
    assert_eq!(reply.body, vec![b'x'; 1000]);
}

#[tokio::test]
async fn a_body_exactly_as_long_as_the_limit_is_whole() {
    let server = Server::start(|_, _| ok([b'x'; 1000])).await;
    let reply = client(quick())
        .send(&get(&server.url))
        .await
        .expect("a reply");
    assert!(!reply.cut && reply.body.len() == 1000);
}

fn gzipped(bytes: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let block = vec![0; 1 << 16];
    for _ in 0..bytes >> 16 {
        encoder.write_all(&block).expect("memory");
    }
    encoder.finish().expect("memory")
}

#[tokio::test]
async fn a_gzip_bomb_is_cut_by_the_size_of_what_it_holds() {
    let bomb = gzipped(256 << 20);
    assert!(bomb.len() < 1 << 20);
    let server = Server::start(move |_, _| reply(200, "content-encoding: gzip\n", &bomb)).await;
    let request = Request::get(server.url.clone(), 2 << 20);
    let start = Instant::now();
    let reply = client(quick()).send(&request).await.expect("a reply");
    assert!(reply.cut && reply.body.len() == 2 << 20);
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_gzip_body_that_breaks_off_is_a_failure() {
    let mut bytes = gzipped(1 << 16);
    bytes.truncate(bytes.len() - 6);
    let server = Server::start(move |_, _| reply(200, "content-encoding: gzip\n", &bytes)).await;
    let request = Request::get(server.url.clone(), 1 << 20);
    let error = client(quick())
        .send(&request)
        .await
        .expect_err("half a body");
    assert_eq!(error.word(), "transport");
}

#[tokio::test]
async fn a_body_announced_as_too_long_is_read_only_if_its_beginning_is_wanted() {
    let server = Server::start(|_, _| {
        vec![
            Step::Send(head(200, "content-length: 5000\n")),
            Step::Send(vec![b'x'; 2000]),
        ]
    })
    .await;
    let client = client(quick());
    let reply = client.send(&get(&server.url)).await.expect("a reply");
    assert!(reply.cut && reply.body.is_empty());
    let beginning = Request::beginning(server.url.clone(), 1000);
    let reply = client.send(&beginning).await.expect("a reply");
    assert!(reply.cut && reply.body.len() == 1000);
}

#[tokio::test]
async fn a_body_shorter_than_promised_is_a_failure() {
    let server = Server::start(|_, _| {
        vec![
            Step::Send(head(200, "content-length: 500\n")),
            Step::Send(vec![b'x'; 499]),
            Step::Close,
        ]
    })
    .await;
    let error = client(quick())
        .send(&get(&server.url))
        .await
        .expect_err("half a body");
    assert_eq!((error.word(), server.seen().len()), ("transport", 3));
    assert!(error.lasting().is_none());
}

#[tokio::test]
async fn what_follows_the_promised_length_is_no_reply_to_the_next_request() {
    let server = Server::start(|seen, _| {
        let mut steps = ok(format!("right {}", seen.target));
        if seen.target == "/first" {
            steps.extend(ok("smuggled"));
        }
        steps
    })
    .await;
    let client = client(quick());
    for target in ["/first", "/second", "/third"] {
        let reply = client
            .send(&get(&server.at(target)))
            .await
            .expect("a reply");
        assert_eq!(reply.body, format!("right {target}").into_bytes());
    }
}

#[tokio::test]
async fn two_promises_of_length_are_a_failure() {
    let server = Server::start(|_, _| {
        vec![
            Step::Send(head(200, "content-length: 3\ncontent-length: 5\n")),
            Step::Send(b"abcde".to_vec()),
        ]
    })
    .await;
    let error = client(quick())
        .send(&get(&server.url))
        .await
        .expect_err("a broken reply");
    assert_eq!(error.word(), "transport");
}

#[tokio::test]
async fn a_connection_reset_within_the_body_is_a_failure_that_passes() {
    let server = Server::start(|_, before| match before {
        0 => vec![
            Step::Send(head(200, "content-length: 10\n")),
            Step::Send(b"xxx".to_vec()),
            Step::Wait(DRIP),
            Step::Reset,
        ],
        _ => ok("all of it."),
    })
    .await;
    let reply = client(quick())
        .send(&get(&server.url))
        .await
        .expect("a reply");
    assert_eq!(reply.body, b"all of it.");
}
