//! Stochastic gradient descent with momentum.
//!
//! ```text
//! u ← μu + g        p ← p − ηu
//! ```
//! Source: Sutskever et al. 2013, in the form of `torch.optim.SGD` without dampening: η outside the velocity.

use burn::tensor::Tensor;

use super::Parameter;

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

    /// [`Sgd::update`] in place.
    pub fn update_in_place(&self, parameter: esmm_slices::Parameter, gradient: esmm_slices::Gradient) {
        esmm_slices::sgd(parameter, gradient, self.rate as f32, self.momentum as f32);
    }
}
