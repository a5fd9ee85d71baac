//! Click space (naive, independent): each event over the impressions that meet its condition.
//!
//! ```text
//! L = Σ_e w_e · 1/|D_e| Σ_{D_e} BCE(label_e, P(e | given))
//! ```
//! Source: Ma et al. 2018, section 3.1 (BASE).

use super::super::Target;
use super::{Sample, Term};

pub(super) fn terms(sample: &Sample, targets: &[Target]) -> Vec<Term> {
    targets.iter().enumerate().map(|(index, target)| sample.mean_where_observed(target, index)).collect()
}
