//! Cumulative-Exp: new pairs and a replay buffer of the same size, halved per step of age.

use super::{Strategy, with_replay};

pub(super) struct CumulativeExp;

impl Strategy for CumulativeExp {
    fn name(&self) -> &'static str {
        "cumulative-exp"
    }

    fn description(&self) -> &'static str {
        "continues on new pairs and as many old ones, a past step's share halved per step of age"
    }

    fn mixture(&self, pool: &[u64]) -> Vec<f64> {
        let past = pool.len() - 1;
        let weights: Vec<f64> = (0..past)
            .map(|step| 0.5_f64.powi((past - 1 - step) as i32))
            .collect();
        with_replay(pool, &weights)
    }
}
