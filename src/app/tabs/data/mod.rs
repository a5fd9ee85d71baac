//! The Data tab: the roles of the log's columns, and the findings.

mod assembly;
pub mod drawing;
pub mod findings;
pub mod mapping;

#[cfg(target_arch = "wasm32")]
mod view;

#[cfg(target_arch = "wasm32")]
pub use view::DataView;
