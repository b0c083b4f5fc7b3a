//! Towers whose backward pass needs little memory: of the forward pass, only what goes into each block is kept, and a
//! block's inside is computed again when its gradients are wanted, one block at a time (Chen et al. 2016, "sublinear
//! memory cost").
//!
//! The tower runs forward twice and backward once. Values and gradients are those of one differentiable pass.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Gradients, Tensor};

use super::block::{Pass, Transformer};
use super::clip::{Clip, unit_rows};
use super::gradients::add_to;
use super::kept_patches::KeptPatches;
use super::text::{TokenBatch, TokenRows};

/// What is left of a forward pass over images until its gradients are wanted.
#[derive(Debug)]
pub struct StagedImages {
    images: Tensor<4>,
    kept: Option<KeptPatches>,
    blocks: StagedBlocks,
}

/// What is left of a forward pass over captions until its gradients are wanted.
#[derive(Debug)]
pub struct StagedTexts {
    rows: TokenRows,
    blocks: StagedBlocks,
}

/// What is left of a forward pass through a stack of blocks.
#[derive(Debug)]
struct StagedBlocks {
    pass: Pass,
    /// What goes into each block and, at last, into the head.
    inputs: Vec<Tensor<2>>,
}

impl StagedBlocks {
    fn new(transformer: &Transformer, x: Tensor<2>, pass: Pass) -> Self {
        let mut inputs = vec![x];
        for at in 0..transformer.resblocks.len() {
            inputs.push(transformer.block(at, inputs[at].clone(), &pass));
        }
        Self { pass, inputs }
    }

    /// The last block's output.
    fn last(&self) -> Tensor<2> {
        self.inputs[self.inputs.len() - 1].clone()
    }

    /// From the gradient of the last block's output to that of the first one's input. Each block's input is gone once
    /// the block is done.
    fn unwind(
        mut self,
        transformer: &Transformer,
        mut gradient: Tensor<2>,
        into: &mut GradientsParams,
    ) -> Tensor<2> {
        for (at, block) in transformer.resblocks.iter().enumerate().rev() {
            self.inputs.truncate(at + 1);
            let x = self.inputs.swap_remove(at);
            let piece = |x| transformer.block(at, x, &self.pass);
            gradient = through(block, x, gradient, piece, into);
        }
        gradient
    }
}

/// The gradient of a piece's input, from that of its output; those of the parameters it takes from `module` are added
/// to `into`.
fn through<M: Module>(
    module: &M,
    x: Tensor<2>,
    gradient: Tensor<2>,
    piece: impl FnOnce(Tensor<2>) -> Tensor<2>,
    into: &mut GradientsParams,
) -> Tensor<2> {
    let x = Tensor::from_inner(x).require_grad();
    let mut found = backward(piece(x.clone()), gradient);
    add_to(
        into,
        module,
        GradientsParams::from_module(&mut found, module),
    );
    x.grad_remove(&mut found)
        .expect("a piece depends on its input")
}

/// The gradients of Σ out · gradient.
fn backward(out: Tensor<2>, gradient: Tensor<2>) -> Gradients {
    // Backward starts with a gradient of ones, whatever the shape: there is no need for the sum.
    (out * Tensor::from_inner(gradient)).backward()
}

impl Clip {
    /// [`Self::encode_images_of`] for training without the memory of a differentiable pass: the rows carry no graph,
    /// and [`Self::unstage_images`] makes gradients out of what comes with them.
    ///
    /// # Shapes
    /// images `[samples, 3, side, side]` → `[samples, embed_dim]`.
    ///
    /// # Panics
    /// As [`Self::encode_images_of`].
    #[must_use]
    pub fn stage_images(
        &self,
        images: Tensor<4>,
        kept: Option<&KeptPatches>,
    ) -> (Tensor<2>, StagedImages) {
        let (visual, images) = (self.visual.valid(), images.inner());
        let (x, pass) = visual.enter(images.clone(), kept, self.precision);
        let blocks = StagedBlocks::new(&visual.transformer, x, pass);
        let rows = unit_rows(visual.head(blocks.last(), &blocks.pass));
        let kept = kept.cloned();
        let staged = StagedImages {
            images,
            kept,
            blocks,
        };
        (rows, staged)
    }

    /// Adds the gradients of the image tower's parameters to `into`, from that of the rows that were staged.
    ///
    /// The model must be the one that they were staged with, in training.
    ///
    /// # Shapes
    /// gradient `[samples, embed_dim]`.
    pub fn unstage_images(
        &self,
        staged: StagedImages,
        gradient: Tensor<2>,
        into: &mut GradientsParams,
    ) {
        let visual = &self.visual;
        let StagedImages {
            images,
            kept,
            blocks,
        } = staged;
        let head = |x| unit_rows(visual.head(x, &blocks.pass));
        let gradient = through(visual, blocks.last(), gradient.inner(), head, into);
        let gradient = blocks.unwind(&visual.transformer, gradient, into);
        let stem = visual.stem(Tensor::from_inner(images), kept.as_ref(), self.precision);
        let found = backward(stem, gradient);
        add_to(into, visual, GradientsParams::from_grads(found, visual));
    }

    /// [`Self::encode_texts`] for training, as [`Self::stage_images`] is for images.
    ///
    /// # Shapes
    /// `[captions, embed_dim]`.
    #[must_use]
    pub fn stage_texts(&self, texts: &TokenBatch, device: &Device) -> (Tensor<2>, StagedTexts) {
        let (model, rows) = (self.valid(), texts.rows_for(device));
        let (x, pass) = (model.text_stem(&rows), model.text_pass(&rows));
        let blocks = StagedBlocks::new(&model.transformer, x, pass);
        let out = model.text_head(blocks.last());
        (out, StagedTexts { rows, blocks })
    }

    /// Adds the gradients of the text tower's parameters to `into`, from that of the rows that were staged.
    ///
    /// The model must be the one that they were staged with, in training.
    ///
    /// # Shapes
    /// gradient `[captions, embed_dim]`.
    pub fn unstage_texts(
        &self,
        staged: StagedTexts,
        gradient: Tensor<2>,
        into: &mut GradientsParams,
    ) {
        let StagedTexts { rows, blocks } = staged;
        let head = |x| self.text_head(x);
        let gradient = through(self, blocks.last(), gradient.inner(), head, into);
        let gradient = blocks.unwind(&self.transformer, gradient, into);
        let found = backward(self.text_stem(&rows), gradient);
        add_to(into, self, GradientsParams::from_grads(found, self));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use burn::module::{ModuleVisitor, Param};
    use burn::tensor::TensorData;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::super::{ClipConfig, TextPooling};
    use super::*;
    use crate::scattered::scattered;

    const SAMPLES: usize = 3;

    /// Models of every kind of pooling.
    fn configs() -> [ClipConfig; 3] {
        let config = |more: &str| {
            let text = format!(
                r#"{{"embed_dim": 12,
                "vision_cfg": {{"image_size": 24, "patch_size": 8, "width": 32, "layers": 3, "head_width": 16{more}}},
                "text_cfg": {{"context_length": 9, "vocab_size": 50, "width": 24, "heads": 2, "layers": 3}}}}"#
            );
            serde_json::from_str(&text).expect("a configuration")
        };
        [
            config(""),
            config(r#", "pool_type": "avg", "no_ln_pre": true"#),
            config(r#", "pool_type": "avg", "final_ln_after_pool": true"#),
        ]
    }

    fn images(device: &Device) -> Tensor<4> {
        let shape = [SAMPLES, 3, 24, 24];
        let values = scattered(shape.iter().product(), 3);
        Tensor::from_data(TensorData::new(values, shape), device)
    }

    /// Captions of several lengths.
    fn texts() -> TokenBatch {
        let captions = [4, 9, 2].map(|length| {
            let words = (1..length).map(|at| at * 7 % 40);
            words.chain([49]).collect()
        });
        TokenBatch::new(&captions, TextPooling::Argmax)
    }

    /// What the gradient of an output of these sizes is to be.
    fn upstream(shape: [usize; 2], device: &Device) -> Tensor<2> {
        let values = scattered(shape.iter().product(), 11);
        Tensor::from_data(TensorData::new(values, shape), device)
    }

    fn host<const D: usize>(x: Tensor<D>) -> Vec<f32> {
        x.into_data().try_into_vec::<f32>().expect("f32")
    }

    /// Every gradient that there is, by name.
    fn named(model: &Clip, gradients: GradientsParams) -> BTreeMap<String, Vec<f32>> {
        struct Named(Vec<String>, GradientsParams, BTreeMap<String, Vec<f32>>);
        impl ModuleVisitor for Named {
            fn enter_module(&mut self, name: &str, _: &str) {
                self.0.push(name.to_owned());
            }
            fn exit_module(&mut self, _: &str, _: &str) {
                self.0.pop();
            }
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                if let Some(gradient) = self.1.remove::<D>(param.id) {
                    self.2.insert(self.0.join("."), host(gradient));
                }
            }
        }
        let mut named = Named(Vec::new(), gradients, BTreeMap::new());
        model.visit(&mut named);
        named.2
    }

    /// The same as one differentiable pass gives it.
    fn at_once(model: &Clip, rows: Tensor<2>, device: &Device) -> BTreeMap<String, Vec<f32>> {
        let upstream = upstream(rows.dims(), device);
        let found = (rows * upstream).sum().backward();
        named(model, GradientsParams::from_grads(found, model))
    }

    #[test]
    fn rows_and_gradients_of_images_are_those_of_one_pass_to_the_bit() {
        let device = Device::flex().autodiff();
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let some = KeptPatches::draw(SAMPLES, 9, 0.5, &mut rng);
        for config in configs() {
            let model = Clip::new(&config, 1, &device);
            for kept in [None, Some(&some)] {
                let rows = model.encode_images_of(images(&device), kept);
                let (staged_rows, staged) = model.stage_images(images(&device), kept);
                assert!(!staged_rows.is_autodiff());
                assert_eq!(host(staged_rows), host(rows.clone()));
                let mut into = GradientsParams::new();
                let gradient = upstream(rows.dims(), &device);
                model.unstage_images(staged, gradient, &mut into);
                let expected = at_once(&model, rows, &device);
                let visual = expected.keys().filter(|name| name.starts_with("visual."));
                assert_eq!(visual.count(), expected.len());
                assert_eq!(named(&model, into), expected);
            }
        }
    }

    #[test]
    fn rows_and_gradients_of_texts_are_those_of_one_pass_to_the_bit() {
        let device = Device::flex().autodiff();
        let model = Clip::new(&configs()[0], 1, &device);
        let rows = model.encode_texts(&texts(), &device);
        let (staged_rows, staged) = model.stage_texts(&texts(), &device);
        assert!(!staged_rows.is_autodiff());
        assert_eq!(host(staged_rows), host(rows.clone()));
        let mut into = GradientsParams::new();
        // A gradient comes plain where the loss is computed from plain rows.
        let gradient = upstream(rows.dims(), &Device::flex());
        model.unstage_texts(staged, gradient, &mut into);
        assert_eq!(named(&model, into), at_once(&model, rows, &device));
    }

    #[test]
    fn gradients_are_added_to_those_that_are_there() {
        let device = Device::flex().autodiff();
        let model = Clip::new(&configs()[0], 1, &device);
        let gradients = |times: usize| {
            let mut into = GradientsParams::new();
            for _ in 0..times {
                let (rows, staged) = model.stage_images(images(&device), None);
                model.unstage_images(staged, upstream(rows.dims(), &device), &mut into);
            }
            named(&model, into)
        };
        let (once, twice) = (gradients(1), gradients(2));
        assert_eq!(once.len(), twice.len());
        for (name, once) in &once {
            assert!(once.iter().zip(&twice[name]).all(|(a, b)| 2.0 * a == *b));
        }
    }
}
