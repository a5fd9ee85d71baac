//! The GPU engine: a step on Burn, from the ids to the moved parameters.
//!
//! All towers are one tensor per layer, `[towers, in, out]`, and all tables one tensor, so the number of kernels of a
//! step depends on neither the number of towers nor of fields. No readback per step, no upload per step beyond ids (and
//! dropout masks, or the draws of an objective that draws).
//!
//! Compiled with feature `gpu` alone; `lib.rs` says so. `webgpu` starts it in the browser; natively it runs on Burn's own CPU
//! backend (`flex`), which the CPU engine is compared with.

mod columns;
mod dpm;
mod log;
mod network;
mod optimizer;
mod pool;
mod run;
mod table;

pub use columns::log_answers;
pub(crate) use run::BurnBackend;

use burn::tensor::{Device, Int, Tensor, TensorData};

/// A device of Burn's.
#[derive(Debug, Clone)]
pub(crate) struct BurnDevice(pub Device);

impl BurnDevice {
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
