//! Division: one tower for each event over all impressions; pCVR is read off as their ratio.
//!
//! ```text
//! L = Σ_e w_e · 1/|D| Σ_D BCE(label_e, σ(z_e)),   pCVR = σ(z_ctcvr) / σ(z_ctr)
//! ```
//! Nothing keeps the ratio below 1: `domain/objective/readout.rs` clips it and counts how often.
//! Source: Ma et al. 2018, section 3.1 (DIVISION).

use super::batch::cross_entropy;
use super::{Batch, Losses};
use crate::engine::scm::LogMass;

pub(super) fn losses(batch: &Batch) -> Losses {
    let mut losses = Losses::default();
    for (index, (target, labels)) in batch.supervised().enumerate() {
        let tower = batch.tower(index).clone();
        let mass = LogMass { log_p: tower.log_yes, log_not_p: tower.log_no };
        losses.push(&target.name, target.weight, cross_entropy(mass, &labels.label, target.positive_weight).mean());
    }
    losses
}
