//! Mean cross-entropy, and the same relative to what the base rate alone would give.

use super::{Undefined, weighted_mean};

/// Mean of `−label·log_p − (1−label)·log_not_p`, in nats.
///
/// # Errors
/// [`Undefined::NoRows`].
pub fn log_loss(log_p: &[f64], log_not_p: &[f64], labels: &[bool], weights: &[f64]) -> Result<f64, Undefined> {
    weighted_mean(weights, |row| loss(log_p[row], log_not_p[row], labels[row]))
}

/// Normalised entropy: log-loss over the entropy of the observed base rate; below 1 is better than a constant.
///
/// # Errors
/// [`Undefined`] without rows or when a class is missing.
pub fn normalized_entropy(
    log_p: &[f64],
    log_not_p: &[f64],
    labels: &[bool],
    weights: &[f64],
) -> Result<f64, Undefined> {
    let loss = log_loss(log_p, log_not_p, labels, weights)?;
    let rate = weighted_mean(weights, |row| f64::from(u8::from(labels[row])))?;
    over_entropy(loss, rate)
}

/// One row's cross-entropy, in nats.
pub(super) fn loss(log_p: f64, log_not_p: f64, label: bool) -> f64 {
    if label { -log_p } else { -log_not_p }
}

/// A log-loss over the entropy of the base rate `rate`.
pub(super) fn over_entropy(loss: f64, rate: f64) -> Result<f64, Undefined> {
    if rate <= 0.0 {
        return Err(Undefined::NoPositive);
    }
    if rate >= 1.0 {
        return Err(Undefined::NoNegative);
    }
    Ok(loss / -(rate * libm::log(rate) + (1.0 - rate) * libm::log1p(-rate)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_says_the_base_rate_has_normalized_entropy_one() {
        let labels = [true, false, false, false];
        let (log_p, log_not_p) = ([0.25f64.ln(); 4], [0.75f64.ln(); 4]);
        let found = normalized_entropy(&log_p, &log_not_p, &labels, &[1.0; 4]).unwrap();
        assert!((found - 1.0).abs() < 1e-15);
        assert_eq!(normalized_entropy(&log_p, &log_not_p, &[false; 4], &[1.0; 4]), Err(Undefined::NoPositive));
        assert_eq!(log_loss(&[], &[], &[], &[]), Err(Undefined::NoRows));
    }
}
