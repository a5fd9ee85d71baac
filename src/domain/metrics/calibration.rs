//! Calibration: predicted over observed clicks, reliability curve.
use super::Undefined;

/// Mean predicted over mean observed.
///
/// # Errors
/// [`Undefined`] without rows or positives.
pub fn pcoc(scores: &[f64], labels: &[bool], weights: &[f64]) -> Result<f64, Undefined> {
    let _ = (scores, labels, weights);
    todo!()
}

/// Mean predicted and observed rate in equal-mass bins of the score.
pub fn reliability(scores: &[f64], labels: &[bool], bins: usize) -> Vec<(f64, f64)> {
    let _ = (scores, labels, bins);
    todo!()
}
