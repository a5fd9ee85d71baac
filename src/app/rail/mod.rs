//! The rail: Data, Features, Models, Training. A form is a function from plain state to marks with messages, and one that
//! applies a message to the state, tested natively.

pub mod data_panel;
pub mod features;
pub mod generator;
pub mod limit;
pub mod log_sources;
mod model_settings;
pub mod models;
pub mod settings;
pub mod storage;
pub mod training;
mod training_options;

#[cfg(any(target_arch = "wasm32", test))]
mod view;

#[cfg(any(target_arch = "wasm32", test))]
pub use view::Rail;
