//! A mistake in a TOML text, told in one line.

use std::fmt;

use toml::de::Error;

/// Where a TOML text is wrong, and how; it fits behind the name of the file and a colon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TomlMistake {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, with what is allowed.
    pub message: String,
}

impl TomlMistake {
    /// The mistake that a reader of `text` has found.
    #[must_use]
    pub fn new(text: &str, error: &Error) -> Self {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.as_bytes().get(..start).unwrap_or_default();
        Self {
            line: 1 + before.iter().filter(|&&byte| byte == b'\n').count(),
            message: error.message().replace('\n', ", "),
        }
    }
}

impl fmt::Display for TomlMistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.line, self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_one_line_that_begins_with_its_number() {
        for text in ["a = 1\nb = ", "a = 1\na = 2", "a = 1\nb = [1,\n", "x\n"] {
            let error = toml::from_str::<toml::Table>(text).expect_err("no TOML");
            let told = TomlMistake::new(text, &error).to_string();
            let (line, message) = told.split_once(": ").expect("a number first");
            assert!(line.parse::<usize>().is_ok_and(|line| line > 0), "{told}");
            assert!(!message.is_empty() && !message.contains('\n'), "{told}");
        }
        let error = toml::from_str::<toml::Table>("a = 1\na = 2").expect_err("twice");
        assert_eq!(TomlMistake::new("a = 1\na = 2", &error).line, 2);
    }
}
