//! Split: which time step every pair belongs to, and whether it is trained on or held out.

pub(crate) mod buckets;
mod error;
mod held_out;
mod lists;
mod partition;
mod placement;
mod queried;
mod record;
mod reject;
mod scatter;
mod source;
mod uid_order;

pub use error::SplitError;
pub use held_out::is_held_out;
pub use partition::{DEFAULT_MEMORY_BYTES, SPLIT_ENTRIES, SplitJob};
pub use placement::LISTED_REASONS;
pub use queried::SplitQuery;
pub use record::{
    Counts, DatesRecord, QueryRecord, RetrievalRecord, SPLIT_FILE, Side, SplitRecord,
    TimelineRecord, evaluation_list, list_path, retrieval_path,
};
