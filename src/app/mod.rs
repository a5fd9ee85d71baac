//! The page: Leptos components over plain, tested state. Never sees Burn.
//!
//! - `marks`: what is shown, as plain data; `dom` puts it into the document and hears what readers do with it.
//! - `story`: the chapters. `address`: what stands after `#`.
//! - `catalogue`: how the page says the texts of `crate::catalogue`.
//! - `exports`: files to take away. `chips`, `format`, `models`, `numbers`, `range`, `roles`, `rows`, `schedule`, `sentence`, `text`, `variants`: plain functions, tested natively.
//! - `state`: the signals that all components share, by context. `client`: the one owner of the engine workers.
//! - `parts`: what is fetched when it is first wanted. `shell`: the frame; `forms` and `panels`: the rail; `charts` and `views`: the tabs; `widgets`: what both use.
//!
//! The components exist in the browser only; the rest compiles everywhere so that its tests run natively.

#[macro_use]
pub mod catalogue;

pub mod address;
pub mod awaited;
pub mod charts;
pub mod chips;
pub mod chosen;
pub mod device;
pub mod exports;
#[cfg(test)]
mod fixtures;
pub mod format;
pub mod forms;
pub mod keeping;
pub mod marks;
pub mod models;
pub mod numbers;
pub mod questions;
pub mod roles;
pub mod rows;
pub mod rows_window;
pub mod schedule;
pub mod sentence;
pub mod story;
pub mod text;
pub mod timeline;
pub mod variants;
pub mod worker_state;

#[cfg(target_arch = "wasm32")]
pub mod client;
#[cfg(target_arch = "wasm32")]
mod dom;
#[cfg(target_arch = "wasm32")]
mod panels;
#[cfg(target_arch = "wasm32")]
mod parts;
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
