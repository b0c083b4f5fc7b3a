//! Tests of captions.

use proptest::prelude::*;

use super::*;

fn rule(text: &str) -> Result<CaptionRule, String> {
    toml::from_str(text).map_err(|error| error.message().to_owned())
}

fn yfcc() -> CaptionRule {
    rule("join = [\"title\", \"description\", \"usertags\"]\nclean = \"yfcc\"\nmax-chars = 500")
        .expect("a rule")
}

#[test]
fn alternatives_are_lines_and_the_first_that_is_there_is_canonical() {
    let rule = rule("alternatives = [\"a\", \"b\", \"c\"]").expect("a rule");
    assert_eq!(
        rule.captions(["  ", " a cat\r\nsits ", "a cat sits"]),
        "a cat sits"
    );
    assert_eq!(rule.captions(["one", "two", "one"]), "one\ntwo");
    assert_eq!(rule.captions(["", "\n", "\t"]), "");
}

#[test]
fn a_clean_line_is_taken_as_it_is() {
    let rule = rule("column = \"a\"\nmax-chars = 6").expect("a rule");
    for (value, line) in [
        (" a cat ", "a cat"),
        ("a cat sits", "a cat"),
        ("été là", "été là"),
    ] {
        assert!(
            matches!(rule.line(value), Cow::Borrowed(found) if found == line),
            "{value}"
        );
        assert_eq!(rule.captions([value]), line);
    }
    assert_eq!(rule.captions(["a\r\nb\rc\nd"]), "a b c");
}

#[test]
fn joined_values_make_one_caption_cut_at_a_character() {
    let rule =
        rule("join = [\"title\", \"description\", \"usertags\"]\nmax-chars = 8").expect("a rule");
    assert_eq!(rule.captions(["été", "", "là bas"]), "été. là");
}

#[test]
fn captions_of_yfcc_are_those_of_the_released_preparation() {
    // Golden values from urllib, ftfy and the regular expression, tests/golden/captions.py.
    #[derive(serde::Deserialize)]
    struct Golden {
        title: Vec<(String, usize)>,
        description: String,
        usertags: String,
        caption: String,
    }
    let golden: Vec<Golden> =
        serde_json::from_str(include_str!("../../../tests/golden/captions.json"))
            .expect("golden file");
    assert!(golden.len() > 200);
    for row in golden {
        let title: String = row
            .title
            .iter()
            .map(|(text, times)| text.repeat(*times))
            .collect();
        let found = yfcc().captions([title.as_str(), &row.description, &row.usertags]);
        // Ours is one line, and nothing where the reference has nothing but the joints.
        let expected = row.caption.replace('\n', " ").trim().to_owned();
        let expected = if expected.trim_matches(['.', ' ']).is_empty() {
            ""
        } else {
            &expected
        };
        assert_eq!(
            found, expected,
            "{:?} {:?} {:?}",
            row.title, row.description, row.usertags
        );
    }
}

#[test]
fn cleaning_leaves_nothing_of_tags_alone() {
    assert_eq!(yfcc().captions(["%3Cb%3E", "<i></i>", ""]), "");
    assert_eq!(yfcc().captions(["&lt;b&gt;", "", "&lt;br&gt;"]), "");
    assert_eq!(yfcc().captions(["", "", ""]), "");
    assert_eq!(yfcc().captions(["", "+a+", ""]), ".  a .");
}

#[test]
fn a_rule_has_exactly_one_form() {
    for text in [
        "max-chars = 5",
        "column = \"a\"\njoin = [\"b\"]",
        "join = []",
        "column = \"a\"\nmax-chars = 0",
    ] {
        assert!(rule(text).is_err(), "{text}");
    }
    let error = rule("column = \"a\"\nclean = \"html\"").expect_err("refused");
    assert!(
        error.contains("unknown variant `html`, expected `yfcc`"),
        "{error}"
    );
}

proptest! {
    #[test]
    fn captions_are_trimmed_different_single_lines_of_limited_length(
        values in proptest::collection::vec("(?s)[ \t\r\na-cé]{0,6}", 3), max_chars in 1_usize..5,
    ) {
        for form in ["alternatives", "join"] {
            let rule = rule(&format!("{form} = [\"a\", \"b\", \"c\"]\nmax-chars = {max_chars}")).expect("a rule");
            let captions = rule.captions(values.iter().map(String::as_str));
            let lines: Vec<_> = captions.split('\n').collect();
            prop_assert!(form == "alternatives" || lines.len() == 1);
            for (i, line) in lines.iter().enumerate() {
                prop_assert_eq!(line.trim(), *line);
                prop_assert!(line.chars().count() <= max_chars && !line.contains('\r'));
                prop_assert!(!lines[..i].contains(line));
                prop_assert!(captions.is_empty() || !line.is_empty());
            }
            prop_assert_eq!(captions.is_empty(), values.iter().all(|value| value.trim().is_empty()));
        }
    }

    #[test]
    fn any_values_can_be_cleaned(values in proptest::collection::vec("(?s)([%+<>&;.#x0-9a-f\n\r]|.){0,16}", 3)) {
        let caption = yfcc().captions(values.iter().map(String::as_str));
        prop_assert!(caption.chars().count() <= 500 && !caption.contains(['\n', '\r']));
        prop_assert_eq!(caption.trim(), caption.as_str());
    }
}
