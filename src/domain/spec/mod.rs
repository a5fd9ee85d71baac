//! The whole experiment as data: what a link carries, a worker runs and the lab reads.
//!
//! Invariant: an experiment is reproducible from its [`RunSpec`] (and the log's bytes when it is not generated).
//! Unknown keys are refused by name; a version other than [`VERSION`] is migrated or refused.

mod auxiliary;
mod boosting;
mod bundle;
mod draft;
mod format;
mod link;
mod model;
mod objective;
mod on_log;
mod presets;
mod resolved;
mod samples;
mod schedule;
pub mod settings;
mod shape;
mod training;
mod validate;

pub use auxiliary::{AuxiliaryTerm, AuxiliaryTower};
pub use boosting::BoostingSpec;
pub use bundle::{
    BUNDLE_EXTENSION, BundleError, LONGEST_LINK, MAX_BUNDLE_BYTES, decode_bundle, encode_bundle, is_bundle,
};
pub use draft::{Draft, DraftError, Edit};
pub use link::{LinkError, decode_link, encode_link};
pub use model::{Embeddings, ModelSpec};
pub use objective::{Conditions, Draws, Objective, WeightedEvent, parameters_of};
pub use on_log::{LogOffers, ModelOnLog};
pub use presets::{
    Family, ModelPreset, first_experiment, log_preset, log_preset_names, model_hue, model_names, model_preset,
    model_presets, spec_preset, spec_preset_names,
};
pub use resolved::{ResolvedTraining, Steps};
pub use samples::{SampleFormat, SampleLog, sample_bytes, sample_logs};
pub use schedule::Schedule;
pub use training::{EarlyStopping, OptimizerKind, TrainingSpec};
pub use validate::{MAX_MODELS, SpecError};

use serde::{Deserialize, Serialize};

use crate::domain::assembly::Assembly;
use crate::domain::log::{Roles, RowLimit, SplitSpec};
use crate::domain::synth::SynthSpec;

/// Version of the RunSpec format that this build writes.
pub const VERSION: u32 = 1;

/// One experiment: a log, its features, one network and training setting, models to compare, seeds.
///
/// ```
/// use esmm_playground::domain::spec::RunSpec;
///
/// let spec = RunSpec::from_toml("version = 1\nmodels = [\"esmm\", \"naive\"]\n[training]\nepochs = 3")?;
/// spec.validate()?;
/// let plan = spec.plan(&spec.models[0], spec.seeds[0]);
/// assert_eq!((plan.model.name.as_str(), plan.training.epochs), ("esmm", Some(3)));
/// # Ok::<(), esmm_playground::domain::spec::SpecError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSpec {
    pub version: u32,
    #[serde(default)]
    pub data: DataSpec,
    #[serde(default)]
    pub features: FeatureSpec,
    #[serde(default)]
    pub split: SplitSpec,
    #[serde(default)]
    pub network: NetworkSpec,
    #[serde(default)]
    pub training: TrainingSpec,
    /// A name stands for its preset; a table spells a model out.
    #[serde(default = "presets::default_models")]
    pub models: Vec<ModelSpec>,
    /// Training seeds: one run per model and seed.
    #[serde(default = "presets::default_seeds")]
    pub seeds: Vec<u64>,
}

/// All that one run needs beside the log: one model and one seed of an experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainPlan {
    pub features: FeatureSpec,
    pub split: SplitSpec,
    pub network: NetworkSpec,
    pub training: TrainingSpec,
    pub model: ModelSpec,
    pub seed: u64,
}

/// Where the log comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case", deny_unknown_fields)]
// The sizes differ enough to be warned of on 64-bit platforms alone.
#[allow(clippy::large_enum_variant, reason = "one a spec, and a spec is never kept by the dozen")]
pub enum DataSpec {
    /// Generated from its seed, with a known truth.
    Generated { synth: SynthSpec },
    /// The user's own file, which a link never carries: only its name, size and checksum.
    File {
        name: String,
        bytes: u64,
        crc32: u32,
        /// Roles, label rules and repairs.
        #[serde(default)]
        roles: Option<Roles>,
        #[serde(default, skip_serializing_if = "RowLimit::is_default")]
        limit: RowLimit,
        /// How the rows are made of tables; absent for a file that is a log as it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        assembly: Option<Assembly>,
    },
}

/// How raw columns become network inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeatureSpec {
    pub numerical: NumericalEncoding,
    /// Quantile buckets per numerical feature, when bucketised.
    pub buckets: usize,
    /// Categories seen in fewer training rows than this share the "unknown" id. At least 1.
    pub min_count: u32,
    /// ln(1 + x) of non-negative numerical features before encoding, for heavy tails.
    pub log1p: bool,
    /// How the embeddings of a field with several values a row become one.
    pub list_pooling: ListPooling,
}

/// How several values of a field are pooled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListPooling {
    #[default]
    Mean,
    Sum,
}

/// Encoding of numerical features. Source: Wen et al. 2020, section 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumericalEncoding {
    /// Quantile buckets with an embedding each.
    Buckets,
    /// `tanh((x − μ)/σ)` as a dense input.
    Tanh,
}

/// The network shared by all compared models: SEM and DPM.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkSpec {
    /// Width of each field's embedding.
    pub embedding_size: usize,
    pub pooling: Pooling,
    /// Widths of each tower's hidden layers, first to last. Up to 6 layers of 1–1024.
    pub hidden: Vec<usize>,
    /// One set of tables for all towers; `false` gives each tower its own (ESMM-NS).
    pub share_embeddings: bool,
    /// Share of hidden activations dropped while training.
    pub dropout: f64,
}

/// How field embeddings become a tower's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// Fields are summed within their group (user, item, context), the groups concatenated (ESMM, figure 2).
    SumByGroup,
    /// Every field is concatenated (ESM²).
    Concatenate,
}

impl Default for RunSpec {
    /// The preset `default`.
    fn default() -> Self {
        Self {
            version: VERSION,
            data: DataSpec::default(),
            features: FeatureSpec::default(),
            split: SplitSpec::default(),
            network: NetworkSpec::default(),
            training: TrainingSpec::default(),
            models: presets::default_models(),
            seeds: presets::default_seeds(),
        }
    }
}

impl RunSpec {
    /// The part of the experiment that trains one model with one seed. The model's own wishes for its network are met.
    pub fn plan(&self, model: &ModelSpec, seed: u64) -> TrainPlan {
        TrainPlan {
            features: self.features.clone(),
            split: self.split.clone(),
            network: self.network.of(model),
            training: self.training.clone(),
            model: model.clone(),
            seed,
        }
    }
}

impl NetworkSpec {
    /// This network as `model` wants it.
    pub fn of(&self, model: &ModelSpec) -> Self {
        let share_embeddings = match model.embeddings {
            None => self.share_embeddings,
            Some(embeddings) => embeddings == Embeddings::Shared,
        };
        Self { share_embeddings, ..self.clone() }
    }
}

impl Default for DataSpec {
    fn default() -> Self {
        Self::Generated { synth: SynthSpec::default() }
    }
}

impl Default for FeatureSpec {
    fn default() -> Self {
        Self {
            numerical: NumericalEncoding::Buckets,
            buckets: 16,
            min_count: 1,
            log1p: false,
            list_pooling: ListPooling::Mean,
        }
    }
}

impl Default for NetworkSpec {
    fn default() -> Self {
        Self {
            embedding_size: 8,
            pooling: Pooling::Concatenate,
            hidden: vec![64, 32],
            share_embeddings: true,
            dropout: 0.0,
        }
    }
}
