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

/// The run with these weights. They come from outside: whatever does not fit is an error.
pub async fn take_up(
    run: RunId,
    (plan, step): (TrainPlan, u64),
    log: &WorkerLog,
    device: (DeviceKind, &EngineDevice),
    checkpoint: &Blob,
) -> Result<ActiveRun, String> {
    let buffer = JsFuture::from(checkpoint.array_buffer()).await.map_err(|error| format!("{error:?}"))?;
    let weights: Weights = wire::decode(&Uint8Array::new(&buffer).to_vec()).map_err(|error| error.to_string())?;
    let mut active = ActiveRun::start(run, plan, log, device)?;
    active.take_up(&weights, step).await.map_err(|error| error.to_string())?;
    Ok(active)
}
