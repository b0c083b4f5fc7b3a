//! Two models on the same samples: how much worse B is than A, where, and how sure that is.
//!
//! A drop is mean(A) − mean(B): positive when B is worse. Every drop has a 95% interval from a
//! paired bootstrap (the samples are drawn, with both models' outcomes on them) and the p-value of a
//! paired test; all figures are functions of the data and a seed, on any number of threads.
//!
//! - [`Paired`] outcomes and their [`PairedDrop`]; [`Table`] when they are hits and misses, with
//!   McNemar's test in [`mcnemar()`];
//! - [`stratify`]: time steps or tasks, each, pooled, and their mean;
//! - [`contrast`]: chosen samples against the rest, for each model and between them;
//! - [`scan`] and [`scan_within`]: all [`Group`]s of classes, ranked by drop and corrected for how
//!   many there are by a [`Correction`].

mod contrast;
mod correction;
mod drop;
mod gap;
mod group;
mod group_drop;
mod hypergeometric;
mod mcnemar;
mod monte_carlo;
mod outranking;
mod paired;
mod resampling;
mod scan;
mod sign_flip;
mod strata;
mod table;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod simulation;

pub use contrast::{Contrast, ContrastError, contrast};
pub use correction::{Correction, CorrectionError, benjamini_hochberg, holm};
pub use drop::{PairedDrop, Test};
pub use gap::{Gap, GapError, unpaired};
pub use group::{ClassSet, Group, GroupError};
pub use group_drop::{GroupDrop, Rest, Scan};
pub use mcnemar::{McNemar, mcnemar};
pub use outranking::{Outranking, OutrankingError, above};
pub use paired::{Paired, PairedError};
pub use resampling::Resampling;
pub use scan::{ScanError, scan, scan_within};
pub use strata::{StrataError, Stratified, Stratum, stratify};
pub use table::Table;
