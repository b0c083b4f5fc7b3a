//! A place in a group, settled or not.

use serde::Deserialize;

/// A place in a group: the group's name where a task says it, the task's name where a group does.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Membership {
    /// The other side's name.
    pub name: String,
    /// Whether a source says so; if not, the name has a question mark behind it.
    pub settled: bool,
}

impl TryFrom<String> for Membership {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let name = text.strip_suffix('?').unwrap_or(&text);
        if name.is_empty() || name.contains('?') || name.contains(char::is_whitespace) {
            return Err(format!(
                "{text:?} is no name; a question mark behind a name says that the place is not settled"
            ));
        }
        Ok(Self {
            name: name.to_owned(),
            settled: name.len() == text.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_mark_leaves_a_place_open() {
        let read = |text: &str| Membership::try_from(text.to_owned());
        let open = read("static28?").expect("a place");
        assert_eq!((open.name.as_str(), open.settled), ("static28", false));
        assert!(read("vtab").expect("a place").settled);
        for text in ["", "?", "a??", "a b"] {
            let message = read(text).expect_err("no place");
            assert!(message.contains(&format!("{text:?}")), "{message}");
        }
    }
}
