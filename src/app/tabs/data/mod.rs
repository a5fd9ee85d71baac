//! The Data tab: the roles of the log's columns, and the findings.

mod assembly;
pub mod drawing;
pub mod findings;
pub mod mapping;

#[cfg(any(target_arch = "wasm32", test))]
mod view;

#[cfg(any(target_arch = "wasm32", test))]
pub use view::DataView;
