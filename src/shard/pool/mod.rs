//! Pool: tars of pairs of all times, sorted by one pass over them into the sets of every step.

mod checkpoint;
mod inspect;
mod job;
mod membership;
mod open_set;
mod reader;
mod sets;

pub(crate) use inspect::uid_of;
pub use job::{BYTES_A_CHECKPOINT, POOL_ENTRIES, PoolJob};
