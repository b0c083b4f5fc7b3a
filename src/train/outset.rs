//! The outset of a step's training: its start, or where it was interrupted, the same on every rank.

use std::collections::BTreeMap;

use super::adamw::AdamW;
use super::error::TrainError;
use super::exchange::{of_first, shared_model, shared_tensors};
use super::plan::StepPlan;
use super::state::{self, Position};
use super::step::Workbench;
use crate::model::{Clip, NamedTensor};

/// What training goes on from.
pub(super) struct Outset {
    pub(super) position: Position,
    pub(super) model: Clip,
    pub(super) adamw: AdamW,
    /// Further tensors of a state, by the name of their file; on the first rank.
    pub(super) extra: BTreeMap<String, BTreeMap<String, NamedTensor>>,
}

impl Outset {
    /// Takes up the newest state of a step, or begins at `start`. Only the first rank reads: another one's view of a
    /// shared folder may be older.
    pub(super) fn of(
        bench: &Workbench<'_>,
        plan: &StepPlan<'_>,
        start: Clip,
    ) -> Result<Self, TrainError> {
        let exchange = bench.exchange;
        let mut outset = if exchange.is_first() {
            Self::read(bench, plan, start)?
        } else {
            Self::at_start(bench, plan, start)
        };
        outset.position = of_first(exchange, || Ok::<_, TrainError>(outset.position))?;
        let updates = outset.position.update;
        if exchange.ranks() == 1 || updates == 0 {
            return Ok(outset);
        }
        let moments = shared_tensors(exchange, || Ok::<_, TrainError>(named(&outset.adamw)))?;
        let decay = bench.recipe.weight_decay;
        Ok(Self {
            model: shared_model(exchange, outset.model),
            adamw: AdamW::from_named(decay, updates, moments, bench.device)
                .expect("the first rank's moments are in pairs"),
            ..outset
        })
    }

    fn at_start(bench: &Workbench<'_>, plan: &StepPlan<'_>, start: Clip) -> Self {
        Self {
            position: Position::at_start(&plan.fingerprint),
            model: start,
            adamw: AdamW::new(bench.recipe.weight_decay),
            extra: BTreeMap::new(),
        }
    }

    fn read(bench: &Workbench<'_>, plan: &StepPlan<'_>, start: Clip) -> Result<Self, TrainError> {
        let found = state::load(
            plan.scratch,
            &plan.fingerprint,
            &start,
            bench.recipe.weight_decay,
            bench.device,
        )?;
        let outset = match found.state {
            Some(state) => Self {
                position: state.position,
                model: state.model,
                adamw: state.adamw,
                extra: state.extra,
            },
            None => Self::at_start(bench, plan, start),
        };
        for damaged in &found.damaged {
            let update = outset.position.update;
            bench
                .progress
                .say(&format!("{damaged}; going on from update {update}"));
        }
        Ok(outset)
    }
}

/// The moments on the host.
fn named(adamw: &AdamW) -> BTreeMap<String, NamedTensor> {
    let tensors = adamw.tensors().into_iter().map(|(name, tensor)| {
        let shape = tensor.dims().to_vec();
        let values = tensor.into_data().try_into_vec::<f32>();
        let values = values.expect("moments are f32");
        (name, NamedTensor { shape, values })
    });
    tensors.collect()
}
