//! The image tower: a vision transformer read off at its class token.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::block::{LayerNorm, Transformer};

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
    pub(super) ln_pre: LayerNorm,
    pub(super) transformer: Transformer,
    pub(super) ln_post: LayerNorm,
    /// `[width, embed_dim]`.
    pub(super) proj: Param<Tensor<2>>,
}

impl PatchEmbedding {
    /// One product over unfolded patches: with stride = size, that is the convolution.
    ///
    /// # Shapes
    /// images `[samples, 3, side, side]` → `[samples, patches, width]`.
    fn forward(&self, images: Tensor<4>) -> Tensor<3> {
        let [samples, channels, height, width] = images.dims();
        let [outputs, _, patch, _] = self.weight.dims();
        let (rows, columns) = (height / patch, width / patch);
        let values = channels * patch * patch;
        let patches = images
            .reshape([samples, channels, rows, patch, columns, patch])
            .permute([0, 2, 4, 1, 3, 5])
            .reshape([samples * rows * columns, values]);
        let weight = self.weight.val().reshape([outputs, values]).transpose();
        patches
            .matmul(weight)
            .reshape([samples, rows * columns, outputs])
    }
}

impl Vision {
    /// # Shapes
    /// images `[samples, 3, side, side]` → `[samples, embed_dim]`, not normalised.
    pub(super) fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let patches = self.conv1.forward(images);
        let [samples, _, width] = patches.dims();
        let class = self
            .class_embedding
            .val()
            .reshape([1, 1, width])
            .expand([samples, 1, width]);
        let tokens =
            Tensor::cat(vec![class, patches], 1) + self.positional_embedding.val().unsqueeze::<3>();
        let tokens = self.transformer.forward(self.ln_pre.forward(tokens), false);
        let class = tokens.slice([0..samples, 0..1]).reshape([samples, width]);
        self.ln_post.forward(class).matmul(self.proj.val())
    }
}
