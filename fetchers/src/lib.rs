//! When was an image-text pair published? Timestamp sources and the network client of ticclip.
//!
//! The rooms, in the order in which a pair passes through them:
//!
//! - [`config`]: the `[timestamps]` table of a dataset file: which sources, in which order;
//! - [`source`]: what to ask for a pair and how to read the reply, one file a source, no IO;
//! - [`client`]: the one network client: time-outs, retries, caps, and which addresses it refuses;
//! - [`claim`]: a dated claim, how precise and how binding it is, and which claim wins;
//! - [`rejection`]: why a date is never used;
//! - [`lookup`]: what a source's files say about the rows, sorted on disk;
//! - [`journal`]: what was answered, kept through a kill;
//! - [`pickle`]: the data in released pickles, without running what is in them;
//! - [`recover`]: asks the sources for a batch of rows and gives every row an [`recover::Outcome`].
//!
//! ```
//! use std::collections::BTreeMap;
//! use ticclip_fetchers::config::Timestamps;
//! use ticclip_fetchers::recover::{Recovery, Row};
//!
//! let config: Timestamps = toml::from_str(
//!     r#"
//!     order = ["column", "url-path"]
//!     column = { name = "released", unit = "iso-8601", kind = "posted" }
//!     "#,
//! )?;
//! let recovery = Recovery::new(&config, "2026-01-01T00:00:00Z".parse()?)?;
//! let cells = BTreeMap::from([("released".to_owned(), "2019-05-17".to_owned())]);
//! let row = Row { uid: 1, cells: &cells, image: "https://example.org/a.jpg", image_path: None };
//! let batch = recovery.begin(&[row])?;
//! let outcomes: Vec<_> = recovery.settle(batch).collect();
//! assert_eq!(outcomes[0].state.as_str(), "dated");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[macro_use]
mod words;

pub mod claim;
pub mod client;
pub mod config;
mod http_date;
pub mod journal;
pub mod lookup;
pub mod pickle;
pub mod recover;
pub mod rejection;
pub mod source;
