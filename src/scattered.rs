//! Numbers that tests, and the scripts that made their golden values, agree on.

/// Values in [-1, 1) without an order, from a linear congruential generator.
pub(crate) fn scattered(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}
