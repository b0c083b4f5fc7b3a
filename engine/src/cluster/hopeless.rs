//! Jobs that would never end: they are failed, so that engines ask again.
//!
//! Ballista's adaptive plans do the tasks of a lost executor again, but not a finished stage whose results it took along
//! (<https://github.com/apache/datafusion-ballista/issues/1986>): the stage that reads them is set back, and nothing takes it
//! up. What goes wrong as results are noted is written to a log, and their stage is left without a task. Static plans are no
//! way out: they forget what their last stage has handed over before it is done again, and rows come twice.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ballista_core::JobId;
use ballista_core::serde::protobuf::job_status::Status;
use ballista_scheduler::cluster::ClusterState;
use ballista_scheduler::scheduler_server::SchedulerServer;
use ballista_scheduler::state::execution_graph::ExecutionGraphBox;
use ballista_scheduler::state::execution_stage::{ExecutionStage, StageOutput};
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};

pub(super) type Server = SchedulerServer<LogicalPlanNode, PhysicalPlanNode>;

/// Looks every `pause` for such jobs. Without any executor for as long as `patience`, all are.
pub(super) async fn watch(
    server: &Server,
    cluster: &dyn ClusterState,
    pause: Duration,
    patience: Duration,
) -> Infallible {
    let mut known = HashSet::new();
    let mut last_seen = SystemTime::now();
    loop {
        tokio::time::sleep(pause).await;
        let here = cluster.executor_heartbeats();
        if !here.is_empty() {
            last_seen = SystemTime::now();
        }
        known.extend(here.keys().cloned());
        let is_gone = |id: &String| !here.contains_key(id);
        let gone: HashSet<String> = known.iter().filter(|id| is_gone(id)).cloned().collect();
        for (id, job) in server.state.task_manager.get_running_job_cache().iter() {
            let mut graph = job.execution_graph.write().await;
            if !matches!(graph.status().status, Some(Status::Running(_))) {
                continue;
            }
            let begun = UNIX_EPOCH + Duration::from_millis(graph.start_time());
            let alone = begun.max(last_seen).elapsed();
            let why = if is_stuck(&graph, &gone) {
                "results that it needs are lost"
            } else if alone.is_ok_and(|alone| alone > patience) {
                "there is no executor"
            } else {
                continue;
            };
            tracing::warn!(job = %id, why, "a job is given up");
            graph.fail_job(why.to_owned());
            drop(graph);
            give_up(server, id).await;
        }
    }
}

/// Whether what a job has to read is gone, or no task of it runs or waits for an executor.
fn is_stuck(graph: &ExecutionGraphBox, gone: &HashSet<String>) -> bool {
    let is_lost = |inputs: &HashMap<usize, StageOutput>| {
        let locations = inputs
            .values()
            .flat_map(|input| input.partition_locations.values().flatten());
        // There are many, and seldom is anybody gone.
        !gone.is_empty() && { locations }.any(|location| gone.contains(&location.executor_meta.id))
    };
    let mut works = graph.available_tasks() > 0 || !graph.running_tasks().is_empty();
    for stage in graph.stages().values() {
        match stage {
            // An adaptive plan makes stages when they can run: this one was set back.
            ExecutionStage::UnResolved(_) => return true,
            ExecutionStage::Resolved(stage) if is_lost(&stage.inputs) => return true,
            ExecutionStage::Running(stage) if is_lost(&stage.inputs) => return true,
            ExecutionStage::Resolved(_) => works = true,
            _ => (),
        }
    }
    !works
}

/// Tells who asked for a failed job, and forgets the job.
async fn give_up(server: &Server, id: &JobId) {
    let told = server.state.task_manager.update_job(id).await;
    // On its own, this would say no more than that the job was cancelled.
    let forgotten = server.cancel_job(id.clone()).await;
    for result in [told.map(drop), forgotten] {
        if let Err(error) = result {
            tracing::warn!(job = %id, %error, "a job is not given up");
        }
    }
}
