//! The sum of all ranks' gradients.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Tensor, TensorData};

use super::exchange::Exchange;
use crate::model::Clip;

/// The sum of the gradients that the ranks have of a model's parameters. A parameter that only some of them have a
/// gradient of has their sum; one that none has a gradient of has none.
pub(super) fn gradient_sum(
    model: &Clip,
    own: GradientsParams,
    exchange: &dyn Exchange,
) -> GradientsParams {
    if exchange.ranks() == 1 {
        return own;
    }
    let mut count = Count {
        gradients: &own,
        ranks: Vec::new(),
    };
    model.visit(&mut count);
    let mut ranks = count.ranks;
    exchange.sum(&mut ranks);
    let mut take = Take {
        gradients: own,
        ranks: ranks.iter(),
        values: Vec::new(),
    };
    model.visit(&mut take);
    // All at once: a sum for each parameter would wait for the other ranks as often.
    exchange.sum(&mut take.values);
    let mut give = Give {
        gradients: take.gradients,
        ranks: ranks.iter(),
        values: &take.values,
    };
    model.visit(&mut give);
    give.gradients
}

/// Ranks that have a gradient of each parameter; of this one alone, 1 or 0.
struct Count<'a> {
    gradients: &'a GradientsParams,
    ranks: Vec<f32>,
}

impl ModuleVisitor for Count<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let here = self.gradients.get::<D>(param.id).is_some();
        self.ranks.push(f32::from(u8::from(here)));
    }
}

/// Takes the gradients out, one behind the other, with zeros for those that only other ranks have.
struct Take<'a> {
    gradients: GradientsParams,
    ranks: std::slice::Iter<'a, f32>,
    values: Vec<f32>,
}

impl ModuleVisitor for Take<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.ranks.next() == Some(&0.0) {
            return;
        }
        match self.gradients.remove::<D>(param.id) {
            Some(gradient) => {
                let values = gradient.into_data().try_into_vec::<f32>();
                self.values.extend(values.expect("gradients are f32"));
            }
            None => {
                let end = self.values.len() + param.dims().iter().product::<usize>();
                self.values.resize(end, 0.0);
            }
        }
    }
}

/// Puts the sums in their place.
struct Give<'a> {
    gradients: GradientsParams,
    ranks: std::slice::Iter<'a, f32>,
    values: &'a [f32],
}

impl ModuleVisitor for Give<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.ranks.next() == Some(&0.0) {
            return;
        }
        let (shape, device) = (param.dims(), param.val().inner().device());
        let (values, rest) = self.values.split_at(shape.iter().product());
        self.values = rest;
        let sum = Tensor::<D>::from_data(TensorData::new(values.to_vec(), shape), &device);
        self.gradients.register(param.id, sum);
    }
}
