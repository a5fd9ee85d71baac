//! The optimisers on Burn's tensors; what each does is in `engine/optimizer`. Nothing is read back: a clipping factor stays a
//! tensor.

use burn::tensor::Tensor;

use crate::engine::optimizer::clip::CLIP_EPSILON;
use crate::engine::optimizer::{Adam, AdamW, Optimizer, Rule, Sgd};

/// A parameter with its moments, all of one shape. SGD uses the first alone, as its velocity.
#[derive(Debug, Clone)]
pub struct Parameter<const D: usize> {
    pub value: Tensor<D>,
    pub moment1: Tensor<D>,
    pub moment2: Tensor<D>,
}

impl Optimizer {
    /// Moves a parameter against its gradient, with decay `decay` towards 0.
    pub fn update<const D: usize>(&self, parameter: Parameter<D>, gradient: Tensor<D>, decay: f64) -> Parameter<D> {
        match self.rule {
            Rule::Adam(adam) => {
                let gradient = with_l2(&parameter, gradient, decay);
                adam.update(parameter, gradient)
            }
            Rule::AdamW(adamw) => adamw.update(parameter, gradient, decay),
            Rule::Sgd(sgd) => {
                let gradient = with_l2(&parameter, gradient, decay);
                sgd.update(parameter, gradient)
            }
        }
    }
}

/// The gradient of the loss and of `decay/2 · |p|²`.
fn with_l2<const D: usize>(parameter: &Parameter<D>, gradient: Tensor<D>, decay: f64) -> Tensor<D> {
    if decay == 0.0 { gradient } else { gradient + parameter.value.clone().mul_scalar(decay) }
}

impl<const D: usize> Parameter<D> {
    /// A parameter that has not moved yet.
    pub fn new(value: Tensor<D>) -> Self {
        Self { moment1: value.zeros_like(), moment2: value.zeros_like(), value }
    }
}

impl Adam {
    /// Moves a parameter against its gradient.
    pub fn update<const D: usize>(&self, parameter: Parameter<D>, gradient: Tensor<D>) -> Parameter<D> {
        let Parameter { value, moment1, moment2 } = parameter;
        let moment2 =
            moment2.mul_scalar(self.beta2) + (gradient.clone() * gradient.clone()).mul_scalar(1.0 - self.beta2);
        let moment1 = moment1.mul_scalar(self.beta1) + gradient.mul_scalar(1.0 - self.beta1);
        let root = moment2.clone().sqrt().mul_scalar(self.root_scale).add_scalar(self.epsilon);
        let value = value - moment1.clone().mul_scalar(self.step_size) / root;
        Parameter { value, moment1, moment2 }
    }
}

impl AdamW {
    /// Shrinks a parameter by the decay `decay`, then moves it against its gradient.
    pub fn update<const D: usize>(&self, parameter: Parameter<D>, gradient: Tensor<D>, decay: f64) -> Parameter<D> {
        let value = match decay {
            0.0 => parameter.value,
            decay => parameter.value.mul_scalar(1.0 - self.rate * decay),
        };
        self.adam.update(Parameter { value, ..parameter }, gradient)
    }
}

impl Sgd {
    /// Moves a parameter against its gradient.
    pub fn update<const D: usize>(&self, parameter: Parameter<D>, gradient: Tensor<D>) -> Parameter<D> {
        let Parameter { value, moment1, moment2 } = parameter;
        if self.momentum == 0.0 {
            return Parameter { value: value - gradient.mul_scalar(self.rate), moment1, moment2 };
        }
        let moment1 = moment1.mul_scalar(self.momentum) + gradient;
        Parameter { value: value - moment1.clone().mul_scalar(self.rate), moment1, moment2 }
    }
}

/// `Σ g²` over the gradients seen so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct SquaredNorm(Option<Tensor<1>>);

impl SquaredNorm {
    /// Adds a gradient.
    pub fn add<const D: usize>(self, gradient: &Tensor<D>) -> Self {
        let sum = (gradient.clone() * gradient.clone()).sum();
        Self(Some(match self.0 {
            Some(before) => before + sum,
            None => sum,
        }))
    }

    /// The factor for all of them, `[1]`; `None` when there was none.
    pub fn factor(self, clip_norm: f64) -> Option<Tensor<1>> {
        self.0.map(|squared| squared.sqrt().add_scalar(CLIP_EPSILON).recip().mul_scalar(clip_norm).clamp_max(1.0))
    }
}

/// A gradient times the factor.
pub(crate) fn scaled<const D: usize>(gradient: Tensor<D>, factor: &Tensor<1>) -> Tensor<D> {
    gradient * factor.clone().reshape([1; D])
}

#[cfg(test)]
#[path = "optimizer/tests.rs"]
mod tests;
