//! The rail's forms: from plain state to marks, and from what a reader did back to plain state. Tested natively.

pub mod exports;
pub mod features;
pub mod findings;
pub mod generator;
pub mod generator_controls;
pub mod keeping;
pub mod limit;
pub mod mapping;
mod model_settings;
pub mod models;
pub mod training;
pub mod training_options;
pub mod tree_editor;
pub mod ways_in;
