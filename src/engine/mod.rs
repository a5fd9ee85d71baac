//! The models: SEM → DPM → SCM, objectives, optimiser, trainer.
//!
//! ```text
//! ids ──sem──▶ inputs ──dpm──▶ logits ──scm──▶ log-masses of events ──objective──▶ loss ──optimizer──▶ parameters
//! ```
//! A [`Trainer`] knows the run; what it computes with is a `backend`: `cpu`, in memory, or `gpu`, by kernels. Both start from one
//! set of numbers drawn here and move it alike, and `autodiff`, for tests, as Burn does. Objectives are written once, over a [`column::Column`], which a backend brings.
//!
//! Invariants: never sees the protocol or the browser; only those three name a device; no readback per step.

pub(crate) mod backend;
pub(crate) mod batch;
pub mod column;
pub mod device;
pub(crate) mod dpm;
mod early_stopping;
mod error;
mod learner;
pub(crate) mod losses;
mod memory;
pub mod objective;
pub mod optimizer;
mod predictor;
mod random;
pub mod scm;
pub(crate) mod sem;
pub mod states;
pub mod tape;

mod trainer;
pub mod trees;
mod warm_up;
pub(crate) mod weights;

pub use device::{DeviceError, DeviceKind, EngineDevice};
pub use error::EngineError;
pub use learner::{Learned, Learner, LearnerCheckpoint};
pub use predictor::Predictor;
pub use trainer::{Checkpoint, Position, Trainer};
pub use warm_up::warm_up;
pub use weights::{NamedTensor, Weights};
