//! Secrets: they reach the server that they are meant for and nobody else.

use ticclip_fetchers::source::{Request, Secret, SecretText};
use tokio::net::TcpListener;
use url::Url;

use crate::server::{Server, ok, reply};
use crate::{client, quick};

const KEY: &str = "s3cret/key+1";

fn bearer(url: Url) -> Request {
    let mut request = Request::get(url, 1000);
    request.secret = Some(Secret::Bearer(SecretText::new(KEY)));
    request
}

fn query(url: Url) -> Request {
    let mut request = Request::get(url, 1000);
    request.secret = Some(Secret::Query {
        name: "api_key".to_owned(),
        value: SecretText::new(KEY),
    });
    request
}

fn shows(text: &str) -> bool {
    ["s3cret", "key+1", "key%2B1"]
        .iter()
        .any(|part| text.contains(part))
}

#[tokio::test]
async fn a_secret_reaches_its_server_and_stays_out_of_the_reply() {
    let server = Server::start(|seen, _| {
        let echo = format!(
            "x-echo: {}\nx-head: {}\n",
            seen.target,
            seen.head.replace("\r\n", " ")
        );
        reply(200, &echo, "fine")
    })
    .await;
    let client = client(quick());
    let of_query = client
        .send(&query(server.at("a?x=1")))
        .await
        .expect("a reply");
    let of_header = client.send(&bearer(server.at("a"))).await.expect("a reply");
    let seen = server.seen();
    assert_eq!(seen[0].target, "/a?x=1&api_key=s3cret%2Fkey%2B1");
    assert!(seen[1].head.contains("authorization: Bearer s3cret/key+1"));
    assert_eq!(of_query.url, server.at("a?x=1"));
    assert_eq!(of_query.header("x-echo"), Some("[secret]"));
    assert_eq!(of_header.header("x-head"), Some("[secret]"));
    assert!(!shows(&format!("{of_query:?} {of_header:?}")));
}

#[tokio::test]
async fn a_redirect_elsewhere_never_carries_the_secret() {
    let other = Server::start(|_, _| ok("mine now")).await;
    let elsewhere = other.at("take?").to_string();
    let server = Server::start(move |seen, _| {
        // Like a server that hands its own query on.
        let query = seen.target.split_once('?').map_or("", |(_, query)| query);
        reply(307, &format!("location: {elsewhere}{query}\n"), "")
    })
    .await;
    let client = client(quick());
    for request in [query(server.at("a?x=1")), bearer(server.at("a?x=1"))] {
        let mut request = request;
        request.headers = vec![
            ("Cookie".to_owned(), KEY.to_owned()),
            ("X-Kind".to_owned(), "a".to_owned()),
        ];
        let reply = client.send(&request).await.expect("a reply");
        assert_eq!(reply.hops, [server.at("a?x=1")]);
        assert_eq!(reply.url, other.at("take?x=1"));
        assert!(!shows(&format!("{reply:?}")));
    }
    for seen in other.seen() {
        assert!(
            !shows(&seen.head) && !seen.head.contains("authorization"),
            "{}",
            seen.head
        );
        assert!(seen.head.contains("x-kind: a"));
    }
    assert_eq!(other.seen().len(), 2);
}

#[tokio::test]
async fn a_redirect_at_home_carries_the_secret_once() {
    let server = Server::start(|seen, _| match seen.target.strip_prefix("/a?") {
        Some(query) => reply(301, &format!("location: /b?y=2&{query}\n"), ""),
        None => ok("there"),
    })
    .await;
    let reply = client(quick())
        .send(&query(server.at("a")))
        .await
        .expect("a reply");
    assert_eq!(reply.url, server.at("b?y=2"));
    assert_eq!(server.targets()[1], "/b?y=2&api_key=s3cret%2Fkey%2B1");
}

#[tokio::test]
async fn a_redirect_with_the_secret_in_its_path_is_refused() {
    let other = Server::start(|_, _| ok("mine now")).await;
    let elsewhere = other.at("s3cret%2fkey%2b1/").to_string();
    let server =
        Server::start(move |_, _| reply(302, &format!("location: {elsewhere}\n"), "")).await;
    let error = client(quick())
        .send(&query(server.url.clone()))
        .await
        .expect_err("a leak");
    assert!(!shows(&format!("{error} {error:?}")) && error.word() == "malformed");
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn errors_do_not_show_the_secret() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let closed = format!("http://{}/", listener.local_addr().expect("an address"));
    drop(listener);
    let busy = Server::start(|_, _| reply(503, "", "")).await;
    let broken = Server::start(|_, _| vec![crate::server::Step::Close]).await;
    let client = client(quick());
    for url in [
        Url::parse(&closed).expect("a url"),
        busy.url.clone(),
        broken.url.clone(),
    ] {
        for request in [query(url.clone()), bearer(url)] {
            let error = client.send(&request).await.expect_err("no server");
            assert!(!shows(&format!("{error} {error:?}")), "{error}");
        }
    }
}
