//! ESCM²-IPS: ESMM's losses, and the conditioned event's over clicks, each weighted by its inverse propensity.
//!
//! ```text
//! L = L_ctr + λ_c · 1/|D| Σ_O BCE(r, q)/max(p̂, clip) + λ_g · L_ctcvr,   p̂ = stop-gradient(pCTR)
//! ```
//! Source: Wang et al. 2022, eq. 7 and 13.

use super::super::Target;
use super::{Sample, Term};

pub(super) fn terms(sample: &Sample, targets: &[Target], clip: f64) -> Vec<Term> {
    let total = sample.total_mass();
    let terms = targets.iter().enumerate().map(|(index, target)| {
        if !target.is_conditional() {
            return sample.mean_where_observed(target, index);
        }
        sample.cross_entropy_term(target, |row| {
            let label = sample.labels[index][row]?;
            Some((sample.mass[row] / total * sample.inverse_propensity(target, row, clip), label))
        })
    });
    terms.collect()
}
