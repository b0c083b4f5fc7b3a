//! Why answers cannot be measured.

use thiserror::Error;

/// What is wrong with the input of a metric; rows and columns count from 0.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum MetricError {
    /// No row at all.
    #[error("there is no sample to measure")]
    Empty,
    /// Lists that should be of one length.
    #[error("there are {found} {what} for {rows} samples, one each is needed")]
    Length {
        /// What there is too much or too little of.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        rows: usize,
    },
    /// A list of numbers that is no matrix of the size named.
    #[error("{values} {what} are not a matrix of {rows} rows and {columns} columns")]
    Shape {
        /// What the numbers are.
        what: &'static str,
        /// How many there are.
        values: usize,
        /// Rows there should be.
        rows: usize,
        /// Columns there should be.
        columns: usize,
    },
    /// A score that cannot be ranked.
    #[error("row {row} has a score of {value} in column {column}, which is no finite number")]
    NotFinite {
        /// The row.
        row: usize,
        /// The column, or the candidate.
        column: usize,
        /// The score.
        value: f32,
    },
    /// A label that no class has.
    #[error("row {row} has label {label}, there are {classes} classes, from 0")]
    Label {
        /// The row.
        row: usize,
        /// Its label.
        label: usize,
        /// Number of classes.
        classes: usize,
    },
    /// A guess that is no class.
    #[error("row {row} has class {guess} among its guesses, there are {classes} classes, from 0")]
    Guess {
        /// The row.
        row: usize,
        /// The guess.
        guess: usize,
        /// Number of classes.
        classes: usize,
    },
    /// A class that is guessed at two places.
    #[error("row {row} has class {guess} twice among its guesses")]
    GuessTwice {
        /// The row.
        row: usize,
        /// The guess.
        guess: usize,
    },
    /// Fewer guesses than are looked at.
    #[error("row {row} has {guesses} guesses, the first {k} are asked for, at least 1")]
    Depth {
        /// The row.
        row: usize,
        /// Guesses it has.
        guesses: usize,
        /// Guesses that are looked at.
        k: usize,
    },
    /// A group that is not there.
    #[error("row {row} is of group {group}, there are {groups} groups, from 0")]
    Group {
        /// The row.
        row: usize,
        /// Its group.
        group: usize,
        /// Number of groups.
        groups: usize,
    },
    /// Every row is of a group that is left out.
    #[error("every sample is of a group that is left out")]
    NoGroup,
    /// Similarities and associations of different lengths.
    #[error(
        "row {row} has {similarities} similarities and {associations} associations, one a candidate is needed"
    )]
    Candidates {
        /// The row.
        row: usize,
        /// Number of similarities.
        similarities: usize,
        /// Number of entries that say what is associated.
        associations: usize,
    },
    /// A row in which there is nothing to find.
    #[error("row {row} has no associated candidate")]
    NoAssociation {
        /// The row.
        row: usize,
    },
    /// A caption of an image that is not there.
    #[error("caption {text} belongs to image {image}, there are {images}, from 0")]
    NoSuchImage {
        /// The caption's row.
        text: usize,
        /// The image it names.
        image: usize,
        /// Number of images.
        images: usize,
    },
    /// An image that nothing could find.
    #[error("image {image} has no caption")]
    NoCaption {
        /// The image's row.
        image: usize,
    },
    /// A rank beyond the last candidate.
    #[error("{what} {row} has rank {rank}, there are {candidates} candidates, from 0")]
    Rank {
        /// `image` or `caption`.
        what: &'static str,
        /// Its row.
        row: usize,
        /// Its rank.
        rank: usize,
        /// Number of candidates.
        candidates: usize,
    },
    /// Recall among the first none.
    #[error("recall@0 looks at no candidate")]
    NoPlace,
}
