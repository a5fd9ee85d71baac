//! Entire space (ESMM, ESM²): every event over all impressions; optionally the likelihood of the answers at clicks.
//!
//! ```text
//! L = Σ_e w_e · 1/|D| Σ_D BCE(label_e, P_e)  +  w · 1/|O| Σ_O −ln P(answers after the click)
//! ```
//! Source: Ma et al. 2018, eq. 3; Wen et al. 2020, eq. 9–12.

use super::super::Target;
use super::{Sample, Term};
use crate::domain::label;
use crate::domain::spec::AuxiliaryTerm;

/// The first `n_events` targets are events, the others the questions of the joint likelihood.
pub(super) fn terms(sample: &Sample, targets: &[Target], n_events: usize) -> Vec<Term> {
    let (events, questions) = targets.split_at(n_events.min(targets.len()));
    let mut terms: Vec<Term> =
        events.iter().enumerate().map(|(index, target)| sample.mean_where_observed(target, index)).collect();
    if let Some(first) = questions.first() {
        let mut joint = Term::zero(AuxiliaryTerm::Joint.name(), first.weight, &sample.logits);
        let clicks = clicked_mass(sample, events.len(), questions);
        for (offset, question) in questions.iter().enumerate() {
            let labels = &sample.labels[events.len() + offset];
            let term = sample.cross_entropy_term(question, |row| Some((sample.mass[row] / clicks, labels[row]?)));
            joint.value += term.value;
            for (sum, row) in joint.gradient.iter_mut().zip(term.gradient) {
                sum.iter_mut().zip(row).for_each(|(sum, d)| *sum += d);
            }
        }
        terms.push(joint);
    }
    terms
}

/// Mass of the rows that are asked anything after the click.
fn clicked_mass(sample: &Sample, first: usize, questions: &[Target]) -> f64 {
    debug_assert!(sample.model.tree.questions.iter().any(|question| question.label == label::CLICK));
    let is_asked = |row: usize| (first..first + questions.len()).any(|target| sample.labels[target][row].is_some());
    (0..sample.mass.len()).filter(|&row| is_asked(row)).map(|row| sample.mass[row]).sum()
}
