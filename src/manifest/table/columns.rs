//! Columns: the names that a table gives its values, and where another table has the same.

use std::path::Path;

use super::TableError;

/// The columns of the first table, which the others must have too.
pub(super) struct Wanted<'a> {
    /// Their names, in the order in which rows give their values.
    pub(super) columns: &'a [String],
    /// The first table.
    pub(super) first: &'a Path,
}

impl Wanted<'_> {
    /// Where `found`, the columns of `path`, has each of the columns.
    ///
    /// # Errors
    /// When one is missing, or one is new.
    pub(super) fn order(&self, path: &Path, found: &[String]) -> Result<Vec<usize>, TableError> {
        if let Some(extra) = found.iter().find(|name| !self.columns.contains(name)) {
            let first = self.first.display();
            let message = format!(
                "column `{extra}` is not in {first}; the tables must have the same columns"
            );
            return Err(TableError::header(path, message));
        }
        let position = |column: &String| {
            let index = found.iter().position(|name| name == column);
            index.ok_or_else(|| TableError::MissingColumn {
                path: path.to_owned(),
                column: column.clone(),
                columns: found.to_vec(),
            })
        };
        self.columns.iter().map(position).collect()
    }
}

/// The names, if each is there once.
///
/// # Errors
/// When two are the same.
pub(super) fn checked_names(path: &Path, names: Vec<String>) -> Result<Vec<String>, TableError> {
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort_unstable();
    match sorted.windows(2).find(|two| two[0] == two[1]) {
        None => Ok(names),
        Some(two) => {
            let message = format!("two columns are named `{}`", two[0]);
            Err(TableError::header(path, message))
        }
    }
}
