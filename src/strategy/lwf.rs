//! Learning without Forgetting (Li & Hoiem 2016, as TiC-CLIP uses it): continue on the new pairs, and keep the
//! similarities of every batch near those that the last model sees.

use burn::tensor::{Tensor, activation};

use super::{Before, HookError, KeysError, Penalty, Strategy, StrategyKeys};
use crate::model::Clip;

/// Keys of `[strategy.lwf]`.
pub(super) struct Lwf {
    /// λ, the weight of the distillation beside the contrastive loss.
    weight: f64,
}

impl Default for Lwf {
    fn default() -> Self {
        Self { weight: 0.3 }
    }
}

impl Strategy for Lwf {
    fn name(&self) -> &'static str {
        "lwf"
    }

    fn description(&self) -> &'static str {
        "continues on the new step's pairs, held to what the last model sees in every batch"
    }

    fn configure(&mut self, keys: StrategyKeys) -> Result<(), KeysError> {
        keys.none_but(&["weight"])?;
        let allowed = "are numbers from 0: the weight of the distillation";
        self.weight = keys.number("weight", self.weight, allowed, |weight| weight >= 0.0)?;
        Ok(())
    }

    fn method(&self) -> Option<String> {
        Some(format!("lwf weight {}", self.weight))
    }

    fn penalty(&self, before: &dyn Before) -> Result<Option<Box<dyn Penalty>>, HookError> {
        Ok(Some(Box::new(Distillation {
            teacher: before.model().clone(),
            weight: self.weight as f32,
        })))
    }
}

struct Distillation {
    teacher: Clip,
    weight: f32,
}

impl Penalty for Distillation {
    fn teacher(&self) -> Option<&Clip> {
        Some(&self.teacher)
    }

    fn term(&self, logits: &Tensor<2>, teacher: Option<Tensor<2>>) -> Option<Tensor<1>> {
        let divergence = divergence(teacher?, logits.clone());
        Some(divergence.mul_scalar(self.weight))
    }
}

/// Mean over a batch's images and captions of KL(teacher ‖ student), of the softmax over the captions of the batch for
/// an image, and over its images for a caption.
///
/// # Shapes
/// both `[n, n]` → `[1]`.
fn divergence(teacher: Tensor<2>, student: Tensor<2>) -> Tensor<1> {
    let [pairs, _] = student.dims();
    let one_way = |dim: usize| {
        let (old, new) = (
            activation::log_softmax(teacher.clone(), dim),
            activation::log_softmax(student.clone(), dim),
        );
        (old.clone().exp() * (old - new)).sum()
    };
    (one_way(1) + one_way(0)).mul_scalar(0.5 / pairs as f32)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    fn value(tensor: Tensor<1>) -> f32 {
        tensor.into_scalar::<f32>()
    }

    #[test]
    fn the_same_similarities_diverge_by_nothing() {
        let device = Device::flex();
        let logits = Tensor::<2>::from_floats([[3.0, -1.0], [0.5, 2.0]], &device);
        assert!(value(divergence(logits.clone(), logits)).abs() < 1e-7);
    }

    #[test]
    fn both_directions_count_by_their_definition() {
        let device = Device::flex();
        let (old, new) = ([[1.0_f64, 0.0], [0.0, 2.0]], [[0.0_f64, 1.0], [0.5, 0.0]]);
        let softmax = |row: [f64; 2]| {
            let total: f64 = row.iter().map(|value| value.exp()).sum();
            row.map(|value| value.exp() / total)
        };
        let kl = |old: [f64; 2], new: [f64; 2]| -> f64 {
            let pairs = softmax(old).into_iter().zip(softmax(new));
            pairs.map(|(p, q)| p * (p / q).ln()).sum()
        };
        let column = |of: [[f64; 2]; 2], at: usize| [of[0][at], of[1][at]];
        let expected: f64 = (0..2)
            .map(|at| kl(old[at], new[at]) + kl(column(old, at), column(new, at)))
            .sum::<f64>()
            / 4.0;
        let tensor = |of: [[f64; 2]; 2]| {
            Tensor::<2>::from_floats(of.map(|row| row.map(|value| value as f32)), &device)
        };
        let found = value(divergence(tensor(old), tensor(new)));
        assert!(
            (f64::from(found) - expected).abs() < 1e-6,
            "{found} {expected}"
        );
    }
}
