//! A network's weights as the page keeps them, and a run that is taken up with them again.

use js_sys::Uint8Array;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use crate::domain::spec::TrainPlan;
use crate::engine::Weights;
use crate::engine::device::EngineDevice;
use crate::protocol::{DeviceKind, RunId, wire};

use super::load::WorkerLog;
use super::run::ActiveRun;

/// The weights of a run. `None` for trees.
pub async fn of(run: &ActiveRun) -> Result<Option<Vec<u8>>, String> {
    let Some(network) = run.learner.network() else { return Ok(None) };
    let weights = network.weights().await.map_err(|error| error.to_string())?;
    wire::encode(&weights).map(Some).map_err(|error| error.to_string())
}

/// The run with these weights. They come from outside: where they are not the run's own there is `None`, and why is of no use
/// to readers, since the run stays on view as it was kept.
pub async fn take_up(
    run: RunId,
    (plan, step): (TrainPlan, u64),
    log: &WorkerLog,
    device: (DeviceKind, &EngineDevice),
    checkpoint: &Blob,
) -> Option<ActiveRun> {
    let buffer = JsFuture::from(checkpoint.array_buffer()).await.ok()?;
    let weights: Weights = wire::decode(&Uint8Array::new(&buffer).to_vec()).ok()?;
    ActiveRun::start(run, plan, log, device).ok()?.take_up(&weights, step).await
}
