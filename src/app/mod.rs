//! The page: Leptos components over plain, tested state. Never sees Burn.
//!
//! - [`format`], [`models`], [`roles`], [`schedule`], [`sentence`]: plain functions and state, tested natively.
//! - `state`: the signals that all components share, by context. `client`: the one owner of the engine workers.
//! - `panels`: the rail; `views`: the tabs; `charts`: figures; `widgets`: small controls.
//!
//! The components exist in the browser only; the rest compiles everywhere so that its tests run natively.

pub mod charts;
pub mod format;
pub mod models;

#[cfg(target_arch = "wasm32")]
pub mod state;
#[cfg(target_arch = "wasm32")]
pub mod views;

#[cfg(target_arch = "wasm32")]
pub use start::start;
#[cfg(target_arch = "wasm32")]
mod start;
