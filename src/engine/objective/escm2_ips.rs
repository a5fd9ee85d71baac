//! ESCM²-IPS: ESMM's losses, and the conditioned event's over clicks, each weighted by its inverse propensity.
//!
//! ```text
//! L = L_ctr + λ_c · 1/|D| Σ_O BCE(r, q)/max(p̂, clip) + λ_g · L_ctcvr,   p̂ = stop-gradient(pCTR)
//! ```
//! λ_c is the weight of `cvr`, λ_g that of `ctcvr`; λ_c = 0 and λ_g = 1 is ESMM.
//! Source: Wang et al. 2022, eq. 7 and 13.

use super::propensity::{self, Conditioned};
use super::{Batch, Losses};

pub(super) fn losses(batch: &Batch, clip: f64) -> Losses {
    propensity::losses(batch, |losses, Conditioned { target, loss, clicked, click }| {
        let weight = propensity::inverse(click.log_p.clone(), clip) * clicked.clone();
        losses.push(&target.name, target.weight, (loss * weight).mean());
        propensity::say(losses, &target.name, click.log_p, clicked, clip);
    })
}
