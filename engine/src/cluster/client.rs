//! The engine's way to a cluster.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use ballista_core::extension::{SessionConfigExt, SessionStateExt};
use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::prelude::SessionContext;
use url::Url;

use super::ClusterError;
use crate::engine::{Limits, settings};
use crate::error::EngineError;

/// How often a job is asked for, and the pause after the first time; it doubles.
const TIMES: u32 = 4;
const PAUSE: Duration = Duration::from_secs(2);

/// The scheduler's host and port.
pub(super) fn address(url: &str) -> Result<(String, u16), ClusterError> {
    let wrong = |problem: &str| ClusterError::Url {
        url: url.to_owned(),
        problem: problem.to_owned(),
    };
    let parsed = Url::parse(url).map_err(|error| wrong(&error.to_string()))?;
    if parsed.scheme() != "df" {
        return Err(wrong("it does not begin with df://"));
    }
    let host = parsed.host_str().ok_or_else(|| wrong("it has no host"))?;
    let port = parsed.port().ok_or_else(|| wrong("it has no port"))?;
    Ok((host.to_owned(), port))
}

/// Where plans are made that run on a cluster.
pub(crate) fn context(
    url: &str,
    limits: &Limits,
    environment: Arc<RuntimeEnv>,
) -> Result<SessionContext, EngineError> {
    let (host, port) = address(url)?;
    let config = settings(super::settings(), limits)
        // `hopeless` knows these plans only.
        .with_ballista_adaptive_query_planner(true)
        .with_ballista_job_name("ticclip split");
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(environment)
        .with_default_features()
        .build()
        .upgrade_for_ballista(format!("http://{host}:{port}"))
        .map_err(|source| EngineError::Start(Box::new(source)))?;
    Ok(SessionContext::new_with_state(state))
}

/// Asks until there is an answer, or a failure that will not pass.
pub(crate) async fn insist<T, F: Future<Output = Result<T, DataFusionError>>>(
    what: &str,
    ask: impl Fn() -> F,
) -> Result<T, DataFusionError> {
    let mut pause = PAUSE;
    for time in 1.. {
        match ask().await.map_err(plain) {
            Err(error) if time < TIMES && may_pass(&error) => {
                tracing::warn!(what, time, %error, "the cluster failed; it is asked again");
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            answer => return answer,
        }
    }
    unreachable!("the last time is answered")
}

/// That nobody listens is told in plain words, not in those of the libraries between.
fn plain(error: DataFusionError) -> DataFusionError {
    match error.to_string().contains("ConnectError") {
        true => DataFusionError::Execution(
            "the scheduler cannot be reached; is `ticclip cluster scheduler` running there?"
                .to_owned(),
        ),
        false => error,
    }
}

/// Whether what failed may work the next time. Failures come from a cluster as text.
fn may_pass(error: &DataFusionError) -> bool {
    const LASTING: [&str; 4] = ["Parser error", "Cast error", "JsonError", "CsvError"];
    match error.find_root() {
        DataFusionError::Plan(_)
        | DataFusionError::SchemaError(..)
        | DataFusionError::NotImplemented(_)
        | DataFusionError::Configuration(_) => false,
        error => {
            let text = error.to_string();
            !LASTING.iter().any(|lasting| text.contains(lasting))
        }
    }
}
