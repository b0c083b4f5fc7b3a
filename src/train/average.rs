//! A running average of weights (EMA).

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor, TensorData};

use crate::model::{Clip, NamedTensor, names_and_shapes, with_parameters};

/// The average, and how much of it stays at an update.
#[derive(Debug)]
pub(super) struct Average {
    decay: f64,
    /// Flat, by parameter.
    values: BTreeMap<String, Tensor<1>>,
}

/// Calls a function with every parameter's path and flat values.
struct Flat<F> {
    path: Vec<String>,
    each: F,
}

impl<F: FnMut(String, Tensor<1>)> ModuleVisitor for Flat<F> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val().inner();
        let length = value.dims().iter().product::<usize>();
        (self.each)(self.path.join("."), value.reshape([length]));
    }
}

fn each_parameter(model: &Clip, each: impl FnMut(String, Tensor<1>)) {
    let path = Vec::new();
    model.visit(&mut Flat { path, each });
}

impl Average {
    /// The average of `start` alone.
    pub(super) fn new(decay: f64, start: &Clip) -> Self {
        let mut values = BTreeMap::new();
        each_parameter(start, |name, value| {
            values.insert(name, value);
        });
        Self { decay, values }
    }

    /// Takes in the weights after update `updates`, counted from 1. A young average forgets faster, so that the start
    /// does not stay in it: d = min(decay, (1 + n) / (10 + n)).
    pub(super) fn update(&mut self, model: &Clip, updates: u64) {
        let updates = updates as f64;
        let keep = self.decay.min((1.0 + updates) / (10.0 + updates));
        each_parameter(model, |name, value| {
            let old = self.values.remove(&name).expect("the same model");
            let new = old.mul_scalar(keep as f32) + value.mul_scalar((1.0 - keep) as f32);
            self.values.insert(name, new);
        });
    }

    /// The averaged weights, for a checkpoint: they keep their values through later updates.
    pub(super) fn tensors(&self) -> BTreeMap<String, Tensor<1>> {
        self.values.clone()
    }

    /// The average that a checkpoint holds.
    pub(super) fn from_named(
        decay: f64,
        named: BTreeMap<String, NamedTensor>,
        device: &Device,
    ) -> Self {
        let values = named.into_iter().map(|(name, tensor)| {
            let length = tensor.values.len();
            (
                name,
                Tensor::from_data(TensorData::new(tensor.values, [length]), device),
            )
        });
        let values = values.collect();
        Self { decay, values }
    }

    /// `model` with the averaged weights.
    pub(super) fn of(&self, model: &Clip) -> Clip {
        let shapes = names_and_shapes(model);
        let named = self.values.iter().map(|(name, value)| {
            let data = value.clone().into_data();
            let values = data.try_into_vec::<f32>().expect("weights are f32");
            let shape = shapes[name].clone();
            (name.clone(), NamedTensor { shape, values })
        });
        with_parameters(model.clone(), named.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parameters;
    use crate::train::Recipe;

    fn model(seed: u64) -> Clip {
        let mut config = Recipe::find("tiny").expect("it ships").model;
        config.text_cfg.vocab_size = 64;
        Clip::new(&config, seed, &Device::flex())
    }

    #[test]
    fn a_young_average_forgets_its_start() {
        let (start, new) = (model(1), model(2));
        let mut average = Average::new(0.999, &start);
        average.update(&new, 1);
        // (1 + 1) / (10 + 1) of the start stays.
        let kept = 2.0 / 11.0;
        let (start, new) = (parameters(&start), parameters(&new));
        for (name, tensor) in parameters(&average.of(&model(3))) {
            let pairs = start[&name].values.iter().zip(&new[&name].values);
            for (value, (a, b)) in tensor.values.iter().zip(pairs) {
                assert!(
                    (value - (kept * a + (1.0 - kept) * b)).abs() < 1e-6,
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn an_old_average_keeps_its_decay_and_survives_a_checkpoint() {
        let (start, new) = (model(1), model(2));
        let mut whole = Average::new(0.5, &start);
        whole.update(&new, 1000);
        let named = parameters(&whole.of(&start));
        let mut cut = Average::from_named(0.5, named, &Device::flex());
        (0..2).for_each(|at| {
            whole.update(&new, 1001 + at);
            cut.update(&new, 1001 + at);
        });
        let average = parameters(&whole.of(&start));
        assert_eq!(average, parameters(&cut.of(&new)));
        let (a, b) = (parameters(&start), parameters(&new));
        let scale = average["visual.proj"].values[0];
        let (a, b) = (a["visual.proj"].values[0], b["visual.proj"].values[0]);
        assert!((scale - (a / 8.0 + b * 7.0 / 8.0)).abs() < 1e-6);
    }
}
