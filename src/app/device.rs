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

/// What the browser offers of WebGPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adapter {
    /// `navigator.gpu` is not there.
    NoWebgpu,
    /// `requestAdapter` answers null.
    NoneFound,
    /// The adapter computes on the CPU: right, but slower than the CPU engine.
    Software,
    Hardware,
}

impl Adapter {
    /// Why the CPU engine is taken, when it is.
    pub fn objection(self) -> Option<&'static str> {
        match self {
            Self::NoWebgpu => Some(text!(page::device::none)),
            Self::NoneFound => Some(text!(page::device::not_found)),
            Self::Software => Some(text!(page::device::software)),
            Self::Hardware => None,
        }
    }
}
