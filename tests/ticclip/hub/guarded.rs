//! What is kept from others, and where the program does not go.

use std::sync::{Arc, Mutex};

use super::super::call::{call, called, program};
use super::super::server::{Asked, Reply, Server};
use super::{folder, honest, line, read, set, tar};

#[test]
fn a_token_is_told_to_the_hub_alone_and_nobody_prints_it() {
    let files = Arc::new(set("wds_cifar10_test", &[tar(0..4, 0)]));
    let seen = Arc::<Mutex<Vec<(bool, Option<String>)>>>::default();
    let note = |seen: &Mutex<Vec<_>>, hub: bool, asked: &Asked| {
        let header = asked.header("authorization").map(str::to_owned);
        seen.lock().expect("sound").push((hub, header));
    };
    let (store_files, store_seen) = (Arc::clone(&files), Arc::clone(&seen));
    let store = Server::start(move |asked| {
        note(&store_seen, false, asked);
        let mut asked = Asked {
            method: asked.method.clone(),
            target: asked.target.clone(),
            headers: asked.headers.clone(),
            body: Vec::new(),
        };
        asked
            .target
            .truncate(asked.target.find('?').unwrap_or(asked.target.len()));
        honest(&store_files, &asked)
    });
    let (base, hub_seen) = (store.base(), Arc::clone(&seen));
    let server = Server::start(move |asked| {
        note(&hub_seen, true, asked);
        match asked.target.ends_with(".tar") {
            true => {
                Reply::status(302).with("location", format!("{base}{}?signature=x", asked.target))
            }
            false => honest(&files, asked),
        }
    });
    let folder = folder();
    let folder = folder.path();
    let output = program(folder)
        .args(line(&server, "--tasks cifar10 -vv").split_whitespace())
        .env("TICCLIP_HUB_TOKEN", "hunter2")
        .output()
        .expect("it starts");
    let called = called(&output).ok();
    let seen = seen.lock().expect("sound");
    assert!(seen.iter().any(|(hub, _)| !hub) && seen.iter().any(|(hub, _)| *hub));
    for (hub, header) in seen.iter() {
        assert_eq!(header.as_deref(), hub.then_some("Bearer hunter2"));
    }
    let origin = String::from_utf8(read(folder, "wds_cifar10_test/origin.toml")).expect("text");
    assert!(!format!("{called:?}{origin}").contains("hunter2"));
}

#[test]
fn what_leads_into_a_private_network_or_out_of_the_web_is_refused() {
    let files = set("wds_cifar10_test", &[tar(0..4, 0)]);
    let server = Server::start(move |asked| match asked.target.ends_with(".tar") {
        true => Reply::status(302).with("location", "file:///etc/passwd"),
        false => honest(&files, asked),
    });
    let folder = folder();
    let folder = folder.path();
    let line = line(&server, "--tasks cifar10");
    call(folder, &line.replace("--allow-private", "")).refused(&["loopback", "--allow-private"]);
    assert!(server.asked().is_empty());
    call(folder, &line).refused(&["0.tar", "file:///etc/passwd is not an http or https url"]);
    let clear = program(folder)
        .args("eval --download --data data --tasks cifar10 --hub http://hub.test".split(' '))
        .env("TICCLIP_HUB_TOKEN", "hunter2")
        .output()
        .expect("it starts");
    called(&clear).refused(&["https alone"]);
}
