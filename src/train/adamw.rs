//! AdamW (Loshchilov & Hutter 2019, Algorithm 2): one pass over each parameter on the CPU, burn's
//! own operations elsewhere.

use std::collections::BTreeMap;

use burn::backend::Flex;
use burn::module::{Module, ModuleMapper, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use crate::model::{Clip, NamedTensor, on_flex};

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.98;
const EPSILON: f32 = 1e-6;
/// Values a task works on.
const CHUNK: usize = 32 * 1024;

/// The optimiser and its running moments.
#[derive(Debug)]
pub(super) struct AdamW {
    weight_decay: f32,
    updates: u64,
    moments: BTreeMap<String, Moments>,
}

/// Running means of a parameter's gradient and of its square, flat.
#[derive(Clone, Debug)]
struct Moments {
    first: Tensor<1>,
    second: Tensor<1>,
}

/// Factors of one update.
#[derive(Clone, Copy)]
struct Factors {
    /// What gradients are multiplied by first: below 1 where their norm is clipped.
    gradient: f32,
    /// Learning rate over the first moment's bias correction.
    rate: f32,
    /// 1 / √ of the second moment's bias correction.
    inverse_root: f32,
    /// What weight decay leaves of a weight.
    keep: f32,
}

impl AdamW {
    pub(super) fn new(weight_decay: f64) -> Self {
        Self {
            weight_decay: weight_decay as f32,
            updates: 0,
            moments: BTreeMap::new(),
        }
    }

    /// The model after one update with the gradients times `scale`. What has no gradient stays as it is.
    pub(super) fn update(
        &mut self,
        model: Clip,
        gradients: GradientsParams,
        scale: f32,
        learning_rate: f64,
    ) -> Clip {
        self.updates += 1;
        model.map(&mut Step {
            path: Vec::new(),
            adamw: self,
            gradients,
            scale,
            learning_rate: learning_rate as f32,
        })
    }

    fn factors(&self, name: &str, scale: f32, learning_rate: f32) -> Factors {
        let updates = self.updates as i32;
        let decay = if is_decayed(name) {
            self.weight_decay
        } else {
            0.0
        };
        Factors {
            gradient: scale,
            rate: learning_rate / (1.0 - BETA_1.powi(updates)),
            inverse_root: 1.0 / (1.0 - BETA_2.powi(updates)).sqrt(),
            keep: 1.0 - learning_rate * decay,
        }
    }

    /// The moments by name, for a checkpoint: what is returned keeps its values through later updates.
    pub(super) fn tensors(&self) -> BTreeMap<String, Tensor<1>> {
        let pairs = self.moments.iter().flat_map(|(name, moments)| {
            [
                (format!("first/{name}"), moments.first.clone()),
                (format!("second/{name}"), moments.second.clone()),
            ]
        });
        pairs.collect()
    }

    /// The optimiser as it was after `updates` updates.
    pub(super) fn from_named(
        weight_decay: f64,
        updates: u64,
        mut named: BTreeMap<String, NamedTensor>,
        device: &Device,
    ) -> Option<Self> {
        let tensor = |named: NamedTensor| {
            let length = named.values.len();
            Tensor::from_data(TensorData::new(named.values, [length]), device)
        };
        let names: Vec<String> = named
            .keys()
            .filter_map(|key| key.strip_prefix("first/"))
            .map(str::to_owned)
            .collect();
        let mut moments = BTreeMap::new();
        for name in names {
            let first = tensor(named.remove(&format!("first/{name}"))?);
            let second = tensor(named.remove(&format!("second/{name}"))?);
            moments.insert(name, Moments { first, second });
        }
        Some(Self {
            weight_decay: weight_decay as f32,
            updates,
            moments,
        })
    }
}

/// open_clip's rule: vectors, gains, biases and the logit scale are not decayed.
fn is_decayed(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let exempt = last.contains("bias")
        || name.contains("ln_")
        || last == "logit_scale"
        || last == "class_embedding";
    !exempt
}

struct Step<'a> {
    path: Vec<String>,
    adamw: &'a mut AdamW,
    gradients: GradientsParams,
    scale: f32,
    learning_rate: f32,
}

impl ModuleMapper for Step<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, weight, mapper) = param.consume();
        let Some(gradient) = self.gradients.remove::<D>(id) else {
            return Param::from_mapped_value(id, weight, mapper);
        };
        let name = self.path.join(".");
        let factors = self.adamw.factors(&name, self.scale, self.learning_rate);
        let shape = weight.dims();
        let length = shape.iter().product::<usize>();
        let weight = weight.inner().reshape([length]);
        let gradient = gradient.inner().reshape([length]);
        let moments = self.adamw.moments.remove(&name).unwrap_or_else(|| Moments {
            first: weight.zeros_like(),
            second: weight.zeros_like(),
        });
        let (weight, moments) = if on_flex(&weight.device()) {
            one_pass(weight, gradient, moments, factors)
        } else {
            composed(weight, gradient, moments, factors)
        };
        self.adamw.moments.insert(name, moments);
        let weight = Tensor::from_inner(weight.reshape(shape)).require_grad();
        Param::from_mapped_value(id, weight, mapper)
    }
}

fn one_pass(
    weight: Tensor<1>,
    gradient: Tensor<1>,
    moments: Moments,
    factors: Factors,
) -> (Tensor<1>, Moments) {
    let primitive = |tensor: Tensor<1>| {
        tensor
            .try_into_primitive::<Flex>()
            .expect("the caller checked the backend")
            .to_contiguous()
    };
    let (mut weight, gradient) = (primitive(weight), primitive(gradient));
    let (mut first, mut second) = (primitive(moments.first), primitive(moments.second));
    let gradients = gradient
        .as_slice::<f32>()
        .expect("gradients are contiguous f32");
    weight
        .storage_mut::<f32>()
        .par_chunks_mut(CHUNK)
        .zip(gradients.par_chunks(CHUNK))
        .zip(first.storage_mut::<f32>().par_chunks_mut(CHUNK))
        .zip(second.storage_mut::<f32>().par_chunks_mut(CHUNK))
        .for_each(|(((weights, gradients), firsts), seconds)| {
            pulp::Arch::new().dispatch(
                #[inline(always)]
                || {
                    let moments = firsts.iter_mut().zip(seconds);
                    for ((weight, &gradient), (first, second)) in
                        weights.iter_mut().zip(gradients).zip(moments)
                    {
                        let gradient = gradient * factors.gradient;
                        *first = BETA_1 * *first + (1.0 - BETA_1) * gradient;
                        *second = BETA_2 * *second + (1.0 - BETA_2) * gradient * gradient;
                        let step = factors.rate * *first
                            / (second.sqrt() * factors.inverse_root + EPSILON);
                        *weight = *weight * factors.keep - step;
                    }
                },
            );
        });
    let moments = Moments {
        first: Tensor::from_primitive::<Flex>(first),
        second: Tensor::from_primitive::<Flex>(second),
    };
    (Tensor::from_primitive::<Flex>(weight), moments)
}

fn composed(
    weight: Tensor<1>,
    gradient: Tensor<1>,
    moments: Moments,
    factors: Factors,
) -> (Tensor<1>, Moments) {
    let gradient = gradient.mul_scalar(factors.gradient);
    let first = moments.first.mul_scalar(BETA_1) + gradient.clone().mul_scalar(1.0 - BETA_1);
    let second = moments.second.mul_scalar(BETA_2) + gradient.square().mul_scalar(1.0 - BETA_2);
    let root = second
        .clone()
        .sqrt()
        .mul_scalar(factors.inverse_root)
        .add_scalar(EPSILON);
    let weight = weight.mul_scalar(factors.keep) - first.clone().mul_scalar(factors.rate) / root;
    (weight, Moments { first, second })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_gains_and_the_temperature_are_not_decayed() {
        for name in [
            "logit_scale",
            "ln_final.weight",
            "visual.ln_pre.bias",
            "transformer.resblocks.0.mlp.c_fc.bias",
            "transformer.resblocks.0.attn.in_proj_bias",
            "visual.class_embedding",
            "transformer.resblocks.3.ln_1.weight",
        ] {
            assert!(!is_decayed(name), "{name}");
        }
        for name in [
            "token_embedding.weight",
            "visual.proj",
            "positional_embedding",
            "transformer.resblocks.0.attn.in_proj_weight",
        ] {
            assert!(is_decayed(name), "{name}");
        }
    }

    #[test]
    fn both_forms_follow_the_algorithm() {
        let device = Device::flex();
        let tensor = |values: [f32; 2]| Tensor::<1>::from_floats(values, &device);
        let factors = Factors {
            // Halves what is given: the comments below speak of the half.
            gradient: 0.5,
            rate: 0.01 / (1.0 - BETA_1),
            inverse_root: 1.0 / (1.0 - BETA_2).sqrt(),
            keep: 0.998,
        };
        let zero = || Moments {
            first: tensor([0.0; 2]),
            second: tensor([0.0; 2]),
        };
        for form in [one_pass, composed] {
            let (weight, _) = form(tensor([1.0, -2.0]), tensor([1.0, 2e-3]), zero(), factors);
            let weight = weight.into_data().try_into_vec::<f32>().expect("f32");
            // After one update the corrected moments are g and g²: the step is rate · g / (|g| + ε).
            assert!(
                (weight[0] - (0.998 - 0.01 * 0.5 / (0.5 + 1e-6))).abs() < 1e-6,
                "{weight:?}"
            );
            assert!(
                (weight[1] - (-1.996 - 0.01 * 1e-3 / (1e-3 + 1e-6))).abs() < 1e-6,
                "{weight:?}"
            );
        }
    }
}
