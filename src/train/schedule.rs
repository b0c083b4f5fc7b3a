//! The learning rate over a step: linear warm-up, then half a cosine to 0.

/// Learning rate of update `update` (from 0) of `updates`, of which `warmup` rise from 0 to `peak`.
pub(super) fn cosine(update: u64, updates: u64, warmup: u64, peak: f64) -> f64 {
    if update < warmup {
        return peak * (update + 1) as f64 / warmup as f64;
    }
    let done = (update - warmup) as f64 / (updates - warmup).max(1) as f64;
    0.5 * (1.0 + (std::f64::consts::PI * done).cos()) * peak
}

#[cfg(test)]
mod tests {
    use super::cosine;

    #[test]
    fn the_rate_rises_to_its_peak_and_falls_towards_zero() {
        assert_eq!(cosine(0, 100, 10, 1.0), 0.1);
        assert_eq!(cosine(9, 100, 10, 1.0), 1.0);
        assert_eq!(cosine(10, 100, 10, 1.0), 1.0);
        assert!((cosine(55, 100, 10, 1.0) - 0.5).abs() < 1e-12);
        assert!(cosine(99, 100, 10, 1.0) < 1e-3);
    }

    #[test]
    fn without_warm_up_a_step_starts_at_its_peak() {
        assert_eq!(cosine(0, 10, 0, 0.5), 0.5);
    }
}
