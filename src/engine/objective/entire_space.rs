//! Entire space (ESMM, ESM²): every event over every impression; optionally the likelihood of the answers at clicks.
//!
//! ```text
//! L = Σ_e w_e · 1/|D| Σ_D BCE(label_e, P_e)  +  w · 1/|O| Σ_O −ln P(answers after the click)
//! ```
//! ESMM: e ∈ {CTR, CTCVR}, Ma et al. 2018, eq. 3. ESM²: e ∈ {CTR, CTAVR, CTCVR}, Wen et al. 2020, eq. 9–12. The losses
//! of ESM² see y3 and y4 only through their mixture; the likelihood of (action, purchase) at clicks tells them apart.

use burn::tensor::Tensor;

use super::batch::{mean_where_observed, weighted_mean};
use super::{Batch, Losses};
use crate::domain::spec::AuxiliaryTerm;

/// The first `n_events` targets are events, the others the questions of the joint likelihood.
pub(super) fn losses(batch: &Batch, n_events: usize) -> Losses {
    let mut losses = Losses::default();
    for (target, labels) in batch.supervised().take(n_events) {
        let loss = batch.cross_entropy(target, &labels.label);
        losses.push(&target.name, target.weight, mean_where_observed(loss, labels.condition.as_ref()));
    }
    // Each question's cross-entropy where it is asked; an impression's sum is −ln P of its whole path after the click.
    let mut of_path: Option<(Tensor<1>, Tensor<1>)> = None;
    for (question, labels) in batch.supervised().skip(n_events) {
        let Some(asked) = labels.condition.clone() else { continue };
        let loss = batch.cross_entropy(question, &labels.label) * asked.clone();
        of_path = Some(match of_path {
            None => (loss, asked),
            Some((sum, clicked)) => (sum + loss, clicked.max_pair(asked)),
        });
    }
    if let (Some((loss, clicked)), Some(first)) = (of_path, batch.targets.get(n_events)) {
        losses.push(AuxiliaryTerm::Joint.name(), first.weight, weighted_mean(loss, clicked));
    }
    losses
}
