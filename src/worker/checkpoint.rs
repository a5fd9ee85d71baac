//! A run as the page keeps it: a network's weights when it has ended, with which it is taken up again; all that it takes to go on
//! while it trains.

use serde::{Deserialize, Serialize};

use crate::domain::spec::TrainPlan;
use crate::engine::device::EngineDevice;
use crate::engine::{Checkpoint, Weights};
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

/// A run under way: [`crate::protocol::Export::Snapshot`].
#[derive(Serialize, Deserialize)]
pub(super) struct Snapshot {
    pub checkpoint: Checkpoint,
    /// Milliseconds of training.
    pub trained: f64,
    /// As [`ActiveRun::rate_since`].
    pub rate_since: Option<(u64, f64)>,
}

/// Lets a run that has not begun go on from a snapshot. It comes from outside: where it is not the run's own, the run begins, which
/// gives the same numbers later. Returns the step after which it goes on.
pub async fn go_on(run: &mut ActiveRun, snapshot: &impl SourceFile) -> u64 {
    if let Some(bytes) = snapshot.piece(0, snapshot.size()).await
        && let Ok(snapshot) = wire::decode(&bytes)
    {
        run.go_on(snapshot);
    }
    run.learner.position().step
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
