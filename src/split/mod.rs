//! Split: which time step every pair belongs to, and whether it is trained on or held out.

mod held_out;
mod partition;
mod record;

pub use held_out::is_held_out;
pub use partition::{SPLIT_ENTRIES, SplitError, SplitJob};
pub use record::{Counts, SPLIT_FILE, Side, SplitRecord, TimelineRecord, list_path};
