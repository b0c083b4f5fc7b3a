//! What a recipe's values must be.

use super::{Freeze, Loss, Recipe, RecipeError, Schedule};
use crate::strategy;

/// A key and value, and what is allowed, where `fits` is false.
fn ensure(fits: bool, problem: impl FnOnce() -> String) -> Result<(), String> {
    if fits { Ok(()) } else { Err(problem()) }
}

impl Recipe {
    /// Refuses values that make no sense.
    ///
    /// # Errors
    /// [`RecipeError`] naming the key and what is allowed.
    pub fn check(&self) -> Result<(), RecipeError> {
        let name = || self.name.clone();
        self.model
            .check()
            .and_then(|()| self.preprocess.check(self.model.vision_cfg.image_size))
            .map_err(|source| RecipeError::Model {
                name: name(),
                source,
            })?;
        for strategy in self.strategy.keys() {
            strategy::by_name(strategy).map_err(|source| RecipeError::Strategy {
                name: name(),
                source,
            })?;
            self.strategy(strategy)?;
        }
        self.check_batch()
            .and_then(|()| self.check_budget())
            .and_then(|()| self.check_rates())
            .and_then(|()| self.check_objective())
            .and_then(|()| self.augment.check())
            .map_err(|problem| RecipeError::Value {
                name: name(),
                problem,
            })
    }

    fn check_batch(&self) -> Result<(), String> {
        let batch = self.batch_pairs;
        ensure(self.model.text_cfg.hf_tokenizer_name.is_none(), || {
            "text_cfg.hf_tokenizer_name names no file; give the tokenizer with --tokenizer"
                .to_owned()
        })?;
        ensure(batch >= 2, || {
            format!("batch-pairs is {batch}, a contrast needs at least 2")
        })?;
        let Some(micro) = self.micro_batch_pairs else {
            return Ok(());
        };
        ensure((1..=batch).contains(&micro), || {
            format!("micro-batch-pairs is {micro}, allowed are 1 to batch-pairs ({batch})")
        })
    }

    fn check_budget(&self) -> Result<(), String> {
        let (samples, batch) = (self.samples_per_step, self.batch_pairs);
        ensure(samples >= batch as u64, || {
            format!("samples-per-step is {samples}, fewer than one batch of {batch}")
        })?;
        let budgets = &self.budget_per_step;
        let fits = |budget: &f64| budget.is_finite() && *budget > 0.0 && *budget <= 1e6;
        ensure(budgets.iter().all(fits), || {
            format!("budget-per-step is {budgets:?}, allowed are numbers above 0, one a time step")
        })
    }

    fn check_rates(&self) -> Result<(), String> {
        let rate = self.peak_lr;
        ensure(rate > 0.0 && rate < 1.0, || {
            format!("peak-lr is {rate}, allowed are numbers between 0 and 1")
        })?;
        let decay = self.lr_decay_per_step;
        ensure(decay > 0.0 && decay <= 1.0, || {
            format!("lr-decay-per-step is {decay}, allowed are numbers above 0 up to 1 (no decay)")
        })?;
        let share = self.decay_share;
        ensure(share > 0.0 && share <= 1.0, || {
            format!("decay-share is {share}, allowed are numbers above 0 up to 1")
        })?;
        ensure(
            self.schedule == Schedule::ConstCosine || share == super::default_decay_share(),
            || "decay-share is for schedule = \"const-cosine\" only".to_owned(),
        )?;
        let decay = self.weight_decay;
        ensure((0.0..=10.0).contains(&decay), || {
            format!("weight-decay is {decay}, allowed are 0 to 10")
        })?;
        let norm = self.grad_clip_norm;
        ensure(
            norm.is_none_or(|norm| norm.is_finite() && norm > 0.0),
            || {
                format!(
                    "grad-clip-norm is {}, allowed are numbers above 0",
                    norm.unwrap_or_default()
                )
            },
        )
    }

    fn check_objective(&self) -> Result<(), String> {
        ensure(
            self.loss != Loss::Sigmoid || self.model.init_logit_bias.is_some(),
            || {
                "loss = \"sigmoid\" needs a model with init_logit_bias (-10 in SigLIP, with an \
                 init_logit_scale of ln 10 = 2.302585)"
                    .to_owned()
            },
        )?;
        let towers = [Freeze::Image, Freeze::Text];
        ensure(
            !towers.iter().all(|tower| self.freeze.contains(tower)),
            || "freeze names both towers: nothing is left to learn".to_owned(),
        )?;
        let share = self.dropped_patches();
        ensure((0.0..1.0).contains(&share), || {
            format!("patch-dropout is {share}, allowed are 0 (none) to below 1")
        })?;
        let decay = self.ema_decay;
        ensure(decay.is_none_or(|decay| decay > 0.0 && decay < 1.0), || {
            format!(
                "ema-decay is {}, allowed are numbers above 0 and below 1",
                decay.unwrap_or_default()
            )
        })
    }

    /// Budgets that the recipe grants to the steps of a timeline, in units of samples-per-step.
    ///
    /// # Errors
    /// When it lists budgets, but not one for every step.
    pub fn budgets(&self, steps: usize) -> Result<Vec<f64>, RecipeError> {
        let budgets = &self.budget_per_step;
        if budgets.is_empty() {
            return Ok(vec![1.0; steps]);
        }
        match budgets.get(..steps) {
            Some(budgets) => Ok(budgets.to_vec()),
            None => Err(RecipeError::Value {
                name: self.name.clone(),
                problem: format!(
                    "budget-per-step lists {} budgets, the timeline has {steps} steps",
                    budgets.len()
                ),
            }),
        }
    }
}
