//! Time-continual image-text benchmarks: when was a pair published, and how do models age?
//!
//! The rooms, in the order in which data flows through them:
//!
//! - [`emoji`]: the built-in dataset, written out as a user would bring one;
//! - [`manifest`]: a dataset's table, and every pair of it with its date;
//! - [`dating`]: how that becomes of a table of any size, through interruptions;
//! - [`pool`] and [`download`]: the images of a manifest, fetched and made ready for shards;
//! - [`timeline`] and [`split`]: the time step and the side of every pair;
//! - [`shard`]: the WebDataset tars of every step, written and read;
//! - [`check`]: a finished benchmark read from end to end, for what is wrong with it;
//! - [`net`]: the pairs of every step that are of one of ImageNet's classes, by their captions;
//! - [`tokenizer`] and [`preprocess`]: captions and images as a model sees them;
//! - [`model`]: CLIP, in open_clip's names, shapes and files;
//! - [`strategy`] and [`train`]: what a step learns from, and the learning;
//! - [`encode`]: images and texts to their vectors;
//! - [`hub`]: the tasks' evaluation sets, from a server that has them;
//! - [`score`]: models put to the tasks of every step.
//!
//! Beside them stand [`uid`] (a pair's name), [`artefact`] (what a command leaves behind), [`device`] (what computes),
//! [`part`] (one of several shares of a work), [`store`] (folders in object stores), [`progress`], and the command line:
//! [`cli`] is parsed, [`command`] reads artefacts, calls a room and writes
//! artefacts. Dates come from the crate `ticclip-fetchers`, metrics from `ticclip-eval`,
//! classes in captions from `ticclip-net`, the page about it all from `ticclip-report`.

pub mod artefact;
pub mod check;
pub mod cli;
pub mod command;
pub mod dating;
pub mod device;
pub mod download;
pub mod emoji;
pub mod encode;
pub mod hub;
mod in_order;
pub mod manifest;
pub mod model;
pub mod net;
mod noun;
pub mod part;
pub mod pool;
pub mod preprocess;
pub mod progress;
#[cfg(test)]
mod scattered;
pub mod score;
pub mod shard;
pub mod split;
pub mod store;
pub mod strategy;
pub mod timeline;
pub mod tokenizer;
pub mod train;
pub mod uid;
