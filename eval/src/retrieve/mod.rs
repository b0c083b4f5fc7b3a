//! Retrieval: the rank of the best right answer to every query, and the best answers themselves.

mod pairs;
mod ranks;
mod top_k;

pub use pairs::RetrieveError;
pub use ranks::{Ranks, ranks};
pub use top_k::top_k;
