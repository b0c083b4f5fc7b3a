//! A pair as a timestamp source sees it: the table's row and, where they are at hand, the image's bytes.

use std::collections::BTreeMap;

use url::Url;

/// The cells of one row, by the names of the table's columns.
pub trait Cells {
    /// The cell in this column; `None` where the table has no such column.
    fn cell(&self, column: &str) -> Option<&str>;
}

impl Cells for BTreeMap<String, String> {
    fn cell(&self, column: &str) -> Option<&str> {
        self.get(column).map(String::as_str)
    }
}

/// One row of the dataset's table.
#[derive(Clone, Copy)]
pub struct Pair<'a> {
    /// The pair's 128-bit uid.
    pub uid: u128,
    /// The row.
    pub cells: &'a dyn Cells,
    /// The image's path relative to the image root, or its url.
    pub image: &'a str,
    /// The image file's bytes, as far as they were read; `None` where there is no file.
    pub image_bytes: Option<&'a [u8]>,
}

impl Pair<'_> {
    /// The image's url, if it is on the web and not a path.
    pub fn image_url(&self) -> Option<Url> {
        let url = Url::parse(self.image.trim()).ok()?;
        matches!(url.scheme(), "http" | "https").then_some(url)
    }
}
