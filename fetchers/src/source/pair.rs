//! A pair as a timestamp source sees it: the table's row and, where they are at hand, the image's bytes.

use std::collections::BTreeMap;

use url::Url;

/// One row of the dataset's table.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// The table's columns by name.
    pub columns: &'a BTreeMap<String, String>,
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
