//! Merging: what becomes of the weights of a step that continued.

use serde_json::Value;

use super::HookError;
use crate::model::{Clip, NamedTensor, parameters, with_parameters};

/// What a strategy may ask about a run's past when a step that continued ends.
pub trait Past {
    /// The weights the step started from.
    fn before(&self) -> &Clip;

    /// The weights of the first step.
    ///
    /// # Errors
    /// When they cannot be read.
    fn first(&self) -> Result<Clip, HookError>;

    /// Mean recall@1 of a model on the held-out pairs of every step before, in order of time.
    ///
    /// # Errors
    /// When they cannot be read.
    fn recalls(&self, model: &Clip) -> Result<Vec<f64>, HookError>;
}

/// What a merging strategy makes of a step.
#[derive(Debug)]
pub struct Merged {
    /// The step's weights.
    pub model: Clip,
    /// Whether the next step goes on from the weights before the merging.
    pub go_on_unmerged: bool,
    /// How it came to be, kept beside the weights: a name and what it says.
    pub log: Option<(&'static str, Value)>,
}

/// (1 − α) · old + α · new, parameter by parameter. The two must have the same shapes.
#[must_use]
pub(super) fn interpolate(old: &Clip, new: &Clip, alpha: f64) -> Clip {
    let mut olds = parameters(old);
    let merged = parameters(new).into_iter().map(|(name, new)| {
        let old = olds.remove(&name).expect("the same model at two times");
        let values = old.values.iter().zip(&new.values);
        let values = values
            .map(|(old, new)| ((1.0 - alpha) * f64::from(*old) + alpha * f64::from(*new)) as f32)
            .collect();
        let shape = new.shape;
        (name, NamedTensor { shape, values })
    });
    with_parameters(new.clone(), merged.collect())
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::strategy::tests::tiny_model;

    #[test]
    fn a_quarter_of_the_way_is_a_quarter_of_the_difference() {
        let device = Device::flex();
        let (old, new) = (tiny_model(1, &device), tiny_model(2, &device));
        let (olds, news) = (parameters(&old), parameters(&new));
        for (name, merged) in parameters(&interpolate(&old, &new, 0.25)) {
            let ends = olds[&name].values.iter().zip(&news[&name].values);
            for (value, (a, b)) in merged.values.iter().zip(ends) {
                assert!((value - (0.75 * a + 0.25 * b)).abs() < 1e-6, "{name}");
            }
        }
        assert_eq!(parameters(&interpolate(&old, &new, 1.0)), news);
        assert_eq!(parameters(&interpolate(&old, &new, 0.0)), olds);
    }
}
