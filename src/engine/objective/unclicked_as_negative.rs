//! All missing as negative (AMAN): as click space, with a sampled share of the unclicked impressions as negatives.
//!
//! ```text
//! L_e = 1/|O ∪ S| [ Σ_O BCE(r, P(e | given)) + Σ_S BCE(0, P(e | given)) ],   S = unclicked rows whose draw ≤ share
//! ```
//! A row's draw is the run's: the same rows are negatives in every epoch. Underestimates by design.
//! Source: Ma et al. 2018, section 3.1, after Pan et al. 2008.

use super::batch::{complement, mean_where_observed, weighted_mean};
use super::{Batch, Losses};

pub(super) fn losses(batch: &Batch, share: f64) -> Losses {
    let mut losses = Losses::default();
    for (target, labels) in batch.supervised() {
        let loss = batch.cross_entropy(target, &labels.label);
        let mean = match &labels.condition {
            None => mean_where_observed(loss, None),
            Some(clicked) => {
                let sampled = batch.draws().lower_equal_elem(share).float() * complement(clicked);
                weighted_mean(loss, clicked.clone() + sampled)
            }
        };
        losses.push(&target.name, target.weight, mean);
    }
    losses
}
