//! Area under the ROC curve: the rank statistic with mid-ranks for ties.
use super::Undefined;

/// AUC of `scores` for `labels`.
///
/// # Errors
/// [`Undefined`] when a class is missing.
pub fn auc(scores: &[f64], labels: &[bool]) -> Result<f64, Undefined> {
    let _ = (scores, labels);
    todo!()
}

/// AUC with a weight per row.
///
/// # Errors
/// [`Undefined`] when a class has no weight.
pub fn weighted_auc(scores: &[f64], labels: &[bool], weights: &[f64]) -> Result<f64, Undefined> {
    let _ = (scores, labels, weights);
    todo!()
}
