//! Pool: tars of pairs of all times, sorted by one pass over them into the sets of every step.

mod checkpoint;
mod classes;
mod inspect;
mod job;
mod membership;
mod open_set;
mod parts;
mod reader;
mod sets;

pub use classes::ClassesJob;
pub(super) use classes::DEFAULT_TEMPLATE;
pub(crate) use inspect::uid_of;
pub(super) use inspect::{copy_of_key, uid_of_key};
pub use job::{BYTES_A_CHECKPOINT, POOL_ENTRIES, PoolJob};
pub use parts::{SHARD_PART_FILE, ShardPart, ShardParts};
