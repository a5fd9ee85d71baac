//! Oversampling: as click space, a positive of a conditioned event counts k times, as k copies in the batch would.
//!
//! ```text
//! L_e = Σ_O c·BCE(r, P(e | given)) / Σ_O c,   c = k where r = 1, else 1
//! ```
//! Source: Ma et al. 2018, section 3.1 (OVERSAMPLING); Wen et al. 2020, section 4.

use super::super::Target;
use super::{Sample, Term};

pub(super) fn terms(sample: &Sample, targets: &[Target], rate: f64) -> Vec<Term> {
    let terms = targets.iter().enumerate().map(|(index, target)| {
        if !target.is_conditional() {
            return sample.mean_where_observed(target, index);
        }
        let count = |row: usize| {
            let label = sample.labels[index][row]?;
            Some((sample.mass[row] * if label { rate } else { 1.0 }, label))
        };
        let total: f64 = (0..sample.mass.len()).filter_map(count).map(|(count, _)| count).sum();
        sample.cross_entropy_term(target, |row| count(row).map(|(count, label)| (count / total, label)))
    });
    terms.collect()
}
