//! All missing as negative (AMAN): as click space, with a sampled share of the unclicked impressions as negatives.
//!
//! ```text
//! L_e = 1/|O ∪ S| [ Σ_O BCE(r, P(e | given)) + Σ_S BCE(0, P(e | given)) ],   S = unclicked rows whose draw ≤ share
//! ```
//! Source: Ma et al. 2018, section 3.1, after Pan et al. 2008.

use super::super::Target;
use super::{Sample, Term};

pub(super) fn terms(sample: &Sample, targets: &[Target], share: f64) -> Vec<Term> {
    let terms = targets.iter().enumerate().map(|(index, target)| {
        if !target.is_conditional() {
            return sample.mean_where_observed(target, index);
        }
        let label = |row: usize| match sample.labels[index][row] {
            Some(label) => Some(label),
            None => (sample.draws[row] <= share).then_some(false),
        };
        let taken: f64 = (0..sample.mass.len()).filter(|&row| label(row).is_some()).map(|row| sample.mass[row]).sum();
        sample.cross_entropy_term(target, |row| Some((sample.mass[row] / taken, label(row)?)))
    });
    terms.collect()
}
