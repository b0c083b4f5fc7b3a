//! The same operations as `kernels`, out of burn's own: for every backend without fused ones.

use burn::tensor::{Tensor, TensorData, activation};

use super::block::Activation;
use super::kernels::Runs;

/// x · Wᵀ + b over the last dimension.
///
/// # Shapes
/// x `[…, inputs]`, weight `[outputs, inputs]`, bias `[outputs]` → `[…, outputs]`.
pub(super) fn linear<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    bias: Tensor<1>,
) -> Tensor<D> {
    let mut shape = x.dims();
    let inputs = shape[D - 1];
    let rows = shape[..D - 1].iter().product::<usize>();
    shape[D - 1] = weight.dims()[0];
    let y = x.reshape([rows, inputs]).matmul(weight.transpose()) + bias.unsqueeze::<2>();
    y.reshape(shape)
}

/// Layer norm over the last dimension.
///
/// # Shapes
/// x `[…, width]`, gamma and beta `[width]` → `[…, width]`.
pub(super) fn layer_norm<const D: usize>(
    x: Tensor<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f32,
) -> Tensor<D> {
    let centred = x.clone() - x.mean_dim(D - 1);
    let variance = centred.clone().square().mean_dim(D - 1);
    let normalised = centred / variance.add_scalar(epsilon).sqrt();
    normalised * gamma.unsqueeze::<D>() + beta.unsqueeze::<D>()
}

/// Multi-head self-attention on packed queries, keys and values.
///
/// # Shapes
/// qkv `[rows, 3 · width]` → `[rows, width]`.
pub(super) fn attention(qkv: Tensor<2>, runs: &Runs, heads: usize, causal: bool) -> Tensor<2> {
    let [_, packed] = qkv.dims();
    let mut first = 0;
    let parts = runs.stretches().map(|(samples, tokens)| {
        let rows = first..first + samples * tokens;
        first = rows.end;
        let part = qkv.clone().slice(rows).reshape([samples, tokens, packed]);
        rectangular_attention(part, heads, causal).reshape([samples * tokens, packed / 3])
    });
    Tensor::cat(parts.collect(), 0)
}

/// # Shapes
/// qkv `[samples, tokens, 3 · width]` → `[samples, tokens, width]`.
fn rectangular_attention(qkv: Tensor<3>, heads: usize, causal: bool) -> Tensor<3> {
    let [samples, tokens, packed] = qkv.dims();
    let (width, dim) = (packed / 3, packed / 3 / heads);
    let device = qkv.device();
    let parts = qkv
        .reshape([samples, tokens, 3, heads, dim])
        .permute([2, 0, 3, 1, 4]);
    let part = |index: usize| parts.clone().slice(index..index + 1).squeeze_dim::<4>(0);
    let scores = part(0)
        .mul_scalar(1.0 / (dim as f32).sqrt())
        .matmul(part(1).swap_dims(2, 3));
    let scores = if causal {
        // A large negative number instead of −∞: the difference is lost in f32, and gradients of
        // masked entries stay finite on every backend.
        let future = Tensor::<2>::full([tokens, tokens], -1e9, &device).triu(1);
        scores + future.reshape([1, 1, tokens, tokens])
    } else {
        scores
    };
    activation::softmax(scores, 3)
        .matmul(part(2))
        .swap_dims(1, 2)
        .reshape([samples, tokens, width])
}

/// Rows of a matrix, in the order of `index`.
///
/// # Shapes
/// table `[rows, width]` → `[picked, width]`.
pub(super) fn gather(table: Tensor<2>, index: &[usize]) -> Tensor<2> {
    let device = table.device();
    let index: Vec<i32> = index.iter().map(|&row| row as i32).collect();
    let length = index.len();
    table.select(
        0,
        Tensor::from_data(TensorData::new(index, [length]), &device),
    )
}

/// The MLP's activation.
///
/// # Shapes
/// Any shape; the output has the input's.
pub(super) fn activate<const D: usize>(x: Tensor<D>, activation: Activation) -> Tensor<D> {
    match activation {
        Activation::Gelu => gelu(x),
        Activation::QuickGelu => x.clone() * activation::sigmoid(x.mul_scalar(1.702)),
    }
}

/// Exact GELU, x/2 · (1 + erf(x/√2)): burn's own backward pass of GELU is the tanh approximation's.
fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let cdf = x
        .clone()
        .mul_scalar(std::f32::consts::FRAC_1_SQRT_2)
        .erf()
        .add_scalar(1.0)
        .mul_scalar(0.5);
    x * cdf
}

#[cfg(test)]
mod tests {
    //! The fused and the composed form of each operation agree, forward and backward.

    use burn::tensor::{Device, Tensor, TensorData};
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::super::Precision::F32;
    use super::super::block::Activation;
    use super::super::kernels::{self, Runs};

    fn random<const D: usize>(shape: [usize; D], seed: u64) -> Tensor<D> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let values: Vec<f32> = (0..shape.iter().product())
            .map(|_| rng.random_range(-2.0..2.0))
            .collect();
        let device = Device::flex().autodiff();
        Tensor::from_data(TensorData::new(values, shape), &device).require_grad()
    }

    fn values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
        x.into_data().try_into_vec::<f32>().expect("f32")
    }

    fn assert_close(name: &str, fused: &[f32], composed: &[f32]) {
        assert_eq!(fused.len(), composed.len());
        for (at, (a, b)) in fused.iter().zip(composed).enumerate() {
            assert!(
                (a - b).abs() <= 2e-5 * b.abs().max(1.0),
                "{name}[{at}]: fused {a}, composed {b}"
            );
        }
    }

    /// Compares outputs, and the gradients of a weighted sum of the outputs.
    fn compare<const D: usize, const N: usize>(
        name: &str,
        inputs: [Tensor<D>; N],
        vectors: [Tensor<1>; 2],
        fused: impl Fn(&[Tensor<D>; N], &[Tensor<1>; 2]) -> Tensor<D>,
        composed: impl Fn(&[Tensor<D>; N], &[Tensor<1>; 2]) -> Tensor<D>,
    ) {
        let (a, b) = (fused(&inputs, &vectors), composed(&inputs, &vectors));
        assert_close(name, &values(a.clone()), &values(b.clone()));
        let weights = random(a.dims(), 99).detach();
        let gradients_a = (a * weights.clone()).sum().backward();
        let gradients_b = (b * weights).sum().backward();
        for input in &inputs {
            let (a, b) = (input.grad(&gradients_a), input.grad(&gradients_b));
            let (a, b) = (a.expect("a gradient"), b.expect("a gradient"));
            assert_close(&format!("{name}, gradient"), &values(a), &values(b));
        }
        for vector in &vectors {
            match (vector.grad(&gradients_a), vector.grad(&gradients_b)) {
                (Some(a), Some(b)) => {
                    assert_close(&format!("{name}, vector gradient"), &values(a), &values(b));
                }
                (None, None) => {}
                (a, b) => panic!(
                    "{name}: one form has a gradient: {} {}",
                    a.is_some(),
                    b.is_some()
                ),
            }
        }
    }

    #[test]
    fn layer_norms_agree() {
        let vectors = [random([37], 1), random([37], 2)];
        compare(
            "layer norm",
            [random([3, 50, 37], 3)],
            vectors,
            |[x], [gamma, beta]| kernels::layer_norm(x.clone(), gamma.clone(), beta.clone(), 1e-5),
            |[x], [gamma, beta]| super::layer_norm(x.clone(), gamma.clone(), beta.clone(), 1e-5),
        );
    }

    #[test]
    fn linear_layers_agree() {
        compare(
            "linear",
            [random([130, 24], 4), random([17, 24], 5)],
            [random([17], 6), random([1], 7)],
            |[x, weight], [bias, _]| kernels::linear(x.clone(), weight.clone(), bias.clone(), F32),
            |[x, weight], [bias, _]| super::linear(x.clone(), weight.clone(), bias.clone()),
        );
    }

    #[test]
    fn linear_layers_onto_a_residual_agree() {
        compare(
            "linear onto",
            [
                random([130, 17], 3),
                random([130, 24], 4),
                random([17, 24], 5),
            ],
            [random([17], 6), random([1], 7)],
            |[base, x, weight], [bias, _]| {
                let [base, x, weight] = [base, x, weight].map(Clone::clone);
                kernels::linear_onto(base, x, weight, bias.clone(), F32)
            },
            |[base, x, weight], [bias, _]| {
                base.clone() + super::linear(x.clone(), weight.clone(), bias.clone())
            },
        );
    }

    /// Samples of several lengths, whole vectors among them.
    fn runs() -> Runs {
        Runs::new([19, 1, 16, 16, 33])
    }

    #[test]
    fn attentions_agree_with_and_without_a_mask() {
        for causal in [false, true] {
            compare(
                if causal {
                    "causal attention"
                } else {
                    "attention"
                },
                [random([85, 3 * 24], 8)],
                [random([1], 9), random([1], 10)],
                |[qkv], _| kernels::attention(qkv.clone(), runs(), 3, causal, F32),
                |[qkv], _| super::attention(qkv.clone(), &runs(), 3, causal),
            );
        }
    }

    #[test]
    fn attention_of_the_last_tokens_is_that_of_all_at_the_last() {
        let device = Device::flex().autodiff();
        let lasts = Tensor::from_ints([18, 19, 35, 51, 84], &device);
        compare(
            "pooled attention",
            [random([85, 3 * 24], 8)],
            [random([1], 9), random([1], 10)],
            |[qkv], _| {
                let q = qkv.clone().select(0, lasts.clone()).slice([0..5, 0..24]);
                let kv = qkv.clone().slice([0..85, 24..72]);
                kernels::pooled_attention(q, kv, runs(), 3)
            },
            |[qkv], _| super::attention(qkv.clone(), &runs(), 3, true).select(0, lasts.clone()),
        );
    }

    #[test]
    fn gathered_rows_agree() {
        let index = [3, 0, 3, 7, 3];
        compare(
            "gather",
            [random([8, 21], 8)],
            [random([1], 9), random([1], 10)],
            |[table], _| kernels::gather(table.clone(), index.into()),
            |[table], _| super::gather(table.clone(), &index),
        );
    }

    #[test]
    fn mlps_agree() {
        for activation in [Activation::Gelu, Activation::QuickGelu] {
            compare(
                &format!("MLP with {activation:?}"),
                [
                    random([130, 17], 11),
                    random([130, 17], 12),
                    random([41, 17], 13),
                    random([17, 41], 14),
                ],
                [random([41], 15), random([17], 16)],
                |[base, x, w_1, w_2], [b_1, b_2]| {
                    let weights = [w_1.clone(), w_2.clone()];
                    let biases = [b_1.clone(), b_2.clone()];
                    kernels::mlp(base.clone(), x.clone(), weights, biases, activation, F32)
                },
                |[base, x, w_1, w_2], [b_1, b_2]| {
                    let hidden = super::linear(x.clone(), w_1.clone(), b_1.clone());
                    let hidden = super::activate(hidden, activation);
                    base.clone() + super::linear(hidden, w_2.clone(), b_2.clone())
                },
            );
        }
    }

    #[test]
    fn mlps_that_keep_nothing_agree() {
        // All rows at once, and in chunks of which the last is not full.
        for (rows, activation) in [(60, Activation::Gelu), (2500, Activation::QuickGelu)] {
            let [base, x] = [11, 12].map(|seed| random([rows, 17], seed).inner());
            let weights = [random([41, 17], 13).inner(), random([17, 41], 14).inner()];
            let biases = [random([41], 15).inner(), random([17], 16).inner()];
            let hidden = super::linear(x.clone(), weights[0].clone(), biases[0].clone());
            let hidden = super::activate(hidden, activation);
            let expected =
                base.clone() + super::linear(hidden, weights[1].clone(), biases[1].clone());
            let out = kernels::mlp(base, x, weights, biases, activation, F32);
            for (a, b) in values(out).iter().zip(values(expected)) {
                assert!((a - b).abs() < 1e-4, "{rows} rows: {a}, composed {b}");
            }
        }
    }

    #[test]
    fn the_number_of_threads_does_not_change_a_bit() {
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .expect("a pool");
            pool.install(|| {
                let (x, weight, bias) =
                    (random([300, 64], 1), random([192, 64], 2), random([192], 3));
                let (gamma, beta) = (random([64], 4), random([64], 5));
                let normed = kernels::layer_norm(x.clone(), gamma.clone(), beta, 1e-5);
                let qkv = kernels::linear(normed, weight.clone(), bias.clone(), F32);
                let runs = Runs::uniform(10, 30);
                let out = kernels::attention(qkv, runs, 4, true, F32);
                let out = kernels::mlp(
                    x.clone(),
                    out,
                    [weight.clone(), weight.clone().transpose()],
                    [bias.clone(), gamma.clone()],
                    Activation::Gelu,
                    F32,
                );
                let gradients = out.clone().square().sum().backward();
                let mut all = values(out);
                all.extend(values(weight.grad(&gradients).expect("a gradient")));
                all.extend(values(bias.grad(&gradients).expect("a gradient")));
                all.extend(values(gamma.grad(&gradients).expect("a gradient")));
                all.extend(values(x.grad(&gradients).expect("a gradient")));
                all
            })
        };
        let one = run(1);
        for threads in [2, 3, 5] {
            assert!(one == run(threads), "{threads} threads give other bits");
        }
    }
}
