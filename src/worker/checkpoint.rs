//! A run as the page keeps it: what it has learned when it has ended, with which it is taken up again; all that it takes to go
//! on while it trains.

use serde::{Deserialize, Serialize};

use crate::domain::spec::TrainPlan;
use crate::engine::device::EngineDevice;
use crate::engine::{Learned, Learner, LearnerCheckpoint};
use crate::protocol::{DeviceKind, MOST_KEPT_BYTES, RunId, wire};

use super::load::WorkerLog;
use super::page::SourceFile;
use super::run::ActiveRun;

/// What a run has learned: weights in the writing of [`wire`], trees as JSON. Empty where it is more than the page keeps.
pub async fn of(run: &ActiveRun) -> Result<Vec<u8>, String> {
    if !is_kept(&run.learner, 1) {
        return Ok(Vec::new());
    }
    match run.learner.learned().await.map_err(|error| error.to_string())? {
        Learned::Weights(weights) => wire::encode(&weights).map_err(|error| error.to_string()),
        forest => forest.to_bytes().map_err(|error| error.to_string()),
    }
}

/// Whether the page keeps so many numbers for each of the table's: to write more would double what fills memory already.
pub(super) fn is_kept(learner: &Learner, parts: u64) -> bool {
    learner.network().is_none_or(|network| 4 * parts * network.table_size() as u64 <= MOST_KEPT_BYTES)
}

/// As [`of`] wrote it, of a run of the same model.
fn learned(of: &ActiveRun, bytes: &[u8]) -> Option<Learned> {
    match of.learner.network() {
        Some(_) => wire::decode(bytes).ok().map(Learned::Weights),
        None => serde_json::from_slice(bytes).ok().map(Learned::Forest),
    }
}

/// A run under way: [`crate::protocol::Export::Snapshot`].
#[derive(Serialize, Deserialize)]
pub(super) struct Snapshot {
    pub checkpoint: LearnerCheckpoint,
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

/// The run with what it had learned. It comes from outside: where it is not the run's own there is `None`, and why is of no use
/// to users, since the run stays on view as it was kept.
pub async fn take_up(
    run: RunId,
    (plan, step): (TrainPlan, u64),
    log: &WorkerLog,
    device: (DeviceKind, &EngineDevice),
    checkpoint: &impl SourceFile,
) -> Option<ActiveRun> {
    let bytes = checkpoint.piece(0, checkpoint.size()).await?;
    let run = ActiveRun::start(run, plan, log, device).ok()?;
    let learned = learned(&run, &bytes)?;
    run.take_up(learned, step).await
}
