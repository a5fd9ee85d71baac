//! Burn's own CPU backend: what the GPU engine's step is tested on without a GPU.
//!
//! Compiled with feature `flex` alone; `lib.rs` says so.

use burn::tensor::Device;

use super::engine::device::{DeviceKind, EngineDevice};
use super::gpu::{BurnBackend, BurnDevice};

impl BurnDevice {
    pub(crate) fn flex() -> Self {
        Self(Device::flex())
    }
}

impl EngineDevice {
    /// The GPU engine on the CPU.
    pub fn flex() -> Self {
        let device = BurnDevice::flex();
        Self::new(DeviceKind::Webgpu, String::new(), move |run, weights| {
            Box::new(BurnBackend::new(device.clone(), run, weights))
        })
    }
}
