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
    let mut here = Here {
        gradients: &own,
        counts: Vec::new(),
    };
    model.visit(&mut here);
    let mut counts = here.counts;
    exchange.sum(&mut counts);
    let mut sum = Sum {
        gradients: own,
        counts: counts.into_iter(),
        exchange,
    };
    model.visit(&mut sum);
    sum.gradients
}

/// For every parameter 1 if this rank has a gradient of it, and else 0.
struct Here<'a> {
    gradients: &'a GradientsParams,
    counts: Vec<f32>,
}

impl ModuleVisitor for Here<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let here = self.gradients.get::<D>(param.id).is_some();
        self.counts.push(f32::from(u8::from(here)));
    }
}

struct Sum<'a> {
    gradients: GradientsParams,
    /// Ranks that have a gradient, by parameter.
    counts: std::vec::IntoIter<f32>,
    exchange: &'a dyn Exchange,
}

impl ModuleVisitor for Sum<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.counts.next() == Some(0.0) {
            return;
        }
        let (shape, device) = (param.dims(), param.val().inner().device());
        let mut values = match self.gradients.remove::<D>(param.id) {
            Some(gradient) => gradient
                .into_data()
                .try_into_vec::<f32>()
                .expect("gradients are f32"),
            None => vec![0.0; shape.iter().product()],
        };
        self.exchange.sum(&mut values);
        let sum = Tensor::<D>::from_data(TensorData::new(values, shape), &device);
        self.gradients.register(param.id, sum);
    }
}
