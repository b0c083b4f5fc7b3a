//! The image tower: a vision transformer read off at its class token or the mean of the others.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::Precision;
use super::block::{LayerNorm, Transformer, linear};
use super::config::ImagePooling;
use super::kernels::Runs;

/// The projection of patches to tokens; a convolution whose stride is its size.
#[derive(Module, Debug)]
pub(super) struct PatchEmbedding {
    /// `[width, 3, patch, patch]`.
    pub(super) weight: Param<Tensor<4>>,
}

/// The image tower.
#[derive(Module, Debug)]
pub(super) struct Vision {
    pub(super) conv1: PatchEmbedding,
    /// `[width]`.
    pub(super) class_embedding: Param<Tensor<1>>,
    /// `[patches + 1, width]`.
    pub(super) positional_embedding: Param<Tensor<2>>,
    pub(super) ln_pre: Option<LayerNorm>,
    pub(super) transformer: Transformer,
    pub(super) ln_post: LayerNorm,
    /// `[width, embed_dim]`.
    pub(super) proj: Param<Tensor<2>>,
    #[module(skip)]
    pub(super) pooling: ImagePooling,
    pub(super) norm_after_pooling: bool,
}

impl PatchEmbedding {
    /// One product over unfolded patches: with stride = size, that is the convolution.
    ///
    /// # Shapes
    /// images `[samples, 3, side, side]` → `[samples, patches, width]`.
    fn forward(&self, images: Tensor<4>, precision: Precision) -> Tensor<3> {
        let [samples, channels, height, width] = images.dims();
        let [outputs, _, patch, _] = self.weight.dims();
        let (rows, columns) = (height / patch, width / patch);
        let values = channels * patch * patch;
        let patches = images
            .reshape([samples, channels, rows, patch, columns, patch])
            .permute([0, 2, 4, 1, 3, 5])
            .reshape([samples * rows * columns, values]);
        let weight = self.weight.val().reshape([outputs, values]);
        let bias = Tensor::zeros([outputs], &patches.device());
        linear(patches, weight, bias, precision).reshape([samples, rows * columns, outputs])
    }
}

impl Vision {
    /// # Shapes
    /// images `[samples, 3, side, side]` → `[samples, embed_dim]`, not normalised.
    pub(super) fn forward(&self, images: Tensor<4>, precision: Precision) -> Tensor<2> {
        let patches = self.conv1.forward(images, precision);
        let [samples, _, width] = patches.dims();
        let class = self
            .class_embedding
            .val()
            .reshape([1, 1, width])
            .expand([samples, 1, width]);
        let tokens =
            Tensor::cat(vec![class, patches], 1) + self.positional_embedding.val().unsqueeze::<3>();
        let tokens = match &self.ln_pre {
            Some(norm) => norm.forward(tokens),
            None => tokens,
        };
        let count = tokens.dims()[1];
        let (rows, runs) = (
            tokens.reshape([samples * count, width]),
            Runs::uniform(samples, count),
        );
        self.pooled(rows, &runs, precision).matmul(self.proj.val())
    }

    /// The transformer's output at what the tower is read off, normed.
    ///
    /// # Shapes
    /// x `[rows, width]` → `[samples, width]`.
    fn pooled(&self, x: Tensor<2>, runs: &Runs, precision: Precision) -> Tensor<2> {
        let [_, width] = x.dims();
        let (samples, count) = (runs.tokens().len(), runs.tokens()[0]);
        let mean = |rows: Tensor<2>| {
            let patches = rows
                .reshape([samples, count, width])
                .slice([0..samples, 1..count]);
            patches.mean_dim(1).reshape([samples, width])
        };
        match self.pooling {
            // Norms are by token: only the class token's is wanted.
            ImagePooling::Tok => {
                let class = (0..samples).map(|sample| sample * count).collect();
                self.ln_post.forward(
                    self.transformer
                        .forward_picked(x, runs, false, class, precision),
                )
            }
            ImagePooling::Avg => {
                let x = self.transformer.forward(x, runs, false, precision);
                if self.norm_after_pooling {
                    self.ln_post.forward(mean(x))
                } else {
                    mean(self.ln_post.forward(x))
                }
            }
        }
    }
}
