//! What the playground is about, in plain Rust: logs, features, behaviour trees, specs, metrics and reports.
//!
//! Invariant: nothing in here knows a tensor, a browser, a file system or an async runtime.
//! Everything is deterministic: the same input gives the same output on every platform.

pub mod behavior;
pub mod event;
pub mod features;
pub mod label;
pub mod log;
pub mod metrics;
pub mod objective;
pub mod onnx;
pub mod random;
pub mod range;
pub mod report;
pub mod scale_out;
pub mod setting;
pub mod spec;
pub mod synth;
