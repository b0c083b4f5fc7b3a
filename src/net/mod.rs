//! Net: ImageNet's classes found among the pairs of every step by their captions, as LAIONNet finds them.

mod config;
mod error;
mod features;
mod job;
mod record;
mod similarity;

pub use config::{DropRule, NetConfig};
pub use error::NetError;
pub use features::{FeaturesError, TextFeatures};
pub use job::{NET_ENTRIES, NetJob};
pub use record::{NET_FILE, NetRecord, SimilarityRecord, StepClasses};
pub use similarity::Similarity;
