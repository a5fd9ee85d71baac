//! Click space (naive, independent): each event over the impressions that meet its condition; the conventional CVR model.
//!
//! ```text
//! L = Σ_e w_e · 1/|D_e| Σ_{D_e} BCE(label_e, P(e | given)),   D_e = impressions that meet e's condition
//! ```
//! With e ∈ {CTR, CVR given click}: BASE of Ma et al. 2018, section 3.1. In a batch that holds no such impression the
//! term is 0.

use super::batch::mean_where_observed;
use super::{Batch, Losses};

/// The gradient of impressions that do not meet the condition is exactly 0.
pub(super) fn losses(batch: &Batch) -> Losses {
    let mut losses = Losses::default();
    for (target, labels) in batch.supervised() {
        let loss = batch.cross_entropy(target, &labels.label);
        losses.push(&target.name, target.weight, mean_where_observed(loss, labels.condition.as_ref()));
    }
    losses
}
