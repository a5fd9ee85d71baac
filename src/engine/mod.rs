//! The models on Burn: SEM → DPM → SCM, objectives, optimiser, trainer.
//!
//! ```text
//! ids ──sem──▶ inputs ──dpm──▶ logits ──scm──▶ log-masses of events ──objective──▶ loss ──optimizer──▶ parameters
//! ```
//! On a GPU a step is Burn's from the ids to the moved parameters; on the CPU it is `cpu_step`, where Burn makes the
//! products alone and the objective is on a `tape`. Both start from one [`Trainer`] and move the same numbers.
//!
//! Invariants: never sees the protocol or the browser; only `device` (and its halves `cpu` and `webgpu`) names a device;
//! no readback per step, no upload per step beyond ids (and dropout masks, or the draws of an objective that draws).
//!
//! All towers are one tensor per layer, `[towers, in, out]`, and all tables one tensor, so the number of kernels of a
//! step depends on neither the number of towers nor of fields. Parameters start from numbers drawn on the host, the
//! same on every device.

mod batch;
pub mod column;
mod cpu_step;
pub mod device;
mod dpm;
mod early_stopping;
mod error;
mod learner;
mod losses;
mod network;
pub mod objective;
pub mod optimizer;
mod random;
pub mod scm;
mod sem;
pub mod tape;
mod trainer;
pub mod trees;
mod warm_up;
mod weights;

pub use device::{DeviceError, DeviceKind, EngineDevice};
pub use error::EngineError;
pub use learner::{Learned, Learner};
pub use trainer::{Position, Trainer};
pub use warm_up::warm_up;
pub use weights::{NamedTensor, Weights};
