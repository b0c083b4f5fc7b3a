//! Pair: an image and its captions, made from one row of a table.

use super::{
    CaptionRule, Cells, ImageRule, Pairs, TableError, Tables, Template, UidRule, relative_path,
};
use crate::uid::Uid;

/// An image and its captions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Its name.
    pub uid: Uid,
    /// The path of the image below the image root, or its url.
    pub image: String,
    /// The captions, one a line, the canonical one first.
    pub caption: String,
    /// The name of its class.
    pub class: Option<String>,
    /// The values of the whole row, in the order of the table's columns.
    pub values: Cells,
}

/// Why a row is no pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The uid, where there is one.
    pub uid: Option<Uid>,
    /// One of a few words, by which rejections are counted.
    pub reason: &'static str,
    /// What exactly is wrong.
    pub detail: String,
}

/// How rows of one table become pairs.
#[derive(Debug, Clone)]
pub struct PairRules {
    uid: UidIn,
    image: ImageIn,
    caption: CaptionRule,
    caption_columns: Vec<usize>,
    class: Option<usize>,
}

#[derive(Debug, Clone)]
enum UidIn {
    Hash(Vec<usize>),
    Column(usize),
}

#[derive(Debug, Clone)]
enum ImageIn {
    Path(Template, Vec<usize>),
    Column(usize),
}

impl PairRules {
    /// Finds the columns of the rules in the tables.
    ///
    /// # Errors
    /// When one is not there.
    pub fn new(pairs: &Pairs, tables: &Tables) -> Result<Self, TableError> {
        let uid = match &pairs.uid {
            UidRule::Hash(columns) => {
                UidIn::Hash(indices(columns.iter().map(String::as_str), tables)?)
            }
            UidRule::Column(column) => UidIn::Column(tables.index_of(column)?),
        };
        let image = match &pairs.image {
            ImageRule::Path(template) => {
                ImageIn::Path(template.clone(), indices(template.columns(), tables)?)
            }
            ImageRule::Column(column) => ImageIn::Column(tables.index_of(column)?),
        };
        Ok(Self {
            uid,
            image,
            caption: pairs.caption.clone(),
            caption_columns: indices(pairs.caption.columns(), tables)?,
            class: pairs
                .class
                .as_ref()
                .map(|class| tables.index_of(&class.column))
                .transpose()?,
        })
    }

    /// The pair of a row.
    ///
    /// # Errors
    /// When a value does not fit its rule.
    pub fn pair(&self, values: Cells) -> Result<Pair, Refusal> {
        let uid = self.uid(&values)?;
        let refuse = |(reason, detail)| Refusal {
            uid: Some(uid),
            reason,
            detail,
        };
        let image = self.image(&values).map_err(refuse)?;
        let caption = self
            .caption
            .captions(self.caption_columns.iter().map(|&column| &values[column]));
        if caption.is_empty() {
            return Err(refuse(("empty-caption", String::new())));
        }
        let class = self
            .class
            .map(|column| class(&values[column]))
            .transpose()
            .map_err(refuse)?
            .flatten();
        Ok(Pair {
            uid,
            image,
            caption,
            class,
            values,
        })
    }

    fn uid(&self, values: &Cells) -> Result<Uid, Refusal> {
        let refuse = |detail| Refusal {
            uid: None,
            reason: "bad-uid",
            detail,
        };
        match &self.uid {
            UidIn::Column(column) => values[*column]
                .trim()
                .parse()
                .map_err(|error| refuse(format!("{error}"))),
            UidIn::Hash(columns) if columns.iter().all(|&column| values[column].is_empty()) => Err(
                refuse("every column that names the pair is empty".to_owned()),
            ),
            UidIn::Hash(columns) => Ok(Uid::from_values(
                columns.iter().map(|&column| &values[column]),
            )),
        }
    }

    fn image(&self, values: &Cells) -> Result<String, (&'static str, String)> {
        let bad = |error: super::TemplateError| ("bad-image-path", error.to_string());
        match &self.image {
            ImageIn::Path(template, columns) => template
                .render(columns.iter().map(|&column| &values[column]))
                .map_err(bad),
            ImageIn::Column(column) => {
                let image = values[*column].trim();
                if image.is_empty() {
                    return Err(("empty-image", String::new()));
                }
                if !is_url(image) {
                    relative_path(image).map_err(bad)?;
                }
                Ok(image.to_owned())
            }
        }
    }
}

/// Whether `image` is the url of an image that has to be downloaded, not a path.
pub fn is_url(image: &str) -> bool {
    let schemes = ["https", "http", "s3", "gs", "az"];
    schemes.iter().any(|scheme| {
        let (start, rest) = image.as_bytes().split_at(scheme.len().min(image.len()));
        rest.starts_with(b"://") && start.eq_ignore_ascii_case(scheme.as_bytes())
    })
}

fn indices<'a>(
    columns: impl IntoIterator<Item = &'a str>,
    tables: &Tables,
) -> Result<Vec<usize>, TableError> {
    columns
        .into_iter()
        .map(|column| tables.index_of(column))
        .collect()
}

/// A class name, which must fit on a line of the evaluation set's list of them; empty is no class.
fn class(value: &str) -> Result<Option<String>, (&'static str, String)> {
    let name = value.trim();
    if name.contains(['\n', '\r']) {
        return Err(("bad-class", format!("class {name:?} has a line break")));
    }
    Ok((!name.is_empty()).then(|| name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BY_HASH: &str = "table = \"t.csv\"\nuid = { hash = [\"id\"] }\nimage = { path = \"i/{image}\" }\n\
                           caption = { column = \"text\" }\nclass = { column = \"kind\", templates = [\"a {c}\"] }";
    const BY_COLUMN: &str = "table = \"t.csv\"\nuid = { column = \"id\" }\nimage = { column = \"image\" }\ncaption = { column = \"text\" }";

    fn pair(pairs: &str, values: [&str; 4]) -> Result<Pair, Refusal> {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("t.csv"), "id,image,text,kind\n").expect("written");
        let pairs: Pairs = toml::from_str(pairs).expect("a table");
        let tables = Tables::open(dir.path(), &pairs.table).expect("a table");
        PairRules::new(&pairs, &tables)
            .expect("all columns")
            .pair(Cells::from(values.to_vec()))
    }

    fn reason(pairs: &str, values: [&str; 4]) -> &'static str {
        pair(pairs, values).expect_err("refused").reason
    }

    #[test]
    fn a_row_becomes_a_pair() {
        let found = pair(BY_HASH, ["x", "a.png", " a cat ", " animal "]).expect("a pair");
        assert_eq!(found.uid, Uid::from_values(["x"]));
        assert_eq!(
            (found.image.as_str(), found.caption.as_str()),
            ("i/a.png", "a cat")
        );
        assert_eq!(found.class.as_deref(), Some("animal"));
        let id = "0123456789abcdef0123456789abcdef";
        let found =
            pair(BY_COLUMN, [id, "https://example.org/a.png", "a cat", ""]).expect("a pair");
        assert_eq!(found.uid.to_string(), id);
        assert_eq!(
            (found.image.as_str(), found.class),
            ("https://example.org/a.png", None)
        );
    }

    #[test]
    fn a_value_that_does_not_fit_is_refused_with_a_reason() {
        assert_eq!(reason(BY_HASH, ["", "a.png", "a cat", ""]), "bad-uid");
        assert_eq!(reason(BY_COLUMN, ["12", "a.png", "a cat", ""]), "bad-uid");
        assert_eq!(
            reason(BY_HASH, ["x", "../../secret", "a cat", ""]),
            "bad-image-path"
        );
        assert_eq!(reason(BY_HASH, ["x", "a.png", " \n", ""]), "empty-caption");
        assert_eq!(
            reason(BY_HASH, ["x", "a.png", "a cat", "a\nb"]),
            "bad-class"
        );
        let id = "0123456789abcdef0123456789abcdef";
        for (image, expected) in [
            ("/etc/passwd", "bad-image-path"),
            ("file:///etc/passwd", "bad-image-path"),
            (" ", "empty-image"),
        ] {
            assert_eq!(reason(BY_COLUMN, [id, image, "a cat", ""]), expected);
        }
    }
}
