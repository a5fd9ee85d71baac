//! ESCM²-DR: as IPS, with an imputed loss for every impression, corrected at the clicks.
//!
//! ```text
//! L = L_ctr + λ_g · L_ctcvr + λ_c · (L_dr + L_imputation)
//! L_dr         = 1/|D| Σ_D [ δ̂ + o·(δ − δ̂)/max(p̂, clip) ]
//! L_imputation = 1/|D| Σ_O (stop-gradient(δ) − δ̂)²/max(p̂, clip)
//! δ = BCE(r, q),   δ̂ = softplus(z_imputation),   p̂ = stop-gradient(pCTR)
//! ```
//! Source: Wang et al. 2022, eq. 9–12.

use super::super::Target;
use super::{Sample, Term};
use crate::domain::behavior::reference::{cross_entropy, log_mass, log_mass_gradient, log_sigmoid, sigmoid};
use crate::domain::spec::AuxiliaryTerm;

pub(super) fn terms(sample: &Sample, targets: &[Target], clip: f64) -> Vec<Term> {
    let mut terms = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        if target.is_conditional() {
            terms.extend(doubly_robust(sample, target, index, clip));
        } else {
            terms.push(sample.mean_where_observed(target, index));
        }
    }
    terms
}

/// `L_dr` and `L_imputation`.
fn doubly_robust(sample: &Sample, target: &Target, index: usize, clip: f64) -> [Term; 2] {
    let total = sample.total_mass();
    let mut robust = Term::zero(&target.name, target.weight, &sample.logits);
    let mut imputation = Term::zero(AuxiliaryTerm::Imputation.name(), target.weight, &sample.logits);
    let tower = sample.model.tree.questions.len();
    for (row, logits) in sample.logits.iter().enumerate() {
        let share = sample.mass[row] / total;
        let z = logits[tower];
        let (imputed, d_imputed) = (-log_sigmoid(-z), sigmoid(z));
        robust.value += share * imputed;
        robust.gradient[row][tower] += share * d_imputed;
        let Some(label) = sample.labels[index][row] else { continue };
        let weight = share * sample.inverse_propensity(target, row, clip);
        let of_label = target.label_weight(label);
        let loss = of_label * cross_entropy(log_mass(&target.mass, logits), label);
        robust.value += weight * (loss - imputed);
        robust.gradient[row][tower] -= weight * d_imputed;
        let (d_log_p, d_log_not_p) = log_mass_gradient(&target.mass, logits);
        let side = if label { d_log_p } else { d_log_not_p };
        robust.gradient[row].iter_mut().zip(side).for_each(|(d, side)| *d -= weight * of_label * side);
        let miss = of_label * cross_entropy(log_mass(&target.mass, &sample.held[row]), label) - imputed;
        imputation.value += weight * miss * miss;
        imputation.gradient[row][tower] -= 2.0 * weight * miss * d_imputed;
    }
    [robust, imputation]
}
