//! What moves the parameters: one file for each optimiser, and clipping. The GPU's is `gpu/update.wgsl`.
//!
//! All are those of `torch.optim`, decay included: an L2 term of the gradient under Adam and SGD, decoupled under AdamW.

mod adam;
mod adamw;
pub mod clip;
mod sgd;

pub(crate) use adam::Adam;
pub(crate) use adamw::AdamW;
pub(crate) use sgd::Sgd;

use crate::domain::spec::{OptimizerKind, Steps, TrainingSpec};

/// One optimiser with its settings at one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Optimizer {
    pub(crate) rule: Rule,
    /// Of the towers' weights.
    pub weight_decay: f64,
    /// Of the embeddings.
    pub embedding_decay: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Rule {
    Adam(Adam),
    AdamW(AdamW),
    Sgd(Sgd),
}

impl Optimizer {
    /// The optimiser at step `step`, where 1 is the first; `embedding_decay` as it was resolved. One count for all parameters, rows of a table included.
    pub fn at_step(training: &TrainingSpec, embedding_decay: f64, step: u64, steps: Steps) -> Self {
        let rate = training.rate_at(step, steps);
        let adam = || Adam::at_step(training, rate, step);
        let rule = match training.optimizer {
            OptimizerKind::Adam => Rule::Adam(adam()),
            OptimizerKind::AdamW => Rule::AdamW(AdamW::new(adam(), rate)),
            OptimizerKind::Sgd => Rule::Sgd(Sgd::new(rate, training.momentum)),
        };
        Self { rule, weight_decay: training.weight_decay, embedding_decay }
    }

    /// Moves a parameter against its gradient, with decay `decay` towards 0.
    pub fn update_in_place(&self, parameter: esmm_slices::Parameter, gradient: esmm_slices::Gradient, decay: f64) {
        let with_l2 = esmm_slices::Gradient { l2: decay as f32, ..gradient };
        match self.rule {
            Rule::Adam(adam) => adam.update_in_place(parameter, with_l2),
            Rule::AdamW(adamw) => adamw.update_in_place(parameter, gradient, decay),
            Rule::Sgd(sgd) => sgd.update_in_place(parameter, with_l2),
        }
    }
}
