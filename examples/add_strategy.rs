//! A strategy of one's own, trained through time: half of what is seen is new, the other half of the step right before.
//!
//! ```text
//! cargo run --release --example add_strategy -- RECIPE SHARDS OUT
//! ```
//!
//! RECIPE is a shipped one such as `debug` or a file, SHARDS the folder that `ticclip shard` wrote. What this writes,
//! `ticclip eval` and `open_clip` read. A strategy that shall have a name on the command line goes into `src/strategy/`.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ticclip::artefact::{ORIGIN_FILE, Origin};
use ticclip::device::{self, Choice};
use ticclip::shard::StepsRecord;
use ticclip::strategy::Strategy;
use ticclip::tokenizer::Tokenizer;
use ticclip::train::{Progress, Pulse, Recipe, Through, TrainError};

/// Replays the last step alone.
struct LastTwo;

impl Strategy for LastTwo {
    fn name(&self) -> &'static str {
        "last-two"
    }

    fn description(&self) -> &'static str {
        "Continue on half new pairs and half pairs of the step before."
    }

    fn mixture(&self, pool: &[u64]) -> Vec<f64> {
        let mut shares = vec![0.0; pool.len()];
        match shares.as_mut_slice() {
            [only] => *only = 1.0,
            [.., before, new] => (*before, *new) = (0.5, 0.5),
            [] => {}
        }
        shares
    }
}

/// Tells nothing while it trains.
struct Quiet;

impl Progress for Quiet {
    fn update(&self, _: &Pulse<'_>) {}

    fn say(&self, _: &str) {}
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [recipe, shards, out] = words.as_slice() else {
        return Err("add_strategy RECIPE SHARDS OUT".into());
    };
    let shards = Path::new(shards);
    let record = StepsRecord::read(shards)?;
    let steps: Vec<(String, PathBuf)> = record
        .steps
        .iter()
        .map(|step| (step.name.clone(), shards.join("train").join(&step.name)))
        .collect();
    // Other data make another run: what is finished is never taken for it.
    let origin = Origin::read(&shards.join(ORIGIN_FILE))?.ok_or("the shards are not finished")?;
    let (device, _) = device::open(Choice::Cpu)?;
    let through = Through::open(
        Recipe::find(recipe)?,
        &steps,
        &origin.fingerprint(),
        &Arc::new(Tokenizer::clip()?),
        Path::new(out),
        &device,
    )?;
    let mut told = Vec::new();
    through.strategy(&LastTwo, &Quiet, |outcome| {
        told.push(format!(
            "{}: {} samples, {}",
            outcome.record.step,
            outcome.record.samples,
            outcome.folder.display()
        ));
        Ok::<(), TrainError>(())
    })?;
    writeln!(std::io::stdout(), "{}", told.join("\n"))?;
    Ok(())
}
