//! The gradient of a batch: forward, loss and backward, at once, in parts, or on several ranks.

use std::borrow::Cow;
use std::ops::Range;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};

use super::gradient_sum::gradient_sum;
use super::place::Place;
use super::recipe::{Freeze, Loss, Recipe};
use crate::model::{
    self, Clip, KeptPatches, StagedImages, StagedTexts, TokenBatch, contrastive_loss, siglip_loss,
};
use crate::strategy::Penalty;

/// How a batch becomes a gradient.
#[derive(Clone, Debug, Default)]
pub(super) struct Objective {
    pub(super) loss: Loss,
    /// Pairs that go through the towers at once; none for the whole batch.
    pub(super) micro_batch_pairs: Option<usize>,
    /// Whether only the inputs of blocks are kept for the backward pass.
    pub(super) checkpoint_blocks: bool,
    pub(super) freeze: Vec<Freeze>,
    /// Largest norm of all gradients together.
    pub(super) grad_clip_norm: Option<f64>,
}

impl Objective {
    /// The recipe's.
    pub(super) fn of(recipe: &Recipe) -> Self {
        Self {
            loss: recipe.loss,
            micro_batch_pairs: recipe.micro_batch_pairs,
            checkpoint_blocks: recipe.checkpoint_blocks,
            freeze: recipe.freeze.clone(),
            grad_clip_norm: recipe.grad_clip_norm,
        }
    }

    fn learns(&self, part: Freeze) -> bool {
        !self.freeze.contains(&part)
    }
}

/// A batch on the device, or a rank's part of it.
pub(super) struct Pairs<'a> {
    /// `[pairs, 3, side, side]`, without a graph.
    pub(super) images: Tensor<4>,
    pub(super) texts: Cow<'a, TokenBatch>,
    /// Patches of each image that are seen, where some are left out.
    pub(super) kept: Option<KeptPatches>,
}

impl Pairs<'_> {
    /// Some of them.
    fn part(&self, part: &Range<usize>) -> Pairs<'static> {
        Pairs {
            images: rows_of(&self.images, part),
            texts: Cow::Owned(self.texts.slice(part.clone())),
            kept: self.kept.as_ref().map(|kept| kept.of(part.clone())),
        }
    }
}

/// What the whole batch says of a model.
pub(super) struct Computed {
    /// Contrastive loss and penalty.
    pub(super) loss: f32,
    /// Share of images and captions whose partner is the nearest in the batch.
    pub(super) accuracy: f64,
    pub(super) gradients: GradientsParams,
}

/// The loss of `pairs`, with those of the other ranks, and its gradient by what learns in `model`, which is in training
/// on `device`.
pub(super) fn compute(
    model: &Clip,
    pairs: Pairs<'_>,
    place: &Place<'_>,
    objective: &Objective,
    penalty: Option<&dyn Penalty>,
    device: &Device,
) -> Computed {
    let towers = Towers {
        model,
        place,
        objective,
        device,
    };
    let teacher = penalty
        .and_then(Penalty::teacher)
        .map(|teacher| towers.logits_of(teacher, &pairs));
    let loss_of = |images, texts| loss(model, images, texts, objective, penalty, teacher);
    let at_once = objective.micro_batch_pairs.is_none() && !objective.checkpoint_blocks;
    let computed = if at_once && place.is_whole() {
        towers.at_once(pairs, loss_of)
    } else {
        towers.in_parts(&pairs, loss_of)
    };
    let gradients = match penalty {
        Some(penalty) => penalty.pull(model, computed.gradients),
        None => computed.gradients,
    };
    Computed {
        gradients,
        ..computed
    }
}

/// The loss as a tensor, and what it was made of.
struct Lost {
    loss: Tensor<1>,
    accuracy: f64,
}

fn loss(
    model: &Clip,
    images: Tensor<2>,
    texts: Tensor<2>,
    objective: &Objective,
    penalty: Option<&dyn Penalty>,
    teacher: Option<Tensor<2>>,
) -> Lost {
    let logits = model.logits(images, texts);
    let accuracy = accuracy(&logits);
    let term = penalty.and_then(|penalty| {
        let teacher = teacher.map(Tensor::from_inner);
        penalty.term(&logits, teacher)
    });
    let contrast = match objective.loss {
        Loss::Softmax => contrastive_loss(logits),
        Loss::Sigmoid => siglip_loss(logits),
    };
    let loss = match term {
        Some(term) => contrast + term,
        None => contrast,
    };
    Lost { loss, accuracy }
}

/// Share of rows and columns whose largest value is on the diagonal; of equal ones the first counts.
fn accuracy(logits: &Tensor<2>) -> f64 {
    let [pairs, _] = logits.dims();
    let data = logits.clone().inner().into_data();
    let values = data.try_into_vec::<f32>().expect("logits are f32");
    let nearest = |at: &dyn Fn(usize) -> f32| {
        (1..pairs).fold(
            0,
            |best, other| if at(other) > at(best) { other } else { best },
        )
    };
    let right = |pair: &usize| {
        let by_image = nearest(&|text| values[pair * pairs + text]) == *pair;
        let by_text = nearest(&|image| values[image * pairs + pair]) == *pair;
        usize::from(by_image) + usize::from(by_text)
    };
    (0..pairs).map(|pair| right(&pair)).sum::<usize>() as f64 / (2 * pairs) as f64
}

struct Towers<'a> {
    /// In training.
    model: &'a Clip,
    place: &'a Place<'a>,
    objective: &'a Objective,
    device: &'a Device,
}

impl Towers<'_> {
    /// Similarities of a batch as another model, without a graph, sees them.
    fn logits_of(&self, other: &Clip, pairs: &Pairs<'_>) -> Tensor<2> {
        let parts = self.parts(pairs.texts.captions());
        let plain = self.device.clone().inner();
        let (images, texts): (Vec<_>, Vec<_>) = parts
            .into_iter()
            .map(|part| {
                let part = pairs.part(&part);
                (
                    other.encode_images(part.images),
                    other.encode_texts(&part.texts, &plain),
                )
            })
            .unzip();
        let whole = |rows| self.place.gathered(rows, &plain);
        other.logits(whole(images), whole(texts))
    }

    /// What goes through the towers at once.
    fn parts(&self, pairs: usize) -> Vec<Range<usize>> {
        let size = self.objective.micro_batch_pairs.unwrap_or(pairs).max(1);
        (0..pairs)
            .step_by(size)
            .map(|from| from..pairs.min(from + size))
            .collect()
    }

    /// One graph from pixels to loss.
    fn at_once(
        &self,
        pairs: Pairs<'_>,
        loss: impl FnOnce(Tensor<2>, Tensor<2>) -> Lost,
    ) -> Computed {
        let (images, texts) = self.features(pairs);
        let Lost { loss, accuracy } = loss(images, texts);
        let value = loss.clone().into_scalar::<f32>();
        let gradients = GradientsParams::from_grads(loss.backward(), self.model);
        Computed {
            loss: value,
            accuracy,
            gradients: self.without_frozen(gradients),
        }
    }

    /// Features with the graphs of towers that learn.
    fn features(&self, pairs: Pairs<'_>) -> (Tensor<2>, Tensor<2>) {
        let kept = pairs.kept.as_ref();
        let images = if self.learns(Freeze::Image) {
            let images = Tensor::from_inner(pairs.images);
            self.model.encode_images_of(images, kept)
        } else {
            Tensor::from_inner(self.model.valid().encode_images_of(pairs.images, kept))
        };
        let texts = if self.learns(Freeze::Text) {
            self.model.encode_texts(&pairs.texts, self.device)
        } else {
            let plain = self.device.clone().inner();
            Tensor::from_inner(self.model.valid().encode_texts(&pairs.texts, &plain))
        };
        (images, texts)
    }

    /// The features of the whole batch first, without a graph; the loss and its gradient by them; and then, part by
    /// part, the gradient of what made them (Gao et al. 2021, GradCache). Of several ranks each has the features of its
    /// own pairs; the loss, which is of all, is computed on every one.
    fn in_parts(
        &self,
        pairs: &Pairs<'_>,
        loss: impl FnOnce(Tensor<2>, Tensor<2>) -> Lost,
    ) -> Computed {
        let parts = self.parts(pairs.texts.captions());
        let (rows, mut passed): (Vec<_>, Vec<_>) = parts
            .iter()
            .map(|part| self.forward(pairs.part(part)))
            .unzip();
        let (images, texts): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        let plain = self.device.clone().inner();
        let leaf = |rows| Tensor::<2>::from_inner(self.place.gathered(rows, &plain)).require_grad();
        let (images, texts) = (leaf(images), leaf(texts));
        let Lost { loss, accuracy } = loss(images.clone(), texts.clone());
        let value = loss.clone().into_scalar::<f32>();
        let mut grads = loss.backward();
        let by_images = images
            .grad_remove(&mut grads)
            .expect("the loss depends on it");
        let by_texts = texts
            .grad_remove(&mut grads)
            .expect("the loss depends on it");
        let own = |rows: &Tensor<2>| rows_of(rows, &self.place.own);
        let (by_images, by_texts) = (own(&by_images), own(&by_texts));
        let mut gradients = self.without_frozen(GradientsParams::from_grads(grads, self.model));
        // Every rank has the whole gradient of the factor on similarities; the first one's counts.
        if !self.place.exchange.is_first() {
            self.model.drop_logit_gradients(&mut gradients);
        }
        for (part, passed) in parts.into_iter().zip(passed.drain(..)) {
            let (by_images, by_texts) = (rows_of(&by_images, &part), rows_of(&by_texts, &part));
            // A whole batch's inputs of blocks stay where they are; with many parts they would be too many to keep.
            let passed = match passed {
                Some(passed) => passed,
                None => self.pass(pairs.part(&part)),
            };
            gradients = self.backward(passed, by_images, by_texts, gradients);
        }
        Computed {
            loss: self.place.firsts(value),
            accuracy,
            gradients: gradient_sum(self.model, gradients, self.place.exchange),
        }
    }

    /// Features of one part without a graph, and what its gradient can be had from if that is all there is.
    fn forward(&self, part: Pairs<'_>) -> ((Tensor<2>, Tensor<2>), Option<Passed>) {
        let only_part = self.objective.micro_batch_pairs.is_none();
        if only_part && self.objective.checkpoint_blocks {
            let (images, staged_images) = self.model.stage_images(part.images, part.kept.as_ref());
            let (texts, staged_texts) = self.model.stage_texts(&part.texts, self.device);
            let passed = Passed::Staged(staged_images, staged_texts);
            return ((images, texts), Some(passed));
        }
        if only_part {
            let (images, texts) = self.features(part);
            let passed = Passed::Graph(
                self.learns(Freeze::Image).then(|| images.clone()),
                self.learns(Freeze::Text).then(|| texts.clone()),
            );
            return ((images.inner(), texts.inner()), Some(passed));
        }
        let plain_model = self.model.valid();
        let plain = self.device.clone().inner();
        let images = plain_model.encode_images_of(part.images, part.kept.as_ref());
        let texts = plain_model.encode_texts(&part.texts, &plain);
        ((images, texts), None)
    }

    /// One part's forward pass that gradients can be had from.
    fn pass(&self, part: Pairs<'_>) -> Passed {
        let kept = part.kept.as_ref();
        if self.objective.checkpoint_blocks {
            let (_, images) = self.model.stage_images(part.images, kept);
            let (_, texts) = self.model.stage_texts(&part.texts, self.device);
            return Passed::Staged(images, texts);
        }
        Passed::Graph(
            self.learns(Freeze::Image).then(|| {
                self.model
                    .encode_images_of(Tensor::from_inner(part.images), kept)
            }),
            self.learns(Freeze::Text)
                .then(|| self.model.encode_texts(&part.texts, self.device)),
        )
    }

    /// `gradients` and those of one part, given the loss's by its features.
    fn backward(
        &self,
        passed: Passed,
        by_images: Tensor<2>,
        by_texts: Tensor<2>,
        mut gradients: GradientsParams,
    ) -> GradientsParams {
        match passed {
            Passed::Staged(images, texts) => {
                if self.learns(Freeze::Image) {
                    self.model.unstage_images(images, by_images, &mut gradients);
                }
                if self.learns(Freeze::Text) {
                    self.model.unstage_texts(texts, by_texts, &mut gradients);
                }
                gradients
            }
            Passed::Graph(images, texts) => {
                let rows = [(images, by_images), (texts, by_texts)];
                rows.into_iter()
                    .fold(gradients, |gradients, (rows, by_rows)| match rows {
                        Some(rows) => {
                            model::add_gradients(self.model, gradients, self.of_rows(rows, by_rows))
                        }
                        None => gradients,
                    })
            }
        }
    }

    /// The gradient by what made `rows`, given `gradient` by them.
    fn of_rows(&self, rows: Tensor<2>, gradient: Tensor<2>) -> GradientsParams {
        let product = (rows * Tensor::from_inner(gradient)).sum();
        GradientsParams::from_grads(product.backward(), self.model)
    }

    fn learns(&self, part: Freeze) -> bool {
        self.objective.learns(part)
    }

    fn without_frozen(&self, mut gradients: GradientsParams) -> GradientsParams {
        if !self.learns(Freeze::LogitScale) {
            self.model.drop_logit_gradients(&mut gradients);
        }
        gradients
    }
}

/// A forward pass of one part, before its gradient is wanted.
enum Passed {
    /// What is left of towers whose insides are computed again.
    Staged(StagedImages, StagedTexts),
    /// Features with their graphs, of towers that learn.
    Graph(Option<Tensor<2>>, Option<Tensor<2>>),
}

/// Some rows.
fn rows_of<const D: usize>(of: &Tensor<D>, part: &Range<usize>) -> Tensor<D> {
    of.clone().slice(part.clone())
}

#[cfg(test)]
mod tests;
