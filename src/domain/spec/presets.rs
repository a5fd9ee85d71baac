//! Presets compiled in from `sample-data/presets`: models, logs, experiments.
//!
//! `build.rs` has turned them into JSON. A new preset is one file there and one line here. Tests parse every one of them.
use std::sync::OnceLock;

use serde::de::DeserializeOwned;

use super::{ModelSpec, RunSpec};
use crate::domain::synth::SynthSpec;

macro_rules! preset {
    ($folder:literal, $name:literal) => {
        ($name, include_str!(concat!(env!("OUT_DIR"), "/presets/", $folder, "/", $name, ".json")))
    };
}

/// The experiment of a page that was asked for none.
pub fn first_experiment() -> RunSpec {
    spec_preset("default").unwrap_or_default()
}

/// In the order of the page: baselines, entire space, causal, delayed feedback.
const MODELS: &[(&str, &str)] = &[
    preset!("models", "naive"),
    preset!("models", "independent"),
    preset!("models", "oversampled"),
    preset!("models", "aman"),
    preset!("models", "unbias"),
    preset!("models", "division"),
    preset!("models", "gbdt"),
    preset!("models", "esmm"),
    preset!("models", "esmm_ns"),
    preset!("models", "esm2"),
    preset!("models", "hm3"),
    preset!("models", "esm2_returns"),
    preset!("models", "escm2_ips"),
    preset!("models", "escm2_dr"),
    preset!("models", "dcmt"),
    preset!("models", "dfm"),
    preset!("models", "dfm_entire"),
];

const LOGS: &[(&str, &str)] = &[
    preset!("logs", "default"),
    preset!("logs", "well_behaved"),
    preset!("logs", "low_cardinality"),
    preset!("logs", "no_correlation"),
    preset!("logs", "late_conversions"),
    preset!("logs", "returns"),
    preset!("logs", "strong_selection"),
    preset!("logs", "sparse"),
    preset!("logs", "popularity_skew"),
    preset!("logs", "hidden_confounder"),
];

const SPECS: &[(&str, &str)] =
    &[preset!("specs", "default"), preset!("specs", "esmm_paper"), preset!("specs", "esm2_paper")];

/// The stable model names that this build has.
pub fn model_names() -> Vec<&'static str> {
    names(MODELS)
}

/// The model called `name`.
pub fn model_preset(name: &str) -> Option<ModelSpec> {
    // Asked for on every read and write of a spec, so parsed once.
    static PARSED: OnceLock<Vec<ModelSpec>> = OnceLock::new();
    let parsed = PARSED.get_or_init(|| {
        let parse = |&(name, text): &(&str, &str)| parse::<super::model::Spelled>(name, text).into();
        MODELS.iter().map(parse).collect()
    });
    parsed.iter().find(|model| model.name == name).cloned()
}

/// Names of the log presets, `default` first.
pub fn log_preset_names() -> Vec<&'static str> {
    names(LOGS)
}

/// The generator controls called `name`.
pub fn log_preset(name: &str) -> Option<SynthSpec> {
    find(LOGS, name)
}

/// Names of the experiment presets, `default` first.
pub fn spec_preset_names() -> Vec<&'static str> {
    names(SPECS)
}

/// The experiment called `name`.
pub fn spec_preset(name: &str) -> Option<RunSpec> {
    find(SPECS, name)
}

pub(super) fn default_models() -> Vec<ModelSpec> {
    ["naive", "esmm", "esm2"].into_iter().filter_map(model_preset).collect()
}

/// Three: one training says nothing of how much the next would differ.
pub(super) fn default_seeds() -> Vec<u64> {
    vec![1, 2, 3]
}

fn names(presets: &[(&'static str, &str)]) -> Vec<&'static str> {
    presets.iter().map(|(name, _)| *name).collect()
}

fn find<T: DeserializeOwned>(presets: &[(&str, &str)], name: &str) -> Option<T> {
    let (name, text) = presets.iter().find(|(known, _)| *known == name)?;
    Some(parse(name, text))
}

/// A preset is part of the program: one that does not parse is our bug, which a test finds first.
fn parse<T: DeserializeOwned>(name: &str, text: &str) -> T {
    match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => unreachable!("the preset {name} is broken: {error}"),
    }
}
