//! A step as Burn differentiates it, on its CPU backend: what both engines' own steps are held to.
//!
//! Not in the page. All towers are one tensor per layer, `[towers, in, out]`, and all tables one tensor; objectives are run on
//! tensors, and the gradient is what Burn's autodiff makes of that.
//!
//! Compiled with feature `autodiff` alone; `lib.rs` says so.

mod columns;
mod dpm;
mod log;
mod network;
mod optimizer;
mod pool;
mod run;
mod table;

pub use columns::log_answers;

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::engine::device::{DeviceKind, EngineDevice};
use run::BurnBackend;

/// A device of Burn's.
#[derive(Debug, Clone)]
pub(crate) struct BurnDevice(pub Device);

impl EngineDevice {
    /// Burn's CPU backend.
    pub fn flex() -> Self {
        let device = BurnDevice::flex();
        Self::new(DeviceKind::Cpu, String::new(), move |run, weights| {
            Box::new(BurnBackend::new(device.clone(), run, weights))
        })
    }
}

impl BurnDevice {
    pub(crate) fn flex() -> Self {
        Self(Device::flex())
    }

    /// Uploads numbers.
    ///
    /// # Panics
    /// When `values` has not as many elements as `shape`.
    pub(crate) fn floats<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(values, shape), &self.0)
    }

    /// Uploads indices.
    pub(crate) fn indices(&self, values: Vec<i32>) -> Tensor<1, Int> {
        let length = values.len();
        Tensor::from_data(TensorData::new(values, [length]), &self.0)
    }

    /// Uploads rows of the log.
    pub(crate) fn rows(&self, rows: &[u32]) -> Tensor<1, Int> {
        self.indices(rows.iter().map(|&row| row as i32).collect())
    }
}

#[cfg(test)]
mod tests;
