//! The query engine behind `ticclip split`: tables of any size and place, filtered and joined by SQL, as buckets of dated
//! uids.
//!
//! [`Engine`] plans a [`Query`] over [`Table`]s of Parquet, CSV or JSON lines, on local disks or in object stores. The
//! [`Plan`] gives the rows of a range of uids at a time, a [`Bucket`]. What runs is one DataFusion plan either way:
//! in this process, within a limit of memory and with the rest on disk, or, with the feature `distributed`, as a job on
//! a Ballista cluster whose scheduler and executors the module `cluster` starts.
//!
//! Filters may use, beside SQL's own functions, `words(text)`, the number of words between white space, and
//! `language(text)`, an ISO 639-3 code; [`functions`] are all that are registered.

mod bucket;
#[cfg(feature = "distributed")]
pub mod cluster;
mod date;
mod engine;
mod error;
mod filter;
mod function;
mod plan;
mod relation;
mod store;
mod table;

pub use bucket::{Bucket, Row};
pub use engine::{Engine, Limits};
pub use error::EngineError;
pub use function::all as functions;
pub use plan::{Plan, Query};
pub use table::Table;
