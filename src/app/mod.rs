//! The page: Leptos components over plain, tested state. Never sees Burn.
//!
//! - `format`, `models`, `range`, `roles`, `schedule`, `sentence`, `text`, `variants`: plain functions, tested natively.
//! - `state`: the signals that all components share, by context. `client`: the one owner of the engine workers.
//! - `shell`: the frame; `panels`: the rail; `views`: the tabs; `charts`: figures; `widgets`: small controls.
//!
//! The components exist in the browser only; the rest compiles everywhere so that its tests run natively.

pub mod charts;
pub mod format;
pub mod models;
pub mod range;
pub mod roles;
pub mod schedule;
pub mod sentence;
pub mod text;
pub mod variants;

#[cfg(target_arch = "wasm32")]
pub mod client;
#[cfg(target_arch = "wasm32")]
mod panels;
#[cfg(target_arch = "wasm32")]
mod shell;
#[cfg(target_arch = "wasm32")]
pub mod state;
#[cfg(target_arch = "wasm32")]
pub mod views;
#[cfg(target_arch = "wasm32")]
mod widgets;

#[cfg(target_arch = "wasm32")]
pub use start::start;
#[cfg(target_arch = "wasm32")]
mod start;
