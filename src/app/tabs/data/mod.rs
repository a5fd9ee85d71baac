//! The Data tab: how the log's columns are read, and what was found in it.

pub mod drawing;
pub mod findings;
pub mod mapping;

#[cfg(target_arch = "wasm32")]
mod view;

#[cfg(target_arch = "wasm32")]
pub use view::DataView;
