//! The scheduler of a cluster: it cuts plans into stages and tasks, and gives them to executors that ask.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::error::BallistaError;
use ballista_core::utils::default_session_builder;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::{SchedulerConfig, TaskDistributionPolicy};
use ballista_scheduler::scheduler_process::{create_scheduler, start_grpc_service};
use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::SessionConfig;

use super::hopeless::{Server, watch};
use super::{ClusterError, SILENCE};
use crate::function;
use crate::store::Stores;

/// How often it is looked for executors that are silent, and for jobs that would never end.
const LOOK: Duration = Duration::from_secs(2);
/// Without any executor for so long, jobs fail.
const ALONE: Duration = Duration::from_secs(60);
/// A task may fail so often.
const TASK_FAILURES: usize = 8;
/// So often, a stage may find that results are gone which it reads. They are not made again (see [`super::hopeless`]).
const STAGE_FAILURES: usize = 1;

/// A scheduler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scheduler {
    /// The address to listen on, such as `0.0.0.0`.
    pub bind: IpAddr,
    /// The port for engines and executors.
    pub port: u16,
}

impl Scheduler {
    pub(super) async fn serve(self) -> Result<(), ClusterError> {
        let stopped = |error: BallistaError| ClusterError::Stopped {
            role: "scheduler",
            bind: self.bind,
            port: self.port,
            source: Box::new(DataFusionError::External(error.into())),
        };
        let config = self.config();
        config.validate().map_err(stopped)?;
        let cluster = BallistaCluster::new_from_config(&config)
            .await
            .map_err(stopped)?;
        let executors = cluster.cluster_state();
        let server: Server = create_scheduler(cluster, Arc::new(config))
            .await
            .map_err(stopped)?;
        let address = SocketAddr::new(self.bind, self.port);
        tokio::select! {
            served = start_grpc_service(address, server.clone()) => served.map_err(stopped),
            never = watch(&server, executors.as_ref(), LOOK, ALONE) => match never {},
            asked = super::asked_to_stop() => asked.map_err(|source| ClusterError::Start {
                role: "scheduler",
                source,
            }),
        }
    }

    fn config(self) -> SchedulerConfig {
        SchedulerConfig {
            bind_host: self.bind.to_string(),
            bind_port: self.port,
            external_host: self.bind.to_string(),
            // Executors need not be reached from here, and those that come back are known at once.
            scheduling_policy: TaskSchedulingPolicy::PullStaged,
            task_distribution: TaskDistributionPolicy::RoundRobin,
            executor_timeout_seconds: SILENCE.as_secs(),
            expire_dead_executor_interval_seconds: LOOK.as_secs(),
            no_executors_grace_period_seconds: ALONE.as_secs(),
            task_max_failures: TASK_FAILURES,
            stage_max_failures: STAGE_FAILURES,
            override_session_builder: Some(Arc::new(session)),
            ..SchedulerConfig::default()
        }
    }
}

/// Plans are made with our functions, and with a look at the files.
fn session(
    config: SessionConfig,
) -> datafusion::error::Result<datafusion::execution::SessionState> {
    let state = default_session_builder(config)?;
    let mut functions: Vec<_> = state.scalar_functions().values().cloned().collect();
    functions.extend(function::all().into_iter().map(Arc::new));
    let environment = RuntimeEnvBuilder::new()
        .with_object_store_registry(Arc::new(Stores::default()))
        .build_arc()?;
    Ok(SessionStateBuilder::new_from_existing(state)
        .with_runtime_env(environment)
        .with_scalar_functions(functions)
        .build())
}
