//! What the playground is about, in plain Rust: logs, features, behaviour trees, specs, metrics and reports.
//!
//! Invariant: nothing in here knows a tensor, a browser, a file system or an async runtime.
//! Everything is deterministic: the same input gives the same output on every platform.
//!
//! # Layers
//! Each module names only modules of the lines above its own, and on one line only those to its left; tests take their
//! fixtures from anywhere. `tests/architecture.rs` fails when modules name each other in a circle.
//! ```text
//! csv  event  label  random  range   fields of CSV files, names, random numbers, ranges of numbers
//! setting                       a number that can be set
//! behavior                      trees of questions
//! metrics                       what is measured on probabilities and labels
//! log                           from bytes to an impression log, its findings and its split
//! assembly  synth               logs from tables as teams have them; generated logs
//! spec                          the experiment, which embeds trees, roles, the split and the generator
//! objective  features           what a model makes of its spec; what an encoder makes of a log
//! report                        evaluations, comparisons, verdicts
//! onnx  scale_out               exports
//! ```

pub mod assembly;
pub mod behavior;
pub mod csv;
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
