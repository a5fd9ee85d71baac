//! Click space: each event over the impressions that meet its condition; the conventional CVR model.
//!
//! ```text
//! L = Σ_e w_e · 1/|D_e| Σ_{i∈D_e} BCE(label_e(i), P(e | given)(i)),   D_e = impressions that meet e's condition
//! ```
//! With e ∈ {CTR, CVR given click}: BASE of Ma et al. 2018, section 3.1. In a batch that holds no such impression the
//! term is 0.

use burn::tensor::Tensor;

use super::{EventBatch, cross_entropy};

/// Mean cross-entropy over the batch's impressions that meet the condition, `[1]`.
///
/// The gradient of the others is exactly 0.
pub(super) fn loss_term(event: EventBatch) -> Tensor<1> {
    let loss = cross_entropy(event.mass, event.label);
    match event.condition {
        None => loss.mean(),
        Some(condition) => {
            let met = condition.clone().sum().clamp_min(1.0);
            (loss * condition).sum() / met
        }
    }
}
