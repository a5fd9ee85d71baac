//! Mean cross-entropy, and the same relative to what the base rate alone would give.

use super::Undefined;

/// One row's `−label·log_p − (1−label)·log_not_p`, in nats; its mean is the log-loss.
pub(super) fn loss(log_p: f64, log_not_p: f64, label: bool) -> f64 {
    if label { -log_p } else { -log_not_p }
}

/// Normalised entropy: a log-loss over the entropy of the base rate `rate`; below 1 is better than a constant.
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
    use super::super::given::Given;
    use super::*;

    #[test]
    fn a_model_that_says_the_base_rate_has_normalized_entropy_one() {
        let labels = [true, false, false, false];
        let found = Given::new(&[0.25; 4], &labels).metric("ne").unwrap();
        assert!((found - 1.0).abs() < 1e-15);
        assert_eq!(Given::new(&[0.25; 4], &[false; 4]).metric("ne"), Err(Undefined::NoPositive));
        assert_eq!(Given::new(&[], &[]).metric("logloss"), Err(Undefined::NoRows));
    }
}
