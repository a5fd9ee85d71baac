//! ESMM Playground: entire-space conversion models, trained and compared in the browser.
//!
//! # Layers
//! ```text
//! domain   ← protocol ← { worker, app }
//! domain   ← engine   ← worker
//! ```
//! - [`domain`]: logs, features, behaviour trees, specs, metrics. No tensors, no browser, no IO, no async.
//! - [`protocol`]: what the page and an engine say to each other.
//! - `engine` (feature `engine` for the CPU, `webgpu` for the GPU): the models. Never sees the protocol or the browser.
//! - `worker` (with an engine, wasm only): the message loop around the engine's trainer.
//! - `app` (feature `app`, wasm only): the page. Never sees an engine.
//! - `parquet` (feature `parquet`): Parquet files as text; in the browser a worker of its own.
//! - `lab` (feature `lab`): the same library, headless.
//!
//! Invariant: the only feature `cfg`s of the crate are in this file. `tests/architecture.rs` keeps the directions true.

// The whole page's components are one type where the tests draw it as text.
#![cfg_attr(test, recursion_limit = "256")]

#[macro_use]
mod catalogue;

pub mod domain;
pub mod protocol;

#[cfg(feature = "networks")]
pub mod engine;

/// The CPU engine.
#[cfg(feature = "engine")]
#[path = "engine/cpu/mod.rs"]
mod cpu;

/// The GPU engine.
#[cfg(feature = "gpu")]
#[path = "engine/gpu/mod.rs"]
mod gpu;

/// A step as Burn differentiates it, which both engines are held to.
#[cfg(feature = "autodiff")]
#[path = "engine/autodiff/mod.rs"]
pub mod autodiff;

// Without a browser only what its tests need is there.
#[cfg(all(feature = "networks", any(test, target_arch = "wasm32")))]
pub mod worker;

#[cfg(feature = "parquet")]
pub mod parquet;

#[cfg(feature = "lab")]
#[allow(clippy::disallowed_methods, reason = "native only: it may take the clock and read files")]
pub mod lab;

// Without a browser only what its tests need is there.
#[cfg(any(test, all(feature = "app", target_arch = "wasm32")))]
pub mod app;
