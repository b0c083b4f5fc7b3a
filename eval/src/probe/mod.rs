//! A linear probe: logistic regression on a frozen model's features.
//!
//! The objective is scikit-learn's `LogisticRegression(C)`: the cross-entropy summed over the samples
//! plus ‖W‖² / (2C), the bias free. C is swept on held-out samples as in CLIP's paper (Radford et al.
//! 2021, appendix A.3), then the probe is fitted on all training samples.
//!
//! # Differences from CLIP_benchmark
//! CLIP_benchmark's linear probe (`clip_benchmark/metrics/linear_probe.py`, as of June 2025) trains a
//! linear layer with AdamW on CUDA, in mixed precision by default: 10 epochs of batches of 64, rate 0.1 with a
//! cosine to 0. Its result depends on epochs, batch size, rate and the order of the samples. Ours
//! is the least value of a convex function: whoever finds it finds the same.
//!
//! | | CLIP_benchmark | here |
//! |---|---|---|
//! | regularisation | AdamW's weight decay, of the bias as well; 0 without validation samples | ‖W‖² / (2C), not of the bias |
//! | sweep | 97 weight decays from 10⁻⁶ to 10²; seven, then halving around the peak | 97 values of C from 10⁻⁶ to 10⁶, as the paper; seven, then halving around the peak |
//! | equal accuracies | the first tried | the lower validation loss, then the smaller C |
//! | validation samples | a named split, or a share drawn from all samples | given ones, or a share drawn from every class |
//! | last fit | training and validation samples; the shots alone if few-shot | the same |
//! | k shots | drawn by the global generator; no result if a class has fewer | drawn by seed and row, so k are among k + 1; an error that names the class |
//! | classes | up to the largest training label | as the task says; those without a training sample are listed |
//! | features | normalised by default | normalised |
//!
//! The paper fits scikit-learn's L-BFGS (at most 1000 iterations) on features from before the
//! projection; ours are the projected, normalised ones that all other tasks use.
//!
//! # When a fit ends
//! scikit-learn stops when no entry of the mean objective's gradient is above 10⁻⁴. With unit rows
//! and many classes the gradient is about that small where the search starts: of 3000 samples of 1000
//! classes, scikit-learn 1.9.1 stops after one iteration. Here a fit ends when the objective is
//! estimated to be within 10⁻¹⁰ of its least value, as a share of it, whatever the number of classes
//! and dimensions. Probabilities are then within 10⁻⁴ of those at the least value
//! (`tests/golden/probe.py`).
//!
//! Features and products are f32; sums over samples, weights and the search are f64.

mod draw;
mod evaluation;
mod fit;
#[cfg(test)]
mod golden;
mod lbfgs;
mod line_search;
mod linear;
mod objective;
mod precondition;
mod product;
mod samples;
#[cfg(test)]
mod scattered;
mod softmax;
mod sweep;
mod vector;

pub use evaluation::{Evaluation, ProbeConfig, ProbeSamples, Regularisation, evaluate};
pub use fit::{Fit, Solver, fit};
pub use linear::Probe;
pub use samples::{ProbeError, Samples, Set};
pub use sweep::Candidate;
