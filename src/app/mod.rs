//! The page: Leptos components over plain, tested state. Never sees Burn.
//!
//! - `tabs`: a folder for each tab: its charts, forms, state and view. `rail`: the experiment's forms. `shell`: the frame.
//! - `charts`: figures that several tabs show, scales, names. `marks`: elements as plain data with typed messages; `dom`
//!   patches them into the document and listens to user events; `widgets`: the component that shows marks, and two small ones.
//! - `page`: the state, with the workers, and the one function that changes it. `state` shows it to the components; `browser`
//!   carries out its effects.
//! - `address`: the URL after `#`. `exports`: files that the page writes. `modules`: wasm modules fetched on first use.
//! - `catalogue`: the macros for the texts of `crate::catalogue`. The rest: plain functions, tested natively.
//!
//! The components exist in the browser only; the rest compiles everywhere so that its tests run natively.

#[macro_use]
pub mod catalogue;

pub mod address;
pub mod charts;
pub mod device;
pub mod dom;
pub mod export_menu;
pub mod exports;
#[cfg(test)]
mod fixtures;
pub mod format;
pub mod late_functions;
pub mod marks;
pub mod model_progress;
pub mod models;
pub mod numbers;
pub mod page;
pub mod planned_runs;
pub mod rail;
pub mod roles;
pub mod rows;
pub mod saved_state;
pub mod sentence;
pub mod shell;
pub mod tabs;
pub mod text;
pub mod timeline;
pub mod variants;

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod modules;
#[cfg(target_arch = "wasm32")]
pub mod state;
#[cfg(target_arch = "wasm32")]
mod widgets;

#[cfg(target_arch = "wasm32")]
pub use start::start;
#[cfg(target_arch = "wasm32")]
mod start;
