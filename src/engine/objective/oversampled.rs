//! Oversampling: as click space, a positive of a conditioned event counts k times.
//!
//! ```text
//! L_e = Σ_O c·BCE(r, P(e | given)) / Σ_O c,   c = k where r = 1, else 1
//! ```
//! The papers repeat the positives in the training set. A weight does the same without moving copies into other batches
//! and leaves the CTR's events alone, and k need not be whole.
//! Source: Ma et al. 2018, section 3.1 (OVERSAMPLING); Wen et al. 2020, section 4 (DNN-OS).

use super::batch::{mean_where_observed, weighted_mean};
use super::{Batch, Losses};

pub(super) fn losses(batch: &Batch, rate: f64) -> Losses {
    let mut losses = Losses::default();
    for (target, labels) in batch.supervised() {
        let loss = batch.cross_entropy(target, &labels.label);
        let mean = match &labels.condition {
            None => mean_where_observed(loss, None),
            Some(clicked) => weighted_mean(loss, clicked.clone() + labels.label.clone().mul_scalar(rate - 1.0)),
        };
        losses.push(&target.name, target.weight, mean);
    }
    losses
}
