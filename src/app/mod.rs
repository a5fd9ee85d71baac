//! The page: Leptos components over plain, tested state. Never sees an engine.
//!
//! - `tabs`: a folder for each tab: its charts, forms, state and view. `rail`: the experiment's forms. `shell`: the frame.
//! - `charts`: figures that several tabs show, scales, names. `marks`: elements as plain data with typed messages; `dom`
//!   patches them into the document and listens to user events; `widgets`: the component that shows marks, and two small ones.
//! - `page`: the state, with the workers, and the one function that changes it. `state` shows it to the components; `browser`
//!   carries out its effects.
//! - `address`: the URL after `#`. `exports`: files that the page writes. `modules`: wasm modules fetched on first use.
//! - `catalogue`: the macros for the texts of `crate::catalogue`. The rest: plain functions, tested natively.
//!
//! The components are compiled for the browser, and for the tests: `page_in_memory` draws the whole page without one.

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
pub mod order;
pub mod own_runs;
mod page;
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
#[cfg(any(target_arch = "wasm32", test))]
mod modules;
#[cfg(any(target_arch = "wasm32", test))]
pub mod state;
#[cfg(any(target_arch = "wasm32", test))]
mod widgets;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod page_in_memory;
#[cfg(all(test, not(target_arch = "wasm32")))]
use page_in_memory::browser;

#[cfg(target_arch = "wasm32")]
pub use start::start;
#[cfg(target_arch = "wasm32")]
mod start;
