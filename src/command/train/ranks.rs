//! A call of `train` as one of several ranks: the first speaks for all, and who fails ends all.

use std::rc::Rc;
use std::time::Duration;

use super::Training;
use crate::cli::TrainArgs;
use crate::command::bars::Bars;
use crate::command::failure::Failure;
use crate::command::{Summary, say};
use crate::train::Exchange;

/// What fails on every rank is the first one's to say. So long another one waits for it to end all, and to have put
/// its last state on the disk.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a rank does that is not the first: it trains, and says nothing.
pub(super) fn follow(args: &TrainArgs, exchange: &Rc<dyn Exchange>) -> Result<Summary, Failure> {
    let training = Training::prepare(args)?;
    training.run(args, &Bars::new(false), exchange, &mut |_| Ok(()))?;
    Ok(Summary::nothing())
}

/// Ends all ranks after a failure of this one; a process by itself goes on to tell of it.
pub(super) fn end(exchange: &dyn Exchange, failure: Failure, bars: &Bars) -> Failure {
    if exchange.ranks() == 1 {
        return failure;
    }
    if !exchange.is_first() {
        std::thread::sleep(PATIENCE);
        tracing::error!("rank {} has failed:", exchange.rank());
    }
    bars.clear();
    say(&failure);
    exchange.end(failure.status)
}
