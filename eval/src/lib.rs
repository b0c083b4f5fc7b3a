//! Embeddings in, scores out: what image-text models are worth on a task, and how that changes
//! over time.
//!
//! - [`task`] and [`suite`]: tasks and groups of tasks, as data;
//! - [`embeddings`]: rows of unit vectors, checked once;
//! - [`classify`] and [`retrieve`]: the two ways of asking a model;
//! - [`metric`]: what answers are worth; [`interval`]: how sure that is;
//! - [`score`]: a line of `scores.jsonl`;
//! - [`transfer`]: the matrix of trained step × tested step.
//!
//! Nothing here knows a network, a clock or a deep-learning library.

pub mod classify;
pub mod embeddings;
pub mod interval;
pub mod metric;
pub mod retrieve;
pub mod score;
pub mod suite;
pub mod task;
pub mod transfer;
