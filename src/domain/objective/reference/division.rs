//! Division: one tower for each event over all impressions; pCVR is read off as their ratio.
//!
//! ```text
//! L = Σ_e w_e · 1/|D| Σ_D BCE(label_e, σ(z_e)),   pCVR = σ(z_ctcvr) / σ(z_ctr)
//! ```
//! Source: Ma et al. 2018, section 3.1 (DIVISION).

use super::super::Target;
use super::{Sample, Term};
use crate::domain::behavior::reference::{log_sigmoid, sigmoid};

pub(super) fn terms(sample: &Sample, targets: &[Target]) -> Vec<Term> {
    let total = sample.total_mass();
    let terms = targets.iter().enumerate().map(|(tower, target)| {
        let mut term = Term::zero(&target.name, target.weight, &sample.logits);
        for (row, logits) in sample.logits.iter().enumerate() {
            let is_yes = sample.labels[tower][row] == Some(true);
            let (z, share) = (logits[tower], target.label_weight(is_yes) * sample.mass[row] / total);
            term.value -= share * log_sigmoid(if is_yes { z } else { -z });
            term.gradient[row][tower] += share * if is_yes { -sigmoid(-z) } else { sigmoid(z) };
        }
        term
    });
    terms.collect()
}
