//! EWC (Kirkpatrick et al. 2017, in the online form of Schwarz et al. 2018): continue on the new pairs, every weight
//! drawn back to where it was by how much the past depends on it.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Tensor, TensorData};

use super::{Before, HookError, KeysError, Left, Penalty, Strategy, StrategyKeys};
use crate::model::{Clip, NamedTensor, parameters};

/// Name of what a step leaves for the next one.
const FISHER: &str = "fisher";

/// Keys of `[strategy.ewc]`.
pub(super) struct Ewc {
    /// λ of the penalty λ/2 · Σ F (θ − θ*)².
    strength: f64,
    /// Batches of the step before that F is estimated from.
    batches: u64,
    /// What of the earlier steps' F stays.
    decay: f64,
}

impl Default for Ewc {
    fn default() -> Self {
        Self {
            strength: 10_000.0,
            batches: 32,
            decay: 0.95,
        }
    }
}

impl Strategy for Ewc {
    fn name(&self) -> &'static str {
        "ewc"
    }

    fn description(&self) -> &'static str {
        "continues on the new step's pairs, each weight held back by how much the past depends on it"
    }

    fn configure(&mut self, keys: StrategyKeys) -> Result<(), KeysError> {
        keys.none_but(&["strength", "batches", "decay"])?;
        let allowed = "are numbers from 0: the weight of the penalty";
        self.strength = keys.number("strength", self.strength, allowed, |value| value >= 0.0)?;
        let allowed = "are whole numbers from 1: batches of the step before";
        self.batches = keys.count("batches", self.batches, 1, allowed)?;
        let allowed = "are numbers in [0, 1]: what stays of the earlier steps";
        self.decay = keys.number("decay", self.decay, allowed, |value| {
            (0.0..=1.0).contains(&value)
        })?;
        Ok(())
    }

    fn method(&self) -> Option<String> {
        Some(format!(
            "ewc strength {} batches {} decay {}",
            self.strength, self.batches, self.decay
        ))
    }

    fn penalty(&self, before: &dyn Before) -> Result<Option<Box<dyn Penalty>>, HookError> {
        let mut fisher = before.squared_gradients(self.batches)?;
        for (name, earlier) in before.left(FISHER)?.unwrap_or_default() {
            let Some(now) = fisher.get_mut(&name) else {
                return Err(format!("the step before left no such weight as {name}").into());
            };
            for (now, earlier) in now.values.iter_mut().zip(&earlier.values) {
                *now += self.decay as f32 * earlier;
            }
        }
        let anchor = parameters(before.model());
        let device = before.model().device();
        let on_device = |named: &NamedTensor| {
            let data = TensorData::new(named.values.clone(), [named.values.len()]);
            Tensor::from_data(data, &device)
        };
        let held = fisher.iter().map(|(name, fisher)| {
            let held = Held {
                anchor: on_device(&anchor[name]),
                strength: on_device(fisher).mul_scalar(self.strength as f32),
            };
            (name.clone(), held)
        });
        Ok(Some(Box::new(Elastic {
            held: held.collect(),
            batches: self.batches,
            fisher,
        })))
    }
}

/// One parameter's anchor and how strongly each of its values is held, flat.
struct Held {
    anchor: Tensor<1>,
    strength: Tensor<1>,
}

struct Elastic {
    held: BTreeMap<String, Held>,
    fisher: BTreeMap<String, NamedTensor>,
    batches: u64,
}

impl Penalty for Elastic {
    fn pull(&self, model: &Clip, gradients: GradientsParams) -> GradientsParams {
        let mut pull = Pull {
            path: Vec::new(),
            held: &self.held,
            gradients,
        };
        model.visit(&mut pull);
        pull.gradients
    }

    fn batches_before(&self) -> u64 {
        self.batches
    }

    fn leaves(&self) -> Option<Left<'_>> {
        Some(Left {
            name: FISHER,
            tensors: &self.fisher,
        })
    }
}

struct Pull<'a> {
    path: Vec<String>,
    held: &'a BTreeMap<String, Held>,
    gradients: GradientsParams,
}

impl ModuleVisitor for Pull<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        // What has no gradient is not learnt, and stays where it is.
        let (Some(held), Some(gradient)) = (
            self.held.get(&self.path.join(".")),
            self.gradients.remove::<D>(param.id),
        ) else {
            return;
        };
        let shape = gradient.dims();
        let weight = param.val().inner();
        let length = shape.iter().product::<usize>();
        let away = weight.reshape([length]) - held.anchor.clone();
        let pull = (away * held.strength.clone()).reshape(shape);
        self.gradients.register(param.id, gradient + pull);
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::strategy::tests::tiny_model;

    /// A step before whose every weight matters by 3, and earlier ones by 10.
    struct Even(Clip);

    impl Even {
        fn all(&self, value: f32) -> BTreeMap<String, NamedTensor> {
            let mut named = parameters(&self.0);
            for tensor in named.values_mut() {
                tensor.values.fill(value);
            }
            named
        }
    }

    impl Before for Even {
        fn model(&self) -> &Clip {
            &self.0
        }

        fn squared_gradients(&self, _: u64) -> Result<BTreeMap<String, NamedTensor>, HookError> {
            Ok(self.all(3.0))
        }

        fn left(&self, name: &str) -> Result<Option<BTreeMap<String, NamedTensor>>, HookError> {
            assert_eq!(name, FISHER);
            Ok(Some(self.all(10.0)))
        }
    }

    #[test]
    fn a_weight_is_drawn_back_by_its_importance() {
        let device = Device::flex();
        let before = Even(tiny_model(1, &device));
        let keys: toml::Table = "strength = 2\ndecay = 0.5".parse().expect("TOML");
        let mut ewc = Ewc::default();
        ewc.configure(StrategyKeys::new("ewc", keys))
            .expect("its keys");
        let penalty = ewc.penalty(&before).expect("it has all").expect("one");
        let left = penalty.leaves().expect("importances");
        assert!(
            left.tensors
                .values()
                .all(|tensor| tensor.values.iter().all(|&value| value == 8.0))
        );
        // The temperature has moved by 0.5; its gradient was 1.
        let mut moved = parameters(&before.0);
        moved.get_mut("logit_scale").expect("one").values[0] += 0.5;
        let model = crate::model::with_parameters(before.0.clone(), moved);
        let id = model.logit_scale_id();
        let mut gradients = GradientsParams::new();
        gradients.register(id, Tensor::<1>::from_floats([1.0], &device));
        let mut pulled = penalty.pull(&model, gradients);
        let pulled = pulled
            .remove::<1>(id)
            .expect("a gradient")
            .into_scalar::<f32>();
        assert!((pulled - (1.0 + 2.0 * 8.0 * 0.5)).abs() < 1e-4, "{pulled}");
    }
}
