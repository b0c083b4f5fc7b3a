//! Embeddings in, scores out: what image-text models are worth on a task, and how that changes
//! over time.
//!
//! - [`task`] and [`suite`]: tasks and groups of tasks, as data;
//! - [`embeddings`]: rows of unit vectors, checked once;
//! - [`classify`] and [`retrieve`]: the two ways of asking a model;
//! - [`metric`]: what answers are worth; [`interval`]: how sure that is;
//! - [`probe`]: a linear probe on a model's features;
//! - [`score`]: a line of `scores.jsonl`;
//! - [`transfer`]: the matrix of trained step × tested step;
//! - [`compare`]: two models on the same samples, overall, by group and against the rest;
//! - [`robustness`]: a model under a shift against what its family leads one to expect;
//! - [`shift`]: what changes over time in captions, classes and images;
//! - [`near`]: names that someone may have meant;
//! - [`toml_mistake`]: where a file of settings is wrong, in one line.
//!
//! Nothing here knows a network, a clock or a deep-learning library.

mod answer;
mod best;
pub mod classify;
pub mod compare;
pub mod embeddings;
pub mod interval;
pub mod metric;
#[cfg(test)]
mod naive;
pub mod near;
pub mod probe;
mod product;
pub mod retrieve;
pub mod robustness;
pub mod score;
pub mod shift;
mod similarity;
pub mod suite;
pub mod task;
pub mod toml_mistake;
pub mod transfer;
