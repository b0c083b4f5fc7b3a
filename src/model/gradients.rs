//! The gradients of all parameters, taken as one long vector: sums, multiples and its length.

use burn::backend::Flex;
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use pulp::Arch;
use rayon::prelude::*;

use super::clip::Clip;
use super::kernels::on_flex;

/// Values a task works on; fixed, so that partial sums are the same whatever the thread count.
const CHUNK: usize = 32 * 1024;

/// a + b. A parameter that only one of them has a gradient of keeps that.
#[must_use]
pub fn add_gradients(model: &Clip, mut a: GradientsParams, b: GradientsParams) -> GradientsParams {
    add_to(&mut a, model, b);
    a
}

/// Adds to `sum` what `added` has of the parameters of `module`, in the memory of `sum` on the CPU.
pub(super) fn add_to<M: Module>(sum: &mut GradientsParams, module: &M, added: GradientsParams) {
    struct Add<'a> {
        sum: &'a mut GradientsParams,
        added: GradientsParams,
    }
    impl ModuleVisitor for Add<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let Some(added) = self.added.remove::<D>(param.id) else {
                return;
            };
            // Taken out, the sum is nobody else's, and addition reuses its memory.
            let sum = match self.sum.remove::<D>(param.id) {
                Some(sum) => sum + added,
                None => added,
            };
            self.sum.register(param.id, sum);
        }
    }
    module.visit(&mut Add { sum, added });
}

/// Every gradient times `factor`, in place on the CPU.
#[must_use]
pub fn scale_gradients(model: &Clip, gradients: GradientsParams, factor: f32) -> GradientsParams {
    struct Scale {
        gradients: GradientsParams,
        factor: f32,
    }
    impl ModuleVisitor for Scale {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(gradient) = self.gradients.remove::<D>(param.id) {
                let scaled = gradient.mul_scalar(self.factor);
                self.gradients.register(param.id, scaled);
            }
        }
    }
    let mut scale = Scale { gradients, factor };
    model.visit(&mut scale);
    scale.gradients
}

/// The square of the length: Σ g² over all parameters. On the CPU its bits do not depend on the number of threads.
///
/// No gradient changes hands: on a GPU a number a parameter is read, all at once.
#[must_use]
pub fn squared_norm(model: &Clip, gradients: &GradientsParams) -> f64 {
    struct Squares<'a> {
        gradients: &'a GradientsParams,
        total: f64,
        /// One number each, still on the device.
        awaited: Vec<Tensor<1>>,
    }
    impl ModuleVisitor for Squares<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let Some(gradient) = self.gradients.get::<D>(param.id) else {
                return;
            };
            if on_flex(&gradient.device()) {
                self.total += squares_on_cpu(gradient);
            } else {
                self.awaited.push(gradient.square().sum());
            }
        }
    }
    let mut squares = Squares {
        gradients,
        total: 0.0,
        awaited: Vec::new(),
    };
    model.visit(&mut squares);
    if squares.awaited.is_empty() {
        return squares.total;
    }
    let parts = Tensor::cat(squares.awaited, 0).into_data();
    let parts = parts.try_into_vec::<f32>().expect("gradients are f32");
    squares.total + parts.into_iter().map(f64::from).sum::<f64>()
}

fn squares_on_cpu<const D: usize>(gradient: Tensor<D>) -> f64 {
    let gradient = gradient
        .try_into_primitive::<Flex>()
        .expect("the caller checked the backend")
        .to_contiguous();
    let values = gradient
        .as_slice::<f32>()
        .expect("gradients are contiguous f32");
    let parts: Vec<f64> = values.par_chunks(CHUNK).map(squares).collect();
    parts.into_iter().sum()
}

/// Σ x², in as many sums as are taken at a time.
fn squares(values: &[f32]) -> f64 {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            let square = |value: f32| f64::from(value) * f64::from(value);
            let (whole, rest) = values.as_chunks::<16>();
            let mut sums = [0.0; 16];
            for values in whole {
                for (sum, &value) in sums.iter_mut().zip(values) {
                    *sum += square(value);
                }
            }
            sums.into_iter()
                .chain(rest.iter().map(|&value| square(value)))
                .sum()
        },
    )
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::super::ClipConfig;
    use super::*;

    fn model() -> Clip {
        let text = r#"{"embed_dim": 4,
            "vision_cfg": {"image_size": 8, "patch_size": 8, "width": 4, "layers": 1, "head_width": 4},
            "text_cfg": {"context_length": 4, "vocab_size": 30011, "width": 4, "heads": 1, "layers": 1}}"#;
        let config: ClipConfig = serde_json::from_str(text).expect("a configuration");
        Clip::new(&config, 0, &Device::flex())
    }

    /// Gradients that a formula gives, of all parameters or of those of the image tower.
    fn gradients<M: Module>(module: &M, factor: f32) -> GradientsParams {
        struct Fill {
            gradients: GradientsParams,
            factor: f32,
        }
        impl ModuleVisitor for Fill {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                let shape = param.dims();
                let values = (0..shape.iter().product()).map(|at: usize| self.factor * value(at));
                let data = TensorData::new(values.collect::<Vec<f32>>(), shape);
                let gradient = Tensor::<D>::from_data(data, &Device::flex());
                self.gradients.register(param.id, gradient);
            }
        }
        let mut fill = Fill {
            gradients: GradientsParams::new(),
            factor,
        };
        module.visit(&mut fill);
        fill.gradients
    }

    fn value(at: usize) -> f32 {
        (0.7 * at as f32).sin()
    }

    /// Every parameter's gradient, one behind the other.
    fn host(model: &Clip, gradients: &GradientsParams) -> Vec<f32> {
        struct Host<'a>(&'a GradientsParams, Vec<f32>);
        impl ModuleVisitor for Host<'_> {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                let gradient = self.0.get::<D>(param.id).expect("a gradient");
                let data = gradient.into_data();
                self.1.extend(data.try_into_vec::<f32>().expect("f32"));
            }
        }
        let mut host = Host(gradients, Vec::new());
        model.visit(&mut host);
        host.1
    }

    #[test]
    fn what_only_one_has_is_kept_in_a_sum() {
        let model = model();
        for swapped in [false, true] {
            let (all, some) = (gradients(&model, 1.0), gradients(&model.visual, 2.0));
            let sum = if swapped {
                add_gradients(&model, some, all)
            } else {
                add_gradients(&model, all, some)
            };
            let visual = gradients(&model.visual, 1.0).len();
            assert!(visual > 0 && visual < sum.len());
            let values = host(&model, &sum);
            // The image tower is visited first.
            let patches = model.visual.conv1.weight.dims().iter().product::<usize>();
            assert!((0..patches).all(|at| values[at] == 3.0 * value(at)));
            let tokens = model.token_embedding.weight.id;
            let tokens = sum.get::<2>(tokens).expect("a gradient").into_data();
            let tokens = tokens.try_into_vec::<f32>().expect("f32");
            assert!(tokens.iter().enumerate().all(|(at, x)| *x == value(at)));
        }
    }

    #[test]
    fn scaling_scales_the_length() {
        let model = model();
        let gradients = gradients(&model, 1.0);
        let before = host(&model, &gradients);
        let exact: f64 = before.iter().map(|&x| f64::from(x).powi(2)).sum();
        let norm = squared_norm(&model, &gradients);
        assert!((norm - exact).abs() < 1e-12 * exact, "{norm}, not {exact}");
        let scaled = scale_gradients(&model, gradients, 0.25);
        let after = host(&model, &scaled);
        assert!(before.iter().zip(&after).all(|(a, b)| a * 0.25 == *b));
        assert_eq!(squared_norm(&model, &scaled), norm / 16.0);
    }

    #[test]
    fn the_number_of_threads_does_not_change_a_bit_of_the_length() {
        let norm = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build().expect("a pool").install(|| {
                let model = model();
                squared_norm(&model, &gradients(&model, 1.0)).to_bits()
            })
        };
        let one = norm(1);
        assert!([2, 3, 5].into_iter().all(|threads| norm(threads) == one));
    }
}
