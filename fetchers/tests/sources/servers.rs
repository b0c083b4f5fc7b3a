//! The sources that ask servers.

use std::collections::BTreeMap;
use std::fs;

use proptest::prelude::*;
use ticclip_fetchers::config::Timestamps;
use ticclip_fetchers::source::flickr::{Flickr, FlickrConfig};
use ticclip_fetchers::source::reddit::Reddit;
use ticclip_fetchers::source::{
    Answer, Method, Pair, Question, Reply, Secret, SecretText, SourceError, TimestampSource,
};

use super::recorded;

const IMAGE: &str = "http://example.org/a.jpg";
const SOURCES: [&str; 5] = [
    "flickr",
    "reddit",
    "common-crawl",
    "wayback",
    "http-headers",
];

fn config(text: &str) -> Timestamps {
    toml::from_str(text).expect("the settings are right")
}

fn source(name: &str) -> Box<dyn TimestampSource> {
    let text = format!(
        r#"
        order = ["{name}"]
        flickr = {{ base-url = "http://localhost/rest" }}
        reddit = {{ id = {{ column = "id" }}, base-url = "http://localhost" }}
        common-crawl = {{ cdx = true, crawls = ["CC-MAIN-2012", "CC-MAIN-2019-18"] }}
        "#
    );
    config(&text)
        .sources()
        .expect("the settings make sense")
        .remove(0)
}

fn ask(source: &dyn TimestampSource, id: &str, image: &str) -> Result<Answer, SourceError> {
    let cells = BTreeMap::from([("id".to_owned(), id.to_owned())]);
    source.date(&Pair {
        uid: 0,
        cells: &cells,
        image,
        image_bytes: None,
    })
}

fn reply(status: u16, body: Vec<u8>) -> Reply {
    Reply {
        url: "http://localhost/asked"
            .parse()
            .expect("the test's own url"),
        hops: Vec::new(),
        status,
        headers: Vec::new(),
        body,
        cut: false,
    }
}

fn read_all(
    name: &str,
    abouts: &[&str],
    status: u16,
    file: &str,
) -> Vec<Result<Answer, SourceError>> {
    let body = fs::read(recorded(file)).expect("the recorded reply is there");
    let questions: Vec<Question> = abouts.iter().map(|about| Question::about(*about)).collect();
    let source = source(name);
    let server = source.server().expect("the source has a server");
    server.read(&questions.iter().collect::<Vec<_>>(), &reply(status, body))
}

fn read(name: &str, about: &str, status: u16, file: &str) -> Result<Answer, SourceError> {
    read_all(name, &[about], status, file).remove(0)
}

fn dates(answer: Result<Answer, SourceError>) -> Vec<String> {
    match answer {
        Ok(Answer::Dated(claims)) => claims
            .iter()
            .map(|claim| {
                format!(
                    "{} {} {}",
                    claim.at.format("%FT%TZ"),
                    claim.precision,
                    claim.kind
                )
            })
            .collect(),
        other => vec![format!("{other:?}")],
    }
}

fn problem(answer: Result<Answer, SourceError>) -> String {
    match answer {
        Err(error @ SourceError::BadReply { .. }) => {
            assert!(error.may_pass());
            error.to_string()
        }
        other => format!("not a bad reply: {other:?}"),
    }
}

#[test]
fn a_photograph_is_dated_by_its_upload_and_by_its_camera() {
    let posted = "2019-05-17T10:11:12Z second posted";
    let read = |file| dates(read("flickr", "48123", 200, file));
    assert_eq!(
        read("flickr/ok.json"),
        [posted, "2019-05-11T09:08:07Z second created"]
    );
    assert_eq!(
        read("flickr/month.json"),
        [posted, "2018-11-01T00:00:00Z month created"]
    );
    assert_eq!(read("flickr/taken_is_upload.json"), [posted]);
    assert_eq!(read("flickr/taken_unknown.json"), [posted]);
}

#[test]
fn a_photograph_that_is_gone_is_unknown_and_a_wrong_key_may_pass() {
    assert_eq!(
        read("flickr", "48123", 200, "flickr/not_found.json"),
        Ok(Answer::Unknown)
    );
    let text = problem(read("flickr", "48123", 200, "flickr/invalid_key.json"));
    assert!(text.contains("code 100: Invalid API Key"), "{text}");
    assert!(problem(read("flickr", "48123", 200, "flickr/wrong_type.json")).contains("posted"));
    assert!(problem(read("flickr", "48123", 200, "flickr/another_photo.json")).contains("\"99\""));
}

#[test]
fn the_photo_id_comes_from_the_url_or_the_column() {
    let asked = |text: &str, id, image| {
        ask(
            &*config(text)
                .sources()
                .expect("the settings make sense")
                .remove(0),
            id,
            image,
        )
    };
    let by_url = "order = [\"flickr\"]";
    for image in [
        "https://live.staticflickr.com/65535/48123_ab12_b.jpg",
        "http://farm5.staticflickr.com/4/48123_ab12.jpg?zz=1",
        "https://www.flickr.com/photos/11111@N00/48123/",
        "https://flickr.com/photos/someone/48123",
    ] {
        assert_eq!(
            asked(by_url, "", image),
            Ok(Answer::Ask(Question::about("48123"))),
            "{image}"
        );
    }
    for image in [
        IMAGE,
        "https://evilflickr.com/photos/a/48123",
        "https://flickr.com.example.org/photos/a/48123",
        "https://flickr.com/photos/a/b",
        "a.jpg",
    ] {
        assert_eq!(asked(by_url, "", image), Ok(Answer::Unknown), "{image}");
    }
    let by_column = "order = [\"flickr\"]\nflickr = { id = { column = \"id\" } }";
    assert_eq!(
        asked(by_column, " 48123 ", IMAGE),
        Ok(Answer::Ask(Question::about("48123")))
    );
    assert_eq!(asked(by_column, "", IMAGE), Ok(Answer::Unknown));
    assert!(asked(by_column, "48x", IMAGE).is_err_and(|error| error.to_string().contains("`48x`")));
}

#[test]
fn a_key_is_sent_apart_from_the_url_and_its_absence_is_said() {
    let question = Question::about("48123");
    let flickr = |api_key_env: &str| {
        Flickr::new(FlickrConfig {
            api_key_env: Some(api_key_env.to_owned()),
            ..FlickrConfig::default()
        })
    };
    let without = flickr("FLICKR_KEY_OF_NOBODY").expect("the settings make sense");
    let error = without
        .server()
        .expect("it is online")
        .request(&[&question])
        .expect_err("there is no key");
    assert!(error.may_pass());
    assert!(
        error
            .to_string()
            .contains("FLICKR_KEY_OF_NOBODY is not set"),
        "{error}"
    );
    let with = without.with_key(SecretText::new("hush".to_owned()));
    let request = with
        .server()
        .expect("it is online")
        .request(&[&question])
        .expect("there is a key");
    assert!(matches!(&request.secret, Some(Secret::Query { name, .. }) if name == "api_key"));
    assert!(!format!("{request:?}").contains("hush"));
    let error = flickr("AWS_SECRET_ACCESS_KEY").expect_err("that is somebody else's");
    assert!(error.to_string().contains("begin with FLICKR_"), "{error}");
}

#[test]
fn a_token_goes_to_reddit_or_where_the_dataset_says() {
    let request = |table: &str| {
        let text =
            format!("order = [\"reddit\"]\nreddit = {{ id = {{ column = \"id\" }}{table} }}");
        let settings = config(&text).reddit.expect("the table is there");
        let source = Reddit::new(settings)
            .expect("the settings make sense")
            .with_token(SecretText::new("hush".to_owned()));
        let questions = [Question::about("abc"), Question::about("def")];
        let request = source
            .server()
            .expect("it is online")
            .request(&questions.iter().collect::<Vec<_>>());
        request.expect("it can be asked")
    };
    let own = request("");
    assert!(matches!(own.secret, Some(Secret::Bearer(_))));
    assert_eq!(
        own.url.as_str(),
        "https://oauth.reddit.com/api/info?id=t3_abc%2Ct3_def&raw_json=1"
    );
    assert!(
        request(", base-url = \"http://localhost:1/r\"")
            .secret
            .is_none()
    );
    assert!(
        request(", base-url = \"http://localhost:1/r\", token-env = \"REDDIT_OTHER\"")
            .secret
            .is_some()
    );
}

#[test]
fn a_hundred_posts_are_answered_one_by_one() {
    let mut answers = read_all(
        "reddit",
        &["gone", "bpx8yk", "abc", "odd"],
        200,
        "reddit/info.json",
    )
    .into_iter();
    let mut next = || answers.next().expect("every question is answered");
    assert_eq!(next(), Ok(Answer::Unknown));
    assert_eq!(dates(next()), ["2019-05-17T10:11:12Z second posted"]);
    assert!(
        matches!(next(), Ok(Answer::Rejected(rejection)) if rejection.reason.as_str() == "removed-post")
    );
    assert!(problem(next()).contains("created_utc"));
}

#[test]
fn crawls_are_asked_oldest_first_until_one_has_the_url() {
    let text = "order = [\"common-crawl\"]\ncommon-crawl = { cdx = true, base-url = \"http://localhost/cc\" }";
    let source = config(text)
        .sources()
        .expect("the settings make sense")
        .remove(0);
    let server = source.server().expect("it has a server");
    let list = server.preamble().expect("it wants the list of crawls");
    assert_eq!(list.url.as_str(), "http://localhost/cc/collinfo.json");
    let body =
        fs::read(recorded("common-crawl/collinfo.json")).expect("the recorded reply is there");
    server.learn(&reply(200, body)).expect("the list is good");
    let Ok(Answer::Ask(first)) = ask(&*source, "", "http://example.org/a.jpg#x") else {
        panic!("it asks for the url");
    };
    let request = server
        .request(&[&first])
        .expect("the first crawl can be asked");
    assert!(request.url.as_str().starts_with(
        "http://localhost/cc/CC-MAIN-2012-index?url=http%3A%2F%2Fexample.org%2Fa.jpg&"
    ));
    let Ok(Answer::Ask(second)) = server.read(&[&first], &reply(404, Vec::new())).remove(0) else {
        panic!("it asks the next crawl");
    };
    let none = fs::read(recorded("common-crawl/none.json")).expect("the recorded reply is there");
    let Ok(Answer::Ask(third)) = server.read(&[&second], &reply(200, none.clone())).remove(0)
    else {
        panic!("it asks the next crawl");
    };
    assert!(
        server
            .request(&[&third])
            .expect("it can be asked")
            .url
            .as_str()
            .contains("CC-MAIN-2019-18-index")
    );
    let body =
        fs::read(recorded("common-crawl/capture.ndjson")).expect("the recorded reply is there");
    let answer = server.read(&[&third], &reply(200, body)).remove(0);
    assert_eq!(dates(answer), ["2019-04-20T10:11:12Z second captured"]);
    assert_eq!(
        server.read(&[&third], &reply(404, none)).remove(0),
        Ok(Answer::Unknown)
    );
    assert!(
        problem(read(
            "common-crawl",
            IMAGE,
            200,
            "common-crawl/bad_timestamp.ndjson"
        ))
        .contains("`2019`")
    );
}

#[test]
fn the_first_capture_of_the_wayback_machine_is_read() {
    let read = |file| read("wayback", IMAGE, 200, file);
    assert_eq!(
        dates(read("wayback/capture.json")),
        ["2010-03-04T05:06:07Z second captured"]
    );
    for file in [
        "wayback/empty",
        "wayback/empty_list.json",
        "wayback/header_only.json",
    ] {
        assert_eq!(read(file), Ok(Answer::Unknown), "{file}");
    }
    for file in ["wayback/bad_timestamp.json", "wayback/cut.json"] {
        assert!(
            problem(read(file)).starts_with("http://localhost/asked: the reply"),
            "{file}"
        );
    }
}

#[test]
fn pages_cut_json_and_foreign_bytes_are_bad_replies_that_name_the_url() {
    for name in ["flickr", "reddit", "common-crawl", "wayback"] {
        for file in [
            "page.html",
            "truncated.json",
            "invalid_utf8.json",
            "wrong_types.json",
        ] {
            let text = problem(read(name, "48123", 200, &format!("broken/{file}")));
            assert!(
                text.starts_with("http://localhost/asked: the reply"),
                "{name} {file}: {text}"
            );
        }
        for status in [401, 403] {
            let answer = read(name, "48123", status, "broken/page.html");
            assert!(
                matches!(answer, Err(SourceError::Refused { status: told, .. }) if told == status),
                "{name}"
            );
        }
        assert!(
            problem(read(name, "48123", 503, "broken/page.html")).contains("status 503"),
            "{name}"
        );
    }
}

#[test]
fn headers_are_asked_for_with_head_and_then_with_one_byte() {
    let source = source("http-headers");
    let server = source.server().expect("it has a server");
    let Ok(Answer::Ask(first)) = ask(&*source, "", "http://example.org/a.jpg#x") else {
        panic!("it asks for the url");
    };
    assert_eq!(
        server.request(&[&first]).map(|request| request.method),
        Ok(Method::Head)
    );
    let Ok(Answer::Ask(second)) = server.read(&[&first], &reply(405, Vec::new())).remove(0) else {
        panic!("it asks on");
    };
    assert!(
        server
            .request(&[&second])
            .is_ok_and(|request| request.first_byte_only)
    );
    let mut dated = reply(206, Vec::new());
    dated.headers = vec![(
        "last-modified".to_owned(),
        "Sun, 06 Nov 1994 08:49:37 GMT".to_owned(),
    )];
    assert_eq!(
        dates(server.read(&[&second], &dated).remove(0)),
        ["1994-11-06T08:49:37Z second modified"]
    );
    dated.headers.push((
        "date".to_owned(),
        "Sun, 06 Nov 1994 08:49:38 GMT".to_owned(),
    ));
    assert!(matches!(
        server.read(&[&second], &dated).remove(0),
        Ok(Answer::Rejected(_))
    ));
    assert_eq!(
        server.read(&[&first], &reply(404, Vec::new())).remove(0),
        Ok(Answer::Unknown)
    );
    assert!(
        server
            .read(&[&second], &reply(403, Vec::new()))
            .remove(0)
            .is_err()
    );
}

#[test]
fn senseless_settings_are_refused_by_key() {
    for (name, table, key) in [
        ("flickr", "requests-per-hour = 0", "requests-per-hour"),
        ("flickr", "base-url = \"ftp://localhost\"", "base-url"),
        (
            "reddit",
            "id = { column = \"id\" }, requests-per-minute = 0",
            "requests-per-minute",
        ),
        (
            "wayback",
            "requests-per-second = 0.0",
            "requests-per-second",
        ),
        ("wayback", "concurrency = 0", "concurrency"),
        ("http-headers", "timeout-seconds = 0", "timeout-seconds"),
        ("common-crawl", "cdx = false", "index"),
        ("common-crawl", "cdx = true, crawls = [\"../x\"]", "crawls"),
        ("uid-lists", "files = []", "files"),
        ("warc", "files = []", "files"),
    ] {
        let text = format!("order = [\"{name}\"]\n{name} = {{ {table} }}");
        let error = config(&text)
            .sources()
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        assert!(
            error.contains(&format!("{name}.{key} = ")),
            "{name} {table}: {error}"
        );
    }
}

proptest! {
    #[test]
    fn no_reply_panics(
        which in 0..SOURCES.len(),
        status in prop::sample::select(vec![200_u16, 206, 404, 500]),
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..60),
            "[\\[\\]{}\",:0-9a-z]{0,60}".prop_map(String::into_bytes),
        ],
        stage in 0..4_u32,
        value in "\\PC{0,30}",
    ) {
        let source = source(SOURCES[which]);
        let question = Question { about: "48123".to_owned(), stage };
        let mut reply = reply(status, body);
        reply.headers = vec![("last-modified".to_owned(), value)];
        let server = source.server().expect("the source has a server");
        prop_assert_eq!(server.read(&[&question], &reply).len(), 1);
    }
}
