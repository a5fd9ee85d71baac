//! DCMT: a factual loss at clicks, a counterfactual one elsewhere, both inverse-propensity weighted, and the constraint
//! that a purchase and its counterfactual exclude each other.
//!
//! ```text
//! L = L_ctr + L_ctcvr + 1/|D| [ Σ_O BCE(r, q)/p̂ + Σ_N BCE(1, q*)/(1 − p̂) ] + λ/|D| Σ_D |1 − (q + q*)|
//! q* = σ(z_counterfactual),   p̂ = stop-gradient(pCTR); both divisors at least `clip`
//! ```
//! Source: Zhu et al. 2023, eq. 9–14.

use super::super::Target;
use super::{Sample, Term, inverse};
use crate::domain::behavior::reference::{log_mass, log_mass_gradient, log_sigmoid, sigmoid};
use crate::domain::spec::AuxiliaryTerm;

pub(super) fn terms(sample: &Sample, targets: &[Target], lambda: f64, clip: f64) -> Vec<Term> {
    let mut terms = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        if target.is_conditional() {
            terms.extend(causal(sample, target, index, lambda, clip));
        } else {
            terms.push(sample.mean_where_observed(target, index));
        }
    }
    terms
}

/// Factual loss, counterfactual loss and constraint.
fn causal(sample: &Sample, target: &Target, index: usize, lambda: f64, clip: f64) -> [Term; 3] {
    let total = sample.total_mass();
    let labels = &sample.labels[index];
    let factual = sample.cross_entropy_term(target, |row| {
        Some((sample.mass[row] / total * sample.inverse_propensity(target, row, clip), labels[row]?))
    });
    let mut counterfactual = Term::zero(AuxiliaryTerm::Counterfactual.name(), target.weight, &sample.logits);
    let mut constraint = Term::zero(AuxiliaryTerm::Constraint.name(), target.weight * lambda, &sample.logits);
    let tower = sample.model.tree.questions.len();
    for (row, logits) in sample.logits.iter().enumerate() {
        let (share, z) = (sample.mass[row] / total, logits[tower]);
        if labels[row].is_none() {
            let weight = share * inverse(sample.log_propensity(target, row).1, clip);
            counterfactual.value -= weight * log_sigmoid(z);
            counterfactual.gradient[row][tower] -= weight * sigmoid(-z);
        }
        let mass = log_mass(&target.mass, logits);
        let (p, rest) = (libm::exp(mass.log_p), libm::exp(mass.log_not_p) - sigmoid(z));
        constraint.value += share * rest.abs();
        let side = if rest == 0.0 { 0.0 } else { share * rest.signum() };
        constraint.gradient[row][tower] -= side * sigmoid(z) * sigmoid(-z);
        let (d_log_p, _) = log_mass_gradient(&target.mass, logits);
        constraint.gradient[row].iter_mut().zip(d_log_p).for_each(|(d, d_log_p)| *d -= side * p * d_log_p);
    }
    [factual, counterfactual, constraint]
}
