//! Delayed feedback (DFM): what looks like a negative may be a conversion still to come.
//!
//! ```text
//! L = w·BCE for every other event + w_d · mean ℓ
//! ℓ = −(ln P + ln λ − λ·d)                 converted after d days
//! ℓ = −ln P                                converted at an unknown time
//! ℓ = −ln(1 − P + P·exp(−λ·e))             not converted e days after the click
//! λ = softplus(z_delay)
//! ```
//! P is the probability of the delayed event: pCVR averaged over clicks (click space, Chapelle 2014, eq. 4–8), or
//! pCTCVR = pCTR·pCVR over all impressions (entire space), where an impression without a click waits since it was shown.
//!
//! In log space: `ln(1 − P + P·exp(−λe)) = log-add-exp(ln(1−P), ln P − λe)`; nothing overflows and nothing is clamped.

use burn::tensor::Tensor;

use super::batch::{complement, mean_where_observed};
use super::{Batch, Losses};
use crate::engine::scm::{LogAnswers, LogMass, log_add_exp};

/// Below it `ln softplus(z)` is its series, which no rounding of `1 + eᶻ` spoils.
const SERIES_BELOW: f64 = -4.0;

/// When a batch's delayed event happened, in days.
#[derive(Debug, Clone)]
pub struct BatchWaits {
    /// `[batch]`: from the click to the event; 0 where it has not happened, or where that is not known.
    pub delay: Tensor<1>,
    /// `[batch]`: 1 where `delay` is known.
    pub has_delay: Tensor<1>,
    /// `[batch]`: from the click or impression to the log's end.
    pub elapsed: Tensor<1>,
}

pub(super) fn losses(batch: &Batch, delayed: &str) -> Losses {
    let mut losses = Losses::default();
    for (target, labels) in batch.supervised() {
        let loss = if target.name == delayed {
            let log_rate = log_softplus(batch.auxiliary());
            losses.say(
                "delay_days",
                &target.name,
                mean_where_observed(log_rate.clone().neg().exp(), labels.condition.as_ref()),
            );
            negative_log_likelihood(batch.mass(target), log_rate, &labels.label, batch.waits())
        } else {
            batch.cross_entropy(target, &labels.label)
        };
        losses.push(&target.name, target.weight, mean_where_observed(loss, labels.condition.as_ref()));
    }
    losses
}

/// ℓ of every impression, `[batch]`.
fn negative_log_likelihood(mass: LogMass, log_rate: Tensor<1>, label: &Tensor<1>, waits: &BatchWaits) -> Tensor<1> {
    let rate = log_rate.clone().exp();
    let converted = label.clone() * mass.log_p.clone();
    let when = label.clone() * waits.has_delay.clone() * (log_rate - rate.clone() * waits.delay.clone());
    let not_yet = log_add_exp(mass.log_not_p, mass.log_p - rate * waits.elapsed.clone());
    (converted + when + complement(label) * not_yet).neg()
}

/// `ln softplus(z)`, `[batch]`: `z − eᶻ/2 + 5e²ᶻ/24` where z is low.
fn log_softplus(tower: &LogAnswers) -> Tensor<1> {
    // softplus(z) = −ln σ(−z), and z = ln σ(z) − ln σ(−z).
    let z = tower.log_yes.clone() - tower.log_no.clone();
    let is_low = z.clone().lower_elem(SERIES_BELOW);
    // Each side sees only arguments at which it is finite: a hidden infinity has a gradient of NaN.
    let softplus = tower.log_no.clone().neg().mask_fill(is_low.clone(), 1.0).log();
    let exp = z.clone().clamp_max(SERIES_BELOW).exp();
    let series = z - exp.clone().mul_scalar(0.5) + (exp.clone() * exp).mul_scalar(5.0 / 24.0);
    softplus.mask_where(is_low, series)
}
