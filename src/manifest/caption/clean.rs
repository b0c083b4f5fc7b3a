//! Cleaning: what is done to a caption before it is cut.

use std::borrow::Cow;

use serde::Deserialize;

use super::{percent, tags};
use crate::tokenizer::repair;

/// How a caption is cleaned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Clean {
    /// As the released preparation of TiC-YFCC does: joined, read as the text of a url (`+` is a space), repaired as
    /// `ftfy.fix_text` does, tags of HTML taken out, cut. In this order, in which a tag that was escaped, `%3Cb%3E` or
    /// `&lt;b&gt;`, is a tag too.
    Yfcc,
}

impl Clean {
    /// The caption cleaned.
    pub(super) fn of(self, caption: &str) -> String {
        match self {
            Self::Yfcc => {
                let unquoted = percent::unquoted(caption);
                let repaired = repair::repaired(&unquoted);
                match tags::without(&repaired) {
                    Cow::Borrowed(_) => repaired,
                    Cow::Owned(without) => without,
                }
            }
        }
    }
}
