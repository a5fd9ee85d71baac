//! How the network is trained: optimiser, learning rate over time, decay, clipping, class weights, early stopping.
//!
//! By default: plain Adam, a learning rate that falls to 0 at the run's end, batch, epochs and decay of embeddings that follow the rows. Every
//! option beyond that is off and then left out of files and links; the schedule is always written, since a run that does
//! not end at a rate of 0 has other numbers. Ranges are in [`super::settings`].
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::schedule::Schedule;
use crate::domain::setting::is_zero;

/// How the network is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingSpec {
    #[serde(skip_serializing_if = "is_default")]
    pub optimizer: OptimizerKind,
    /// η, before the schedule.
    pub learning_rate: f64,
    pub schedule: Schedule,
    /// Epochs over which the learning rate first rises in a line from near 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub warm_up_epochs: f64,
    /// Share of the learning rate that the linear and the cosine schedule end at.
    #[serde(skip_serializing_if = "is_zero")]
    pub schedule_floor: f64,
    /// Factor of the step and the exponential schedule, every `decay_epochs`.
    #[serde(skip_serializing_if = "is_half")]
    pub decay_factor: f64,
    #[serde(skip_serializing_if = "is_one")]
    pub decay_epochs: f64,
    /// Adam and AdamW.
    pub beta1: f64,
    /// Adam and AdamW.
    pub beta2: f64,
    /// Adam and AdamW.
    pub epsilon: f64,
    /// SGD: share of the last move that is kept.
    #[serde(skip_serializing_if = "is_zero")]
    pub momentum: f64,
    /// Decay of the towers' weights (biases are left alone): decoupled under AdamW, an L2 term of the gradient under Adam
    /// and SGD.
    #[serde(skip_serializing_if = "is_zero")]
    pub weight_decay: f64,
    /// The same for the embeddings; with `lazy_embeddings` it reaches the rows of the batch alone. Absent:
    /// follows the rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embedding_decay: Option<f64>,
    /// Largest Euclidean norm of all gradients together; a longer one is scaled down to it. Absent: no clipping.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_norm: Option<f64>,
    /// Rows per step. Absent: follows the rows ([`super::ResolvedTraining::of_rows`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_size: Option<usize>,
    /// Passes over the training rows. Absent: follows the rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epochs: Option<usize>,
    /// The optimiser moves only the embedding rows of the batch, so a step's cost does not grow with the vocabulary.
    pub lazy_embeddings: bool,
    /// Event → factor of the loss of its positive labels (class weights).
    ///
    /// Weighting is not free: a model trained so predicts odds that are about this factor too high, so its probabilities
    /// are not calibrated. To recover them divide the odds by the factor: `p / (p + w·(1 − p))`. The delayed event of `dfm`,
    /// whose loss is a likelihood of times, is not weighted.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub positive_weights: BTreeMap<String, f64>,
    /// Stop before the last epoch, absent for never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<EarlyStopping>,
}

/// What moves the parameters; one file each in `engine/optimizer/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptimizerKind {
    /// Kingma and Ba 2015.
    #[default]
    Adam,
    /// Adam with decoupled weight decay: Loshchilov and Hutter 2019.
    AdamW,
    /// Stochastic gradient descent, with momentum when that is above 0.
    Sgd,
}

/// When to stop early: after `patience` epochs without a better value of a metric on the validation rows.
///
/// The best state is kept and put back at the end. The rows are the validation rows and not the evaluation rows: what
/// chooses the state must not also judge it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlyStopping {
    /// Metric key, `<metric>.<task>`: `auc.ctcvr`, `logloss.ctr`, …
    pub metric: String,
    /// Epochs without a better value that are waited for.
    #[serde(default = "one_epoch")]
    pub patience: usize,
    /// How much better a value must be to count.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub min_change: f64,
}

impl Default for TrainingSpec {
    fn default() -> Self {
        Self {
            optimizer: OptimizerKind::Adam,
            learning_rate: 2e-3,
            schedule: Schedule::Linear,
            warm_up_epochs: 0.0,
            schedule_floor: 0.0,
            decay_factor: 0.5,
            decay_epochs: 1.0,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            momentum: 0.0,
            weight_decay: 0.0,
            embedding_decay: None,
            clip_norm: None,
            batch_size: None,
            epochs: None,
            lazy_embeddings: true,
            positive_weights: BTreeMap::new(),
            early_stopping: None,
        }
    }
}

impl TrainingSpec {
    /// Factor of an event's positive labels.
    pub fn positive_weight(&self, event: &str) -> f64 {
        self.positive_weights.get(event).copied().unwrap_or(1.0)
    }
}

fn one_epoch() -> usize {
    1
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn is_half(value: &f64) -> bool {
    *value == 0.5
}

fn is_one(value: &f64) -> bool {
    *value == 1.0
}
