//! Template: a path made from the columns of a row.

use std::path::Path;

use memchr::{memchr_iter, memchr2};
use serde::Deserialize;
use thiserror::Error;

/// What most paths take.
const PATH_BYTES: usize = 48;

/// Text with `{column}` or `{column:a..b}` in it, the latter for the characters a up to but not including b.
/// `{{` and `}}` stand for the braces themselves.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Column {
        name: String,
        slice: Option<(usize, usize)>,
    },
}

/// Why a template does not give a path.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum TemplateError {
    /// The template itself is wrong.
    #[error(
        "image template `{template}`: {message}; allowed are `{{column}}` and `{{column:0..3}}`"
    )]
    Syntax {
        /// The template.
        template: String,
        /// What is wrong with it.
        message: String,
    },
    /// A value is too short for its slice.
    #[error("`{column}` is `{value}`, which has no characters {from}..{to}")]
    Slice {
        /// The column.
        column: String,
        /// Its value.
        value: String,
        /// The first character wanted.
        from: usize,
        /// The first character not wanted.
        to: usize,
    },
    /// The path is not below the image root.
    #[error("`{path}` is not a path below the image root: it must be relative and without `..`")]
    Escapes {
        /// The path.
        path: String,
    },
}

impl TryFrom<String> for Template {
    type Error = TemplateError;

    fn try_from(template: String) -> Result<Self, TemplateError> {
        let parts =
            parse(&template).map_err(|message| TemplateError::Syntax { template, message })?;
        Ok(Self { parts })
    }
}

impl Template {
    /// The columns it uses, as often as it uses them.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Column { name, .. } => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The path made of the values of [`Template::columns`], in that order.
    ///
    /// # Errors
    /// When a value is too short for its slice, or the path would leave the image root.
    pub fn render<'a>(
        &self,
        values: impl IntoIterator<Item = &'a str>,
    ) -> Result<String, TemplateError> {
        let mut values = values.into_iter();
        let mut path = String::with_capacity(PATH_BYTES);
        for part in &self.parts {
            match part {
                Part::Text(text) => path.push_str(text),
                Part::Column { name, slice } => {
                    path.push_str(sliced(name, values.next().unwrap_or(""), *slice)?);
                }
            }
        }
        relative_path(&path)?;
        Ok(path)
    }
}

fn sliced<'a>(
    column: &str,
    value: &'a str,
    slice: Option<(usize, usize)>,
) -> Result<&'a str, TemplateError> {
    let Some((from, to)) = slice else {
        return Ok(value);
    };
    let missing = || TemplateError::Slice {
        column: column.to_owned(),
        value: value.to_owned(),
        from,
        to,
    };
    if value.is_ascii() {
        // Its characters are its bytes.
        return value.get(from..to).ok_or_else(missing);
    }
    let byte = |char: usize| {
        value
            .char_indices()
            .map(|(byte, _)| byte)
            .chain([value.len()])
            .nth(char)
    };
    match (byte(from), byte(to)) {
        (Some(start), Some(end)) => Ok(&value[start..end]),
        _ => Err(missing()),
    }
}

/// Checks that `path` names something below the folder it is joined to.
///
/// # Errors
/// When it is empty, absolute or has a `..`.
pub fn relative_path(path: &str) -> Result<&Path, TemplateError> {
    // A backslash or drive letter is refused everywhere, so that a manifest is as safe on Windows as where it was made.
    let bytes = path.as_bytes();
    let windows = bytes.get(1) == Some(&b':');
    let forbidden = memchr2(b'\\', b'\0', bytes).is_some();
    let url = memchr_iter(b':', bytes).any(|colon| bytes[colon..].starts_with(b"://"));
    let mut parts = path.split('/');
    let named = !matches!(parts.next_back(), None | Some("" | "." | ".."));
    let inside = !path.starts_with('/') && parts.all(|part| part != "..");
    if named && inside && !windows && !url && !forbidden {
        return Ok(Path::new(path));
    }
    Err(TemplateError::Escapes {
        path: path.to_owned(),
    })
}

fn parse(template: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(&rest[..at]);
        let brace = &rest[at..];
        if let Some(after) = brace
            .strip_prefix("{{")
            .or_else(|| brace.strip_prefix("}}"))
        {
            text.push_str(&brace[..1]);
            rest = after;
            continue;
        }
        let (inner, after) = brace
            .strip_prefix('{')
            .and_then(|inner| inner.split_once('}'))
            .ok_or("a brace has no partner (write `{{` or `}}` for the brace itself)")?;
        parts.push(Part::Text(std::mem::take(&mut text)));
        parts.push(column(inner)?);
        rest = after;
    }
    parts.push(Part::Text(text + rest));
    parts.retain(|part| *part != Part::Text(String::new()));
    if !parts.iter().any(|part| matches!(part, Part::Column { .. })) {
        return Err("it names no column, so all pairs would have one image".to_owned());
    }
    Ok(parts)
}

fn column(inner: &str) -> Result<Part, String> {
    let (name, slice) = match inner.rsplit_once(':') {
        None => (inner, None),
        Some((name, range)) => {
            let ends = range
                .split_once("..")
                .and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
            let slice = ends.filter(|(from, to)| from < to);
            (
                name,
                Some(slice.ok_or_else(|| format!("`{range}` is not a range of characters"))?),
            )
        }
    };
    if name.is_empty() || name.contains('{') {
        return Err(format!("`{{{inner}}}` names no column"));
    }
    Ok(Part::Column {
        name: name.to_owned(),
        slice,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn template(text: &str) -> Result<Template, TemplateError> {
        Template::try_from(text.to_owned())
    }

    #[test]
    fn yfcc_paths_are_sliced_from_the_key() {
        let yfcc = template("{key:0..3}/{key:3..6}/{key}.jpg").expect("a template");
        assert_eq!(yfcc.columns().collect::<Vec<_>>(), ["key"; 3]);
        assert_eq!(
            yfcc.render(["abcdefgh"; 3]).expect("a path"),
            "abc/def/abcdefgh.jpg"
        );
        assert_eq!(
            yfcc.render(["éèàçùôx"; 3]).expect("a path"),
            "éèà/çùô/éèàçùôx.jpg"
        );
        assert!(
            yfcc.render(["abcde"; 3])
                .expect_err("too short")
                .to_string()
                .contains("no characters 3..6")
        );
    }

    #[test]
    fn braces_are_written_twice() {
        assert_eq!(
            template("{{{a}}}")
                .expect("a template")
                .render(["x"])
                .expect("a path"),
            "{x}"
        );
    }

    #[test]
    fn a_wrong_template_is_refused() {
        for text in [
            "",
            "images",
            "{",
            "}",
            "{a",
            "a}",
            "{}",
            "{a:}",
            "{a:3}",
            "{a:3..3}",
            "{a:-1..2}",
            "{:0..1}",
        ] {
            let error = template(text).expect_err(text).to_string();
            assert!(
                error.contains("allowed are `{column}` and `{column:0..3}`"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_path_out_of_the_image_root_is_refused() {
        let images = template("{file}").expect("a template");
        for file in [
            "",
            "/etc/passwd",
            "../x.png",
            "a/../../x",
            "a/..",
            "..",
            ".",
            "a/",
            "a/.",
            "../a/x",
            "https://a.example/x",
            "c:\\x",
            "C:x",
            "..\\x",
            "a\0b",
        ] {
            assert!(images.render([file]).is_err(), "{file:?}");
        }
        for file in ["a.png", "a/b.png", "./a.png", "a..b/c...png"] {
            assert!(images.render([file]).is_ok(), "{file:?}");
        }
    }

    proptest! {
        #[test]
        fn a_slice_is_what_chars_skip_and_take_give(value in "\\PC{0,8}", from in 0_usize..6, length in 1_usize..5) {
            let template = template(&format!("x{{a:{from}..{}}}", from + length)).expect("a template");
            let expected: String = value.chars().skip(from).take(length).collect();
            match template.render([value.as_str()]) {
                Ok(path) => prop_assert_eq!(path, format!("x{expected}")),
                Err(TemplateError::Slice { .. }) => prop_assert!(value.chars().count() < from + length),
                Err(_) => prop_assert!(expected.contains(['/', '\\', ':'])),
            }
        }

        #[test]
        fn a_rendered_path_never_leaves_the_root(file in "[a./\\\\]{0,8}") {
            if let Ok(path) = template("images/{file}").expect("a template").render([file.as_str()]) {
                let mut depth = 0;
                for part in path.split('/') {
                    depth += match part { "" | "." => 0, ".." => -1, _ => 1 };
                    prop_assert!(depth >= 0, "{}", path);
                }
            }
        }
    }
}
