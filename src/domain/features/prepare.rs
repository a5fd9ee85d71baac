//! From a log and a plan to all that training needs, in one call.
use super::{EncodedLog, FeatureError, FittedFeatures, Split, SplitError};
use crate::domain::log::ImpressionLog;
use crate::domain::spec::TrainPlan;

/// A log made ready for one plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    pub split: Split,
    pub fitted: FittedFeatures,
    pub encoded: EncodedLog,
    /// `[tree labels][n_rows]`, in the order of [`crate::domain::behavior::BehaviorTree::labels`].
    pub labels: Vec<Vec<bool>>,
}

/// Why a log and a plan do not go together.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PrepareError {
    #[error(transparent)]
    Split(#[from] SplitError),
    #[error(transparent)]
    Feature(#[from] FeatureError),
    #[error(
        "model \"{model}\" asks for the label \"{label}\", which the log does not have; map a column to it or leave the model out"
    )]
    MissingLabel { model: String, label: String },
    #[error("label \"{label}\" is never 1 in the training rows; no model can learn from it")]
    NeverOne { label: String },
}

impl Prepared {
    /// Splits, fits and encodes.
    ///
    /// # Errors
    /// [`PrepareError`], each with what to do.
    pub fn new(log: &ImpressionLog, plan: &TrainPlan) -> Result<Self, PrepareError> {
        let _ = (log, plan);
        todo!()
    }
}
