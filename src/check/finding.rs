//! Finding: one thing that a check has to say about a benchmark.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::set::SetKind;
use crate::uid::Uid;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The benchmark is not what it claims to be.
    Violation,
    /// A reader of its scores should know.
    Warning,
    /// Something could not be checked.
    Note,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $name:literal $severity:ident,)+) => {
        /// What a finding is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum FindingKind {
            $($(#[$doc])* $kind,)+
        }

        impl FindingKind {
            /// All kinds, the worst first.
            pub const ALL: &[Self] = &[$(Self::$kind,)+];

            /// One or a few words, by which findings are counted.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)+
                }
            }

            /// How bad it is.
            pub fn severity(self) -> Severity {
                match self {
                    $(Self::$kind => Severity::$severity,)+
                }
            }
        }
    };
}

kinds! {
    /// The steps are no timeline: they overlap, or are out of order.
    BadSteps "bad-steps" Violation,
    /// A set that `steps.json` counts samples of is not there.
    MissingSet "missing-set" Violation,
    /// A file beside the tars cannot be understood.
    BadRecord "bad-record" Violation,
    /// A tar that is promised is not there.
    MissingTar "missing-tar" Violation,
    /// A tar is there that the set does not list.
    UnlistedTar "unlisted-tar" Violation,
    /// A tar is damaged or cut off.
    DamagedTar "damaged-tar" Violation,
    /// There are more or fewer samples than a file says.
    WrongCount "wrong-count" Violation,
    /// A sample's `.json` cannot be understood.
    BadJson "bad-json" Violation,
    /// A sample does not say which pair it is.
    BadUid "bad-uid" Violation,
    /// A sample's name and its `.json` say different uids.
    KeyMismatch "key-mismatch" Violation,
    /// A sample has no image.
    MissingImage "missing-image" Violation,
    /// A sample has no caption.
    MissingCaption "missing-caption" Violation,
    /// A sample of a classification set has no class, or one that has no name.
    BadClass "bad-class" Violation,
    /// An image cannot be decoded.
    BadImage "bad-image" Violation,
    /// A sample is dated outside its step.
    DateOutsideStep "date-outside-step" Violation,
    /// A pair is both trained on and tested on.
    UidInTrainAndEvaluation "uid-in-train-and-evaluation" Violation,
    /// A pair is in two steps.
    UidInTwoSteps "uid-in-two-steps" Violation,
    /// A pair is in a set whose list has it not.
    UidNotInSplit "uid-not-in-split" Violation,
    /// An image that is trained on has the url of one that is tested on.
    SameUrl "same-url" Warning,
    /// An image that is trained on looks like one that is tested on.
    NearImage "near-image" Warning,
    /// A folder among the sets is no step's.
    UnlistedSet "unlisted-set" Warning,
    /// A `timestamp` cannot be understood.
    UnreadableDate "unreadable-date" Warning,
    /// A set has no file that says how many samples its tars have.
    NoRecord "no-record" Note,
}

/// Where a finding is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The kind of the set.
    pub set: SetKind,
    /// Its step.
    pub step: String,
    /// The tar or other file, below the benchmark's folder.
    pub file: Option<String>,
    /// The sample.
    pub key: Option<String>,
    /// The pair.
    pub uid: Option<Uid>,
}

/// Names, urls and messages of strangers are kept up to so many letters: findings wait in memory.
const MOST_LETTERS: usize = 512;

/// The beginning of a text.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(MOST_LETTERS).collect()
}

/// One thing that a check has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub kind: FindingKind,
    /// Where it is; `None` for the benchmark as a whole.
    pub at: Option<Place>,
    /// The other side, where it takes two.
    pub other: Option<Place>,
    /// What exactly is wrong.
    pub detail: String,
}

impl Finding {
    /// A finding about something in one place.
    pub(super) fn at(kind: FindingKind, place: Place, detail: impl AsRef<str>) -> Self {
        Self {
            kind,
            at: Some(place),
            other: None,
            detail: cut(detail.as_ref()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => f.write_str(file)?,
            None => write!(f, "{}/{}", self.set.folder(), self.step)?,
        }
        match (&self.key, self.uid) {
            (Some(key), _) => write!(f, " {key}"),
            (None, Some(uid)) => write!(f, " {uid}"),
            (None, None) => Ok(()),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.at.as_ref().map(ToString::to_string));
        parts.extend(self.other.as_ref().map(|other| format!("and {other}")));
        f.write_str(&parts.join(" "))?;
        match (parts.is_empty(), self.detail.is_empty()) {
            (_, true) => Ok(()),
            (true, false) => f.write_str(&self.detail),
            (false, false) => write!(f, ": {}", self.detail),
        }
    }
}
