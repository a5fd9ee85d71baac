//! The CPU half of `device`: Burn's flex backend.
//!
//! Compiled with feature `engine` alone; `lib.rs` says so. The GPU engine's module does without it and its kernels.

use burn::tensor::Device;

use super::engine::device::{DeviceKind, EngineDevice};

impl EngineDevice {
    /// The CPU, which is always there.
    pub fn cpu() -> Self {
        Self { device: Device::flex(), kind: DeviceKind::Cpu, detail: String::new() }
    }
}
