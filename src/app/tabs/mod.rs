//! The tabs of the page, a folder each: its charts and forms as plain functions, its state and update, its view.
//!
//! Tabs never import each other; a figure that two tabs show is in `charts`.

pub mod candidates;
pub mod data;
pub mod metrics;
pub mod questions;
pub mod rows;
pub mod story;
pub mod towers;
pub mod tree;

#[cfg(any(target_arch = "wasm32", test))]
mod selected;
