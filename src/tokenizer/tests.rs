//! Tokens against those of the reference, and files that are no tokenizers.

use std::collections::BTreeSet;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use proptest::sample::Index;
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use super::*;

fn tokens(text: &str) -> Vec<u32> {
    let tokenizer = Tokenizer::clip().expect("the embedded vocabulary");
    let ids = tokenizer.encode(text, 77).expect("plain text");
    let end = ids
        .iter()
        .rposition(|&id| id == END_OF_TEXT)
        .expect("an end");
    ids[1..end].to_vec()
}

#[test]
fn known_captions_have_open_clips_tokens() {
    // Golden values from open_clip's tokenizer, tests/golden/tokenizer.py.
    let golden: Vec<(String, Vec<u32>)> =
        serde_json::from_str(include_str!("../../tests/golden/tokenizer.json"))
            .expect("golden file");
    assert!(golden.len() > 20);
    for (text, expected) in golden {
        assert_eq!(tokens(&text), expected, "{text:?}");
    }
}

#[test]
fn a_long_caption_is_cut_and_still_ends() {
    let tokenizer = Tokenizer::clip().expect("the embedded vocabulary");
    let ids = tokenizer
        .encode(&"word ".repeat(50), 8)
        .expect("plain text");
    assert_eq!(ids.len(), 8);
    assert_eq!((ids[0], ids[7]), (START_OF_TEXT, END_OF_TEXT));
}

#[test]
fn an_empty_caption_is_start_and_end() {
    let tokenizer = Tokenizer::clip().expect("the embedded vocabulary");
    let ids = tokenizer.encode(" \n", 4).expect("plain text");
    assert_eq!(ids, [START_OF_TEXT, END_OF_TEXT, 0, 0]);
}

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/tokenizer_files");

/// A caption and its tokens.
type Row = (String, Vec<u32>);

/// What `tests/golden/tokenizer_files.py` had open_clip make of tokenizers of one's own.
#[derive(Deserialize)]
struct Golden {
    /// File, context, number of tokens, and captions with their tokens.
    cases: Vec<(String, usize, usize, Vec<Row>)>,
    places: Vec<Place>,
}

/// Where padding and sides can be said, and what comes of it.
#[derive(Deserialize)]
struct Place {
    config: Option<Value>,
    special_map: Option<Value>,
    padding: Value,
    truncation: Value,
    captions: Vec<String>,
    tokens: Vec<Vec<u32>>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../tests/golden/tokenizer_files.json"))
        .expect("golden file")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).expect("packed");
    packed.finish().expect("packed")
}

/// A file `name` with these bytes, in a folder of its own.
fn file(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("written");
    (folder, path)
}

/// What is said of a file that is no tokenizer.
fn refusal(name: &str, bytes: &[u8]) -> String {
    let (_folder, path) = file(name, bytes);
    let message = Tokenizer::open(&path).expect_err(name).to_string();
    assert!(message.contains(name), "{message}");
    message
}

#[test]
fn named_tokenizers_have_open_clips_tokens() {
    let golden = golden();
    assert_eq!(golden.cases.len(), 4);
    for (name, context, size, rows) in golden.cases {
        let tokenizer = Tokenizer::open(&Path::new(FOLDER).join(&name)).expect(&name);
        assert_eq!(tokenizer.vocabulary_size(), size, "{name}");
        assert!(rows.len() > 10);
        for (text, expected) in rows {
            let ids = tokenizer.encode(&text, context).expect("plain text");
            assert_eq!(ids, expected, "{name} {text:?}");
        }
    }
}

/// The tokenizer of bytes with what a place says, in a folder of its own.
fn placed(place: &Place) -> (TempDir, PathBuf) {
    let text = std::fs::read(Path::new(FOLDER).join("bytes.json")).expect("there");
    let mut json: Value = serde_json::from_slice(&text).expect("JSON");
    json["padding"] = place.padding.clone();
    json["truncation"] = place.truncation.clone();
    let (folder, path) = file("tokenizer.json", json.to_string().as_bytes());
    let beside = [
        ("tokenizer_config.json", &place.config),
        ("special_tokens_map.json", &place.special_map),
    ];
    for (name, said) in beside {
        if let Some(said) = said {
            std::fs::write(folder.path().join(name), said.to_string()).expect("written");
        }
    }
    (folder, path)
}

#[test]
fn padding_and_sides_are_found_where_transformers_finds_them() {
    for place in golden().places {
        let (_folder, path) = placed(&place);
        let tokenizer = Tokenizer::open(&path).expect("a tokenizer");
        for (text, expected) in place.captions.iter().zip(&place.tokens) {
            let ids = tokenizer.encode(text, 8).expect("plain text");
            let (config, special) = (&place.config, &place.special_map);
            assert_eq!(&ids, expected, "{text} {config:?} {special:?}");
        }
    }
}

#[test]
fn what_goes_beside_a_model_reads_back_as_the_same_tokenizer() {
    for place in golden().places {
        let (_folder, path) = placed(&place);
        let tokenizer = Tokenizer::open(&path).expect("a tokenizer");
        let beside = tempfile::tempdir().expect("a folder");
        for (name, bytes) in tokenizer.files().expect("a padding token") {
            std::fs::write(beside.path().join(name), bytes).expect("written");
        }
        let again = Tokenizer::open(&beside.path().join(TOKENIZER)).expect("a tokenizer");
        assert_eq!(tokenizer.checksum(), again.checksum());
        for text in &place.captions {
            let ids = |tokenizer: &Tokenizer| tokenizer.encode(text, 8).expect("plain text");
            assert_eq!(ids(&tokenizer), ids(&again));
        }
    }
}

#[test]
fn a_tokenizer_that_open_clip_would_not_find_goes_beside_no_model() {
    let table = Tokenizer::open(&Path::new(FOLDER).join("merges.txt.gz")).expect("a table");
    let message = table.files().expect_err("no JSON").to_string();
    assert!(message.contains("tokenizer.json"), "{message}");
    let mut place = golden().places.remove(0);
    (place.config, place.special_map) = (None, None);
    place.padding = Value::Null;
    let (_folder, path) = placed(&place);
    let unpadded = Tokenizer::open(&path).expect("a tokenizer");
    let ids = unpadded.encode("a cat", 6).expect("plain text");
    assert_eq!(ids[4..], [0, 0], "the first token pads");
    let message = unpadded.files().expect_err("no padding").to_string();
    assert!(message.contains("pad_token"), "{message}");
}

#[test]
fn clips_merges_as_a_table_are_clips_own_vocabulary() {
    let (_, merges) = vocabulary::clip().expect("the embedded vocabulary");
    // CLIP's table goes on behind the last merge that counts.
    let more = [("th".to_owned(), "xyz".to_owned())];
    let lines = merges.iter().chain(&more);
    let lines: String = lines
        .map(|(left, right)| format!("{left} {right}\n"))
        .collect();
    let table = format!("\"bpe_simple_vocab_16e6.txt#version: 0.2\n{lines}");
    let golden: Vec<(String, Vec<u32>)> =
        serde_json::from_str(include_str!("../../tests/golden/tokenizer.json"))
            .expect("golden file");
    let mut checksums = Vec::new();
    for bytes in [table.as_bytes(), &gzip(table.as_bytes())] {
        let (_folder, path) = file("table", bytes);
        let tokenizer = Tokenizer::open(&path).expect("a table");
        assert_eq!(tokenizer.vocabulary_size(), VOCABULARY);
        for (text, expected) in &golden {
            let ids = tokenizer.encode(text, 77).expect("plain text");
            assert_eq!(ids[1..=expected.len()], *expected, "{text:?}");
            assert_eq!(
                (ids[0], ids[expected.len() + 1]),
                (START_OF_TEXT, END_OF_TEXT)
            );
        }
        checksums.push(tokenizer.checksum().map(str::to_owned));
    }
    assert_eq!(checksums[0], checksums[1], "packing decides nothing");
}

#[test]
fn a_tokenizers_checksum_is_of_all_that_decides_its_tokens() {
    let checksums: BTreeSet<String> = golden()
        .places
        .iter()
        .map(|place| {
            let (_folder, path) = placed(place);
            let tokenizer = Tokenizer::open(&path).expect("a tokenizer");
            tokenizer.checksum().expect("it is named").to_owned()
        })
        .collect();
    // Nine places; two pairs say the same of one file in different ways.
    assert_eq!(checksums.len(), 7, "{checksums:?}");
    assert_eq!(Tokenizer::clip().expect("embedded").checksum(), None);
}

#[test]
fn a_model_that_does_not_know_all_tokens_is_refused() {
    let named = Tokenizer::open(&Path::new(FOLDER).join("bytes.json")).expect("a tokenizer");
    assert!(named.check(388, 8).is_ok());
    assert!(named.check(400, 8).is_ok(), "tokens to spare");
    let message = named.check(387, 8).expect_err("one too few").to_string();
    assert!(
        message.contains("387") && message.contains("388") && message.contains("bytes.json"),
        "{message}"
    );
    let message = named.check(388, 1).expect_err("no room").to_string();
    assert!(message.contains("context of 1"), "{message}");
    let own = Tokenizer::clip().expect("embedded");
    assert!(own.check(VOCABULARY, 77).is_ok());
    for other in [VOCABULARY - 1, VOCABULARY + 1] {
        let message = own.check(other, 77).expect_err("another tokenizer's");
        assert!(message.to_string().contains("--tokenizer"), "{message}");
    }
}

#[test]
fn special_tokens_count_wherever_they_are_numbered() {
    let text = std::fs::read_to_string(Path::new(FOLDER).join("bytes.json")).expect("there");
    let (_folder, path) = file(
        "t.json",
        text.replace("\"ids\":[2]", "\"ids\":[5000]").as_bytes(),
    );
    let tokenizer = Tokenizer::open(&path).expect("a tokenizer");
    assert_eq!(tokenizer.vocabulary_size(), 5001);
}

#[test]
fn a_broken_json_is_refused() {
    let text = std::fs::read_to_string(Path::new(FOLDER).join("bytes.json")).expect("there");
    for broken in [
        &text[..text.len() / 2],
        "{}",
        "{\"a\": 1}",
        &text.replace("BPE", "BQE"),
    ] {
        let message = refusal("broken.json", broken.as_bytes());
        assert!(message.contains("tokenizer.json"), "{message}");
    }
    let piece = r#""SpecialToken":{"id":"<s>""#;
    let template = text.replace(piece, &piece.replace("<s>", "<S>"));
    assert!(refusal("template.json", template.as_bytes()).contains("<S>"));
    let second = text.replacen(r#""Sequence":{"id":"A""#, r#""Sequence":{"id":"B""#, 1);
    assert!(refusal("second.json", second.as_bytes()).contains("\"B\""));
    let map = r#""normalizer":{"type":"Precompiled","precompiled_charsmap":"QUJD"}"#;
    let precompiled = text.replace(r#""normalizer":null"#, map);
    refusal("precompiled.json", precompiled.as_bytes());
    let decoder = text.replace("\"decoder\":{", "\"decoder\":{]");
    refusal("decoder.json", decoder.as_bytes());
    let random = text.replace("\"dropout\":null", "\"dropout\":0.1");
    assert!(refusal("random.json", random.as_bytes()).contains("dropout"));
    let unknown = text.replace("\"pad_token\":\"<pad>\"", "\"pad_token\":\"[PAD]\"");
    assert!(refusal("unknown.json", unknown.as_bytes()).contains("[PAD]"));
}

#[test]
fn a_damaged_file_beside_a_tokenizer_is_named() {
    let text = std::fs::read(Path::new(FOLDER).join("bytes.json")).expect("there");
    let (folder, path) = file("tokenizer.json", &text);
    let beside = folder.path().join("tokenizer_config.json");
    std::fs::write(beside, "{\"padding_side\": \"up\"}").expect("written");
    let message = Tokenizer::open(&path).expect_err("no side").to_string();
    assert!(
        message.contains("tokenizer_config.json") && message.contains("`left`"),
        "{message}"
    );
}

#[test]
fn a_file_without_content_is_refused() {
    for bytes in [&b""[..], b" \n\t", &gzip(b"")] {
        let message = refusal("empty.txt", bytes);
        assert!(
            message.contains("is empty") && message.contains("allowed"),
            "{message}"
        );
    }
    let missing = Tokenizer::open(Path::new("/no/such/file")).expect_err("no file");
    assert!(missing.to_string().contains("/no/such/file"));
    assert!(refusal("picture.png", b"\x89PNG\r\n").contains("is no tokenizer"));
    let whole = gzip(b"header\na b\n");
    refusal("cut.gz", &whole[..whole.len() / 2]);
}

#[test]
fn a_line_that_is_no_merge_is_named() {
    let cases = [
        ("header\na b\na b c\n", "line 3: 3 words"),
        ("header\na\n", "line 2: 1 words"),
        ("header\na b\n\nab c\n", "line 3: 0 words"),
        ("header\na b\nab cd\n", "line 3: \"cd\""),
        ("header\n", "no merge"),
        ("header", "no merge"),
    ];
    for (text, said) in cases {
        let message = refusal("merges.txt", text.as_bytes());
        assert!(
            message.contains(said) && message.contains("allowed"),
            "{message}"
        );
    }
}

#[test]
fn a_file_that_is_too_large_is_refused_packed_or_not() {
    let large = vec![b' '; (64 << 20) + 1];
    assert!(refusal("large.json", &large).contains("64 MB"));
    let bomb = gzip(&large);
    assert!(bomb.len() < 1 << 20);
    assert!(refusal("bomb.gz", &bomb).contains("64 MB"));
    assert!(refusal("just-not.gz", &gzip(&large[1..])).contains("is empty"));
}

proptest! {
    #[test]
    fn any_text_fits_the_context_of_any_tokenizer(text in any::<String>(), context in 2_usize..20) {
        for name in ["bytes.json", "words/tokenizer.json", "merges.txt.gz"] {
            let tokenizer = Tokenizer::open(&Path::new(FOLDER).join(name)).expect(name);
            let ids = tokenizer.encode(&text, context).expect("any text");
            prop_assert_eq!(ids.len(), context);
            prop_assert!(ids.iter().all(|&id| (id as usize) < tokenizer.vocabulary_size()));
        }
    }

    #[test]
    fn a_tokenizer_json_with_any_byte_changed_is_read_or_refused(at in any::<Index>(), byte in any::<u8>()) {
        let mut text = std::fs::read(Path::new(FOLDER).join("bytes.json")).expect("there");
        let at = at.index(text.len());
        text[at] = byte;
        let (_folder, path) = file("t.json", &text);
        if let Ok(tokenizer) = Tokenizer::open(&path) {
            tokenizer.encode("a cat and </s> 👋", 8).ok();
        }
    }
}
