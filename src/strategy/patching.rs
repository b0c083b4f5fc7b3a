//! Patching (Ilharco et al. 2022): continue on the new pairs, then go back towards the last patched model as far as the
//! past is best remembered.

use serde_json::json;

use super::merge::interpolate;
use super::{HookError, KeysError, Merged, Past, Strategy, StrategyKeys};
use crate::model::Clip;

/// Keys of `[strategy.patching]`.
pub(super) struct Patching {
    /// Shares α of the new weights that are tried.
    alphas: Vec<f64>,
}

impl Default for Patching {
    fn default() -> Self {
        Self {
            alphas: (0..=10).map(|tenth| f64::from(tenth) / 10.0).collect(),
        }
    }
}

impl Strategy for Patching {
    fn name(&self) -> &'static str {
        "patching"
    }

    fn description(&self) -> &'static str {
        "continues on the new step's pairs, then averages with the last weights as past retrieval is best"
    }

    fn configure(&mut self, keys: StrategyKeys) -> Result<(), KeysError> {
        keys.none_but(&["alphas"])?;
        let allowed = "are rising numbers in [0, 1]: shares of the new weights to try";
        let fits = |alphas: &[f64]| {
            !alphas.is_empty()
                && alphas.iter().all(|alpha| (0.0..=1.0).contains(alpha))
                && alphas.windows(2).all(|pair| pair[0] < pair[1])
        };
        self.alphas = keys.numbers("alphas", self.alphas.clone(), allowed, fits)?;
        Ok(())
    }

    fn method(&self) -> Option<String> {
        Some(format!("patching alphas {:?}", self.alphas))
    }

    fn needs_held_out(&self) -> bool {
        true
    }

    /// Of equally good shares the largest is taken: it has learnt the most of the new step.
    fn merge(&self, trained: &Clip, past: &dyn Past) -> Result<Option<Merged>, HookError> {
        let mut best: Option<(f64, f64, Clip)> = None;
        let mut search = Vec::new();
        for &alpha in &self.alphas {
            let patched = interpolate(past.before(), trained, alpha);
            let recalls = past.recalls(&patched)?;
            let mean = recalls.iter().sum::<f64>() / recalls.len() as f64;
            search.push(json!({"alpha": alpha, "mean_recall@1": mean, "recall@1": recalls}));
            if best.as_ref().is_none_or(|(_, score, _)| mean >= *score) {
                best = Some((alpha, mean, patched));
            }
        }
        Ok(best.map(|(alpha, _, model)| Merged {
            model,
            go_on_unmerged: false,
            log: Some(("patching", json!({"alpha": alpha, "search": search}))),
        }))
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::model::parameters;
    use crate::strategy::tests::tiny_model;

    /// A past that remembers a model the better the nearer its temperature is to a wanted one.
    struct Wanted {
        before: Clip,
        temperature: f32,
        steps: usize,
    }

    impl Past for Wanted {
        fn before(&self) -> &Clip {
            &self.before
        }

        fn first(&self) -> Result<Clip, HookError> {
            Ok(self.before.clone())
        }

        fn recalls(&self, model: &Clip) -> Result<Vec<f64>, HookError> {
            let scale = parameters(model)["logit_scale"].values[0];
            let miss = f64::from((scale - self.temperature).abs());
            Ok((0..self.steps)
                .map(|step| 1.0 - miss - step as f64 / 100.0)
                .collect())
        }
    }

    fn with_scale(scale: f32) -> Clip {
        let model = tiny_model(1, &Device::flex());
        let mut named = parameters(&model);
        named.get_mut("logit_scale").expect("it has one").values = vec![scale];
        crate::model::with_parameters(model, named)
    }

    fn chosen(temperature: f32, new: f32) -> f64 {
        let past = Wanted {
            before: with_scale(1.0),
            temperature,
            steps: 2,
        };
        let merged = Patching::default().merge(&with_scale(new), &past);
        let merged = merged.expect("scores").expect("a merged model");
        let (name, log) = merged.log.expect("a log");
        assert_eq!(name, "patching");
        assert_eq!(log["search"].as_array().expect("a list").len(), 11);
        log["alpha"].as_f64().expect("a number")
    }

    #[test]
    fn the_share_with_the_best_mean_over_the_past_is_taken() {
        assert_eq!(chosen(1.3, 2.0), 0.3);
        assert_eq!(chosen(0.5, 2.0), 0.0);
        assert_eq!(chosen(9.0, 2.0), 1.0);
    }

    #[test]
    fn among_equals_the_newest_weights_win() {
        assert_eq!(chosen(1.5, 1.0), 1.0);
    }
}
