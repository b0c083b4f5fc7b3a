//! Caption: the texts of a pair, made from the columns of its row.

mod clean;
mod percent;
mod tags;

use std::borrow::Cow;

use memchr::memchr2;
use serde::Deserialize;

use clean::Clean;

/// How a pair's caption is made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "CaptionKeys")]
pub struct CaptionRule {
    form: Form,
    clean: Option<Clean>,
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
    clean: Option<Clean>,
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
            clean: keys.clean,
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
    /// Captions are cleaned as the rule says, have at most `max-chars` characters, and are trimmed; a line break within
    /// becomes a space; empty and repeated ones are left out. Empty when nothing is left.
    pub fn captions<'a>(&self, values: impl IntoIterator<Item = &'a str>) -> String {
        let mut values = values.into_iter();
        match &self.form {
            Form::Alternatives(columns) if columns.len() == 1 => {
                self.line(values.next().unwrap_or_default()).into_owned()
            }
            Form::Alternatives(_) => self.alternatives(values),
            Form::Join(_) => self.line(&self.joined(values)).into_owned(),
        }
    }

    fn alternatives<'a>(&self, values: impl Iterator<Item = &'a str>) -> String {
        let mut captions = String::new();
        for value in values {
            let caption = self.line(value);
            if caption.is_empty() || captions.split('\n').any(|other| other == caption) {
                continue;
            }
            if !captions.is_empty() {
                captions.push('\n');
            }
            captions.push_str(&caption);
        }
        captions
    }

    /// The values in one text. Where it is to be cleaned, the values that are empty are joined too, as the reference does.
    fn joined<'a>(&self, values: impl Iterator<Item = &'a str>) -> String {
        let mut joined = String::new();
        let (mut index, mut is_there) = (0, false);
        for value in values {
            let value = if self.clean.is_some() {
                value
            } else {
                value.trim()
            };
            if self.clean.is_none() && value.is_empty() {
                continue;
            }
            if index > 0 {
                joined.push_str(". ");
            }
            joined.push_str(value);
            index += 1;
            is_there |= !value.is_empty();
        }
        if is_there { joined } else { String::new() }
    }

    /// One caption of a value. Allocates nothing where the value is a clean line.
    fn line<'a>(&self, value: &'a str) -> Cow<'a, str> {
        let Some(clean) = self.clean else {
            return match one_line(value.trim()) {
                Cow::Borrowed(line) => Cow::Borrowed(self.cut(line).trim_end()),
                Cow::Owned(line) => Cow::Owned(self.cut(&line).trim_end().to_owned()),
            };
        };
        let cleaned = clean.of(value);
        let line = one_line(self.cut(&cleaned).trim()).into_owned();
        // Full stops are all that is left where every value that was joined was nothing but tags.
        let is_empty = line.bytes().all(|byte| matches!(byte, b'.' | b' '));
        Cow::Owned(if is_empty { String::new() } else { line })
    }

    fn cut<'a>(&self, caption: &'a str) -> &'a str {
        let end = self
            .max_chars
            .filter(|&chars| chars < caption.len())
            .and_then(|chars| caption.char_indices().nth(chars));
        end.map_or(caption, |(end, _)| &caption[..end])
    }
}

/// The text with a space for each line break.
fn one_line(text: &str) -> Cow<'_, str> {
    if memchr2(b'\n', b'\r', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", " ").replace(['\n', '\r'], " "))
}

#[cfg(test)]
mod tests;
