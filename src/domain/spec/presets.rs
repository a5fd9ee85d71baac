//! Presets compiled in from `sample-data/presets`: models, logs, experiments.
//!
//! `build.rs` has turned them into JSON. A new model is a table in `models.toml`; a new log or experiment is one file there
//! and one line here. Tests parse every one of them.
use std::sync::OnceLock;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{DataSpec, Embeddings, ModelSpec, Objective, RunSpec};
use crate::domain::behavior::BehaviorTree;
use crate::domain::synth::SynthSpec;

macro_rules! preset {
    ($folder:literal, $name:literal) => {
        ($name, include_str!(concat!(env!("OUT_DIR"), "/presets/", $folder, "/", $name, ".json")))
    };
}

/// A model that the page offers: a table of `models.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelPreset {
    pub name: String,
    pub family: Family,
    /// Its publication.
    pub source: String,
    /// The number of its hue in `www/css/tokens.css`.
    pub hue: u8,
    tree: BehaviorTree,
    objective: Objective,
    embeddings: Option<Embeddings>,
}

impl ModelPreset {
    fn model(&self) -> ModelSpec {
        let Self { name, tree, objective, embeddings, .. } = self;
        ModelSpec { embeddings: *embeddings, ..ModelSpec::new(name, tree.clone(), objective.clone()) }
    }
}

/// A family of models, in the page's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    Baselines,
    EntireSpace,
    Causal,
    Delayed,
    /// Models of the user's own.
    #[serde(skip)]
    Own,
}

#[derive(Deserialize)]
struct Models {
    models: Vec<ModelPreset>,
}

/// The experiment of a page that was asked for none: the default one, on the log on which a model trained on clicks is further
/// from the truth than ESMM and ESM² beyond the noise of three trainings (docs/calibration.md).
pub fn first_experiment() -> RunSpec {
    let synth = log_preset("strong_selection").unwrap_or_default();
    RunSpec { data: DataSpec::Generated { synth }, ..spec_preset("default").unwrap_or_default() }
}

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

/// Each model's name and the number of its hue, in the order of the page, as `build.rs` wrote them down: names and hues are
/// asked for before any preset needs to be parsed.
const HUES: &[(&str, u8)] = include!(concat!(env!("OUT_DIR"), "/presets/hues.rs"));

/// The stable model names that this build has.
pub fn model_names() -> Vec<&'static str> {
    HUES.iter().map(|(name, _)| *name).collect()
}

/// The model called `name`.
pub fn model_preset(name: &str) -> Option<ModelSpec> {
    model_presets().iter().find(|preset| preset.name == name).map(ModelPreset::model)
}

/// All models, in the order of the page: baselines, entire space, causal, delayed feedback.
pub fn model_presets() -> &'static [ModelPreset] {
    // Asked for on every read and write of a spec, so parsed once.
    static PARSED: OnceLock<Models> = OnceLock::new();
    let text = include_str!(concat!(env!("OUT_DIR"), "/presets/models.json"));
    &PARSED.get_or_init(|| parse("models", text)).models
}

/// Number of a model's hue; `None` for the user's own.
pub fn model_hue(name: &str) -> Option<u8> {
    HUES.iter().find(|(known, _)| *known == name).map(|(_, hue)| *hue)
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
