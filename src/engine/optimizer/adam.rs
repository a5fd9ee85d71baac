//! Adam.
//!
//! ```text
//! m ← β₁m + (1−β₁)g        v ← β₂v + (1−β₂)g²
//! p ← p − η/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε)
//! ```
//! Source: Kingma and Ba 2015, in the form of `torch.optim.Adam`: ε outside the root, after the bias correction.

use crate::domain::spec::TrainingSpec;

/// Settings of Adam at one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Adam {
    pub beta1: f64,
    pub beta2: f64,
    pub epsilon: f64,
    /// η/(1−β₁ᵗ).
    pub step_size: f64,
    /// 1/√(1−β₂ᵗ).
    pub root_scale: f64,
}

impl Adam {
    /// Adam at step `step`, where 1 is the first.
    pub fn at_step(training: &TrainingSpec, rate: f64, step: u64) -> Self {
        let correction1 = 1.0 - libm::pow(training.beta1, step as f64);
        let correction2 = 1.0 - libm::pow(training.beta2, step as f64);
        Self {
            beta1: training.beta1,
            beta2: training.beta2,
            epsilon: training.epsilon,
            step_size: rate / correction1,
            root_scale: 1.0 / libm::sqrt(correction2),
        }
    }

    /// Moves a parameter against its gradient.
    pub fn update_in_place(&self, parameter: esmm_slices::Parameter, gradient: esmm_slices::Gradient) {
        let numbers = esmm_slices::Adam {
            beta1: self.beta1 as f32,
            beta2: self.beta2 as f32,
            rest1: (1.0 - self.beta1) as f32,
            rest2: (1.0 - self.beta2) as f32,
            step_size: self.step_size as f32,
            root_scale: self.root_scale as f32,
            epsilon: self.epsilon as f32,
        };
        esmm_slices::adam(parameter, gradient, &numbers);
    }
}
