//! Rejection sampling (UNBIAS): as click space on the clicks that are kept, each with a probability ∝ 1/pCTR.
//!
//! ```text
//! L_e = 1/|K| Σ_K BCE(r, P(e | given)),   K = clicks whose draw ≤ min_O(p̂)/p̂,   p̂ = stop-gradient(P(given))
//! ```
//! Normalisation: the batch's least likely click is kept for certain, so the probabilities are exactly proportional.
//! Source: Ma et al. 2018, section 3.1, after Zhang et al. 2016.

use super::super::Target;
use super::{Sample, Term};

pub(super) fn terms(sample: &Sample, targets: &[Target]) -> Vec<Term> {
    let terms = targets.iter().enumerate().map(|(index, target)| {
        if !target.is_conditional() {
            return sample.mean_where_observed(target, index);
        }
        let labels = &sample.labels[index];
        let clicks = || (0..labels.len()).filter(|&row| labels[row].is_some());
        let log_p = |row: usize| sample.log_propensity(target, row).0;
        let least = clicks().map(log_p).fold(0.0, f64::min);
        let is_kept = |row: usize| libm::log(sample.draws[row]) <= least - log_p(row);
        let kept: f64 = clicks().filter(|&row| is_kept(row)).map(|row| sample.mass[row]).sum();
        sample.cross_entropy_term(target, |row| {
            labels[row].filter(|_| is_kept(row)).map(|label| (sample.mass[row] / kept, label))
        })
    });
    terms.collect()
}
