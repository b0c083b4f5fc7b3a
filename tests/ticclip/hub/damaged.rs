//! What is not as it should be: cut off, of another length or checksum, too large.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::call::{Called, call};
use super::super::server::{Reply, Server};
use super::{folder, honest, line, names, set, sha256, tar};

/// Calls until all is done, with what a server of `set` does to replies for tars; the number of the request is told.
fn against(
    tar: Vec<u8>,
    options: &str,
    odd: impl Fn(usize, Reply) -> Reply + Send + Sync + 'static,
) -> (Called, usize, tempfile::TempDir) {
    let files = set("wds_cifar10_test", &[tar]);
    let times = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&times);
    let server = Server::start(move |asked| match honest(&files, asked) {
        reply if asked.target.ends_with(".tar") => {
            odd(counted.fetch_add(1, Ordering::Relaxed), reply)
        }
        reply => reply,
    });
    let folder = folder();
    let called = call(
        folder.path(),
        &line(&server, &format!("--tasks cifar10 {options}")),
    );
    (called, times.load(Ordering::Relaxed), folder)
}

#[test]
fn a_tar_that_is_cut_off_is_fetched_once_more_and_then_refused() {
    let whole = tar(0..6, 5000);
    let cut = |mut reply: Reply| {
        reply.body.truncate(20_000);
        reply
    };
    let (called, times, _folder) = against(whole.clone(), "", move |time, reply| {
        if time == 0 { cut(reply) } else { reply }
    });
    assert_eq!(
        (called.ok().json()["sets"][0]["samples"].as_u64(), times),
        (Some(6), 2)
    );
    let (called, times, folder) = against(whole, "", move |_, reply| cut(reply));
    assert_eq!(times, 2);
    assert_eq!(
        names(&folder.path().join("data")),
        ["wds_cifar10_test.partial"]
    );
    called.refused(&[
        "test/0.tar",
        "http://127.0.0.1",
        "/wds_cifar10_test/test/0.tar: at byte",
        "cut off",
    ]);
    let (called, _, _folder) = against(b"<html>sign in</html>".repeat(100), "", |_, reply| reply);
    called.refused(&["not a tar header"]);
}

#[test]
fn a_length_that_is_not_the_announced_one_is_an_error() {
    let whole = tar(0..6, 5000);
    let all = whole.len();
    let short = move |_, mut reply: Reply| {
        reply.cut_after = Some(1000);
        reply
    };
    let (called, times, folder) = against(whole.clone(), "", short);
    // The second request is for what is missing, and breaks off as well.
    assert_eq!((called.status, times), (3, 2), "{called:?}");
    assert_eq!(called.json()["sets"][0]["state"], "failed");
    assert!(
        called.stderr.contains("/wds_cifar10_test/test/0.tar"),
        "{called:?}"
    );
    assert!(!folder.path().join("data/wds_cifar10_test").exists());
    let (called, times, _folder) =
        against(whole, "", |_, reply| reply.with("x-linked-size", "77777"));
    assert_eq!(times, 1);
    called.refused(&["77777", &all.to_string()]);
}

#[test]
fn a_checksum_that_the_server_gives_is_checked() {
    let whole = tar(0..6, 5000);
    let right = format!("\"{}\"", sha256(&whole));
    let (called, times, _folder) = against(whole.clone(), "", move |_, reply| {
        reply.with("x-linked-etag", right.clone())
    });
    called.ok();
    assert_eq!(times, 1);
    let (called, times, _folder) = against(whole, "", |_, reply| {
        reply.with("x-linked-etag", "ab".repeat(32))
    });
    assert_eq!(times, 2);
    called.refused(&["0.tar", "SHA-256", &"ab".repeat(32)]);
}

#[test]
fn a_tar_that_is_too_large_is_not_read() {
    let large = tar(0..2, 1 << 20);
    let (called, times, folder) = against(large, "--largest-file 1", |_, reply| reply);
    assert_eq!(times, 1);
    assert!(
        !folder
            .path()
            .join("data/wds_cifar10_test.partial/test/0.tar.part")
            .exists()
    );
    called.refused(&["0.tar", "larger than 1048576 bytes", "--largest-file"]);
}
