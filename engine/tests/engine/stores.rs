//! Object stores: the same rows from a server as from a disk, with what the environment says.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use ticclip_engine::EngineError;

use crate::tables::{Cells, engine, query, row, spread, whole, write};

/// The folder of what this binary, run with it in its environment, is to read from a store.
const FOLDER: &str = "TICCLIP_ENGINE_STORE";

/// Serves the files below a folder, whole or in ranges, as stores do.
fn serve(folder: PathBuf) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let folder = folder.clone();
            std::thread::spawn(move || reply(stream, &folder));
        }
    });
    port
}

fn reply(mut stream: TcpStream, folder: &Path) {
    let lines = BufReader::new(stream.try_clone().expect("a stream")).lines();
    let lines = lines.map_while(Result::ok);
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let mut words = head.first().map_or("", String::as_str).split(' ');
    let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let Ok(file) = std::fs::read(folder.join(path.trim_start_matches('/'))) else {
        let _ = stream
            .write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        return;
    };
    let range = head.iter().find_map(|line| {
        let line = line.to_ascii_lowercase();
        let (first, last) = line.strip_prefix("range: bytes=")?.split_once('-')?;
        let last = last.parse().map_or(file.len(), |last: usize| last + 1);
        Some(first.parse::<usize>().ok()?..last.min(file.len()))
    });
    let (status, part) = match range.clone() {
        Some(range) => ("206 Partial Content", &file[range]),
        None => ("200 OK", &file[..]),
    };
    let place = range.map_or_else(String::new, |range| {
        format!(
            "content-range: bytes {}-{}/{}\r\n",
            range.start,
            range.end - 1,
            file.len()
        )
    });
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\n{place}etag: \"1\"\r\nlast-modified: Fri, 17 May 2019 10:11:12 GMT\r\n\
         connection: close\r\n\r\n",
        part.len()
    );
    let body = if method == "HEAD" { &[] } else { part };
    let _ = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(body));
}

fn rows() -> Vec<Cells> {
    (0..5000)
        .map(|number| row(spread(number), "2019-05-17", number as i64, "a caption"))
        .collect()
}

fn assert_same(folder: &Path, store: &str) {
    for name in ["rows.parquet", "rows.csv.gz"] {
        let read = |file: &str| {
            let plan = engine(folder).open(&query(file, Some("width % 2 = 0")));
            whole(&plan.expect("a plan"))
        };
        let file = folder.join("pool").join(name);
        let expected = read(file.to_str().expect("text"));
        assert_eq!(expected.rows.len(), 2500);
        assert!(
            read(&format!("{store}/{name}")) == expected,
            "{store}/{name}"
        );
    }
}

fn served() -> (tempfile::TempDir, u16) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("pool")).expect("made");
    for name in ["rows.parquet", "rows.csv.gz"] {
        write(&folder.path().join("pool"), name, &rows());
    }
    let port = serve(folder.path().to_owned());
    (folder, port)
}

#[test]
fn a_web_server_gives_the_rows_that_a_disk_gives() {
    let (folder, port) = served();
    let store = format!("http://127.0.0.1:{port}/pool");
    assert_same(folder.path(), &store);
    let missing = query(&format!("{store}/none.parquet"), None);
    let error = engine(folder.path()).open(&missing).expect_err("refused");
    assert!(matches!(error, EngineError::Open { .. }), "{error:?}");
    assert!(
        error
            .to_string()
            .starts_with(&format!("{store}/none.parquet: ")),
        "{error}"
    );
}

#[test]
fn an_object_store_is_reached_as_the_environment_says() {
    if let Ok(folder) = std::env::var(FOLDER) {
        return assert_same(Path::new(&folder), "s3://pool");
    }
    let (folder, port) = served();
    let run = Command::new(std::env::current_exe().expect("this binary"))
        .args([
            "--exact",
            "stores::an_object_store_is_reached_as_the_environment_says",
        ])
        .env(FOLDER, folder.path())
        .env("AWS_ENDPOINT", format!("http://127.0.0.1:{port}"))
        .env("AWS_ALLOW_HTTP", "true")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "key")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .output()
        .expect("run");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
}
