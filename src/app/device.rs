//! The device that the models train on: what the user asks for, and what there is.

use crate::protocol::DeviceKind;

/// What the user asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    #[default]
    Auto,
    Cpu,
    Webgpu,
}

/// What the page runs on, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceState {
    pub choice: DeviceChoice,
    pub active: DeviceKind,
    /// Why it is not the other one; an adapter's name on WebGPU.
    pub reason: String,
    /// A GPU worker is being tried.
    pub trying: bool,
}
