//! A cluster: a scheduler, executors that work, and the engine's way to them.
//!
//! Start [`serve`] with a [`Scheduler`] on one machine and with an [`Executor`] on any number of them, then plan with
//! [`Engine::cluster`](crate::Engine::cluster). Each process has the same version of this crate. Executors read the tables
//! and hold what one stage of a job leaves for the next; the results of a job go straight from them to the engine, which
//! must therefore reach the executors too. None of the ports asks who calls: they belong in a network of one's own.
//!
//! An executor that is killed, or no longer heard of, is given up after [`SILENCE`], and its work is done again by the
//! others. A job that misses results which it took along fails, and is asked for again, as is one that fails for another
//! reason that may pass. The scheduler keeps what it knows in memory: if it is
//! restarted, executors come back to it by themselves, and engines ask again.

mod client;
mod executor;
mod hopeless;
mod scheduler;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ballista_core::extension::SessionConfigExt;
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionConfig;
use thiserror::Error;
use tokio::runtime::Builder;

pub(crate) use client::{context, insist};
pub use executor::Executor;
pub use scheduler::Scheduler;

/// An executor that is not heard of for so long is given up. A busy one is heard of every five seconds.
pub const SILENCE: Duration = Duration::from_secs(15);

/// Why a part of a cluster cannot work.
#[derive(Debug, Error)]
pub enum ClusterError {
    /// The address of the scheduler is none.
    #[error("{url}: {problem}; a cluster is named as df://HOST:PORT")]
    Url {
        /// What was given.
        url: String,
        /// What is wrong.
        problem: String,
    },
    /// Threads cannot be started, or signals not be heard.
    #[error("the {role} cannot start: {source}")]
    Start {
        /// What should start.
        role: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// It cannot start, or had to stop.
    #[error("the {role} at {bind}:{port} stopped: {source}")]
    Stopped {
        /// What stopped.
        role: &'static str,
        /// The address that it is bound to.
        bind: IpAddr,
        /// The port.
        port: u16,
        /// What is wrong.
        source: Box<DataFusionError>,
    },
}

/// A part of a cluster.
#[derive(Debug, Clone)]
pub enum Part {
    /// Who has the plan.
    Scheduler(Scheduler),
    /// Who works.
    Executor(Executor),
}

/// Runs a part of a cluster in this process until it is interrupted (Ctrl-C) or asked to terminate.
///
/// # Errors
/// When a port is taken, the scheduler cannot be found, or the connection to it is lost for good.
pub fn serve(part: &Part) -> Result<(), ClusterError> {
    let role = match part {
        Part::Scheduler(_) => "scheduler",
        Part::Executor(_) => "executor",
    };
    let runtime = Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|source| ClusterError::Start { role, source })?;
    let served = match part {
        Part::Scheduler(scheduler) => runtime.block_on(scheduler.serve()),
        Part::Executor(executor) => runtime.block_on(executor.serve()),
    };
    // A task that is under way does not hold up the end.
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

/// A connection on which nothing is heard for so long is asked for a sign of life.
const QUIET: Duration = Duration::from_secs(5);

/// Settings of who takes results from executors: a machine that is gone without a word is not waited for.
fn settings() -> SessionConfig {
    let config = SessionConfig::new_with_ballista();
    config.with_ballista_override_create_grpc_client_endpoint(Arc::new(|endpoint| {
        Ok(endpoint
            .connect_timeout(SILENCE)
            .http2_keep_alive_interval(QUIET)
            .keep_alive_timeout(SILENCE - QUIET))
    }))
}

/// Waits for Ctrl-C or, where there is one, a request to terminate.
async fn asked_to_stop() -> std::io::Result<()> {
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        terminated = ballista_executor::terminate::sig_term() => terminated,
    }
}
