//! The ways of asking a model, and the metrics that each can be worth.

use std::fmt;

use serde::Deserialize;

/// How a model is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// One class an image, by prompts.
    Classification,
    /// Any number of classes an image, by prompts.
    Multilabel,
    /// Captions for images and images for captions.
    Retrieval,
    /// The candidate images that go with a cue word, as many as there are.
    Winogavil,
}

/// Metrics of a classification that look at groups of samples.
pub(super) const OVER_GROUPS: [&str; 3] = [
    "acc_worst_group",
    "acc_worst_region",
    "acc_top5_worst_group",
];

impl Kind {
    /// Its name in a task file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Classification => "classification",
            Self::Multilabel => "multilabel",
            Self::Retrieval => "retrieval",
            Self::Winogavil => "winogavil",
        }
    }

    /// Metrics that tasks of this kind have.
    #[must_use]
    pub fn metrics(self) -> &'static [&'static str] {
        match self {
            Self::Classification => &[
                "acc1",
                "acc5",
                "mean_per_class_recall",
                "f1_macro",
                "acc_worst_group",
                "acc_worst_region",
                "acc_top5_worst_group",
            ],
            Self::Multilabel => &["mean_average_precision"],
            Self::Retrieval => &[
                "mean_recall@1",
                "image_retrieval_recall@1",
                "image_retrieval_recall@5",
                "image_retrieval_recall@10",
                "text_retrieval_recall@1",
                "text_retrieval_recall@5",
                "text_retrieval_recall@10",
            ],
            Self::Winogavil => &[
                "jaccard_score_10-12",
                "jaccard_score_5-6",
                "jaccard_score_5",
                "jaccard_score_6",
                "jaccard_score_10",
                "jaccard_score_12",
                "avg_jaccard_score",
            ],
        }
    }

    /// Whether answers are classes.
    #[must_use]
    pub fn has_classes(self) -> bool {
        matches!(self, Self::Classification | Self::Multilabel)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
