//! `report`: the page of a small run with everything that can be on it, its exports, and the page as it is served.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::call::{call, program};
use super::photos::shards_of_photos;

const TRAIN: &str =
    "train micro.toml --data d --strategy sequential,cumulative-all --device cpu --out t";

/// A folder with shards in `d`, models in `t`, scores in `e`.
fn scored() -> tempfile::TempDir {
    let folder = shards_of_photos(160, 2, 0.3);
    for line in [
        TRAIN,
        "eval --model t --tasks retrieval --data d --out e --device cpu",
    ] {
        call(folder.path(), line).ok();
    }
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn a_report_has_what_was_scored_compared_and_counted() {
    let scored = scored();
    let folder = scored.path();
    for line in [
        "compare sequential/2016 sequential/2017 --scores e --out c",
        "shift --data d --out w --device cpu",
        "report e --data d --train t --compare c --shift w --out r --figures svg,png,pdf --tables csv,md,tex",
    ] {
        call(folder, line).ok();
    }
    let page = std::fs::read_to_string(folder.join("r/report.html")).expect("written");
    for part in [
        "id=\"matrices\"",
        "id=\"drops\"",
        "id=\"shift\"",
        "id=\"loss\"",
        "id=\"examples\"",
    ] {
        assert!(page.contains(part), "no {part}");
    }
    // The commands that led here, those of parts included.
    for command in [
        "ticclip compare",
        "ticclip shift",
        "ticclip train",
        "ticclip shard",
    ] {
        assert!(page.contains(command), "no {command}");
    }
    let figures = names(&folder.join("r/figures"));
    for ending in ["svg", "png", "pdf"] {
        let matrix = format!("matrix-retrieval-sequential.{ending}");
        assert!(figures.contains(&matrix), "{figures:?}");
    }
    let tables = names(&folder.join("r/tables"));
    for name in [
        "summary.tex",
        "drops-dynamic-retrieval-sequential-2016-sequential-2017.tex",
    ] {
        assert!(tables.contains(&name.to_owned()), "{name}: {tables:?}");
    }
    let kept = std::fs::read_to_string(folder.join("c/comparison.json")).expect("written");
    assert!(kept.contains("\"differing\"") && kept.contains("\"mean_of_steps\""));
    // Whose runs these are, and what made the page.
    for words in [
        "One run a strategy, seed 0.",
        "--figures svg,png,pdf --tables csv,md,tex",
    ] {
        assert!(page.contains(words), "no {words}");
    }
    // Without the folder of training the models' own commands are found beside them.
    call(folder, "report e --data d --out u").ok();
    let page = std::fs::read_to_string(folder.join("u/report.html")).expect("written");
    assert!(page.contains("ticclip train micro.toml"));
    std::fs::remove_file(folder.join("t/sequential/origin.toml")).expect("removed");
    call(folder, "report e --data d --out u").ok();
    let page = std::fs::read_to_string(folder.join("u/report.html")).expect("written");
    assert!(page.contains("# trained by commands not known here"));
    // Other formats take the place of those of before, and of nothing else.
    std::fs::write(folder.join("r/figures/mine.png"), "mine").expect("written");
    let again = "report e --data d --train t --out r --figures svg";
    call(folder, again).ok();
    let mut figures = names(&folder.join("r/figures"));
    figures.retain(|name| !name.ends_with(".svg"));
    figures.sort();
    assert_eq!(figures, [".written", "mine.png"]);
    std::fs::create_dir(folder.join("other")).expect("made");
    std::fs::write(folder.join("other/report.html"), "<p>mine</p>").expect("written");
    call(folder, "report e --data d --out other").refused(&["other/report.html", "not ours"]);
    let first = std::fs::read(folder.join("r/report.html")).expect("written");
    call(folder, again).ok();
    let second = std::fs::read(folder.join("r/report.html")).expect("written");
    assert!(first == second, "the same report has other bytes");
    call(folder, "report e --data d --out r --figures gif").refused(&["svg, png, pdf"]);
    call(folder, "report e --data d --out r --tables pdf").refused(&["csv, md, tex"]);
    call(folder, "report e --data d --out r --compare e")
        .refused(&["comparison.json", "compare A B --out"]);
    call(folder, "report e --data d --out r --shift e").refused(&["words.csv", "shift --out"]);
    call(folder, "report d --data d --out r").refused(&["no scores here"]);
}

/// Ends the server with the test.
struct Serving {
    child: Child,
    address: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn serve(folder: &Path, line: &str) -> Serving {
    let mut child = program(folder)
        .args(line.split_whitespace())
        .stdout(Stdio::piped())
        .spawn()
        .expect("started");
    let mut told = String::new();
    let stdout = child.stdout.take().expect("piped");
    BufReader::new(stdout).read_line(&mut told).expect("a line");
    let told: serde_json::Value =
        serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error}: {told:?}"));
    let url = told["serving"].as_str().expect("an address");
    let address = url
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    Serving { child, address }
}

impl Serving {
    /// Status line and body of a request.
    fn ask(&self, path: &str, host: &str) -> (String, String) {
        let mut stream = TcpStream::connect(&self.address).expect("connected");
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .expect("set");
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )
        .expect("asked");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        (
            head.lines().next().unwrap_or_default().to_owned(),
            body.to_owned(),
        )
    }
}

#[test]
fn a_served_report_follows_its_run() {
    let folder = shards_of_photos(160, 2, 0.3);
    let folder = folder.path();
    std::fs::create_dir(folder.join("t")).expect("made");
    // Before anything is trained there is a page already.
    let serving = serve(
        folder,
        "report t --data d --train t --serve 127.0.0.1:0 --json",
    );
    let own = serving.address.clone();
    let (status, before) = serving.ask("/", &own);
    assert!(status.contains("200"), "{status}");
    let (_, version) = serving.ask("/version", &own);
    assert!(before.contains(&format!("data-version=\"{version}\"")));
    assert!(!before.contains("id=\"matrices\""));
    call(folder, &format!("{TRAIN} --evaluate retrieval")).ok();
    let (_, now) = serving.ask("/version", &own);
    assert_ne!(version, now, "the run is another one than before");
    let (_, after) = serving.ask("/", &own);
    assert!(after.contains("id=\"matrices\"") && after.contains("id=\"loss\""));
    // Nobody reads it under another name, and nothing else is to be had.
    assert!(serving.ask("/", "evil.example").0.contains("403"));
    assert!(serving.ask("/../Cargo.toml", &own).0.contains("404"));
    // A client that never asks does not hold up others.
    let silent: Vec<TcpStream> = (0..8)
        .map(|_| TcpStream::connect(&own).expect("connected"))
        .collect();
    let began = Instant::now();
    assert!(serving.ask("/version", &own).0.contains("200"));
    assert!(began.elapsed() < Duration::from_secs(8));
    drop(silent);
    call(folder, &format!("report t --data d --serve {own}")).refused(&["--serve"]);
    call(folder, "report t --data nowhere --serve 127.0.0.1:0").refused(&["nowhere"]);
}
