//! Clipping by the norm of all gradients together, on the device.
//!
//! ```text
//! g ← g · min(1, c / (‖g‖ + 1e-6))
//! ```
//! Source: Pascanu et al. 2013, in the form of `torch.nn.utils.clip_grad_norm_`. Nothing is read back: the factor stays a
//! tensor. A gradient that is not finite makes the factor so too, and the loss of the next step tells.

use burn::tensor::Tensor;

/// Added to the norm, as torch does.
const EPSILON: f64 = 1e-6;

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
        self.0.map(|squared| squared.sqrt().add_scalar(EPSILON).recip().mul_scalar(clip_norm).clamp_max(1.0))
    }
}

/// A gradient times the factor.
pub(crate) fn scaled<const D: usize>(gradient: Tensor<D>, factor: &Tensor<1>) -> Tensor<D> {
    gradient * factor.clone().reshape([1; D])
}

/// [`SquaredNorm::factor`] of gradients in memory; no number when `squared` is none.
pub(crate) fn clip_factor(squared: f32, clip_norm: f64) -> f32 {
    let factor = clip_norm as f32 / (squared.sqrt() + EPSILON as f32);
    if factor > 1.0 { 1.0 } else { factor }
}
