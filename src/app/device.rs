//! The training device: the user's choice, and the available ones.

use crate::protocol::DeviceKind;

/// The user's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    #[default]
    Auto,
    Cpu,
    Webgpu,
}

/// The active device, and the reason.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceState {
    pub choice: DeviceChoice,
    pub active: DeviceKind,
    /// Reason for the CPU; on WebGPU the adapter's name.
    pub reason: String,
    /// A GPU worker is starting.
    pub trying: bool,
}

/// The browser's WebGPU support.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adapter {
    /// `navigator.gpu` is missing.
    NoWebgpu,
    /// `requestAdapter` answers null.
    NoneFound,
    /// The adapter computes on the CPU: correct, but slower than the CPU engine.
    Software,
    Hardware,
}

impl Adapter {
    /// Reason to use the CPU engine, if any.
    pub fn objection(self) -> Option<&'static str> {
        match self {
            Self::NoWebgpu => Some(text!(page::device::none)),
            Self::NoneFound => Some(text!(page::device::not_found)),
            Self::Software => Some(text!(page::device::software)),
            Self::Hardware => None,
        }
    }
}
