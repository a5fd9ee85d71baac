//! AdamW: Adam whose decay does not pass through its moments.
//!
//! ```text
//! p ← (1 − ηλ)·p, then Adam's move
//! ```
//! Source: Loshchilov and Hutter 2019, algorithm 2, in the form of `torch.optim.AdamW`.

use burn::tensor::Tensor;

use super::Parameter;
use super::adam::Adam;

/// Settings of AdamW at one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct AdamW {
    adam: Adam,
    rate: f64,
}

impl AdamW {
    pub fn new(adam: Adam, rate: f64) -> Self {
        Self { adam, rate }
    }

    /// Shrinks a parameter by the decay `decay`, then moves it against its gradient.
    pub fn update<const D: usize>(&self, parameter: Parameter<D>, gradient: Tensor<D>, decay: f64) -> Parameter<D> {
        let value = match decay {
            0.0 => parameter.value,
            decay => parameter.value.mul_scalar(1.0 - self.rate * decay),
        };
        self.adam.update(Parameter { value, ..parameter }, gradient)
    }

    /// [`AdamW::update`] in place.
    pub fn update_in_place(&self, parameter: esmm_slices::Parameter, gradient: esmm_slices::Gradient, decay: f64) {
        if decay != 0.0 {
            esmm_slices::scale(parameter.value, (1.0 - self.rate * decay) as f32);
        }
        self.adam.update_in_place(parameter, gradient);
    }
}
