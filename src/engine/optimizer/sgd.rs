//! Stochastic gradient descent with momentum.
//!
//! ```text
//! u ← μu + g        p ← p − ηu
//! ```
//! Source: Sutskever et al. 2013, in the form of `torch.optim.SGD` without dampening: η outside the velocity.

use burn::tensor::Tensor;

use super::{Parameter, ParameterSlices, ScaledGradient};

/// Settings of SGD at one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sgd {
    rate: f64,
    momentum: f64,
}

impl Sgd {
    pub fn new(rate: f64, momentum: f64) -> Self {
        Self { rate, momentum }
    }

    /// Moves a parameter against its gradient.
    pub fn update<const D: usize>(&self, parameter: Parameter<D>, gradient: Tensor<D>) -> Parameter<D> {
        let Parameter { value, moment1, moment2 } = parameter;
        if self.momentum == 0.0 {
            return Parameter { value: value - gradient.mul_scalar(self.rate), moment1, moment2 };
        }
        let moment1 = moment1.mul_scalar(self.momentum) + gradient;
        Parameter { value: value - moment1.clone().mul_scalar(self.rate), moment1, moment2 }
    }

    /// [`Sgd::update`] in place, one number after the other.
    pub fn update_in_place(&self, parameter: ParameterSlices, gradient: ScaledGradient) {
        let (rate, momentum) = (self.rate as f32, self.momentum as f32);
        let ParameterSlices { value, moment1, .. } = parameter;
        for ((value, moment1), &of_loss) in value.iter_mut().zip(moment1).zip(gradient.values) {
            let gradient = gradient.at(of_loss, *value);
            let velocity = if momentum == 0.0 {
                gradient
            } else {
                *moment1 = *moment1 * momentum + gradient;
                *moment1
            };
            *value -= velocity * rate;
        }
    }
}
