//! Dates from the original sources, through the whole of `fetch`: released uid lists, Flickr's interface, headers.

use std::collections::BTreeMap;
use std::path::Path;

use ticclip::manifest::read_rows;
use ticclip::uid::{Uid, write_uids};

use super::call::{call, program};
use super::server::{Reply, Server};

fn dataset(folder: &Path, table: &str, pairs: &str, timestamps: &str) {
    std::fs::write(folder.join("t.csv"), table).expect("written");
    let text = format!(
        "name = \"x\"\n[pairs]\ntable = \"t.csv\"\nimage = {{ column = \"url\" }}\ncaption = {{ column = \"text\" }}\n{pairs}\n\
         [timestamps]\n{timestamps}\n"
    );
    std::fs::write(folder.join("t.toml"), text).expect("written");
}

fn dates(folder: &Path) -> BTreeMap<String, Option<String>> {
    let rows = read_rows(&folder.join("m")).expect("a manifest");
    rows.map(|row| {
        let row = row.expect("a row");
        (
            row.uid.to_string(),
            row.timestamp.map(|at| at.format("%F").to_string()),
        )
    })
    .collect()
}

#[test]
fn uid_lists_date_the_pairs_that_they_hold() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let uid = |n: u128| Uid(n << 64 | n);
    std::fs::create_dir(folder.join("lists")).expect("made");
    let list = |name: &str, uids: &[u128]| {
        let uids: Vec<Uid> = uids.iter().map(|&n| uid(n)).collect();
        write_uids(&folder.join("lists").join(name), &uids).expect("written");
    };
    list("2016.npy", &[1, 2, 900]);
    list("201704.npy", &[2, 3, 901]);
    let rows: String = (1..=4)
        .map(|n| format!("{},http://e.org/{n}.jpg,a text\n", uid(n)))
        .collect();
    let timestamps = "order = [\"uid-lists\"]\nuid-lists = { files = [\"lists/*.npy\"] }";
    dataset(
        folder,
        &format!("uid,url,text\n{rows}"),
        "uid = { column = \"uid\" }",
        timestamps,
    );
    let stats = call(folder, "fetch t.toml --out m --json").ok().json()["stats"].clone();
    assert_eq!(stats["kinds"]["captured"], 3, "{stats}");
    assert_eq!(stats["precisions"]["month"], 1);
    assert_eq!(stats["outcomes"]["unknown"], 1);
    let dates = dates(folder);
    let of = |n: u128| dates[&uid(n).to_string()].as_deref();
    assert_eq!(
        [of(1), of(2), of(3), of(4)],
        [
            Some("2016-01-01"),
            Some("2016-01-01"),
            Some("2017-04-01"),
            None
        ]
    );

    std::fs::write(folder.join("lists/2018.npy"), b"not a list").expect("written");
    call(folder, "fetch t.toml --out broken").refused(&["2018.npy"]);
    std::fs::remove_dir_all(folder.join("lists")).expect("removed");
    call(folder, "fetch t.toml --out gone").refused(&["uid-lists", "lists/*.npy", "no such file"]);
}

#[test]
fn flickr_is_asked_with_a_key_that_nobody_sees() {
    let server = Server::start(|asked| {
        assert!(
            asked.target.contains("api_key=very-secret-key"),
            "{}",
            asked.target
        );
        let photo = asked.target.split("photo_id=").nth(1).unwrap_or_default();
        if photo.starts_with("53") {
            return Reply::ok("{\"stat\":\"fail\",\"code\":1,\"message\":\"Photo not found\"}");
        }
        let id = photo.split('&').next().unwrap_or_default();
        Reply::ok(format!(
            "{{\"photo\":{{\"id\":\"{id}\",\"dates\":{{\"posted\":\"1262349045\",\"taken\":\"2009-12-24 18:01:02\",\
             \"takengranularity\":0,\"takenunknown\":\"0\"}}}},\"stat\":\"ok\"}}"
        ))
    });
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let table = "url,text\nhttps://live.staticflickr.com/65535/5212345678_0123456789_b.jpg,one\n\
        https://farm5.staticflickr.com/4012/5312345678_0123456789.jpg,two\nhttp://e.org/other.jpg,three\n";
    let timestamps = format!(
        "order = [\"flickr\"]\nflickr = {{ base-url = \"{}/services/rest/\", api-key-env = \"FLICKR_API_KEY\", \
         requests-per-hour = 3600000, allow-private = true }}",
        server.base()
    );
    dataset(folder, table, "uid = { hash = [\"url\"] }", &timestamps);
    let without = call(folder, "fetch t.toml --out none");
    assert_eq!(without.status, 3, "{without:?}");
    assert!(without.stdout.contains("no-secret"), "{without:?}");
    let output = program(folder)
        .args(["fetch", "t.toml", "--out", "m", "--json", "-vv"])
        .env("FLICKR_API_KEY", "very-secret-key")
        .output()
        .expect("the program starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let said = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&said);
    assert!(!text.contains("very-secret-key"), "{text}");
    assert!(
        text.contains("\"dated\":1") && text.contains("\"unknown\":2"),
        "{text}"
    );
    for entry in std::fs::read_dir(folder.join("m")).expect("there") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("a file");
        assert!(!String::from_utf8_lossy(&bytes).contains("very-secret-key"));
    }
    assert!(
        dates(folder)
            .values()
            .any(|date| date.as_deref() == Some("2010-01-01"))
    );
}

#[test]
fn headers_date_an_image_unless_the_page_was_made_for_the_one_who_asks() {
    let server = Server::start(|asked| {
        let old = "Fri, 17 May 2019 10:11:12 GMT";
        match asked.target.as_str() {
            "/a.jpg" => Reply::ok("").with("last-modified", old),
            "/b.jpg" => Reply::ok("").with("last-modified", old).with("date", old),
            "/c.jpg" if asked.method == "HEAD" => Reply::status(405),
            "/c.jpg" => Reply::status(206).with("last-modified", old),
            _ => Reply::status(404),
        }
    });
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let rows: String = ["a", "b", "c", "d"]
        .map(|name| format!("{}/{name}.jpg,a text\n", server.base()))
        .concat();
    let timestamps = "order = [\"http-headers\"]\nhttp-headers = { allow-private = true }";
    dataset(
        folder,
        &format!("url,text\n{rows}"),
        "uid = { hash = [\"url\"] }",
        timestamps,
    );
    let stats = call(folder, "fetch t.toml --out m --json").ok().json()["stats"].clone();
    let outcomes = ["dated", "rejected", "unknown"].map(|word| stats["outcomes"][word].as_u64());
    assert_eq!(outcomes, [Some(2), Some(1), Some(1)], "{stats}");
    assert_eq!(stats["refused"]["http-headers"]["generated-page"], 1);
}
