//! ImageNet's classes by text alone: the part of TiC-DataComp-Net without images and neural networks.
//!
//! - [`synsets`]: the 1000 classes and every WordNet 3.0 synset above them, with their lemmas;
//! - [`hierarchy`]: the classes below a synset, such as all dogs;
//! - [`glosses`]: definitions, read from an installed WordNet 3.0, and the text that describes a class;
//! - [`matcher`]: the class whose lemma a caption contains.
//!
//! A caption is of a class if it contains a lemma of that class alone and no lemma of another one. LAIONNet (Shirali &
//! Hardt 2023) finds lemmas as substrings; here they are whole words, so that `cat` is not found in `catalogue`.
//! Whether such a caption also means the class, text encoders say: they compare it with [`glosses::Glosses::prompt`].

pub mod glosses;
pub mod hierarchy;
mod letter;
pub mod matcher;
mod opening;
mod plural;
mod spelling;
pub mod synsets;
pub mod wnid;
