//! ESCM²-DR: as IPS, with an imputed loss for every impression, corrected at the clicks.
//!
//! ```text
//! L = L_ctr + λ_g · L_ctcvr + λ_c · (L_dr + L_imputation)
//! L_dr         = 1/|D| Σ_D [ δ̂ + o·(δ − δ̂)/max(p̂, clip) ]
//! L_imputation = 1/|D| Σ_O (stop-gradient(δ) − δ̂)²/max(p̂, clip)
//! δ = BCE(r, q),   δ̂ = softplus(z_imputation),   p̂ = stop-gradient(pCTR)
//! ```
//! Right if either the propensity or the imputation is. The imputation is a softplus and not a probability, since a
//! cross-entropy can exceed 1. λ_c is the weight of `cvr`, λ_g that of `ctcvr`; λ_c = 0 and λ_g = 1 is ESMM.
//! Source: Wang et al. 2022, eq. 9–12.

use super::propensity::{self, Conditioned};
use super::{Batch, Losses};
use crate::domain::spec::AuxiliaryTerm;

pub(super) fn losses(batch: &Batch, clip: f64) -> Losses {
    propensity::losses(batch, |losses, Conditioned { target, loss, clicked, click }| {
        let weight = propensity::inverse(click.log_p.clone(), clip) * clicked.clone();
        let imputed = batch.auxiliary().log_no.clone().neg(); // softplus(z) = −ln σ(−z)
        let miss = loss.clone().without_autodiff() - imputed.clone();
        losses.push(&target.name, target.weight, (imputed.clone() + weight.clone() * (loss - imputed)).mean());
        losses.push(AuxiliaryTerm::Imputation.name(), target.weight, (miss.clone() * miss * weight).mean());
        propensity::say(losses, &target.name, click.log_p, clicked, clip);
    })
}
