//! Check: a finished benchmark read once from end to end, and what a reader of its scores should know about it.
//!
//! Evaluation sets are read first and kept in outline; training sets stream past them. Uids of all samples wait on disk in
//! ranges and are met again in order: which sets have them, what a split says of them, and what their fingerprint is.

mod benchmark;
mod border;
mod finding;
mod findings_file;
mod grey;
mod image_hash;
mod inspector;
mod job;
mod near_index;
mod pass;
mod record;
mod set;
mod split_lists;
mod survey;
mod tally;
mod uid_rows;
mod uid_sets;

pub use finding::{Finding, FindingKind, Place, Severity};
pub use findings_file::FINDINGS_FILE;
pub use job::{CHECK_ENTRIES, CheckError, CheckJob, DEFAULT_DISTANCE};
pub use record::{CHECK_FILE, CheckRecord, ImagesRecord, SetRecord, StepCheck};
pub use set::SetKind;
pub use split_lists::SplitLosses;
pub use tally::FindingsOfKind;
