//! Shards: the WebDataset tars of every time step, written from a manifest and its split, and read again.

mod error;
mod evaluation;
mod image_root;
mod index;
mod job;
mod member;
mod pool;
mod remove;
mod sample;
mod samples;
mod set_kind;
mod set_writer;
mod steps;
mod tar_file;
mod tars;
mod unpack;

pub use error::ShardError;
pub use evaluation::{EvaluationKind, EvaluationSet};
pub use image_root::{CheckedImage, ImageError, ImageRefusal, ImageRoot};
pub use index::ShardIndex;
pub use job::{SHARD_ENTRIES, ShardJob};
pub use member::ShardReadError;
pub(crate) use pool::uid_of;
pub use pool::{
    BYTES_A_CHECKPOINT, ClassesJob, POOL_ENTRIES, PoolJob, SHARD_PART_FILE, ShardPart, ShardParts,
};
pub use remove::{REMOVED_FILE, Removal, Removed};
pub(crate) use sample::IMAGE_EXTENSIONS;
pub use sample::{Sample, SampleError};
pub use samples::Samples;
pub use steps::{STEPS_FILE, StepRecord, StepsRecord};
pub(crate) use tar_file::TarFile;
pub use tars::{TarsError, tars_of};
pub use unpack::{UNPACK_ENTRIES, Unpacked, Unpacking};
