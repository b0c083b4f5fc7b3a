//! The image tower: a vision transformer read off at its class token or the mean of the others.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::Precision;
use super::block::{LayerNorm, Pass, Transformer, gather, linear};
use super::config::ImagePooling;
use super::kept_patches::KeptPatches;
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
    /// images `[samples, 3, side, side]` → `[samples, kept patches, width]`.
    fn forward(
        &self,
        images: Tensor<4>,
        kept: Option<&KeptPatches>,
        precision: Precision,
    ) -> Tensor<3> {
        let [samples, channels, height, width] = images.dims();
        let [outputs, _, patch, _] = self.weight.dims();
        let (rows, columns) = (height / patch, width / patch);
        let values = channels * patch * patch;
        let patches = images
            .reshape([samples, channels, rows, patch, columns, patch])
            .permute([0, 2, 4, 1, 3, 5])
            .reshape([samples * rows * columns, values]);
        let patches = match kept {
            Some(kept) => gather(patches, kept.rows()),
            None => patches,
        };
        let count = patches.dims()[0] / samples;
        let weight = self.weight.val().reshape([outputs, values]);
        let bias = Tensor::zeros([outputs], &patches.device());
        linear(patches, weight, bias, precision).reshape([samples, count, outputs])
    }
}

impl Vision {
    /// # Shapes
    /// images `[samples, 3, side, side]` → `[samples, embed_dim]`, not normalised.
    ///
    /// # Panics
    /// When `kept` is of another number of images or patches.
    pub(super) fn forward(
        &self,
        images: Tensor<4>,
        kept: Option<&KeptPatches>,
        precision: Precision,
    ) -> Tensor<2> {
        let (x, pass) = self.enter(images, kept, precision);
        self.head(self.transformer.forward(x, &pass), &pass)
    }

    /// What the first block sees, and how it goes through the blocks.
    ///
    /// # Shapes
    /// As [`Self::stem`].
    ///
    /// # Panics
    /// As [`Self::forward`].
    pub(super) fn enter(
        &self,
        images: Tensor<4>,
        kept: Option<&KeptPatches>,
        precision: Precision,
    ) -> (Tensor<2>, Pass) {
        let samples = images.dims()[0];
        if let Some(kept) = kept {
            let tokens = self.positional_embedding.dims()[0];
            assert_eq!((kept.samples(), kept.patches() + 1), (samples, tokens));
        }
        let x = self.stem(images, kept, precision);
        let tokens = x.dims()[0] / samples;
        let class = || (0..samples).map(|sample| sample * tokens).collect();
        let pass = Pass {
            runs: Runs::uniform(samples, tokens),
            causal: false,
            // Norms are by token: only the class token's is wanted.
            picked: (self.pooling == ImagePooling::Tok).then(class),
            precision,
        };
        (x, pass)
    }

    /// Each image's class token and the patches that are kept, at their places.
    ///
    /// # Shapes
    /// images `[samples, 3, side, side]` → `[samples · (kept patches + 1), width]`.
    pub(super) fn stem(
        &self,
        images: Tensor<4>,
        kept: Option<&KeptPatches>,
        precision: Precision,
    ) -> Tensor<2> {
        let patches = self.conv1.forward(images, kept, precision);
        let [samples, count, width] = patches.dims();
        let class = self
            .class_embedding
            .val()
            .reshape([1, 1, width])
            .expand([samples, 1, width]);
        let tokens = Tensor::cat(vec![class, patches], 1) + self.places(kept);
        let tokens = match &self.ln_pre {
            Some(norm) => norm.forward(tokens),
            None => tokens,
        };
        tokens.reshape([samples * (count + 1), width])
    }

    /// Embeddings of the places of each image's tokens.
    ///
    /// # Shapes
    /// `[1, patches + 1, width]` where all are kept, else `[samples, kept patches + 1, width]`.
    fn places(&self, kept: Option<&KeptPatches>) -> Tensor<3> {
        let all = self.positional_embedding.val();
        let Some(kept) = kept else {
            return all.unsqueeze::<3>();
        };
        let [_, width] = all.dims();
        let tokens = kept.places().chunks_exact(kept.kept());
        let tokens = tokens.flat_map(|patches| {
            // The class token is before the first patch.
            std::iter::once(0).chain(patches.iter().map(|at| at + 1))
        });
        gather(all, tokens.collect()).reshape([kept.samples(), kept.kept() + 1, width])
    }

    /// From the last block's output, at what the tower is read off.
    ///
    /// # Shapes
    /// x `[samples, width]` where the class token is picked, else `[rows, width]` → `[samples, embed_dim]`.
    pub(super) fn head(&self, x: Tensor<2>, pass: &Pass) -> Tensor<2> {
        let [_, width] = x.dims();
        let (samples, count) = (pass.runs.tokens().len(), pass.runs.tokens()[0]);
        let mean = |rows: Tensor<2>| {
            let patches = rows
                .reshape([samples, count, width])
                .slice([0..samples, 1..count]);
            patches.mean_dim(1).reshape([samples, width])
        };
        let pooled = match self.pooling {
            ImagePooling::Tok => self.ln_post.forward(x),
            ImagePooling::Avg if self.norm_after_pooling => self.ln_post.forward(mean(x)),
            ImagePooling::Avg => mean(self.ln_post.forward(x)),
        };
        pooled.matmul(self.proj.val())
    }
}
