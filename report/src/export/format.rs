//! What a figure or table can be exported as.

use std::fmt::{Display, Formatter};
use std::str::FromStr;

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Figures that browsers and drawing programs open, text as text.
    Svg,
    /// Figures in pixels, 300 to the inch.
    Png,
    /// Figures in vectors, with the font's letters inside.
    Pdf,
    /// Tables for programs: one number a row, shares in [0, 1].
    Csv,
    /// Tables for web pages, in percent.
    Markdown,
    /// Tables for papers, in percent; they need the package `booktabs`.
    Latex,
}

impl Format {
    /// What figures can be.
    pub const FIGURES: [Self; 3] = [Self::Svg, Self::Png, Self::Pdf];
    /// What tables can be.
    pub const TABLES: [Self; 3] = [Self::Csv, Self::Markdown, Self::Latex];

    /// The ending of its files, which is also its name on the command line.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
            Self::Pdf => "pdf",
            Self::Csv => "csv",
            Self::Markdown => "md",
            Self::Latex => "tex",
        }
    }
}

impl Display for Format {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.extension())
    }
}

/// A name that is no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no format; figures can be svg, png or pdf, tables csv, md or tex")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    /// Reads a file ending, such as `svg`.
    ///
    /// # Errors
    ///
    /// If no format has that ending.
    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        Self::FIGURES
            .into_iter()
            .chain(Self::TABLES)
            .find(|format| format.extension() == name)
            .ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_ending() {
        for format in Format::FIGURES.into_iter().chain(Format::TABLES) {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        let error = "gif".parse::<Format>().expect_err("there is no gif");
        assert!(error.to_string().contains("`gif`"));
    }
}
