//! The engine as a caller meets it: tables on disk in, buckets out.

#[cfg(feature = "distributed")]
mod cluster;
mod columns;
mod dates;
mod filters;
mod formats;
mod limits;
mod property;
mod stores;
mod tables;
