//! One function for each objective: its loss terms with their gradients by hand.
//!
//! Σ_O is over the impressions that meet an event's condition (the clicked ones), Σ_N over the others, Σ_D over all; r is the
//! label, q = P(e | given), and p̂ = stop-gradient(P(given)).

use super::super::{Target, targets};
use super::{Sample, Term, inverse};
use crate::domain::behavior::reference::{
    cross_entropy, log_add_exp, log_mass, log_mass_gradient, log_sigmoid, sigmoid,
};
use crate::domain::label;
use crate::domain::spec::{AuxiliaryTerm, Objective};

/// The loss terms of the model's objective.
pub fn terms(sample: &Sample) -> Vec<Term> {
    let targets = targets(sample.model).into_iter().map(|target| target.weighted(&sample.positive_weights));
    let targets: Vec<Target> = targets.collect();
    match &sample.model.objective {
        Objective::EntireSpace { events, .. } => entire_space(sample, &targets, events.len()),
        Objective::ClickSpace { .. } => click_space(sample, &targets),
        Objective::Oversampled { rate, .. } => oversampled(sample, &targets, *rate),
        Objective::UnclickedAsNegative { share, .. } => unclicked_as_negative(sample, &targets, *share),
        Objective::RejectionSampled { .. } => rejection_sampled(sample, &targets),
        Objective::Division { .. } => division(sample, &targets),
        Objective::Escm2Ips { clip, .. } => escm2_ips(sample, &targets, *clip),
        Objective::Escm2Dr { clip, .. } => escm2_dr(sample, &targets, *clip),
        Objective::Dcmt { lambda, clip, .. } => dcmt(sample, &targets, *lambda, *clip),
        Objective::DelayedFeedback { delayed, .. } => delayed_feedback(sample, &targets, delayed),
        // Nothing to derive: trees are grown, not moved.
        Objective::BoostedTrees { .. } => Vec::new(),
    }
}

/// Entire space (ESMM, ESM²): every event over all impressions; optionally the likelihood of the answers at clicks.
///
/// ```text
/// L = Σ_e w_e · 1/|D| Σ_D BCE(label_e, P_e)  +  w · 1/|O| Σ_O −ln P(answers after the click)
/// ```
/// Source: Ma et al. 2018, eq. 3; Wen et al. 2020, eq. 9–12.
///
/// The first `n_events` targets are events, the others the questions of the joint likelihood.
fn entire_space(sample: &Sample, targets: &[Target], n_events: usize) -> Vec<Term> {
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

/// Click space (naive, independent): each event over the impressions that meet its condition.
///
/// ```text
/// L = Σ_e w_e · 1/|D_e| Σ_{D_e} BCE(label_e, P(e | given))
/// ```
/// Source: Ma et al. 2018, section 3.1 (BASE).
fn click_space(sample: &Sample, targets: &[Target]) -> Vec<Term> {
    targets.iter().enumerate().map(|(index, target)| sample.mean_where_observed(target, index)).collect()
}

/// Oversampling: as click space, a positive of a conditioned event counts k times, as k copies in the batch would.
///
/// ```text
/// L_e = Σ_O c·BCE(r, q) / Σ_O c,   c = k where r = 1, else 1
/// ```
/// Source: Ma et al. 2018, section 3.1 (OVERSAMPLING); Wen et al. 2020, section 4.
fn oversampled(sample: &Sample, targets: &[Target], rate: f64) -> Vec<Term> {
    each_conditioned(sample, targets, |target, index| {
        let count = |row: usize| {
            let label = sample.labels[index][row]?;
            Some((sample.mass[row] * if label { rate } else { 1.0 }, label))
        };
        let total: f64 = (0..sample.mass.len()).filter_map(count).map(|(count, _)| count).sum();
        [sample.cross_entropy_term(target, |row| count(row).map(|(count, label)| (count / total, label)))]
    })
}

/// All missing as negative (AMAN): as click space, with a sampled share of the unclicked impressions as negatives.
///
/// ```text
/// L_e = 1/|O ∪ S| [ Σ_O BCE(r, q) + Σ_S BCE(0, q) ],   S = unclicked rows whose draw ≤ share
/// ```
/// Source: Ma et al. 2018, section 3.1, after Pan et al. 2008.
fn unclicked_as_negative(sample: &Sample, targets: &[Target], share: f64) -> Vec<Term> {
    each_conditioned(sample, targets, |target, index| {
        let label = |row: usize| match sample.labels[index][row] {
            Some(label) => Some(label),
            None => (sample.draws[row] <= share).then_some(false),
        };
        let taken: f64 = (0..sample.mass.len()).filter(|&row| label(row).is_some()).map(|row| sample.mass[row]).sum();
        [sample.cross_entropy_term(target, |row| Some((sample.mass[row] / taken, label(row)?)))]
    })
}

/// Rejection sampling (UNBIAS): as click space on the clicks that are kept, each with a probability ∝ 1/pCTR.
///
/// ```text
/// L_e = 1/|K| Σ_K BCE(r, q),   K = clicks whose draw ≤ min_O(p̂)/p̂
/// ```
/// Normalisation: the batch's least likely click is kept for certain, so the probabilities are exactly proportional.
/// Source: Ma et al. 2018, section 3.1, after Zhang et al. 2016.
fn rejection_sampled(sample: &Sample, targets: &[Target]) -> Vec<Term> {
    each_conditioned(sample, targets, |target, index| {
        let labels = &sample.labels[index];
        let clicks = || (0..labels.len()).filter(|&row| labels[row].is_some());
        let log_p = |row: usize| sample.log_propensity(target, row).0;
        let least = clicks().map(log_p).fold(0.0, f64::min);
        let is_kept = |row: usize| libm::log(sample.draws[row]) <= least - log_p(row);
        let kept: f64 = clicks().filter(|&row| is_kept(row)).map(|row| sample.mass[row]).sum();
        [sample.cross_entropy_term(target, |row| {
            labels[row].filter(|_| is_kept(row)).map(|label| (sample.mass[row] / kept, label))
        })]
    })
}

/// Division: one tower for each event over all impressions; pCVR is read off as their ratio.
///
/// ```text
/// L = Σ_e w_e · 1/|D| Σ_D BCE(label_e, σ(z_e)),   pCVR = σ(z_ctcvr) / σ(z_ctr)
/// ```
/// Source: Ma et al. 2018, section 3.1 (DIVISION).
fn division(sample: &Sample, targets: &[Target]) -> Vec<Term> {
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

/// ESCM²-IPS: ESMM's losses, and the conditioned event's over clicks, each weighted by its inverse propensity.
///
/// ```text
/// L = L_ctr + λ_c · 1/|D| Σ_O BCE(r, q)/max(p̂, clip) + λ_g · L_ctcvr
/// ```
/// Source: Wang et al. 2022, eq. 7 and 13.
fn escm2_ips(sample: &Sample, targets: &[Target], clip: f64) -> Vec<Term> {
    let total = sample.total_mass();
    each_conditioned(sample, targets, |target, index| {
        [sample.cross_entropy_term(target, |row| {
            let label = sample.labels[index][row]?;
            Some((sample.mass[row] / total * sample.inverse_propensity(target, row, clip), label))
        })]
    })
}

/// ESCM²-DR: as IPS, with an imputed loss for every impression, corrected at the clicks.
///
/// ```text
/// L = L_ctr + λ_g · L_ctcvr + λ_c · (L_dr + L_imputation)
/// L_dr         = 1/|D| Σ_D [ δ̂ + o·(δ − δ̂)/max(p̂, clip) ]
/// L_imputation = 1/|D| Σ_O (stop-gradient(δ) − δ̂)²/max(p̂, clip)
/// δ = BCE(r, q),   δ̂ = softplus(z_imputation)
/// ```
/// Source: Wang et al. 2022, eq. 9–12.
fn escm2_dr(sample: &Sample, targets: &[Target], clip: f64) -> Vec<Term> {
    each_conditioned(sample, targets, |target, index| doubly_robust(sample, target, index, clip))
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

/// DCMT: a factual loss at clicks, a counterfactual one elsewhere, both inverse-propensity weighted, and the constraint
/// that a purchase and its counterfactual exclude each other.
///
/// ```text
/// L = L_ctr + L_ctcvr + 1/|D| [ Σ_O BCE(r, q)/p̂ + Σ_N BCE(1, q*)/(1 − p̂) ] + λ/|D| Σ_D |1 − (q + q*)|
/// q* = σ(z_counterfactual); both divisors at least `clip`
/// ```
/// Source: Zhu et al. 2023, eq. 9–14.
fn dcmt(sample: &Sample, targets: &[Target], lambda: f64, clip: f64) -> Vec<Term> {
    each_conditioned(sample, targets, |target, index| causal(sample, target, index, lambda, clip))
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

/// Delayed feedback (DFM): what looks like a negative may be a conversion still to come.
///
/// ```text
/// ℓ = −(ln P + ln λ − λ·d)                 converted after d days
/// ℓ = −ln P                                converted at an unknown time
/// ℓ = −ln(1 − P + P·exp(−λ·e))             not converted e days after the click
/// λ = softplus(z_delay)
/// ```
/// Source: Chapelle 2014, eq. 4–8. With s the share of what waits that is still to come,
/// `s = P·exp(−λe) / (1 − P + P·exp(−λe))`:
/// ```text
/// converted:      ∂ℓ = −∂ln P            ∂ℓ/∂λ = d − 1/λ
/// not converted:  ∂ℓ = −s·∂ln P − (1−s)·∂ln(1−P)      ∂ℓ/∂λ = s·e
/// ```
fn delayed_feedback(sample: &Sample, targets: &[Target], delayed: &str) -> Vec<Term> {
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
    let observed = sample.observed_mass(target, index);
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

/// The mean of every target without a condition, and what `of` makes of each of the others.
fn each_conditioned<T: IntoIterator<Item = Term>>(
    sample: &Sample,
    targets: &[Target],
    of: impl Fn(&Target, usize) -> T,
) -> Vec<Term> {
    let mut terms = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        if target.is_conditional() {
            terms.extend(of(target, index));
        } else {
            terms.push(sample.mean_where_observed(target, index));
        }
    }
    terms
}
