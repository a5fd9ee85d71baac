//! The Data tab: the roles of the log's columns, and the findings.

pub mod drawing;
pub mod findings;
pub mod mapping;

#[cfg(target_arch = "wasm32")]
mod view;

#[cfg(target_arch = "wasm32")]
pub use view::DataView;
