//! Entire space: every event over every impression.
//!
//! ```text
//! L = Σ_e w_e · 1/|D| Σ_{i∈D} BCE(label_e(i), P_e(i))
//! ```
//! ESMM: e ∈ {CTR, CTCVR}, Ma et al. 2018, eq. 3. ESM²: e ∈ {CTR, CTAVR, CTCVR}, Wen et al. 2020, eq. 9–12.

use burn::tensor::Tensor;

use super::{EventBatch, cross_entropy};

/// Mean cross-entropy over the batch, `[1]`.
pub(super) fn loss_term(event: EventBatch) -> Tensor<1> {
    cross_entropy(event.mass, event.label).mean()
}
