//! Stochastic gradient descent with momentum.
//!
//! ```text
//! u ← μu + g        p ← p − ηu
//! ```
//! Source: Sutskever et al. 2013, in the form of `torch.optim.SGD` without dampening: η outside the velocity.

/// Settings of SGD at one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sgd {
    pub rate: f64,
    pub momentum: f64,
}

impl Sgd {
    pub fn new(rate: f64, momentum: f64) -> Self {
        Self { rate, momentum }
    }

    /// Moves a parameter against its gradient.
    pub fn update_in_place(&self, parameter: esmm_slices::Parameter, gradient: esmm_slices::Gradient) {
        esmm_slices::sgd(parameter, gradient, self.rate as f32, self.momentum as f32);
    }
}
