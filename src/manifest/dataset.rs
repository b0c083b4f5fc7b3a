//! Dataset: the TOML file that says where a dataset's pairs, dates and time steps come from.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use thiserror::Error;
use ticclip_eval::toml_mistake::TomlMistake;
use ticclip_fetchers::config::Timestamps;

use super::{CaptionRule, TableRule, Template};
use crate::timeline::TimelineConfig;

/// A dataset file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Dataset {
    /// What the dataset is called.
    pub name: String,
    /// Whose work it is, for reports.
    #[serde(default)]
    pub credits: Vec<String>,
    /// What a reader should know before trusting a score on it.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Where the pairs come from.
    pub pairs: Pairs,
    /// Where their dates come from.
    pub timestamps: Option<Timestamps>,
    /// The time steps.
    pub timeline: Option<TimelineConfig>,
    /// What is kept for evaluation.
    pub held_out: Option<HeldOut>,
    /// The folder the file is in: tables and images are found from here.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// The `[pairs]` table: how a row becomes a pair.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "PairsKeys")]
pub struct Pairs {
    /// The files that list the pairs: `table`, a path or glob relative to the dataset file or a list of those, and
    /// `columns`, the names of the columns of a CSV or TSV file that does not begin with them.
    pub table: TableRule,
    /// Names the pair.
    pub uid: UidRule,
    /// Finds the image.
    pub image: ImageRule,
    /// Makes the caption.
    pub caption: CaptionRule,
    /// Gives the class, where the dataset has classes.
    pub class: Option<ClassRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PairsKeys {
    table: TableRule,
    uid: UidRule,
    image: ImageRule,
    caption: CaptionRule,
    class: Option<ClassRule>,
    columns: Option<Vec<String>>,
}

impl TryFrom<PairsKeys> for Pairs {
    type Error = String;

    fn try_from(keys: PairsKeys) -> Result<Self, String> {
        if keys.columns.as_ref().is_some_and(Vec::is_empty) {
            return Err("`columns` is empty: name every column of the table".to_owned());
        }
        let mut pairs = Self {
            table: keys.table.with_header(keys.columns),
            uid: keys.uid,
            image: keys.image,
            caption: keys.caption,
            class: keys.class,
        };
        let columns = pairs.columns();
        let columns: Vec<String> = columns.into_iter().map(str::to_owned).collect();
        for column in &columns {
            pairs.table.need(column);
        }
        Ok(pairs)
    }
}

/// How a pair is named.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UidRule {
    /// The first 128 bits of SHA-256 over the values of these columns joined by U+001F.
    Hash(Vec<String>),
    /// A column of 32 hex digits.
    Column(String),
}

/// How a pair's image is found.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImageRule {
    /// A path below the dataset file's folder, made from columns.
    Path(Template),
    /// A column that has a url or such a path.
    Column(String),
}

/// How a pair's class is found, and how a classifier asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "ClassKeys")]
pub struct ClassRule {
    /// The column that has the class name; an empty value is no class.
    pub column: String,
    /// Prompts, with `{c}` where the class name goes.
    pub templates: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ClassKeys {
    column: String,
    templates: Vec<String>,
}

impl TryFrom<ClassKeys> for ClassRule {
    type Error = String;

    fn try_from(ClassKeys { column, templates }: ClassKeys) -> Result<Self, String> {
        if templates.is_empty() {
            return Err(
                "`templates` is empty: give at least one, such as \"a photo of a {c}.\"".to_owned(),
            );
        }
        // A line of the evaluation set's template file each.
        match templates
            .iter()
            .find(|template| !template.contains("{c}") || template.contains(['\n', '\r']))
        {
            Some(template) => Err(format!(
                "template `{template}` must be one line with `{{c}}` in it"
            )),
            None => Ok(Self { column, templates }),
        }
    }
}

/// The `[held-out]` table: which share of the pairs is kept for evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "HeldOutKeys")]
pub struct HeldOut {
    /// The expected share of a step's pairs, at least 0 and below 1.
    pub share: f64,
    /// Another seed holds out other pairs.
    pub seed: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct HeldOutKeys {
    share: f64,
    #[serde(default)]
    seed: u64,
}

impl HeldOut {
    /// Checks the share.
    ///
    /// # Errors
    /// When it is not at least 0 and below 1; the message says so.
    pub fn new(share: f64, seed: u64) -> Result<Self, String> {
        if (0.0..1.0).contains(&share) {
            return Ok(Self { share, seed });
        }
        Err(format!(
            "held-out share {share} is not allowed: at least 0 and below 1"
        ))
    }
}

impl TryFrom<HeldOutKeys> for HeldOut {
    type Error = String;

    fn try_from(HeldOutKeys { share, seed }: HeldOutKeys) -> Result<Self, String> {
        Self::new(share, seed)
    }
}

/// Why a dataset file cannot be used.
#[derive(Debug, Error)]
pub enum DatasetError {
    /// It cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A key or value is wrong.
    #[error("{}:{mistake}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// The line, and what is wrong, with what is allowed.
        mistake: TomlMistake,
    },
}

impl Dataset {
    /// Reads a dataset file.
    ///
    /// # Errors
    /// When it cannot be read, or has an unknown key or a wrong value; the error names file and line.
    pub fn read(path: &Path) -> Result<Self, DatasetError> {
        let mut dataset: Self = parse_toml(path)?;
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        dataset.folder = folder.unwrap_or(Path::new(".")).to_owned();
        let timestamps = dataset.timestamps.as_ref();
        if let Some(column) = timestamps.and_then(|timestamps| timestamps.column.as_ref()) {
            dataset.pairs.table.need(&column.name);
        }
        Ok(dataset)
    }
}

impl Pairs {
    /// Every column that a rule uses.
    pub fn columns(&self) -> BTreeSet<&str> {
        let mut columns: BTreeSet<&str> = self.caption.columns().into_iter().collect();
        match &self.uid {
            UidRule::Hash(hashed) => columns.extend(hashed.iter().map(String::as_str)),
            UidRule::Column(column) => columns.extend([column.as_str()]),
        }
        match &self.image {
            ImageRule::Path(template) => columns.extend(template.columns()),
            ImageRule::Column(column) => columns.extend([column.as_str()]),
        }
        columns.extend(self.class.as_ref().map(|class| class.column.as_str()));
        columns
    }
}

/// Reads a TOML file into a closed type.
///
/// # Errors
/// When it cannot be read, or does not fit; the error names file and line.
pub fn parse_toml<T: DeserializeOwned>(path: &Path) -> Result<T, DatasetError> {
    let text = std::fs::read_to_string(path).map_err(|source| DatasetError::Io {
        path: path.to_owned(),
        source,
    })?;
    toml::from_str(&text).map_err(|error| DatasetError::Toml {
        path: path.to_owned(),
        mistake: TomlMistake::new(&text, &error),
    })
}

#[cfg(test)]
mod published;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Tables;

    const WHOLE: &str = r#"name = "tic-emoji"
[pairs]
table = "table.csv"
uid = { hash = ["emoji"] }
image = { path = "images/{file}" }
caption = { alternatives = ["caption", "caption_with_group"] }
class = { column = "class", templates = ["an emoji of {c}."] }
[timestamps]
order = ["column", "url-path"]
column = { name = "released", unit = "iso-8601", kind = "posted" }
[timeline]
steps = [ { name = "2010-2014", years = [2010, 2014] }, { name = "2016", from = "2016-01-01", to = "2016-07-01" } ]
[held-out]
share = 0.12
seed = 0
"#;

    fn read(text: &str) -> Result<Dataset, DatasetError> {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("tic-emoji.toml");
        std::fs::write(&path, text).expect("written");
        Dataset::read(&path)
    }

    #[test]
    fn a_whole_dataset_is_understood() {
        let dataset = read(WHOLE).expect("understood");
        assert_eq!(dataset.pairs.uid, UidRule::Hash(vec!["emoji".to_owned()]));
        let columns: Vec<_> = dataset.pairs.columns().into_iter().collect();
        assert_eq!(
            columns,
            ["caption", "caption_with_group", "class", "emoji", "file"]
        );
        assert_eq!(
            dataset.held_out,
            Some(HeldOut {
                share: 0.12,
                seed: 0
            })
        );
        assert_eq!(dataset.timeline.expect("a timeline").0.steps().len(), 2);
    }

    #[test]
    fn tables_may_be_several_and_without_a_header() {
        let dir = tempfile::tempdir().expect("a folder");
        for name in ["a.tsv", "b.tsv"] {
            std::fs::write(dir.path().join(name), "1\tx.png\tone\n").expect("written");
        }
        let text = WHOLE
            .replace(
                "\"table.csv\"",
                "[\"a.tsv\", \"b*.tsv\"]\ncolumns = [\"emoji\", \"file\", \"caption\"]",
            )
            .replace(", \"caption_with_group\"", "");
        let pairs = read(&text).expect("understood").pairs;
        let tables = Tables::open(dir.path(), &pairs.table).expect("tables");
        assert_eq!(tables.files().len(), 2);
        assert_eq!(tables.index_of("caption").expect("a column"), 2);
        assert_eq!(tables.rows().count(), 2);
        let none = read(&WHOLE.replace("[pairs]", "[pairs]\ncolumns = []")).expect_err("refused");
        assert!(none.to_string().contains("`columns` is empty"), "{none}");
    }

    #[test]
    fn json_lines_have_every_column_that_the_dataset_names() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("table.jsonl"), "{\"emoji\": \"x\"}\n").expect("written");
        let pairs = read(&WHOLE.replace("table.csv", "table.jsonl"))
            .expect("understood")
            .pairs;
        let tables = Tables::open(dir.path(), &pairs.table).expect("tables");
        for column in pairs.columns().into_iter().chain(["released"]) {
            tables.index_of(column).expect("a column");
        }
    }

    #[test]
    fn a_wrong_key_or_value_is_reported_with_file_line_and_what_is_allowed() {
        for (from, to, expected) in [
            (
                "table =",
                "tabel =",
                "tic-emoji.toml:3: unknown field `tabel`, expected one of `table`, `uid`, `image`, `caption`, `class`",
            ),
            (
                "[held-out]",
                "[heldout]",
                "tic-emoji.toml:13: unknown field `heldout`, expected one of",
            ),
            (
                "hash =",
                "hsah =",
                "tic-emoji.toml:4: unknown variant `hsah`, expected `hash` or `column`",
            ),
            (
                "alternatives",
                "alternative",
                "tic-emoji.toml:6: unknown field `alternative`, expected one of",
            ),
            (
                "share = 0.12",
                "share = 1.5",
                "held-out share 1.5 is not allowed",
            ),
            (
                "{c}.",
                "it.",
                "template `an emoji of it.` must be one line with `{c}` in it",
            ),
            ("{file}", "{file", "image template `images/{file`"),
            ("seed = 0", "seed = -1", "tic-emoji.toml:15: "),
            ("name = \"tic-emoji\"", "", "missing field `name`"),
        ] {
            let error = read(&WHOLE.replacen(from, to, 1))
                .expect_err("refused")
                .to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
