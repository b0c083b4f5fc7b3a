//! Wanted: what a caller wants of a dataset that may have more than that.

use super::{Kind, Side};

/// What a caller wants of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What a set is asked where its files leave that open.
    pub kind: Kind,
    /// The part of the dataset.
    pub side: Side,
    /// The column of the label or the captions, for tables that have several.
    pub column: Option<String>,
}

impl Wanted {
    /// The part that models are tested on.
    #[must_use]
    pub fn test(kind: Kind) -> Self {
        Self {
            kind,
            side: Side::Test,
            column: None,
        }
    }

    /// The part that a probe is trained on.
    #[must_use]
    pub fn train(kind: Kind) -> Self {
        Self {
            side: Side::Train,
            ..Self::test(kind)
        }
    }
}
