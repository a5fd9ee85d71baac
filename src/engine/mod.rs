//! The models on Burn: SEM → DPM → SCM, objectives, optimiser, trainer.
//!
//! Invariants: never sees the protocol or the browser; only `device` names a device; no readback per step.
