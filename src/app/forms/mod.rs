//! The rail's forms: from plain state to marks with messages, and from a message back to plain state. Tested natively.

pub mod exports;
pub mod features;
pub mod findings;
pub mod generator;
pub mod keeping;
pub mod limit;
pub mod mapping;
mod model_settings;
pub mod models;
pub mod settings;
pub mod training;
mod training_options;
pub mod tree_editor;
pub mod ways_in;
