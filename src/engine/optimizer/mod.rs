//! What moves the parameters: one file for each optimiser, on whole tensors and on rows of a table; and clipping.
//!
//! All are those of `torch.optim`, decay included: an L2 term of the gradient under Adam and SGD, decoupled under AdamW.

mod adam;
mod adamw;
mod clip;
mod sgd;
mod table;

pub(crate) use clip::{SquaredNorm, clip_factor, scaled};
pub use table::Table;

use burn::tensor::Tensor;

use crate::domain::spec::{OptimizerKind, Steps, TrainingSpec};

/// One optimiser with its settings at one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Optimizer {
    rule: Rule,
    /// Of the towers' weights.
    pub weight_decay: f64,
    /// Of the embeddings.
    pub embedding_decay: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    Adam(adam::Adam),
    AdamW(adamw::AdamW),
    Sgd(sgd::Sgd),
}

/// A parameter with its moments, all of one shape. SGD uses the first alone, as its velocity.
#[derive(Debug, Clone)]
pub struct Parameter<const D: usize> {
    pub value: Tensor<D>,
    pub moment1: Tensor<D>,
    pub moment2: Tensor<D>,
}

impl Optimizer {
    /// The optimiser at step `step`, where 1 is the first; `embedding_decay` as it was resolved. One count for all parameters, rows of a table included.
    pub fn at_step(training: &TrainingSpec, embedding_decay: f64, step: u64, steps: Steps) -> Self {
        let rate = training.rate_at(step, steps);
        let adam = || adam::Adam::at_step(training, rate, step);
        let rule = match training.optimizer {
            OptimizerKind::Adam => Rule::Adam(adam()),
            OptimizerKind::AdamW => Rule::AdamW(adamw::AdamW::new(adam(), rate)),
            OptimizerKind::Sgd => Rule::Sgd(sgd::Sgd::new(rate, training.momentum)),
        };
        Self { rule, weight_decay: training.weight_decay, embedding_decay }
    }

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

    /// [`Optimizer::update`] in place.
    pub fn update_in_place(&self, parameter: esmm_slices::Parameter, gradient: esmm_slices::Gradient, decay: f64) {
        let with_l2 = esmm_slices::Gradient { l2: decay as f32, ..gradient };
        match self.rule {
            Rule::Adam(adam) => adam.update_in_place(parameter, with_l2),
            Rule::AdamW(adamw) => adamw.update_in_place(parameter, gradient, decay),
            Rule::Sgd(sgd) => sgd.update_in_place(parameter, with_l2),
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

#[cfg(test)]
mod tests;
