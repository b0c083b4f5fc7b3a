//! Fresh weights, drawn from the distributions open_clip draws them from.
//!
//! Numbers come from a ChaCha stream of our own, one a parameter, so that a seed means the same
//! weights on every device and whatever is initialised before or after.

use burn::module::Param;
use burn::tensor::{Device, Shape, Tensor, TensorData};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;
use rand_distr::{Distribution, StandardNormal};

use super::Precision;
use super::block::{Activation, Attention, Block, LayerNorm, Linear, Mlp, Transformer};
use super::clip::Clip;
use super::config::{ClipConfig, hidden_width};
use super::text::TokenEmbedding;
use super::vision::{PatchEmbedding, Vision};

/// Draws parameters one after the other, each from a stream of its own.
struct Draw<'a> {
    /// None leaves all parameters zero.
    seed: Option<u64>,
    parameters: u64,
    device: &'a Device,
}

/// Standard deviations of one tower's projections.
#[derive(Clone, Copy)]
enum Spread {
    /// PyTorch's defaults: what open_clip leaves the image tower with.
    Default,
    /// CLIP's own: scaled by width and depth.
    Clip {
        attention: f32,
        projection: f32,
        hidden: f32,
    },
}

/// What a transformer is like.
#[derive(Clone, Copy)]
struct Tower {
    width: usize,
    heads: usize,
    layers: usize,
    /// Width of the MLPs' hidden layer.
    hidden: usize,
    activation: Activation,
}

impl Draw<'_> {
    fn stream(&mut self) -> Option<ChaCha12Rng> {
        let mut rng = ChaCha12Rng::seed_from_u64(self.seed?);
        rng.set_stream(self.parameters);
        self.parameters += 1;
        Some(rng)
    }

    fn parameter<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Param<Tensor<D>> {
        Param::from_tensor(Tensor::from_data(
            TensorData::new(values, Shape::from(shape.to_vec())),
            self.device,
        ))
    }

    fn normal<const D: usize>(&mut self, shape: [usize; D], deviation: f32) -> Param<Tensor<D>> {
        self.drawn(shape, |rng| {
            let value: f32 = StandardNormal.sample(rng);
            value * deviation
        })
    }

    fn uniform<const D: usize>(&mut self, shape: [usize; D], bound: f32) -> Param<Tensor<D>> {
        self.drawn(shape, |rng| rng.random_range(-bound..bound))
    }

    fn drawn<const D: usize>(
        &mut self,
        shape: [usize; D],
        mut draw: impl FnMut(&mut ChaCha12Rng) -> f32,
    ) -> Param<Tensor<D>> {
        let count = shape.iter().product();
        let values = match self.stream() {
            Some(mut rng) => (0..count).map(|_| draw(&mut rng)).collect(),
            None => vec![0.0; count],
        };
        self.parameter(values, shape)
    }

    fn constant(&self, length: usize, value: f32) -> Param<Tensor<1>> {
        self.parameter(vec![value; length], [length])
    }

    fn layer_norm(&self, width: usize) -> LayerNorm {
        LayerNorm {
            weight: self.constant(width, 1.0),
            bias: self.constant(width, 0.0),
        }
    }

    /// A linear layer; `deviation` none means PyTorch's uniform ±1/√inputs.
    fn linear(&mut self, inputs: usize, outputs: usize, deviation: Option<f32>) -> Linear {
        let bound = 1.0 / (inputs as f32).sqrt();
        let weight = match deviation {
            Some(deviation) => self.normal([outputs, inputs], deviation),
            None => self.uniform([outputs, inputs], bound),
        };
        Linear {
            weight,
            bias: self.uniform([outputs], bound),
        }
    }

    fn block(&mut self, tower: Tower, spread: Spread) -> Block {
        let Tower {
            width,
            heads,
            hidden: hidden_width,
            activation,
            ..
        } = tower;
        let (in_proj_weight, projection, hidden) = match spread {
            // Xavier's uniform distribution on the packed projection, as MultiheadAttention does.
            Spread::Default => (
                self.uniform([3 * width, width], (6.0 / (4 * width) as f32).sqrt()),
                None,
                None,
            ),
            Spread::Clip {
                attention,
                projection,
                hidden,
            } => (
                self.normal([3 * width, width], attention),
                Some(projection),
                Some(hidden),
            ),
        };
        let out_proj = Linear {
            bias: self.constant(width, 0.0),
            ..self.linear(width, width, projection)
        };
        Block {
            ln_1: self.layer_norm(width),
            attn: Attention {
                in_proj_weight,
                in_proj_bias: self.constant(3 * width, 0.0),
                out_proj,
                heads,
            },
            ln_2: self.layer_norm(width),
            mlp: Mlp {
                c_fc: self.linear(width, hidden_width, hidden),
                c_proj: self.linear(hidden_width, width, projection),
                activation,
            },
        }
    }

    fn transformer(&mut self, tower: Tower, spread: Spread) -> Transformer {
        Transformer {
            resblocks: (0..tower.layers)
                .map(|_| self.block(tower, spread))
                .collect(),
        }
    }

    fn vision(&mut self, config: &ClipConfig) -> Vision {
        let vision = &config.vision_cfg;
        let (width, patch) = (vision.width, vision.patch_size);
        let scale = 1.0 / (width as f32).sqrt();
        Vision {
            conv1: PatchEmbedding {
                weight: self.uniform(
                    [width, 3, patch, patch],
                    1.0 / ((3 * patch * patch) as f32).sqrt(),
                ),
            },
            class_embedding: self.normal([width], scale),
            positional_embedding: self.normal([vision.patches() + 1, width], scale),
            ln_pre: (!vision.no_ln_pre).then(|| self.layer_norm(width)),
            transformer: self.transformer(
                Tower {
                    width,
                    heads: width / vision.head_width,
                    layers: vision.layers,
                    hidden: hidden_width(width, vision.mlp_ratio),
                    activation: activation(config),
                },
                Spread::Default,
            ),
            ln_post: self.layer_norm(width),
            proj: self.normal([width, config.embed_dim], scale),
            pooling: vision.pool_type,
            norm_after_pooling: vision.final_ln_after_pool,
        }
    }
}

fn activation(config: &ClipConfig) -> Activation {
    if config.quick_gelu {
        Activation::QuickGelu
    } else {
        Activation::Gelu
    }
}

fn logit_scale(config: &ClipConfig) -> f32 {
    match config.init_logit_scale {
        Some(scale) => scale as f32,
        None => (1.0_f32 / 0.07).ln(),
    }
}

/// A fresh model.
pub(super) fn clip(config: &ClipConfig, seed: Option<u64>, device: &Device) -> Clip {
    let mut draw = Draw {
        seed,
        parameters: 0,
        device,
    };
    let text = &config.text_cfg;
    let scale = 1.0 / (text.width as f32).sqrt();
    let spread = Spread::Clip {
        attention: scale,
        projection: scale / (2.0 * text.layers as f32).sqrt(),
        hidden: 1.0 / (2.0 * text.width as f32).sqrt(),
    };
    Clip {
        visual: draw.vision(config),
        token_embedding: TokenEmbedding {
            weight: draw.normal([text.vocab_size, text.width], 0.02),
        },
        positional_embedding: draw.normal([text.context_length, text.width], 0.01),
        transformer: draw.transformer(
            Tower {
                width: text.width,
                heads: text.heads,
                layers: text.layers,
                hidden: hidden_width(text.width, text.mlp_ratio),
                activation: activation(config),
            },
            spread,
        ),
        ln_final: draw.layer_norm(text.width),
        text_projection: draw.normal([text.width, config.embed_dim], scale),
        logit_scale: draw.constant(1, logit_scale(config)),
        logit_bias: config
            .init_logit_bias
            .map(|bias| draw.constant(1, bias as f32)),
        precision: Precision::default(),
    }
}
