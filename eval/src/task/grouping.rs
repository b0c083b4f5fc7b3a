//! Groups of a task's samples, by numbers that lie beside each image.

use serde::Deserialize;

/// Where samples say which group they are in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "GroupingKeys")]
pub struct Grouping {
    member: Metadata,
    columns: Vec<String>,
    column: usize,
}

/// The member of a sample that holds its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metadata {
    /// A NumPy array of one whole number a column.
    Npy,
}

/// The keys of a grouping as a file has them.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct GroupingKeys {
    member: Metadata,
    columns: Vec<String>,
    by: String,
}

impl Grouping {
    /// The member that holds the numbers.
    #[must_use]
    pub fn member(&self) -> Metadata {
        self.member
    }

    /// What the numbers are, in order.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Which of the numbers is the group, from 0.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }

    /// What the groups are, such as `region`.
    #[must_use]
    pub fn by(&self) -> &str {
        &self.columns[self.column]
    }
}

impl Metadata {
    /// The ending of the member's name.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Npy => "npy",
        }
    }
}

impl TryFrom<GroupingKeys> for Grouping {
    type Error = String;

    fn try_from(keys: GroupingKeys) -> Result<Self, Self::Error> {
        let GroupingKeys {
            member,
            columns,
            by,
        } = keys;
        let Some(column) = columns.iter().position(|column| *column == by) else {
            let columns = columns.join(", ");
            return Err(format!("by = {by:?} is none of the columns {columns}"));
        };
        Ok(Self {
            member,
            columns,
            column,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_one_of_the_columns() {
        let read = |text: &str| toml::from_str::<Grouping>(text);
        let grouping = read("member = \"npy\"\ncolumns = [\"year\", \"region\"]\nby = \"region\"")
            .expect("a grouping");
        assert_eq!((grouping.column(), grouping.by()), (1, "region"));
        let message = read("member = \"npy\"\ncolumns = [\"year\"]\nby = \"region\"")
            .expect_err("no such column")
            .to_string();
        assert!(
            message.contains("region") && message.contains("year"),
            "{message}"
        );
    }

    #[test]
    fn a_misspelt_key_is_answered_with_the_keys_there_are() {
        let message =
            toml::from_str::<Grouping>("member = \"npy\"\ncolumn = [\"year\"]\nby = \"year\"")
                .expect_err("no such key")
                .to_string();
        for part in ["line 2", "column", "`columns`"] {
            assert!(message.contains(part), "{part} in {message}");
        }
    }
}
