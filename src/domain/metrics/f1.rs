//! F1 when the top share by score is called positive (ESM², section 4.2).
use super::Undefined;

/// F1 at the top `share` (0–1) of scores.
///
/// # Errors
/// [`Undefined`] when that is less than one row, or there is no positive.
pub fn f1_at_top(scores: &[f64], labels: &[bool], share: f64) -> Result<f64, Undefined> {
    let _ = (scores, labels, share);
    todo!()
}
