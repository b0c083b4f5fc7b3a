//! Target: what an evaluation set asks of a sample.

/// What an evaluation set asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The one class of an image.
    Classification,
    /// All classes of an image.
    Multilabel,
    /// The caption of an image and the image of a caption.
    Retrieval,
    /// The images that go with a cue.
    Association,
}

impl Kind {
    /// The word for it in `dataset_type.txt` and in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Classification => "classification",
            Self::Multilabel => "multilabel",
            Self::Retrieval => "retrieval",
            Self::Association => "association",
        }
    }
}

/// What is asked of one sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Its class.
    Class(usize),
    /// Of every class whether it is one of the sample's.
    Labels(Vec<bool>),
    /// Its captions, at least one.
    Captions(Vec<String>),
}

/// One question of an association set (WinoGAViL): which of the candidates go with the cue?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Association {
    /// The word.
    pub cue: String,
    /// The candidates, each a sample of the set.
    pub candidates: Vec<usize>,
    /// Of each candidate whether it goes with the cue.
    pub gold: Vec<bool>,
}
