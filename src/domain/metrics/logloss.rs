//! Mean cross-entropy.
use super::Undefined;

/// Mean of `−label·log_p − (1−label)·log_not_p`, in nats.
///
/// # Errors
/// [`Undefined::NoRows`].
pub fn log_loss(log_p: &[f64], log_not_p: &[f64], labels: &[bool], weights: &[f64]) -> Result<f64, Undefined> {
    let _ = (log_p, log_not_p, labels, weights);
    todo!()
}
