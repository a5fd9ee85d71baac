//! AdamW: Adam whose decay does not pass through its moments.
//!
//! ```text
//! p ← (1 − ηλ)·p, then Adam's move
//! ```
//! Source: Loshchilov and Hutter 2019, algorithm 2, in the form of `torch.optim.AdamW`.

use super::adam::Adam;

/// Settings of AdamW at one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct AdamW {
    pub adam: Adam,
    pub rate: f64,
}

impl AdamW {
    pub fn new(adam: Adam, rate: f64) -> Self {
        Self { adam, rate }
    }

    /// Shrinks a parameter by the decay `decay`, then moves it against its gradient.
    pub fn update_in_place(&self, parameter: esmm_slices::Parameter, gradient: esmm_slices::Gradient, decay: f64) {
        if decay != 0.0 {
            esmm_slices::scale(parameter.value, (1.0 - self.rate * decay) as f32);
        }
        self.adam.update_in_place(parameter, gradient);
    }
}
