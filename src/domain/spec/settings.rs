//! The numbers of an experiment beside its models': training, network, features, split, and how much of a file is kept.
use super::{FeatureSpec, NetworkSpec, OptimizerKind, Schedule, TrainingSpec};
use crate::domain::log::{RowLimit, SplitSpec};
use crate::domain::range::Range;
use crate::domain::setting::{SEED, Setting, open_setting, setting};

/// Weights of events.
pub const WEIGHT: Range = Range::linear(0.0, 100.0);
/// Weights that the page offers.
pub const OFFERED_WEIGHT: Range = Range::linear(0.0, 10.0);
/// Factors of positive labels.
pub const POSITIVE_WEIGHT: Range = Range::logarithmic(1e-3, 1e3);
/// Widths of hidden layers.
pub const LAYER_WIDTH: Range = Range::linear(1.0, 1024.0).whole();

const SHARE: Range = Range::linear(0.0, 1.0);

pub static LEARNING_RATE: Setting<TrainingSpec> =
    setting!(TrainingSpec, "learning_rate", learning_rate as f64, Range::logarithmic(1e-6, 1.0))
        .offered(Range::logarithmic(1e-5, 0.1))
        .words(text!(training_form::rate), text!(training_form::rate_hint));
pub static BATCH_SIZE: Setting<TrainingSpec> =
    open_setting!(TrainingSpec, "batch_size", batch_size as usize, Range::linear(1.0, 65_536.0).whole())
        .words(text!(training_form::batch), "");
pub static EPOCHS: Setting<TrainingSpec> =
    open_setting!(TrainingSpec, "epochs", epochs as usize, Range::linear(1.0, 1000.0).whole())
        .words(text!(training_form::epochs), "");
pub static MOMENTUM: Setting<TrainingSpec> =
    setting!(TrainingSpec, "momentum", momentum as f64, Range::linear(0.0, 0.999))
        .words(text!(training_form::optimisers::momentum), "")
        .applies(|training| training.optimizer == OptimizerKind::Sgd);
pub static WARM_UP_EPOCHS: Setting<TrainingSpec> =
    setting!(TrainingSpec, "warm_up_epochs", warm_up_epochs as f64, Range::linear(0.0, 100.0))
        .words(text!(training_form::schedules::warm_up), "");
pub static SCHEDULE_FLOOR: Setting<TrainingSpec> =
    setting!(TrainingSpec, "schedule_floor", schedule_floor as f64, SHARE)
        .words(text!(training_form::schedules::floor), "")
        .applies(|training| matches!(training.schedule, Schedule::Linear | Schedule::Cosine));
pub static DECAY_FACTOR: Setting<TrainingSpec> =
    setting!(TrainingSpec, "decay_factor", decay_factor as f64, Range::linear(0.01, 1.0))
        .words(text!(training_form::schedules::factor), "")
        .applies(falls_by_a_factor);
pub static DECAY_EPOCHS: Setting<TrainingSpec> =
    setting!(TrainingSpec, "decay_epochs", decay_epochs as f64, Range::linear(0.01, 1000.0))
        .words(text!(training_form::schedules::every), "")
        .applies(falls_by_a_factor);
pub static WEIGHT_DECAY: Setting<TrainingSpec> = setting!(TrainingSpec, "weight_decay", weight_decay as f64, SHARE)
    .words(text!(training_form::decay::weights), text!(training_form::decay::l2));
pub static EMBEDDING_DECAY: Setting<TrainingSpec> =
    open_setting!(TrainingSpec, "embedding_decay", embedding_decay as f64, SHARE)
        .words(text!(training_form::decay::embeddings), "");
/// 0 on the page is no limit.
pub static CLIP_NORM: Setting<TrainingSpec> = Setting::new(
    "clip_norm",
    Range::linear(1e-4, 1e4),
    |training: &TrainingSpec| training.clip_norm,
    |training, norm| training.clip_norm = (norm > 0.0).then_some(norm.max(1e-4)),
)
.offered(Range::linear(0.0, 1e4))
.words(text!(training_form::norm), text!(training_form::norm_hint));
pub static PATIENCE: Setting<TrainingSpec> = Setting::new(
    "early_stopping.patience",
    Range::linear(1.0, 100.0).whole(),
    |training: &TrainingSpec| training.early_stopping.as_ref().map(|rule| rule.patience as f64),
    |training, epochs| {
        if let Some(rule) = &mut training.early_stopping {
            rule.patience = epochs as usize;
        }
    },
)
.words(text!(training_form::stops::patience), "")
.applies(|training| training.early_stopping.is_some());
static MIN_CHANGE: Setting<TrainingSpec> = Setting::new(
    "early_stopping.min_change",
    SHARE,
    |training: &TrainingSpec| training.early_stopping.as_ref().map(|rule| rule.min_change),
    |training, change| {
        if let Some(rule) = &mut training.early_stopping {
            rule.min_change = change;
        }
    },
);
static BETA1: Setting<TrainingSpec> = setting!(TrainingSpec, "beta1", beta1 as f64, Range::linear(0.0, 0.999_999));
static BETA2: Setting<TrainingSpec> = setting!(TrainingSpec, "beta2", beta2 as f64, Range::linear(0.0, 0.999_999_9));
static EPSILON: Setting<TrainingSpec> =
    setting!(TrainingSpec, "epsilon", epsilon as f64, Range::logarithmic(1e-12, 1.0));

/// Every number of `training`.
pub static TRAINING: [&Setting<TrainingSpec>; 16] = [
    &LEARNING_RATE,
    &BETA1,
    &BETA2,
    &EPSILON,
    &BATCH_SIZE,
    &EPOCHS,
    &WARM_UP_EPOCHS,
    &SCHEDULE_FLOOR,
    &DECAY_FACTOR,
    &DECAY_EPOCHS,
    &MOMENTUM,
    &WEIGHT_DECAY,
    &EMBEDDING_DECAY,
    &CLIP_NORM,
    &PATIENCE,
    &MIN_CHANGE,
];

pub static BUCKETS: Setting<FeatureSpec> =
    setting!(FeatureSpec, "buckets", buckets as usize, Range::linear(2.0, 256.0).whole())
        .words(text!(forms::features::buckets), "")
        .applies(|features| features.numerical == super::NumericalEncoding::Buckets);
static MIN_COUNT: Setting<FeatureSpec> =
    setting!(FeatureSpec, "min_count", min_count as u32, Range::linear(1.0, u32::MAX as f64).whole());

/// Every number of `features`.
pub static FEATURES: [&Setting<FeatureSpec>; 2] = [&BUCKETS, &MIN_COUNT];

pub static EMBEDDING_SIZE: Setting<NetworkSpec> =
    setting!(NetworkSpec, "embedding_size", embedding_size as usize, Range::linear(1.0, 128.0).whole())
        .words(text!(forms::features::embedding_size), "");
static DROPOUT: Setting<NetworkSpec> = setting!(NetworkSpec, "dropout", dropout as f64, Range::linear(0.0, 0.9));

/// Every number of `network` but the widths of its layers.
pub static NETWORK: [&Setting<NetworkSpec>; 2] = [&EMBEDDING_SIZE, &DROPOUT];

static EVAL_SHARE: Setting<SplitSpec> = setting!(SplitSpec, "eval_share", eval_share as f64, Range::linear(0.05, 0.9));
static VALIDATION_SHARE: Setting<SplitSpec> =
    setting!(SplitSpec, "validation_share", validation_share as f64, Range::linear(0.0, 0.5));
static CUTOFF_DAYS: Setting<SplitSpec> =
    open_setting!(SplitSpec, "cutoff_days", cutoff_days as f64, Range::logarithmic(0.1, 3650.0));
static SPLIT_SEED: Setting<SplitSpec> = setting!(SplitSpec, "seed", seed as u64, SEED);

/// Every number of `split`.
pub static SPLIT: [&Setting<SplitSpec>; 4] = [&EVAL_SHARE, &VALIDATION_SHARE, &CUTOFF_DAYS, &SPLIT_SEED];

/// Every number of `data.limit`.
pub static LIMIT: [&Setting<RowLimit>; 3] = [&LIMIT_ROWS, &LIMIT_MEGABYTES, &LIMIT_SEED];

pub static LIMIT_ROWS: Setting<RowLimit> =
    setting!(RowLimit, "rows", rows as usize, Range::logarithmic(1_000.0, 20_000_000.0).whole())
        .words(text!(forms::limit::rows), text!(forms::limit::sampled));
pub static LIMIT_MEGABYTES: Setting<RowLimit> =
    setting!(RowLimit, "megabytes", megabytes as usize, Range::logarithmic(16.0, 2_000.0).whole())
        .words(text!(forms::limit::megabytes), text!(forms::limit::memory));
pub static LIMIT_SEED: Setting<RowLimit> =
    setting!(RowLimit, "seed", seed as u64, SEED).words(text!(forms::limit::seed), "");

fn falls_by_a_factor(training: &TrainingSpec) -> bool {
    matches!(training.schedule, Schedule::Step | Schedule::Exponential)
}
