//! Inverse propensities, and how far a loss that is weighted by them can be trusted.

use super::{Batch, Losses};
use crate::domain::objective::Target;
use crate::engine::column::Column;
use crate::engine::scm::LogMass;

/// A target whose label is observed only where its condition is met.
pub(super) struct Conditioned<'a, C> {
    pub target: &'a Target,
    /// Cross-entropy of every impression, `[batch]`.
    pub loss: C,
    /// `[batch]`, 1 where the condition is met.
    pub clicked: &'a C,
    /// Log-mass of the condition, without gradient.
    pub click: LogMass<C>,
}

/// The mean loss of every target without a condition, and what `correct` adds for each of the others.
pub(super) fn losses<C: Column>(batch: &Batch<C>, correct: impl Fn(&mut Losses<C>, Conditioned<C>)) -> Losses<C> {
    let mut losses = Losses::default();
    for (target, labels) in batch.supervised() {
        let loss = batch.cross_entropy(target, &labels.label);
        match (&labels.condition, batch.propensity(target)) {
            (Some(clicked), Some(click)) => correct(&mut losses, Conditioned { target, loss, clicked, click }),
            (observed, _) => {
                losses.push(&target.name, target.weight, batch.mean_where_observed(loss, observed.as_ref()))
            }
        }
    }
    losses
}

/// `1 / max(p, clip)` from `ln p`, `[batch]`; at most `1/clip`, so nothing overflows.
pub(super) fn inverse<C: Column>(log_p: C, clip: f64) -> C {
    log_p.clamp_min(libm::log(clip)).neg().exp()
}

/// Says of the weights `observed/max(p, clip)`: the share that is clipped, the effective sample size (Σw)²/Σw² (Kish)
/// and the number of impressions that it is to be compared with.
pub(super) fn say<C: Column>(batch: &Batch<C>, losses: &mut Losses<C>, name: &str, log_p: C, observed: &C, clip: f64) {
    const LEAST: f64 = 1e-18;
    let count = observed.clone().sum();
    let is_clipped = C::of_mask(log_p.clone().lower_elem(libm::log(clip))) * observed.clone();
    losses.say("clip_share", name, is_clipped.sum() / count.clone().clamp_min(1.0));
    let weight = batch.counted(inverse(log_p, clip) * observed.clone());
    let sum = weight.clone().sum();
    let squares = (weight.clone() * weight).sum().clamp_min(LEAST);
    losses.say("effective_sample_size", name, sum.clone() * sum / squares);
    losses.say("weighted_rows", name, count);
}
