//! What a step of a strategy will be, and what tells it from another.

use std::path::Path;

use super::Through;
use crate::strategy::Strategy;
use crate::train::plan::{Fingerprint, StepPlan};
use crate::train::recipe::Recipe;
use crate::train::schedule::Rates;

impl Through {
    #[expect(
        clippy::too_many_arguments,
        reason = "all of them decide what a step does"
    )]
    pub(super) fn plan<'a>(
        &self,
        strategy: &dyn Strategy,
        index: usize,
        updates: u64,
        names: &'a [&'a str],
        from: Option<&str>,
        scratch: &'a Path,
        metrics: &'a Path,
    ) -> StepPlan<'a> {
        let recipe = &self.recipe;
        let pairs: Vec<u64> = self.pools[..=index]
            .iter()
            .map(|pool| pool.pairs() as u64)
            .collect();
        let shares = strategy.mixture(&pairs);
        let (warmup, peak) = match from {
            None => (recipe.warmup_updates, recipe.peak_lr),
            Some(_) => (
                recipe.rewarm_updates,
                recipe.peak_lr * recipe.lr_decay_per_step.powi(index as i32),
            ),
        };
        let rates = Rates {
            schedule: recipe.schedule,
            updates,
            warmup: warmup.min(updates),
            peak,
            decay_share: recipe.decay_share,
        };
        let average = recipe.ema_decay.or(strategy.average());
        // A trunk is where the next step starts; without held-out pairs there is nothing to compare by.
        let compares = self.held_out.is_ok() && rates.trunk().is_none();
        let candidates = if compares { strategy.candidates() } else { 1 };
        let fingerprint = self.fingerprint(strategy, index, from, candidates, |course| {
            course.push(format!("{index} {shares:?} {rates:?} {average:?}"));
        });
        StepPlan {
            name: names[index],
            earlier: &names[..index],
            index,
            continues: from.is_some(),
            shares,
            rates,
            average,
            candidates,
            fingerprint,
            scratch,
            metrics,
        }
    }

    /// A strategy's method, and its choice among candidates, count where a step continues: first steps can be shared.
    fn fingerprint(
        &self,
        strategy: &dyn Strategy,
        index: usize,
        from: Option<&str>,
        candidates: u64,
        course: impl FnOnce(&mut Vec<String>),
    ) -> Fingerprint {
        // Keys of other strategies change nothing; a strategy's own are in its method or its mixture.
        let recipe = Recipe {
            strategy: std::collections::BTreeMap::new(),
            ..self.recipe.clone()
        };
        let recipe = toml::to_string(&recipe).expect("a recipe is plain data");
        let beginning = self.beginning.as_ref();
        let beginning = beginning.map_or("random", |beginning| &beginning.checksum);
        let mut start = vec![from.unwrap_or(beginning).to_owned()];
        let mut parts = Vec::new();
        course(&mut parts);
        if from.is_some() {
            parts.extend(strategy.method());
            start.push(format!("best of {candidates}"));
        }
        let mut data = vec![self.data.clone()];
        // What lies on disk may not be what was written there any more.
        let seen = self.pools[..=index].iter();
        data.extend(seen.map(|pool| pool.checksum().to_owned()));
        data.extend(self.tokenizer.checksum().map(str::to_owned));
        let joined = |parts: Vec<String>| parts.join("\u{1f}");
        Fingerprint::new(&recipe, &joined(data), &joined(start), &joined(parts))
    }
}
