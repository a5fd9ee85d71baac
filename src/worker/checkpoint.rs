//! A network's weights as the page keeps them, and a run that is taken up with them again.

use crate::domain::spec::TrainPlan;
use crate::engine::Weights;
use crate::engine::device::EngineDevice;
use crate::protocol::{DeviceKind, RunId, wire};

use super::load::WorkerLog;
use super::page::SourceFile;
use super::run::ActiveRun;

/// The weights of a run. `None` for trees.
pub async fn of(run: &ActiveRun) -> Result<Option<Vec<u8>>, String> {
    let Some(network) = run.learner.network() else { return Ok(None) };
    let weights = network.weights().await.map_err(|error| error.to_string())?;
    wire::encode(&weights).map(Some).map_err(|error| error.to_string())
}

/// The run with these weights. They come from outside: where they are not the run's own there is `None`, and why is of no use
/// to users, since the run stays on view as it was kept.
pub async fn take_up(
    run: RunId,
    (plan, step): (TrainPlan, u64),
    log: &WorkerLog,
    device: (DeviceKind, &EngineDevice),
    checkpoint: &impl SourceFile,
) -> Option<ActiveRun> {
    let bytes = checkpoint.piece(0, checkpoint.size()).await?;
    let weights: Weights = wire::decode(&bytes).ok()?;
    ActiveRun::start(run, plan, log, device).ok()?.take_up(&weights, step).await
}
