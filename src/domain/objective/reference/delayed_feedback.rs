//! Delayed feedback (DFM): what looks like a negative may be a conversion still to come.
//!
//! ```text
//! ℓ = −(ln P + ln λ − λ·d)                 converted after d days
//! ℓ = −ln P                                converted at an unknown time
//! ℓ = −ln(1 − P + P·exp(−λ·e))             not converted e days after the click
//! λ = softplus(z_delay)
//! ```
//! Source: Chapelle 2014, eq. 4–8. With s the share of what waits that is still to come,
//! `s = P·exp(−λe) / (1 − P + P·exp(−λe))`:
//! ```text
//! converted:      ∂ℓ = −∂ln P            ∂ℓ/∂λ = d − 1/λ
//! not converted:  ∂ℓ = −s·∂ln P − (1−s)·∂ln(1−P)      ∂ℓ/∂λ = s·e
//! ```

use super::super::Target;
use super::{Sample, Term};
use crate::domain::behavior::reference::{log_add_exp, log_mass, log_mass_gradient, log_sigmoid, sigmoid};

pub(super) fn terms(sample: &Sample, targets: &[Target], delayed: &str) -> Vec<Term> {
    let term = |(index, target): (usize, &Target)| {
        if target.name == delayed {
            likelihood(sample, target, index)
        } else {
            sample.mean_where_observed(target, index)
        }
    };
    targets.iter().enumerate().map(term).collect()
}

fn likelihood(sample: &Sample, target: &Target, index: usize) -> Term {
    let mut term = Term::zero(&target.name, target.weight, &sample.logits);
    let observed = sample.observed_mass(index);
    let tower = sample.model.tree.questions.len();
    for (row, logits) in sample.logits.iter().enumerate() {
        let Some(label) = sample.labels[index][row] else { continue };
        let (share, wait, z) = (sample.mass[row] / observed, sample.waits[row], logits[tower]);
        let (rate, d_rate) = (-log_sigmoid(-z), sigmoid(z));
        let mass = log_mass(&target.mass, logits);
        let (d_log_p, d_log_not_p) = log_mass_gradient(&target.mass, logits);
        let (pending, value, by_rate) = match (label, wait.delay_days) {
            (true, Some(delay)) => (1.0, mass.log_p + log_softplus(z) - rate * delay, delay - 1.0 / rate),
            (true, None) => (1.0, mass.log_p, 0.0),
            (false, _) => {
                let still_to_come = mass.log_p - rate * wait.elapsed_days;
                let pending = sigmoid(still_to_come - mass.log_not_p);
                (pending, log_add_exp(mass.log_not_p, still_to_come), pending * wait.elapsed_days)
            }
        };
        term.value -= share * value;
        for (question, d) in term.gradient[row].iter_mut().enumerate().take(d_log_p.len().min(tower)) {
            *d -= share * (pending * d_log_p[question] + (1.0 - pending) * d_log_not_p[question]);
        }
        term.gradient[row][tower] += share * by_rate * d_rate;
    }
    term
}

/// `ln softplus(z)`; far below 0 it is z itself.
fn log_softplus(z: f64) -> f64 {
    if z < -30.0 { z } else { libm::log(-log_sigmoid(-z)) }
}
