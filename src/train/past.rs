//! The past of a run, as strategies ask about it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Tensor, TensorData};

use super::exchange::{of_first, shared_tensors};
use super::gradient::{Objective, Pairs, compute};
use super::loader::Loader;
use super::place::{Place, part_of};
use super::step::{HeldOut, Workbench};
use crate::model::checkpoint::read_named;
use crate::model::{self, Clip, NamedTensor, names_and_shapes};
use crate::strategy::{Before, HookError, Past};

/// What was there before a step that continues.
pub(super) struct StepBefore<'a> {
    pub(super) bench: &'a Workbench<'a>,
    /// The step that begins, from 0.
    pub(super) index: usize,
    pub(super) start: &'a Clip,
    /// Where the step before is.
    pub(super) folder: &'a Path,
}

/// Tells the order of these batches from that of any step's training.
const STREAM: u64 = 1 << 12;

impl Before for StepBefore<'_> {
    fn model(&self) -> &Clip {
        self.start
    }

    fn squared_gradients(&self, batches: u64) -> Result<BTreeMap<String, NamedTensor>, HookError> {
        let Workbench {
            recipe,
            device,
            exchange,
            ..
        } = *self.bench;
        let mut shares = vec![0.0; self.index];
        shares[self.index - 1] = 1.0;
        let stream = STREAM | self.index as u64;
        let mut loader = Loader::start(
            self.bench.pools,
            &shares,
            recipe,
            self.bench.tokenizer,
            stream,
            0..batches,
            part_of(recipe.batch_pairs, exchange),
        );
        let model = self.start.clone().train().set_require_grad(true);
        let on = device.clone().autodiff();
        // Every weight has an importance, whether it is going to learn or not.
        let objective = Objective {
            freeze: Vec::new(),
            ..Objective::of(recipe)
        };
        let mut squares = Squares::default();
        for _ in 0..batches {
            let batch = loader.next()?;
            let place = Place::of(&batch, exchange);
            if place.all < 2 {
                continue;
            }
            let side = recipe.model.vision_cfg.image_size;
            let shape = [batch.texts.captions(), 3, side, side];
            let pairs = Pairs {
                images: Tensor::from_data(TensorData::new(batch.pixels, shape), device),
                texts: Cow::Owned(batch.texts),
                kept: None,
            };
            let computed = compute(&model, pairs, &place, &objective, None, &on);
            squares.gradients = computed.gradients;
            model.visit(&mut squares);
            squares.batches += 1;
        }
        squares.mean(&names_and_shapes(self.start))
    }

    fn left(&self, name: &str) -> Result<Option<BTreeMap<String, NamedTensor>>, HookError> {
        let (path, exchange) = (left_file(self.folder, name), self.bench.exchange);
        if !of_first(exchange, || Ok::<_, HookError>(path.is_file()))? {
            return Ok(None);
        }
        Ok(Some(shared_tensors(exchange, || read_named(&path))?))
    }
}

/// Where a strategy leaves something for the next step.
pub(super) fn left_file(folder: &Path, name: &str) -> PathBuf {
    folder.join("state").join(format!("{name}.safetensors"))
}

/// Sums of squared gradients, flat, by parameter.
#[derive(Default)]
struct Squares {
    path: Vec<String>,
    gradients: GradientsParams,
    sums: BTreeMap<String, Tensor<1>>,
    batches: u64,
}

impl ModuleVisitor for Squares {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.remove::<D>(param.id) else {
            return;
        };
        let length = gradient.dims().iter().product::<usize>();
        let square = gradient.inner().reshape([length]).square();
        let name = self.path.join(".");
        let sum = match self.sums.remove(&name) {
            Some(sum) => sum + square,
            None => square,
        };
        self.sums.insert(name, sum);
    }
}

impl Squares {
    fn mean(
        self,
        shapes: &BTreeMap<String, Vec<usize>>,
    ) -> Result<BTreeMap<String, NamedTensor>, HookError> {
        if self.batches == 0 {
            return Err("none of the step before's samples can be read".into());
        }
        let share = 1.0 / self.batches as f32;
        let means = self.sums.into_iter().map(|(name, sum)| {
            let data = sum.mul_scalar(share).into_data();
            let values = data.try_into_vec::<f32>().expect("gradients are f32");
            let shape = shapes[&name].clone();
            (name, NamedTensor { shape, values })
        });
        Ok(means.collect())
    }
}

/// The past of a step that ends.
pub(super) struct RunPast<'a> {
    pub(super) bench: &'a Workbench<'a>,
    /// The step that ends, from 0.
    pub(super) index: usize,
    /// What it started from.
    pub(super) start: &'a Clip,
    /// Where the first step is.
    pub(super) first: &'a Path,
}

impl Past for RunPast<'_> {
    fn before(&self) -> &Clip {
        self.start
    }

    fn first(&self) -> Result<Clip, HookError> {
        Ok(model::load(self.first, self.bench.device)?.0)
    }

    fn recalls(&self, model: &Clip) -> Result<Vec<f64>, HookError> {
        let held_out: &dyn HeldOut = self.bench.held_out.ok_or("nothing is held out")?;
        (0..self.index)
            .map(|step| held_out.recall(model, step))
            .collect()
    }
}
