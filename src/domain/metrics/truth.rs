//! Distance to the known truth.
use super::Undefined;

/// `E_D[pCVR] − E_D[q]`.
///
/// # Errors
/// [`Undefined::NoRows`].
pub fn bias_to_truth(p: &[f64], truth: &[f64], weights: &[f64]) -> Result<f64, Undefined> {
    let _ = (p, truth, weights);
    todo!()
}

/// `E_D|pCVR − q|`.
///
/// # Errors
/// [`Undefined::NoRows`].
pub fn mean_absolute_error_to_truth(p: &[f64], truth: &[f64], weights: &[f64]) -> Result<f64, Undefined> {
    let _ = (p, truth, weights);
    todo!()
}
