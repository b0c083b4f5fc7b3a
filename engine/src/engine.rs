//! The engine: where plans run, and what they may use.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use tokio::runtime::{Builder, Runtime};

use crate::error::EngineError;
use crate::function;
use crate::plan::{Plan, Query};
use crate::store::Stores;

/// Less, shared out among the steps of a plan, would not hold a batch for each.
const LEAST_BYTES_A_THREAD: u64 = 16 << 20;

/// What an engine may use.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Memory for what joins, sorts and aggregates hold, at least 16 MiB a thread and 32 MiB in all; what is more waits
    /// in `spill`. Beside it are some 10 MiB a thread of batches under way, and 32 bytes for each row of a [`crate::Bucket`].
    pub memory_bytes: u64,
    /// Threads that work. On a cluster, which has its own, the pieces that each stage of a job is cut into.
    pub threads: usize,
    /// The folder for what is more than memory holds; it is made if it is not there.
    pub spill: PathBuf,
}

/// Where plans run.
///
/// It has threads of its own and waits for them: it is not for use within an asynchronous runtime.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

/// What plans share.
pub(crate) struct Inner {
    pub(crate) runtime: Runtime,
    pub(crate) context: SessionContext,
    /// Whether what fails is tried again, as it may pass on a cluster.
    pub(crate) patient: bool,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Inner")
            .field("session", &self.context.session_id())
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine in this process.
    ///
    /// # Errors
    /// When the limits are too narrow, or threads cannot be started.
    pub fn embedded(limits: Limits) -> Result<Self, EngineError> {
        let failed = |source| EngineError::Start(Box::new(source));
        let runtime = threads(&limits)?;
        let environment = environment(&limits).map_err(failed)?;
        let state = SessionStateBuilder::new()
            .with_config(settings(SessionConfig::new(), &limits))
            .with_runtime_env(environment)
            .with_default_features()
            .build();
        Ok(Self::new(
            runtime,
            SessionContext::new_with_state(state),
            false,
        ))
    }

    /// An engine on the Ballista cluster whose scheduler is at `df://HOST:PORT`; nothing is asked of it yet. Columns of
    /// tables are looked up from here. What is asked waits for as long as the cluster has no executors.
    ///
    /// # Errors
    /// When the limits are too narrow, threads cannot be started, or the url is none.
    #[cfg(feature = "distributed")]
    pub fn cluster(url: &str, limits: Limits) -> Result<Self, EngineError> {
        let runtime = threads(&limits)?;
        let environment =
            environment(&limits).map_err(|source| EngineError::Start(Box::new(source)))?;
        let context = crate::cluster::context(url, &limits, environment)?;
        Ok(Self::new(runtime, context, true))
    }

    fn new(runtime: Runtime, context: SessionContext, patient: bool) -> Self {
        for function in function::all() {
            context.register_udf(function);
        }
        Self {
            inner: Arc::new(Inner {
                runtime,
                context,
                patient,
            }),
        }
    }

    /// Opens the tables and checks the filter; only what files say of their columns is read, and the first rows of text.
    ///
    /// # Errors
    /// When a file cannot be opened, a column is missing or of another type, or the filter is none.
    pub fn open(&self, query: &Query) -> Result<Plan, EngineError> {
        Plan::open(self.inner.clone(), query)
    }
}

impl Inner {
    /// Waits for an answer. On a cluster, what fails for a reason that may pass is tried again.
    pub(crate) fn answer<T, F: Future<Output = Result<T, DataFusionError>>>(
        &self,
        what: &str,
        ask: impl Fn() -> F,
    ) -> Result<T, EngineError> {
        let failed = |source| EngineError::Run {
            what: what.to_owned(),
            source: Box::new(source),
        };
        #[cfg(feature = "distributed")]
        if self.patient {
            return self
                .runtime
                .block_on(crate::cluster::insist(what, ask))
                .map_err(failed);
        }
        debug_assert!(!self.patient, "only a cluster needs patience");
        self.runtime.block_on(ask()).map_err(failed)
    }
}

fn threads(limits: &Limits) -> Result<Runtime, EngineError> {
    let least = LEAST_BYTES_A_THREAD.saturating_mul(pieces(limits) as u64);
    if limits.threads == 0 || limits.memory_bytes < least {
        return Err(EngineError::Limits {
            found: format!(
                "{} bytes and {} threads",
                limits.memory_bytes, limits.threads
            ),
            allowed: "it takes one thread or more, with 16 MiB each or more, and 32 MiB in all",
        });
    }
    Builder::new_multi_thread()
        .worker_threads(limits.threads)
        .enable_all()
        .build()
        .map_err(EngineError::Threads)
}

fn environment(limits: &Limits) -> Result<Arc<RuntimeEnv>, DataFusionError> {
    std::fs::create_dir_all(&limits.spill)?;
    let memory = usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX);
    let disk = DiskManagerBuilder::default()
        .with_mode(DiskManagerMode::Directories(vec![limits.spill.clone()]))
        .with_max_temp_directory_size(u64::MAX);
    RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(FairSpillPool::new(memory)))
        .with_disk_manager_builder(disk)
        .with_object_store_registry(Arc::new(Stores::default()))
        .build_arc()
}

/// What a stage of a plan is cut into. Were it one piece, a hash join would be made, which cannot wait on disk.
fn pieces(limits: &Limits) -> usize {
    limits.threads.max(2)
}

/// How plans are made.
pub(crate) fn settings(config: SessionConfig, limits: &Limits) -> SessionConfig {
    let mut config = config.with_target_partitions(pieces(limits));
    let options = config.options_mut();
    // Columns are named as the tables name them.
    options.sql_parser.enable_ident_normalization = false;
    // A hash join must hold one side, a merge join can wait on disk.
    options.optimizer.prefer_hash_join = false;
    // What is set aside to merge what was spilled must leave the rest for rows.
    let share = limits.memory_bytes / (16 * pieces(limits) as u64);
    let share = usize::try_from(share).unwrap_or(usize::MAX);
    let usual = options.execution.sort_spill_reservation_bytes;
    options.execution.sort_spill_reservation_bytes = usual.min(share);
    config
}
