//! Tests of JSON as rows.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn cells(columns: &[&str], object: &str) -> Result<Vec<String>, String> {
    let columns = columns.iter().map(|&column| column.to_owned()).collect();
    let cells = ObjectRows::new(columns).cells(object.as_bytes());
    cells
        .map(|cells| cells.iter().map(str::to_owned).collect())
        .map_err(|bad| bad.to_string())
}

#[test]
fn values_are_text_by_their_keys() {
    let object = r#" { "b" : "x\"\\\/\b\f\n\r\t\u00e9", "n": 36893488147419103232 , "f": -1.50e+3, "t": true,
        "null": null, "nan": NaN, "deep": [ 1 , { "k" : "a \" b" , "n":null } , -Infinity , [ ] , { } ], "a": "1", "a": "2" } "#;
    let columns = ["a", "b", "n", "f", "t", "null", "nan", "deep", "missing"];
    let expected = [
        "2",
        "x\"\\/\u{8}\u{c}\n\r\té",
        "36893488147419103232",
        "-1.50e+3",
        "true",
        "",
        "",
        r#"[1,{"k":"a \" b","n":null},null,[],{}]"#,
        "",
    ];
    assert_eq!(cells(&columns, object).expect("an object"), expected);
    assert_eq!(
        keys(object.as_bytes()).expect("an object"),
        ["b", "n", "f", "t", "null", "nan", "deep", "a"]
    );
}

#[test]
fn halves_of_surrogate_pairs_are_replaced_and_pairs_are_letters() {
    let object = r#"{"a": "\ud83d\ude00 \ud83d \ude00 \ud83d\u0041 \ud83d\ud83d\ude00"}"#;
    assert_eq!(
        cells(&["a"], object).expect("an object"),
        ["😀 \u{fffd} \u{fffd} \u{fffd}A \u{fffd}😀"]
    );
}

#[test]
fn what_is_no_object_is_told_with_its_place() {
    for (object, expected) in [
        ("", "byte 1 of the row: expected `{`"),
        ("[1]", "byte 1 of the row: expected `{`"),
        ("{\"a\":1", "byte 7 of the row: expected `,` or `}`"),
        ("{\"a\":1} x", "byte 9 of the row: expected the end"),
        ("{\"a\":01}", "byte 7 of the row: expected `,` or `}`"),
        ("{\"a\":}", "byte 6 of the row: expected a value"),
        ("{\"a\":1,}", "byte 8 of the row: expected a key"),
        ("{\"a\":[1,]}", "byte 9 of the row: expected a value"),
        ("{\"a\":\"\\x\"}", "byte 8 of the row: expected one of"),
        ("{\"a\":\"\\u12\"}", "expected four hex digits"),
        ("{\"a\":\"\n\"}", "byte 7 of the row: expected an escape"),
        ("{\"a\":\"x", "byte 8 of the row: expected `\"`"),
        ("{'a':1}", "byte 2 of the row: expected a key"),
        ("{\"a\":tru}", "byte 6 of the row: expected a value"),
        ("{\"a\":1.}", "byte 8 of the row: expected a digit"),
    ] {
        let error = cells(&["a"], object).expect_err(object);
        assert!(error.contains(expected), "{object}: {error}");
    }
    let mut rows = ObjectRows::new(Vec::new());
    let bad = rows.cells(b"{\"a\":\"\xff\"}").expect_err("not UTF-8");
    assert_eq!(bad.to_string(), "byte 7 of the row: expected UTF-8");
    let deep = format!("{{\"a\":{}", "[".repeat(1_000_000));
    assert!(cells(&["a"], &deep).expect_err("too deep").contains("128"));
}

fn text_of(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "(?s).{0,8}".prop_map(Value::from),
        "[\"\\\\\n\u{0}-\u{1f}\u{7f}-\u{ff}]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-c\"]{0,2}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_serde_writes_is_read_back(members in proptest::collection::btree_map("[a-c\"\\\\]{0,2}", values(), 0..5), pretty: bool) {
        let columns: Vec<String> = members.keys().cloned().chain(["missing".to_owned()]).collect();
        let object = Value::Object(members.into_iter().collect());
        let text = if pretty { serde_json::to_string_pretty(&object) } else { serde_json::to_string(&object) };
        let cells = ObjectRows::new(columns.clone()).cells(text.expect("JSON").as_bytes()).expect("an object");
        for (column, cell) in columns.iter().zip(cells.iter()) {
            prop_assert_eq!(cell, text_of(object.get(column)));
        }
    }

    #[test]
    fn nothing_is_an_object_that_serde_refuses(text in "[{}\\[\\]\":,a0-1.eE+\\-\\\\u tf\n]{0,12}") {
        for text in [text.clone(), format!("{{\"a\":{text}}}"), format!("{{\"a\":\"{text}\"}}")] {
            let serde = serde_json::from_str::<serde_json::Map<String, Value>>(&text);
            let out_of_range = serde.as_ref().is_err_and(|error| error.to_string().contains("out of range"));
            prop_assert_eq!(cells(&["a"], &text).is_ok(), serde.is_ok() || out_of_range || text.contains("\\ud"), "{}", text);
        }
    }

    #[test]
    fn any_bytes_can_be_asked_for_an_object(bytes: Vec<u8>) {
        let mut rows = ObjectRows::new(vec!["a".to_owned()]);
        let _ = rows.cells(&bytes);
        let _ = rows.cells(&[b"{\"a\":".as_slice(), &bytes].concat());
    }

    #[test]
    fn a_quoted_text_is_json(text in "(?s).{0,12}") {
        let mut quoted = String::new();
        push_quoted(&mut quoted, &text);
        prop_assert_eq!(serde_json::from_str::<String>(&quoted).expect("JSON"), text);
    }
}
