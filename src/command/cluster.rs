//! `cluster`: a scheduler or an executor that works for `split --cluster`.

use serde_json::json;
use ticclip_engine::cluster::{ClusterError, Executor, Part, Scheduler, serve};

use super::Summary;
use super::failure::Failure;
use crate::cli::{ClusterArgs, ClusterRole};

pub(super) fn run(args: &ClusterArgs) -> Result<Summary, Failure> {
    let (part, what) = match &args.role {
        ClusterRole::Scheduler(args) => {
            let scheduler = Scheduler {
                bind: args.bind,
                port: args.port,
            };
            let what = format!("the scheduler df://{}:{}", args.bind, args.port);
            (Part::Scheduler(scheduler), what)
        }
        ClusterRole::Executor(args) => {
            let executor = Executor {
                scheduler: args.scheduler.clone(),
                bind: args.bind,
                port: args.port,
                host: args.host.clone(),
                tasks: rayon::current_num_threads(),
                memory_bytes: u64::from(args.memory.get()) << 20,
                work: args.work.clone(),
            };
            let what = format!("an executor of {}", args.scheduler);
            (Part::Executor(executor), what)
        }
    };
    tracing::info!("{what} works until it is interrupted");
    serve(&part).map_err(|error| match error {
        ClusterError::Url { .. } => Failure::wrong_input(error),
        _ => Failure::failed(error),
    })?;
    Ok(Summary::new(String::new(), json!({"stopped": what})))
}
