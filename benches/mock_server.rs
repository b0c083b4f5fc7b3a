//! A server for measurements: it answers from memory, after a latency that the call names, on as many connections as come.
//!
//! `cargo bench --bench mock_server -- --port 8080 --latency-ms 20 [--images DIR]` serves until it is killed:
//! `/image/N.jpg` is the N-th file of the folder (counted round and round), any other path an empty reply with
//! `Last-Modified`, and robots.txt is not there.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

struct Call {
    port: u16,
    latency: Duration,
    images: Option<PathBuf>,
}

fn call() -> Call {
    let mut call = Call {
        port: 8080,
        latency: Duration::ZERO,
        images: None,
    };
    // `cargo bench` adds a flag of its own.
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    while let Some(word) = words.next() {
        let mut value = || {
            words
                .next()
                .unwrap_or_else(|| panic!("{word} needs a value"))
        };
        match word.as_str() {
            "--port" => call.port = value().parse().expect("--port is a number"),
            "--latency-ms" => {
                call.latency =
                    Duration::from_millis(value().parse().expect("--latency-ms is a number"));
            }
            "--images" => call.images = Some(value().into()),
            other => panic!("{other}: allowed are --port, --latency-ms, --images"),
        }
    }
    call
}

fn main() {
    let call = call();
    let mut images = Vec::new();
    if let Some(folder) = &call.images {
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .expect("the folder of images can be read")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        files.sort();
        images = files
            .iter()
            .map(|file| std::fs::read(file).expect("an image"))
            .collect();
    }
    let images: Arc<Vec<Vec<u8>>> = Arc::new(images);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", call.port))
            .await
            .expect("the port is free");
        loop {
            if let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&images), call.latency));
            }
        }
    });
}

async fn serve(mut stream: TcpStream, images: Arc<Vec<Vec<u8>>>, latency: Duration) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let (mut buffer, mut filled) = (vec![0; 1 << 14], 0);
    loop {
        let end = loop {
            if let Some(end) = buffer[..filled]
                .windows(4)
                .position(|bytes| bytes == b"\r\n\r\n")
            {
                break end + 4;
            }
            let read = stream.read(&mut buffer[filled..]).await.ok()?;
            if read == 0 {
                return None;
            }
            filled += read;
        };
        let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
        buffer.copy_within(end..filled, 0);
        filled -= end;
        let mut words = head.split_whitespace();
        let (method, path) = (words.next()?, words.next()?);
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let image = path
            .strip_prefix("/image/")
            .and_then(|name| name.strip_suffix(".jpg")?.parse::<usize>().ok())
            .filter(|_| !images.is_empty());
        let empty = Vec::new();
        let body = image.map_or(&empty, |number| &images[number % images.len()]);
        let status = if path == "/robots.txt" {
            "404 Not Found"
        } else {
            "200 OK"
        };
        let reply = format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\ncontent-type: image/jpeg\r\n\
             last-modified: Fri, 17 May 2019 10:11:12 GMT\r\n\r\n",
            body.len()
        );
        stream.write_all(reply.as_bytes()).await.ok()?;
        if method != "HEAD" {
            stream.write_all(body).await.ok()?;
        }
    }
}
