//! An executor of a cluster: it asks the scheduler for tasks, and does them.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::error::BallistaError;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use datafusion::error::DataFusionError;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;

use super::ClusterError;
use super::client::address;
use crate::function;
use crate::store::Stores;

/// The scheduler may be started after its executors.
const PATIENCE: Duration = Duration::from_secs(60);
/// What jobs left behind is cleared away after so long, if the scheduler did not ask for it before.
const LEFT_SECONDS: u64 = 6 * 60 * 60;
const LOOK_SECONDS: u64 = 10 * 60;

/// An executor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executor {
    /// The scheduler, `df://HOST:PORT`.
    pub scheduler: String,
    /// The address to listen on, such as `0.0.0.0`.
    pub bind: IpAddr,
    /// The port for engines and other executors, which take results from here.
    pub port: u16,
    /// The name by which they know this machine; without one, the address that the scheduler sees.
    pub host: Option<String>,
    /// Tasks at once, each on a thread.
    pub tasks: usize,
    /// Memory for what joins, sorts and aggregates of all tasks hold, an equal share of it for each, at least 32 MiB; what
    /// is more waits in `work`.
    pub memory_bytes: u64,
    /// The folder for results and whatever is more than memory holds; it is made if it is not there. No two executors
    /// share one.
    pub work: PathBuf,
}

impl Executor {
    pub(super) async fn serve(&self) -> Result<(), ClusterError> {
        let stopped = |source| ClusterError::Stopped {
            role: "executor",
            bind: self.bind,
            port: self.port,
            source: Box::new(source),
        };
        std::fs::create_dir_all(&self.work)
            .map_err(|error| stopped(DataFusionError::IoError(error)))?;
        let config = self.config()?;
        let served = start_executor_process(Arc::new(config)).await;
        served.map_err(|error: BallistaError| stopped(DataFusionError::External(error.into())))
    }

    fn config(&self) -> Result<ExecutorProcessConfig, ClusterError> {
        let (scheduler_host, scheduler_port) = address(&self.scheduler)?;
        let mut functions = BallistaFunctionRegistry::default();
        for function in function::all() {
            let name = function.name().to_owned();
            functions.scalar_functions.insert(name, Arc::new(function));
        }
        let spill = self.work.clone();
        Ok(ExecutorProcessConfig {
            scheduler_host,
            scheduler_port,
            scheduler_connect_timeout_seconds: PATIENCE.as_secs() as u16,
            bind_host: self.bind.to_string(),
            external_host: self.host.clone(),
            port: self.port,
            vcores: self.tasks,
            task_scheduling_policy: TaskSchedulingPolicy::PullStaged,
            work_dir: Some(self.work.display().to_string()),
            job_data_ttl_seconds: LEFT_SECONDS,
            job_data_clean_up_interval_seconds: LOOK_SECONDS,
            memory_pool_size: Some(self.memory_bytes),
            override_config_producer: Some(Arc::new(super::settings)),
            override_function_registry: Some(Arc::new(functions)),
            override_runtime_producer: Some(Arc::new(move |_| {
                let disk = DiskManagerBuilder::default()
                    .with_mode(DiskManagerMode::Directories(vec![spill.clone()]))
                    .with_max_temp_directory_size(u64::MAX);
                RuntimeEnvBuilder::new()
                    .with_disk_manager_builder(disk)
                    .with_object_store_registry(Arc::new(Stores::default()))
                    .build_arc()
            })),
            ..ExecutorProcessConfig::default()
        })
    }
}
