//! `fetch` over tables of more than one chunk: repeats, parts, failures, kills.

use std::fmt::Write;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::call::{call, call_with_largest_file, program};
use super::server::{Reply, Server};

const FILES: [&str; 5] = [
    "manifest.parquet",
    "claims.parquet",
    "rejected.parquet",
    "disagreements.parquet",
    "stats.json",
];

/// Three chunks of rows: dated, undated, wrong and repeated ones.
fn large_table(folder: &Path) {
    let mut table = String::from("key,url,title,when\n");
    for row in 0..150_000 {
        let key = if row % 10_000 == 9_999 {
            row - 9_000
        } else {
            row
        };
        let key = if row == 149_000 { 5 } else { key };
        let when = match row % 7 {
            0 => String::new(),
            1 => "yesterday".to_owned(),
            _ => format!("{}", 1_400_000_000 + row * 100),
        };
        let title = if row % 1000 == 3 { "" } else { "a title" };
        writeln!(
            table,
            "{key},http://example.org/2015/0{}/{row}.jpg,{title},{when}",
            1 + row % 9
        )
        .expect("written");
    }
    std::fs::write(folder.join("t.csv"), table).expect("written");
    let dataset = "name = \"large\"\n[pairs]\ntable = \"t.csv\"\nuid = { hash = [\"key\"] }\n\
        image = { column = \"url\" }\ncaption = { column = \"title\" }\n[timestamps]\n\
        order = [\"column\", \"url-path\"]\ncolumn = { name = \"when\", unit = \"unix-seconds\", kind = \"posted\" }\n";
    std::fs::write(folder.join("t.toml"), dataset).expect("written");
}

fn same(folder: &Path, one: &str, other: &str) {
    for file in FILES {
        let bytes = |run: &str| std::fs::read(folder.join(run).join(file)).expect(file);
        assert!(
            bytes(one) == bytes(other),
            "{file} of {one} and {other} differ"
        );
    }
}

#[test]
fn threads_and_parts_make_the_same_manifest() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    large_table(folder);
    let stats = call(folder, "fetch t.toml --out one --threads 1 --json")
        .ok()
        .json()["stats"]
        .clone();
    // Every tenth thousand repeats a key of its own chunk or an earlier one, and 149,000 repeats 5.
    assert_eq!(stats["rejected"]["duplicate-uid"], 16, "{stats}");
    assert_eq!(stats["rejected"]["empty-caption"], 150);
    assert_eq!(stats["rows"], 150_000);
    assert_eq!(stats["pairs"], 150_000 - 166);
    let is_pair = |row: &u64| row % 10_000 != 9_999 && *row != 149_000 && row % 1000 != 3;
    let typos = (0..150_000)
        .filter(is_pair)
        .filter(|row| row % 7 == 1)
        .count();
    assert_eq!(
        stats["refused"]["column"]["malformed"].as_u64(),
        Some(typos as u64)
    );
    assert!(
        !folder.join("one/.fetch").exists(),
        "the working folder goes when all is done"
    );
    call(folder, "fetch t.toml --out two --threads 2").ok();
    same(folder, "one", "two");
    for part in 1..=3 {
        call(
            folder,
            &format!("fetch t.toml --out part{part} --part {part}/3"),
        )
        .ok();
    }
    call(folder, "merge part3 part1 --out short").refused(&["part 2/3 is missing"]);
    call(folder, "merge part3 part1 part1 part2 --out twice").refused(&["part 1/3 is there twice"]);
    call(folder, "merge part3 part1 part2 --out merged").ok();
    same(folder, "one", "merged");
    call(folder, "fetch t.toml --out other --part 1/2").ok();
    call(folder, "merge other part2 --out mixed").refused(&["not a part of the same run"]);
    call(folder, "merge one --out none").refused(&["pieces.json", "--part I/N"]);
}

/// Rows whose dates a server knows.
fn table_of_posts(folder: &Path, base: &str, rows: usize) {
    let mut table = String::from("post,url,title\n");
    for row in 0..rows {
        writeln!(table, "p{row:05},http://example.org/{row}.jpg,a title").expect("written");
    }
    std::fs::write(folder.join("t.csv"), table).expect("written");
    let dataset = format!(
        "name = \"posts\"\n[pairs]\ntable = \"t.csv\"\nuid = {{ hash = [\"post\"] }}\n\
        image = {{ column = \"url\" }}\ncaption = {{ column = \"title\" }}\n[timestamps]\norder = [\"reddit\"]\n\
        reddit = {{ id = {{ column = \"post\" }}, base-url = \"{base}\", allow-private = true, \
        requests-per-minute = 1000000, concurrency = 2, per-host-concurrency = 2 }}\n"
    );
    std::fs::write(folder.join("t.toml"), dataset).expect("written");
}

/// What the interface answers about the ids in a target.
fn posts(target: &str) -> String {
    let ids = target
        .split("id=")
        .nth(1)
        .unwrap_or_default()
        .split('&')
        .next()
        .unwrap_or_default();
    let children: Vec<String> = ids
        .replace("%2C", ",")
        .split(',')
        .map(|id| {
            let number: u64 = id.trim_start_matches("t3_p").parse().unwrap_or(0);
            let removed = if number % 50 == 7 { "\"moderator\"" } else { "null" };
            format!(
                "{{\"kind\":\"t3\",\"data\":{{\"id\":\"{}\",\"created_utc\":{}.0,\"removed_by_category\":{removed}}}}}",
                id.trim_start_matches("t3_"),
                1_500_000_000 + number
            )
        })
        .collect();
    format!(
        "{{\"kind\":\"Listing\",\"data\":{{\"children\":[{}]}}}}",
        children.join(",")
    )
}

#[test]
fn only_rows_that_failed_are_asked_again() {
    let broken = Arc::new(AtomicBool::new(true));
    let is_broken = Arc::clone(&broken);
    let server = Server::start(move |asked| {
        if asked.target.contains("p00250") && is_broken.load(Ordering::Relaxed) {
            // An error page where the interface promises JSON.
            return Reply::ok("<html>over capacity</html>");
        }
        Reply::ok(posts(&asked.target)).with("content-type", "application/json")
    });
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    table_of_posts(folder, &server.base(), 1000);
    let called = call(folder, "fetch t.toml --out m --json");
    assert_eq!(called.status, 3, "{called:?}");
    let stats = called.json()["stats"].clone();
    assert_eq!(stats["outcomes"]["failed"], 100, "{stats}");
    assert_eq!(stats["outcomes"]["rejected"], 18);
    assert_eq!(stats["rejected"]["removed-post"], 18);
    assert_eq!(stats["outcomes"]["dated"], 882);
    let before = server.asked().len();
    broken.store(false, Ordering::Relaxed);
    let stats = call(folder, "fetch t.toml --out m --json").ok().json()["stats"].clone();
    assert_eq!(stats["outcomes"]["dated"], 980, "{stats}");
    assert_eq!(
        server.asked().len(),
        before + 1,
        "only the batch that failed is asked again"
    );
    call(folder, "fetch t.toml --out m").ok();
    assert_eq!(
        server.asked().len(),
        before + 1,
        "a finished manifest asks nothing"
    );
}

#[test]
fn ten_kills_lose_nothing_and_change_nothing() {
    let server = Server::start(|asked| Reply {
        after: Duration::from_millis(15),
        ..Reply::ok(posts(&asked.target))
    });
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    table_of_posts(folder, &server.base(), 20_000);
    call(folder, "fetch t.toml --out whole").ok();
    let asked = server.asked().len();
    let mut killed = 0;
    for moment in 0..10_u64 {
        let mut child = program(folder)
            .args(["fetch", "t.toml", "--out", "cut"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let began = Instant::now();
        // Later and later, from before the first request to somewhere in the middle.
        let kill_after = Duration::from_millis(20 + moment * 67 % 230);
        while began.elapsed() < kill_after && child.try_wait().expect("a child").is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        killed += usize::from(child.try_wait().expect("a child").is_none());
        child.kill().expect("it runs or has ended");
        child.wait().expect("it ends");
    }
    call(folder, "fetch t.toml --out cut").ok();
    same(folder, "whole", "cut");
    assert!(
        killed >= 8,
        "only {killed} runs were killed before they ended"
    );
    // Two requests at most were under way at each kill, and two replies between the network and the journal.
    let again = server.asked().len() - 2 * asked;
    assert!(again <= 4 * 10, "{again} requests were made twice");
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_told_and_the_next_run_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    large_table(folder);
    call(folder, "fetch t.toml --out whole").ok();
    // Pieces have room, the whole manifest has not.
    let size = |file: &str| std::fs::metadata(folder.join(file)).expect("there").len() / 512;
    let blocks = u32::try_from(size("whole/manifest.parquet") * 3 / 4).expect("a small file");
    let full = call_with_largest_file(folder, "fetch t.toml --out cut", blocks);
    assert_eq!(full.status, 1, "{full:?}");
    assert!(
        full.stderr.contains(".parquet") && full.stderr.contains("too large"),
        "{full:?}"
    );
    assert!(!folder.join("cut/manifest.parquet").exists());
    call(folder, "fetch t.toml --out cut").ok();
    same(folder, "whole", "cut");
}
