//! Distance to the known truth.

use super::{Undefined, weighted_mean};

/// `E_D[pCVR] − E_D[q]`.
///
/// # Errors
/// [`Undefined::NoRows`].
pub fn bias_to_truth(p: &[f64], truth: &[f64], weights: &[f64]) -> Result<f64, Undefined> {
    weighted_mean(weights, |row| p[row] - truth[row])
}

/// `E_D|pCVR − q|`.
///
/// # Errors
/// [`Undefined::NoRows`].
pub fn mean_absolute_error_to_truth(p: &[f64], truth: &[f64], weights: &[f64]) -> Result<f64, Undefined> {
    weighted_mean(weights, |row| (p[row] - truth[row]).abs())
}

/// Cross-entropy to the truth: mean of `−q·log_p − (1−q)·log_not_p`, in nats.
///
/// # Errors
/// [`Undefined::NoRows`].
pub fn cross_entropy_to_truth(
    log_p: &[f64],
    log_not_p: &[f64],
    truth: &[f64],
    weights: &[f64],
) -> Result<f64, Undefined> {
    weighted_mean(weights, |row| cross_entropy(log_p[row], log_not_p[row], truth[row]))
}

/// One row's cross-entropy to its true probability, in nats.
pub(super) fn cross_entropy(log_p: f64, log_not_p: f64, truth: f64) -> f64 {
    -truth * log_p - (1.0 - truth) * log_not_p
}

/// `ln (q / (1 − q))`; a certain truth is taken as a hair inside, where log-odds are finite.
pub(super) fn log_odds(truth: f64) -> f64 {
    let q = truth.clamp(1e-12, 1.0 - 1e-12);
    libm::log(q) - libm::log1p(-q)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_means_over_rows() {
        let (p, truth, weights) = ([0.2, 0.6], [0.4, 0.5], [1.0, 3.0]);
        assert!((bias_to_truth(&p, &truth, &weights).unwrap() - (-0.2 + 3.0 * 0.1) / 4.0).abs() < 1e-15);
        assert!((mean_absolute_error_to_truth(&p, &truth, &weights).unwrap() - (0.2 + 3.0 * 0.1) / 4.0).abs() < 1e-15);
        assert_eq!(bias_to_truth(&[], &[], &[]), Err(Undefined::NoRows));
    }
}
