//! From a log and a plan to all that training needs, in one call.
use super::{EncodedLog, FeatureError, FittedFeatures, Split, SplitError, split};
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
    #[error(
        "the label \"{label}\" is never 1 in the {rows} training rows, so the model \"{model}\" cannot learn it; use a longer log, or split by row"
    )]
    NeverOne { model: String, label: String, rows: usize },
}

impl Prepared {
    /// Splits, fits and encodes.
    ///
    /// # Errors
    /// [`PrepareError`], each with what to do.
    pub fn new(log: &ImpressionLog, plan: &TrainPlan) -> Result<Self, PrepareError> {
        let model = &plan.model;
        let labels = model.tree.labels();
        let find = |label: &&str| {
            let missing = || PrepareError::MissingLabel { model: model.name.clone(), label: (*label).to_owned() };
            log.label(label).map(<[bool]>::to_vec).ok_or_else(missing)
        };
        let values: Vec<Vec<bool>> = labels.iter().map(find).collect::<Result<_, _>>()?;
        let split = split(log, &plan.split)?;
        for (label, values) in labels.iter().zip(&values) {
            if !split.train.iter().any(|&row| values[row as usize]) {
                let (model, label) = (model.name.clone(), (*label).to_owned());
                return Err(PrepareError::NeverOne { model, label, rows: split.train.len() });
            }
        }
        let fitted = FittedFeatures::fit(log, &split.train, &plan.features)?;
        let encoded = fitted.encode(log);
        Ok(Self { split, fitted, encoded, labels: values })
    }
}
