//! Hub: evaluation sets from a server in the layout of CLIP_benchmark's public ones, resumed and checked.
//!
//! Below a set's address lie `classnames.txt`, `zeroshot_classification_templates.txt`, `dataset_type.txt`, and in `test/`
//! (and `train/`) `nshards.txt` with the number of tars, `0.tar` and on. A set is put together in a folder of its own and
//! gets its name when every tar has been read to its end.

mod address;
mod connection;
mod error;
mod note;
mod partial_file;
mod progress;
mod set;
mod side;
mod tar;

pub use address::{Address, AddressError};
pub use connection::{Hub, HubConfig};
pub use error::HubError;
pub use progress::Progress;
pub use set::{Got, SetJob};
