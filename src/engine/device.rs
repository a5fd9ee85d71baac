//! What a run is computed on. `cpu` and `gpu` make these.

use std::fmt;
use std::rc::Rc;

use super::backend::{Backend, Run};
use super::weights::MergedWeights;

/// The two kinds of engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceKind {
    Cpu,
    Webgpu,
}

/// A device that can train.
#[derive(Clone)]
pub struct EngineDevice {
    kind: DeviceKind,
    detail: String,
    start: Rc<Start>,
}

/// Puts a run and its first parameters on the device.
type Start = dyn Fn(Rc<Run>, MergedWeights) -> Box<dyn Backend>;

/// Why there is no such device, in plain words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    #[error("{}", words!(engine::device::no_webgpu))]
    NoWebgpu,
    #[error("{}", words!(engine::device::no_adapter, reason = .0))]
    NoAdapter(String),
    #[error("{}", words!(engine::device::no_device, reason = .0))]
    NoDevice(String),
    #[error("{}", words!(engine::device::warm_up, reason = .0))]
    WarmUp(String),
}

impl EngineDevice {
    pub(crate) fn new(
        kind: DeviceKind,
        detail: String,
        start: impl Fn(Rc<Run>, MergedWeights) -> Box<dyn Backend> + 'static,
    ) -> Self {
        Self { kind, detail, start: Rc::new(start) }
    }

    pub fn kind(&self) -> DeviceKind {
        self.kind
    }

    /// The adapter's name where one is known, else empty.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    pub(crate) fn start(&self, run: Rc<Run>, weights: MergedWeights) -> Box<dyn Backend> {
        (self.start)(run, weights)
    }
}

impl fmt::Debug for EngineDevice {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("EngineDevice").field("kind", &self.kind).field("detail", &self.detail).finish_non_exhaustive()
    }
}
