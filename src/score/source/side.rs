//! Side: what part of a dataset is read, and how its folders and files are called.

/// A part of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What models are tested on.
    Test,
    /// What a probe is trained on.
    Train,
}

impl Side {
    pub(super) const ALL: [Self; 2] = [Self::Test, Self::Train];

    /// Names of the part, the one that is looked for first before the others.
    pub(super) fn names(self) -> &'static [&'static str] {
        match self {
            Self::Test => &["test", "validation", "valid", "val"],
            Self::Train => &["train"],
        }
    }

    /// Whether what is not in a folder or file of such a name is the part.
    pub(super) fn is_the_rest(self) -> bool {
        self == Self::Test
    }
}
