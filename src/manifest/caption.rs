//! Caption: the texts of a pair, made from the columns of its row.

use serde::Deserialize;

/// How a pair's caption is made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "CaptionKeys")]
pub struct CaptionRule {
    form: Form,
    max_chars: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    /// Each column is a caption of its own, the first that is not empty the canonical one.
    Alternatives(Vec<String>),
    /// The columns make one caption, as `title. description. usertags` do for YFCC.
    Join(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct CaptionKeys {
    alternatives: Option<Vec<String>>,
    column: Option<String>,
    join: Option<Vec<String>>,
    max_chars: Option<usize>,
}

impl TryFrom<CaptionKeys> for CaptionRule {
    type Error = String;

    fn try_from(keys: CaptionKeys) -> Result<Self, String> {
        let form = match (keys.alternatives, keys.column, keys.join) {
            (Some(columns), None, None) => Form::Alternatives(columns),
            (None, Some(column), None) => Form::Alternatives(vec![column]),
            (None, None, Some(columns)) => Form::Join(columns),
            _ => {
                return Err(
                    "a caption needs exactly one of `alternatives`, `column`, `join`".to_owned(),
                );
            }
        };
        let (Form::Alternatives(columns) | Form::Join(columns)) = &form;
        if columns.is_empty() {
            return Err("a caption needs at least one column".to_owned());
        }
        if keys.max_chars == Some(0) {
            return Err("`max-chars` = 0 leaves no caption: at least 1".to_owned());
        }
        Ok(Self {
            form,
            max_chars: keys.max_chars,
        })
    }
}

impl CaptionRule {
    /// The columns it uses, in their order.
    pub fn columns(&self) -> Vec<&str> {
        let (Form::Alternatives(columns) | Form::Join(columns)) = &self.form;
        columns.iter().map(String::as_str).collect()
    }

    /// The captions made of the values of [`CaptionRule::columns`], one a line, the canonical one first.
    ///
    /// Values are trimmed, a line break within becomes a space, empty and repeated captions are left out, and each
    /// has at most `max-chars` characters. Empty when nothing is left.
    pub fn captions<'a>(&self, values: impl IntoIterator<Item = &'a str>) -> String {
        let values = values
            .into_iter()
            .map(one_line)
            .filter(|value| !value.is_empty());
        let values: Vec<String> = match &self.form {
            Form::Alternatives(_) => values.collect(),
            Form::Join(_) => vec![values.collect::<Vec<_>>().join(". ")],
        };
        let mut captions: Vec<&str> = Vec::new();
        for value in &values {
            let caption = self.cut(value);
            if !caption.is_empty() && !captions.contains(&caption) {
                captions.push(caption);
            }
        }
        captions.join("\n")
    }

    fn cut<'a>(&self, caption: &'a str) -> &'a str {
        let end = self
            .max_chars
            .and_then(|chars| caption.char_indices().nth(chars));
        end.map_or(caption, |(end, _)| &caption[..end]).trim_end()
    }
}

fn one_line(value: &str) -> String {
    value.trim().replace("\r\n", " ").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rule(text: &str) -> Result<CaptionRule, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
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
    fn joined_values_make_one_caption_cut_at_a_character() {
        let rule = rule("join = [\"title\", \"description\", \"usertags\"]\nmax-chars = 8")
            .expect("a rule");
        assert_eq!(rule.captions(["été", "", "là bas"]), "été. là");
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
    }
}
