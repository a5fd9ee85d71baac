//! What is minimised: one function for each objective, which turns a [`Batch`] into loss terms.
//!
//! The same losses in plain f64, with their gradients by hand, are in `domain/objective/reference/losses.rs`.
//!
//! Σ_O is over the impressions that meet an event's condition (the clicked ones), Σ_N over the others, Σ_D over all; r is the
//! label, q = P(e | given), and p̂ = stop-gradient(P(given)).
//!
//! In a log whose rows were kept at known rates every impression counts v times in every sum, v its weight over the mean of the
//! training rows', and 1/|D| is over rows ([`Batch::mean`]); what is divided by a sum over some of them is divided by their
//! weights' ([`Batch::weighted_mean`]).

use super::batch::{BatchWaits, complement, cross_entropy};
use super::propensity::{self, Conditioned};
use super::{Batch, Losses, TargetLabels};
use crate::domain::spec::{AuxiliaryTerm, Objective};
use crate::engine::column::Column;
use crate::engine::scm::{LogAnswers, LogMass, log_add_exp};

/// The losses of a batch under an objective.
pub fn losses<C: Column>(objective: &Objective, batch: &Batch<C>) -> Losses<C> {
    match objective {
        Objective::EntireSpace { events, .. } => entire_space(batch, events.len()),
        Objective::ClickSpace { .. } => click_space(batch),
        Objective::Oversampled { rate, .. } => oversampled(batch, *rate),
        Objective::UnclickedAsNegative { share, .. } => unclicked_as_negative(batch, *share),
        Objective::RejectionSampled { .. } => rejection_sampled(batch),
        Objective::Division { .. } => division(batch),
        Objective::Escm2Ips { clip, .. } => escm2_ips(batch, *clip),
        Objective::Escm2Dr { clip, .. } => escm2_dr(batch, *clip),
        Objective::Dcmt { lambda, clip, .. } => dcmt(batch, *lambda, *clip),
        Objective::DelayedFeedback { delayed, .. } => delayed_feedback(batch, delayed),
        // Boosted by `engine::trees`, without gradient steps: a network's trainer refuses them.
        Objective::BoostedTrees { .. } => Losses::default(),
    }
}

/// Entire space (ESMM, ESM²): every event over every impression; optionally the likelihood of the answers at clicks.
///
/// ```text
/// L = Σ_e w_e · 1/|D| Σ_D BCE(label_e, P_e)  +  w · 1/|O| Σ_O −ln P(answers after the click)
/// ```
/// ESMM: e ∈ {CTR, CTCVR}, Ma et al. 2018, eq. 3. ESM²: e ∈ {CTR, CTAVR, CTCVR}, Wen et al. 2020, eq. 9–12. The losses
/// of ESM² see y3 and y4 only through their mixture; the likelihood of (action, purchase) at clicks tells them apart.
///
/// The first `n_events` targets are events, the others the questions of the joint likelihood.
fn entire_space<C: Column>(batch: &Batch<C>, n_events: usize) -> Losses<C> {
    let mut losses = Losses::default();
    for (target, labels) in batch.supervised().take(n_events) {
        let loss = batch.cross_entropy(target, &labels.label);
        losses.push(&target.name, target.weight, batch.mean_where_observed(loss, labels.condition.as_ref()));
    }
    // Each question's cross-entropy where it is asked; an impression's sum is −ln P of its whole path after the click.
    let mut of_path: Option<(C, C)> = None;
    for (question, labels) in batch.supervised().skip(n_events) {
        let Some(asked) = labels.condition.clone() else { continue };
        let loss = batch.cross_entropy(question, &labels.label) * asked.clone();
        of_path = Some(match of_path {
            None => (loss, asked),
            Some((sum, clicked)) => (sum + loss, clicked.max_pair(asked)),
        });
    }
    if let (Some((loss, clicked)), Some(first)) = (of_path, batch.targets.get(n_events)) {
        losses.push(AuxiliaryTerm::Joint.name(), first.weight, batch.weighted_mean(loss, clicked));
    }
    losses
}

/// Click space (naive, independent): each event over the impressions that meet its condition; the conventional CVR model.
///
/// ```text
/// L_e = 1/|O| Σ_O BCE(r, q)
/// ```
/// With e ∈ {CTR, CVR given click}: BASE of Ma et al. 2018, section 3.1. In a batch that holds no such impression the
/// term is 0. The gradient of impressions that do not meet the condition is exactly 0.
fn click_space<C: Column>(batch: &Batch<C>) -> Losses<C> {
    each(batch, |loss, labels| batch.mean_where_observed(loss, labels.condition.as_ref()))
}

/// Oversampling: as click space, a positive of a conditioned event counts k times.
///
/// ```text
/// L_e = Σ_O c·BCE(r, q) / Σ_O c,   c = k where r = 1, else 1
/// ```
/// The papers repeat the positives in the training set. A weight does the same without moving copies into other batches
/// and leaves the CTR's events alone, and k need not be whole.
/// Source: Ma et al. 2018, section 3.1 (OVERSAMPLING); Wen et al. 2020, section 4 (DNN-OS).
fn oversampled<C: Column>(batch: &Batch<C>, rate: f64) -> Losses<C> {
    each(batch, |loss, labels| match &labels.condition {
        None => batch.mean(loss),
        Some(clicked) => batch.weighted_mean(loss, clicked.clone() + labels.label.clone().mul_scalar(rate - 1.0)),
    })
}

/// All missing as negative (AMAN): as click space, with a sampled share of the unclicked impressions as negatives.
///
/// ```text
/// L_e = 1/|O ∪ S| [ Σ_O BCE(r, q) + Σ_S BCE(0, q) ],   S = unclicked rows whose draw ≤ share
/// ```
/// A row's draw is the run's: the same rows are negatives in every epoch. Underestimates by design.
/// Source: Ma et al. 2018, section 3.1, after Pan et al. 2008.
fn unclicked_as_negative<C: Column>(batch: &Batch<C>, share: f64) -> Losses<C> {
    each(batch, |loss, labels| match &labels.condition {
        None => batch.mean(loss),
        Some(clicked) => {
            let sampled = C::of_mask(batch.draws().lower_equal_elem(share)) * complement(clicked);
            batch.weighted_mean(loss, clicked.clone() + sampled)
        }
    })
}

/// Rejection sampling (UNBIAS): as click space on the clicks that are kept, each with a probability ∝ 1/pCTR.
///
/// ```text
/// L_e = 1/|K| Σ_K BCE(r, q),   K = clicks whose draw ≤ min_O(p̂)/p̂
/// ```
/// Normalisation: the batch's least likely click is kept for certain, so the probabilities are exactly proportional and
/// never above 1. The price is few clicks a batch when pCTR varies much: `kept_share` says how many. Draws come from the
/// run's seed and are compared on the device. Without draws each click weighs as often as it is kept: 1/p̂.
/// Source: Ma et al. 2018, section 3.1 (UNBIAS), after Zhang et al. 2016.
fn rejection_sampled<C: Column>(batch: &Batch<C>) -> Losses<C> {
    /// Above any `ln p̂`: keeps unclicked impressions out of the minimum.
    const OUT_OF_REACH: f64 = 1e9;
    propensity::losses(batch, |losses, Conditioned { target, loss, clicked, click }| {
        let log_p = click.log_p;
        let least = (log_p.clone() + complement(clicked).mul_scalar(OUT_OF_REACH)).min();
        let log_keep = least.expand_like(&log_p) - log_p;
        let is_kept = match batch.draws_of_step() {
            Some(draws) => C::of_mask(draws.log().lower_equal(log_keep)),
            None => log_keep.exp(),
        };
        let kept = is_kept * clicked.clone();
        losses.say("kept_share", &target.name, kept.clone().sum() / clicked.clone().sum().clamp_min(1.0));
        losses.push(&target.name, target.weight, batch.weighted_mean(loss, kept));
    })
}

/// Division: one tower for each event over all impressions; pCVR is read off as their ratio.
///
/// ```text
/// L = Σ_e w_e · 1/|D| Σ_D BCE(label_e, σ(z_e)),   pCVR = σ(z_ctcvr) / σ(z_ctr)
/// ```
/// Nothing keeps the ratio below 1: `domain/objective/readout.rs` clips it and counts how often.
/// Source: Ma et al. 2018, section 3.1 (DIVISION).
fn division<C: Column>(batch: &Batch<C>) -> Losses<C> {
    let mut losses = Losses::default();
    for (index, (target, labels)) in batch.supervised().enumerate() {
        let tower = batch.tower(index).clone();
        let mass = LogMass { log_p: tower.log_yes, log_not_p: tower.log_no };
        losses.push(
            &target.name,
            target.weight,
            batch.mean(cross_entropy(mass, &labels.label, target.positive_weight)),
        );
    }
    losses
}

/// ESCM²-IPS: ESMM's losses, and the conditioned event's over clicks, each weighted by its inverse propensity.
///
/// ```text
/// L = L_ctr + λ_c · 1/|D| Σ_O BCE(r, q)/max(p̂, clip) + λ_g · L_ctcvr
/// ```
/// λ_c is the weight of `cvr`, λ_g that of `ctcvr`; λ_c = 0 and λ_g = 1 is ESMM.
/// Source: Wang et al. 2022, eq. 7 and 13.
fn escm2_ips<C: Column>(batch: &Batch<C>, clip: f64) -> Losses<C> {
    propensity::losses(batch, |losses, Conditioned { target, loss, clicked, click }| {
        let weight = propensity::inverse(click.log_p.clone(), clip) * clicked.clone();
        losses.push(&target.name, target.weight, batch.mean(loss * weight));
        propensity::say(batch, losses, &target.name, click.log_p, clicked, clip);
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
/// Right if either the propensity or the imputation is. The imputation is a softplus and not a probability, since a
/// cross-entropy can exceed 1. λ_c is the weight of `cvr`, λ_g that of `ctcvr`; λ_c = 0 and λ_g = 1 is ESMM.
/// Source: Wang et al. 2022, eq. 9–12.
fn escm2_dr<C: Column>(batch: &Batch<C>, clip: f64) -> Losses<C> {
    propensity::losses(batch, |losses, Conditioned { target, loss, clicked, click }| {
        let weight = propensity::inverse(click.log_p.clone(), clip) * clicked.clone();
        let imputed = batch.auxiliary().log_no.clone().neg(); // softplus(z) = −ln σ(−z)
        let miss = loss.clone().constant() - imputed.clone();
        losses.push(&target.name, target.weight, batch.mean(imputed.clone() + weight.clone() * (loss - imputed)));
        losses.push(AuxiliaryTerm::Imputation.name(), target.weight, batch.mean(miss.clone() * miss * weight));
        propensity::say(batch, losses, &target.name, click.log_p, clicked, clip);
    })
}

/// DCMT: a factual loss at clicks, a counterfactual one elsewhere, both inverse-propensity weighted, and the constraint
/// that a purchase and its counterfactual exclude each other.
///
/// ```text
/// L = L_ctr + L_ctcvr + 1/|D| [ Σ_O BCE(r, q)/p̂ + Σ_N BCE(1, q*)/(1 − p̂) ] + λ/|D| Σ_D |1 − (q + q*)|
/// q* = σ(z_counterfactual); both divisors at least `clip`
/// ```
/// Source: Zhu et al. 2023, eq. 9–14.
fn dcmt<C: Column>(batch: &Batch<C>, lambda: f64, clip: f64) -> Losses<C> {
    propensity::losses(batch, |losses, Conditioned { target, loss, clicked, click }| {
        let unclicked = complement(clicked);
        let factual = loss * propensity::inverse(click.log_p.clone(), clip) * clicked.clone();
        losses.push(&target.name, target.weight, batch.mean(factual));
        let counterfactual = batch.auxiliary();
        let weight = propensity::inverse(click.log_not_p.clone(), clip) * unclicked.clone();
        losses.push(
            AuxiliaryTerm::Counterfactual.name(),
            target.weight,
            batch.mean(counterfactual.log_yes.clone().neg() * weight),
        );
        // 1 − (q + q*) as (1 − q) − q*: each side is one exponential, so nothing cancels at the ends.
        let rest = batch.mass(target).log_not_p.exp() - counterfactual.log_yes.clone().exp();
        losses.push(AuxiliaryTerm::Constraint.name(), target.weight * lambda, batch.mean(rest.abs()));
        propensity::say(batch, losses, &target.name, click.log_p, clicked, clip);
        propensity::say(batch, losses, "counterfactual", click.log_not_p, &unclicked, clip);
    })
}

/// Delayed feedback (DFM): what looks like a negative may be a conversion still to come.
///
/// ```text
/// L = w·BCE for every other event + w_d · mean ℓ
/// ℓ = −(ln P + ln λ − λ·d)                 converted after d days
/// ℓ = −ln P                                converted at an unknown time
/// ℓ = −ln(1 − P + P·exp(−λ·e))             not converted e days after the click
/// λ = softplus(z_delay)
/// ```
/// P is the probability of the delayed event: pCVR averaged over clicks (click space, Chapelle 2014, eq. 4–8), or
/// pCTCVR = pCTR·pCVR over all impressions (entire space), where an impression without a click waits since it was shown.
///
/// In log space: `ln(1 − P + P·exp(−λe)) = log-add-exp(ln(1−P), ln P − λe)`; nothing overflows and nothing is clamped.
fn delayed_feedback<C: Column>(batch: &Batch<C>, delayed: &str) -> Losses<C> {
    let mut losses = Losses::default();
    for (target, labels) in batch.supervised() {
        let observed = labels.condition.as_ref();
        let loss = if target.name == delayed {
            let log_rate = log_softplus(batch.auxiliary());
            losses.say("delay_days", &target.name, batch.mean_where_observed(log_rate.clone().neg().exp(), observed));
            delay_likelihood(batch.mass(target), log_rate, &labels.label, batch.waits())
        } else {
            batch.cross_entropy(target, &labels.label)
        };
        losses.push(&target.name, target.weight, batch.mean_where_observed(loss, observed));
    }
    losses
}

/// ℓ of every impression, `[batch]`.
fn delay_likelihood<C: Column>(mass: LogMass<C>, log_rate: C, label: &C, waits: &BatchWaits<C>) -> C {
    let rate = log_rate.clone().exp();
    let converted = label.clone() * mass.log_p.clone();
    let when = label.clone() * waits.has_delay.clone() * (log_rate - rate.clone() * waits.delay.clone());
    let not_yet = log_add_exp(mass.log_not_p, mass.log_p - rate * waits.elapsed.clone());
    (converted + when + complement(label) * not_yet).neg()
}

/// `ln softplus(z)`, `[batch]`: `z − eᶻ/2 + 5e²ᶻ/24` where z is low, which no rounding of `1 + eᶻ` spoils.
fn log_softplus<C: Column>(tower: &LogAnswers<C>) -> C {
    const SERIES_BELOW: f64 = -4.0;
    // softplus(z) = −ln σ(−z), and z = ln σ(z) − ln σ(−z).
    let z = tower.log_yes.clone() - tower.log_no.clone();
    let is_low = z.clone().lower_elem(SERIES_BELOW);
    // Each side sees only arguments at which it is finite: a hidden infinity has a gradient of NaN.
    let softplus = tower.log_no.clone().neg().mask_fill(is_low.clone(), 1.0).log();
    let exp = z.clone().clamp_max(SERIES_BELOW).exp();
    let series = z - exp.clone().mul_scalar(0.5) + (exp.clone() * exp).mul_scalar(5.0 / 24.0);
    softplus.mask_where(is_low, series)
}

/// A term for each target: what `mean` makes of its cross-entropies, `[batch]`.
fn each<C: Column>(batch: &Batch<C>, mean: impl Fn(C, &TargetLabels<C>) -> C) -> Losses<C> {
    let mut losses = Losses::default();
    for (target, labels) in batch.supervised() {
        losses.push(&target.name, target.weight, mean(batch.cross_entropy(target, &labels.label), labels));
    }
    losses
}
