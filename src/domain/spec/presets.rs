//! Presets compiled in from `sample-data/presets`: models, logs, experiments.
use super::{ModelSpec, RunSpec};
use crate::domain::synth::SynthSpec;

/// The stable model names that this build has.
pub fn model_names() -> Vec<&'static str> {
    todo!()
}

/// The model called `name`.
pub fn model_preset(name: &str) -> Option<ModelSpec> {
    let _ = name;
    todo!()
}

/// Names of the log presets, `default` first.
pub fn log_preset_names() -> Vec<&'static str> {
    todo!()
}

/// The generator controls called `name`.
pub fn log_preset(name: &str) -> Option<SynthSpec> {
    let _ = name;
    todo!()
}

/// Names of the experiment presets, `default` first.
pub fn spec_preset_names() -> Vec<&'static str> {
    todo!()
}

/// The experiment called `name`.
pub fn spec_preset(name: &str) -> Option<RunSpec> {
    let _ = name;
    todo!()
}

pub(super) fn default_models() -> Vec<ModelSpec> {
    todo!()
}

pub(super) fn default_seeds() -> Vec<u64> {
    vec![1]
}
