//! Logarithms of factorials, kept: exact draws of counts ask for them at every turn.

use std::sync::LazyLock;

use statrs::function::factorial;

/// As many as most samples have rows.
const KEPT: u64 = 1 << 16;

static TABLE: LazyLock<Vec<f64>> =
    LazyLock::new(|| (0..KEPT).map(factorial::ln_factorial).collect());

/// ln n!
pub(crate) fn ln_factorial(n: u64) -> f64 {
    match TABLE.get(n as usize) {
        Some(kept) => *kept,
        None => factorial::ln_factorial(n),
    }
}

/// ln of n over k, for k at most n.
pub(crate) fn ln_binomial(n: u64, k: u64) -> f64 {
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}
