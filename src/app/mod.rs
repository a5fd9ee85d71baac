//! The page: Leptos components over plain, tested state. Never sees Burn.
//!
//! - `tabs`: a folder for each tab: its charts, forms, state and view. `rail`: the experiment's forms. `shell`: the frame.
//! - `charts`: figures that several tabs show, scales, names. `marks`: what is shown, as plain data with typed messages; `dom`
//!   puts it into the document and hears the user; `widgets`: the one that shows marks, and what of the frame is used twice.
//! - `page`: the state of all this, and the one function that changes it, with the workers, each of which is a
//!   `worker_state`; what they were asked is `awaited`. `state` shows it to the components; `browser` carries out its effects.
//! - `address`: what stands after `#`. `exports`: files to take away. `modules`: what is fetched when it is first wanted.
//! - `catalogue`: how the page says the texts of `crate::catalogue`. The rest: plain functions, tested natively.
//!
//! The components exist in the browser only; the rest compiles everywhere so that its tests run natively.

#[macro_use]
pub mod catalogue;

pub mod address;
pub mod charts;
pub mod chips;
pub mod chosen;
pub mod device;
pub mod export_menu;
pub mod exports;
#[cfg(test)]
mod fixtures;
pub mod format;
pub mod keeping;
pub mod late_functions;
pub mod marks;
pub mod models;
pub mod numbers;
pub mod page;
pub mod rail;
pub mod roles;
pub mod rows;
pub mod sentence;
pub mod tabs;
pub mod text;
pub mod timeline;
pub mod variants;

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod dom;
#[cfg(target_arch = "wasm32")]
mod modules;
#[cfg(target_arch = "wasm32")]
mod shell;
#[cfg(target_arch = "wasm32")]
pub mod state;
#[cfg(target_arch = "wasm32")]
mod widgets;

#[cfg(target_arch = "wasm32")]
pub use start::start;
#[cfg(target_arch = "wasm32")]
mod start;
