//! Distance to the known truth.
//!
//! KL divergence and root mean square are least for the model that says the true probabilities: whoever minimises them
//! on average is right on average. The mean absolute distance is not such a measure: it is least for the *median* of the
//! true probabilities, so that of conversion rates, most of which lie below their mean, a model that says nearly 0 to
//! everything can be nearer than one that is right on average.

use super::{Undefined, weighted_mean};

/// Mean `p − q`: of pCVR, `E_D[pCVR] − E_D[q]`.
///
/// # Errors
/// [`Undefined::NoRows`].
pub fn bias_to_truth(p: &[f64], truth: &[f64], weights: &[f64]) -> Result<f64, Undefined> {
    weighted_mean(weights, |row| p[row] - truth[row])
}

/// Mean `|p − q|`; the median of the truth is nearest to it, not the mean.
///
/// # Errors
/// [`Undefined::NoRows`].
pub fn mean_absolute_error_to_truth(p: &[f64], truth: &[f64], weights: &[f64]) -> Result<f64, Undefined> {
    weighted_mean(weights, |row| (p[row] - truth[row]).abs())
}

/// Root of the mean `(p − q)²`.
///
/// # Errors
/// [`Undefined::NoRows`].
pub fn root_mean_square_error_to_truth(p: &[f64], truth: &[f64], weights: &[f64]) -> Result<f64, Undefined> {
    weighted_mean(weights, |row| (p[row] - truth[row]) * (p[row] - truth[row])).map(libm::sqrt)
}

/// Mean Kullback–Leibler divergence of the true label from the predicted one, nats a row: what the predictions cost in
/// log-loss above the least that any could.
///
/// # Errors
/// [`Undefined::NoRows`].
pub fn kl_to_truth(log_p: &[f64], log_not_p: &[f64], truth: &[f64], weights: &[f64]) -> Result<f64, Undefined> {
    weighted_mean(weights, |row| divergence(log_p[row], log_not_p[row], truth[row]))
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

/// `q ln (q / p) + (1 − q) ln ((1 − q) / (1 − p))` of one row, in nats. A certain truth (q of 0 or 1) has one term.
pub(super) fn divergence(log_p: f64, log_not_p: f64, truth: f64) -> f64 {
    let yes = if truth > 0.0 { truth * (libm::log(truth) - log_p) } else { 0.0 };
    let no = if truth < 1.0 { (1.0 - truth) * (libm::log1p(-truth) - log_not_p) } else { 0.0 };
    // Never negative but by rounding.
    (yes + no).max(0.0)
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
        let square = (0.2f64 * 0.2 + 3.0 * 0.1 * 0.1) / 4.0;
        assert!((root_mean_square_error_to_truth(&p, &truth, &weights).unwrap() - square.sqrt()).abs() < 1e-15);
        assert_eq!(bias_to_truth(&[], &[], &[]), Err(Undefined::NoRows));
    }

    #[test]
    fn the_divergence_is_the_cross_entropy_above_that_of_the_truth_itself() {
        let log = |p: f64| (p.ln(), (-p).ln_1p());
        for (p, q) in [(0.2, 0.4), (1e-6, 0.03), (0.999, 0.5), (0.3, 0.3)] {
            let ((log_p, log_not_p), (log_q, log_not_q)) = (log(p), log(q));
            let above = cross_entropy(log_p, log_not_p, q) - cross_entropy(log_q, log_not_q, q);
            assert!((divergence(log_p, log_not_p, q) - above).abs() < 1e-15, "{p} {q}");
        }
        let (log_p, log_not_p) = log(0.2);
        assert_eq!(divergence(log_p, log_not_p, 0.0), -log_not_p);
        assert_eq!(divergence(log_p, log_not_p, 1.0), -log_p);
        assert_eq!(divergence(-1e-300, -700.0, 1.0), 1e-300);
    }

    #[test]
    fn the_mean_absolute_distance_prefers_a_model_that_shrinks_to_0_and_the_others_do_not() {
        // Nine rows that hardly convert and one that does: the mean is .109, the median .01.
        let truth: Vec<f64> = (0..10).map(|row| if row == 0 { 1.0 } else { 0.01 }).collect();
        let weights = [1.0; 10];
        let of = |p: f64| {
            let (log_p, log_not_p) = ([p.ln(); 10], [(-p).ln_1p(); 10]);
            (
                mean_absolute_error_to_truth(&[p; 10], &truth, &weights).unwrap(),
                kl_to_truth(&log_p, &log_not_p, &truth, &weights).unwrap(),
                root_mean_square_error_to_truth(&[p; 10], &truth, &weights).unwrap(),
            )
        };
        let (mean, none) = (of(0.109), of(1e-6));
        assert!(none.0 < mean.0 && none.1 > mean.1 && none.2 > mean.2, "{mean:?} {none:?}");
    }
}
