//! The column of a dataset's table that holds the ids by which a source knows its records.

use serde::{Deserialize, Serialize};

/// Where the ids are: `id = { column = "photoid" }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct IdColumn {
    /// The column's name in the table.
    pub column: String,
}
