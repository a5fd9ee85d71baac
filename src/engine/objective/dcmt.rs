//! DCMT: a factual loss at clicks, a counterfactual one elsewhere, both inverse-propensity weighted, and the constraint
//! that a purchase and its counterfactual exclude each other.
//!
//! ```text
//! L = L_ctr + L_ctcvr + 1/|D| [ Σ_O BCE(r, q)/p̂ + Σ_N BCE(1, q*)/(1 − p̂) ] + λ/|D| Σ_D |1 − (q + q*)|
//! q* = σ(z_counterfactual),   p̂ = stop-gradient(pCTR); both divisors at least `clip`
//! ```
//! Source: Zhu et al. 2023, eq. 9–14.

use super::batch::complement;
use super::propensity::{self, Conditioned};
use super::{Batch, Losses};
use crate::domain::spec::AuxiliaryTerm;

pub(super) fn losses(batch: &Batch, lambda: f64, clip: f64) -> Losses {
    propensity::losses(batch, |losses, Conditioned { target, loss, clicked, click }| {
        let unclicked = complement(clicked);
        let factual = loss * propensity::inverse(click.log_p.clone(), clip) * clicked.clone();
        losses.push(&target.name, target.weight, factual.mean());
        let counterfactual = batch.auxiliary();
        let weight = propensity::inverse(click.log_not_p.clone(), clip) * unclicked.clone();
        losses.push(
            AuxiliaryTerm::Counterfactual.name(),
            target.weight,
            (counterfactual.log_yes.clone().neg() * weight).mean(),
        );
        // 1 − (q + q*) as (1 − q) − q*: each side is one exponential, so nothing cancels at the ends.
        let rest = batch.mass(target).log_not_p.exp() - counterfactual.log_yes.clone().exp();
        losses.push(AuxiliaryTerm::Constraint.name(), target.weight * lambda, rest.abs().mean());
        propensity::say(losses, &target.name, click.log_p, clicked, clip);
        propensity::say(losses, "counterfactual", click.log_not_p, &unclicked, clip);
    })
}
