//! Rejection sampling (UNBIAS): as click space on the clicks that are kept, each with a probability ∝ 1/pCTR.
//!
//! ```text
//! L_e = 1/|K| Σ_K BCE(r, P(e | given)),   K = clicks whose draw ≤ min_O(p̂)/p̂,   p̂ = stop-gradient(P(given))
//! ```
//! Normalisation: the batch's least likely click is kept for certain, so the probabilities are exactly proportional and
//! never above 1. The price is few clicks a batch when pCTR varies much: `kept_share` says how many. Draws come from the
//! run's seed and are compared on the device. Without draws each click weighs as often as it is kept: 1/p̂.
//! Source: Ma et al. 2018, section 3.1 (UNBIAS), after Zhang et al. 2016.

use super::batch::{complement, mean_where_observed, weighted_mean};
use super::{Batch, Losses};

/// Above any `ln p̂`: keeps unclicked impressions out of the minimum.
const OUT_OF_REACH: f64 = 1e9;

pub(super) fn losses(batch: &Batch) -> Losses {
    let mut losses = Losses::default();
    for (target, labels) in batch.supervised() {
        let loss = batch.cross_entropy(target, &labels.label);
        let (Some(clicked), Some(propensity)) = (&labels.condition, batch.propensity(target)) else {
            losses.push(&target.name, target.weight, mean_where_observed(loss, labels.condition.as_ref()));
            continue;
        };
        let log_p = propensity.log_p;
        let least = (log_p.clone() + complement(clicked).mul_scalar(OUT_OF_REACH)).min();
        let log_keep = least.expand(log_p.dims()) - log_p;
        let is_kept = match batch.draws_of_step() {
            Some(draws) => draws.log().lower_equal(log_keep).float(),
            None => log_keep.exp(),
        };
        let kept = is_kept * clicked.clone();
        losses.say("kept_share", &target.name, kept.clone().sum() / clicked.clone().sum().clamp_min(1.0));
        losses.push(&target.name, target.weight, weighted_mean(loss, kept));
    }
    losses
}
