//! Connections: lost, silent, kept, or talking nonsense.

use std::time::{Duration, Instant};

use ticclip_fetchers::client::ClientConfig;
use ticclip_fetchers::source::Request;
use tokio::net::TcpListener;
use tokio::time::timeout;
use url::Url;

use crate::server::{Server, Step, head, ok, reply};
use crate::{client, get, quick};

#[tokio::test]
async fn a_connection_that_is_reset_is_tried_again() {
    let server = Server::start(|_, before| match before {
        0 => vec![Step::Reset],
        1 => vec![Step::Close],
        _ => ok("fine"),
    })
    .await;
    let reply = client(quick())
        .send(&get(&server.url))
        .await
        .expect("a reply");
    assert_eq!(
        (reply.body.as_slice(), server.seen().len()),
        (&b"fine"[..], 3)
    );
}

#[tokio::test]
async fn a_server_that_only_listens_runs_out_of_time() {
    let server = Server::start(|_, _| vec![Step::Wait(Duration::from_secs(60))]).await;
    let client = client(ClientConfig {
        first_byte_timeout: Duration::from_millis(150),
        tries: 1,
        ..quick()
    });
    let start = Instant::now();
    let error = client.send(&get(&server.url)).await.expect_err("timed out");
    assert_eq!(error.word(), "timed-out");
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn headers_that_drip_or_never_end_are_a_failure() {
    let drip = |piece: &'static str, wait| {
        Server::start(move |_, _| {
            vec![
                Step::Send(b"HTTP/1.1 200 OK\r\n".to_vec()),
                Step::Repeat(piece.into(), wait),
            ]
        })
    };
    let config = ClientConfig {
        first_byte_timeout: Duration::from_millis(400),
        tries: 1,
        ..quick()
    };
    let slow = drip("a: b\r\n", Duration::from_millis(30)).await;
    let error = client(config.clone())
        .send(&get(&slow.url))
        .await
        .expect_err("slow headers");
    assert_eq!(error.word(), "timed-out");
    let many = drip(
        "a: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n",
        Duration::ZERO,
    )
    .await;
    let error = client(config.clone())
        .send(&get(&many.url))
        .await
        .expect_err("endless headers");
    assert!(
        ["transport", "timed-out"].contains(&error.word()),
        "{error}"
    );
    let crowd = Server::start(|_, _| reply(200, &"a: b\n".repeat(1000), "")).await;
    let error = client(config)
        .send(&get(&crowd.url))
        .await
        .expect_err("1000 headers");
    assert_eq!(error.word(), "transport");
}

#[tokio::test]
async fn what_is_not_http_is_a_failure() {
    for nonsense in [
        &b"SSH-2.0-OpenSSH_9.2\r\n"[..],
        b"\0\xff\xfe",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"\r\n\r\n\r\n",
    ] {
        let server =
            Server::start(move |_, _| vec![Step::Send(nonsense.to_vec()), Step::Close]).await;
        let error = client(quick())
            .send(&get(&server.url))
            .await
            .expect_err("nonsense");
        assert_eq!(error.word(), "transport", "{error}");
    }
}

#[tokio::test]
async fn headers_that_are_not_text_are_left_out_and_the_rest_is_read() {
    let server = Server::start(|_, _| {
        let mut bytes =
            b"HTTP/1.1 200 OK\r\nx-bad: \xff\xfe\r\nx-utf8: caf\xc3\xa9\r\nlast-modified: \xe9\r\n"
                .to_vec();
        bytes.extend_from_slice(b"content-length: 2\r\n\r\nok");
        vec![Step::Send(bytes)]
    })
    .await;
    let reply = client(quick())
        .send(&get(&server.url))
        .await
        .expect("a reply");
    assert_eq!(reply.header("x-utf8"), Some("caf\u{e9}"));
    assert_eq!(
        (reply.header("x-bad"), reply.header("last-modified")),
        (None, None)
    );
    assert_eq!(reply.body, b"ok");
}

#[tokio::test]
async fn a_host_that_stops_answering_is_given_up_until_it_is_back() {
    let server = Server::start(|_, before| match before {
        0..4 => vec![Step::Reset],
        _ => ok("back"),
    })
    .await;
    let client = client(ClientConfig {
        tries: 2,
        give_up_after: 4,
        down_for: Duration::from_millis(300),
        ..quick()
    });
    for _ in 0..2 {
        let error = client.send(&get(&server.url)).await.expect_err("reset");
        assert_eq!(error.word(), "transport");
    }
    for _ in 0..10 {
        let error = client.send(&get(&server.url)).await.expect_err("down");
        assert_eq!(error.word(), "host-down");
        assert!(error.lasting().is_none());
    }
    assert_eq!(server.seen().len(), 4);
    tokio::time::sleep(Duration::from_millis(320)).await;
    for _ in 0..2 {
        assert!(client.send(&get(&server.url)).await.is_ok());
    }
}

#[tokio::test]
async fn one_answer_in_between_keeps_a_host_from_being_given_up() {
    let server = Server::start(|_, before| match before % 3 {
        2 => reply(404, "", ""),
        _ => vec![Step::Close],
    })
    .await;
    let client = client(ClientConfig {
        tries: 1,
        give_up_after: 3,
        ..quick()
    });
    for _ in 0..12 {
        if let Err(error) = client.send(&get(&server.url)).await {
            assert_eq!(error.word(), "transport");
        }
    }
    assert_eq!(server.seen().len(), 12);
}

#[tokio::test]
async fn a_port_where_nobody_listens_refuses() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    drop(listener);
    let url = Url::parse(&url).expect("a url");
    let error = client(quick()).send(&get(&url)).await.expect_err("nobody");
    assert_eq!(error.word(), "connect");
}

#[tokio::test]
async fn connections_are_kept_for_the_next_request() {
    let server = Server::start(|_, _| ok("fine")).await;
    let client = client(quick());
    for _ in 0..20 {
        assert!(client.send(&get(&server.url)).await.is_ok());
    }
    assert_eq!((server.connections(), server.seen().len()), (1, 20));
}

#[tokio::test]
async fn a_name_is_looked_up_once_for_many_connections() {
    let server = Server::start(|_, _| {
        let mut steps = reply(200, "connection: close\n", "");
        steps.push(Step::Close);
        steps
    })
    .await;
    let mut url = server.url.clone();
    url.set_host(Some("localhost")).expect("a host");
    let client = client(quick());
    for _ in 0..5 {
        assert!(client.send(&get(&url)).await.is_ok());
    }
    assert_eq!((client.lookups(), server.connections()), (1, 5));
}

#[tokio::test]
async fn a_name_of_a_private_address_is_refused_and_never_connected_to() {
    let server = Server::start(|_, _| ok("")).await;
    let mut url = server.url.clone();
    url.set_host(Some("localhost")).expect("a host");
    let client = client(ClientConfig {
        allow_private: false,
        ..quick()
    });
    for url in [&url, &server.url] {
        let error = client.send(&get(url)).await.expect_err("private");
        assert_eq!(error.word(), "forbidden-url");
        assert!(error.lasting().is_some());
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_request_that_is_dropped_gives_its_turn_back() {
    let server = Server::start(|seen, _| match seen.target.as_str() {
        "/stuck" => vec![
            Step::Send(head(200, "content-length: 10\n")),
            Step::Wait(Duration::from_secs(60)),
        ],
        _ => ok("fine"),
    })
    .await;
    let client = client(ClientConfig {
        per_host_concurrency: 1,
        ..quick()
    });
    for _ in 0..3 {
        let stuck = get(&server.at("stuck"));
        assert!(
            timeout(Duration::from_millis(50), client.send(&stuck))
                .await
                .is_err()
        );
        assert!(client.send(&get(&server.url)).await.is_ok());
    }
}

#[tokio::test]
async fn requests_for_headers_read_no_body() {
    let server = Server::start(|seen, _| {
        let range = seen.head.contains("range: bytes=0-0");
        if seen.head.starts_with("HEAD") {
            vec![Step::Send(head(
                200,
                "content-length: 123456789\netag: a\n",
            ))]
        } else {
            let mut steps = vec![Step::Send(head(if range { 206 } else { 200 }, "etag: b\n"))];
            steps.push(Step::Repeat(b"x".to_vec(), Duration::from_millis(5)));
            steps
        }
    })
    .await;
    let client = client(quick());
    let reply = client
        .send(&Request::head(server.url.clone()))
        .await
        .expect("a reply");
    assert_eq!((reply.header("etag"), reply.cut), (Some("a"), false));
    let reply = client
        .send(&Request::first_byte(server.url.clone()))
        .await
        .expect("a reply");
    assert_eq!(
        (reply.status, reply.header("etag"), reply.body.len()),
        (206, Some("b"), 0)
    );
}
