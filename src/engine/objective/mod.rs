//! What is minimised: one file for each objective, which turns a [`Batch`] into loss terms.
//!
//! The same losses in plain f64, with their gradients by hand, are in `domain/objective/reference/`.

mod batch;
mod click_space;
mod dcmt;
mod delayed_feedback;
mod division;
mod entire_space;
mod escm2_dr;
mod escm2_ips;
mod oversampled;
mod propensity;
mod rejection_sampled;
mod unclicked_as_negative;

pub use batch::{Batch, TargetLabels};
pub use delayed_feedback::BatchWaits;

use burn::tensor::Tensor;

use crate::domain::spec::Objective;

/// A loss term, `[1]`, unweighted, in nats for an impression.
#[derive(Debug, Clone)]
pub struct LossTerm {
    pub name: String,
    pub weight: f64,
    pub value: Tensor<1>,
}

/// A number that says how a loss was made, `[1]`: a clip share, an effective sample size. Nothing is learned from it.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Key of a curve's point: `<what>.<target>`.
    pub key: String,
    pub value: Tensor<1>,
}

/// All that an objective says of a batch.
#[derive(Debug, Clone, Default)]
pub struct Losses {
    pub terms: Vec<LossTerm>,
    pub readings: Vec<Reading>,
}

impl Losses {
    /// `Σ weight · term`, `[1]`; `None` when nothing has a weight above 0.
    pub fn total(&self) -> Option<Tensor<1>> {
        let weighted = self.terms.iter().filter(|term| term.weight != 0.0).map(|term| match term.weight {
            1.0 => term.value.clone(),
            weight => term.value.clone().mul_scalar(weight),
        });
        weighted.reduce(|sum, term| sum + term)
    }

    fn push(&mut self, name: &str, weight: f64, value: Tensor<1>) {
        self.terms.push(LossTerm { name: name.to_owned(), weight, value });
    }

    fn say(&mut self, what: &str, of: &str, value: Tensor<1>) {
        self.readings.push(Reading { key: format!("{what}.{of}"), value });
    }
}

/// The losses of a batch under an objective.
pub fn losses(objective: &Objective, batch: &Batch) -> Losses {
    match objective {
        Objective::EntireSpace { events, .. } => entire_space::losses(batch, events.len()),
        Objective::ClickSpace { .. } => click_space::losses(batch),
        Objective::Oversampled { rate, .. } => oversampled::losses(batch, *rate),
        Objective::UnclickedAsNegative { share, .. } => unclicked_as_negative::losses(batch, *share),
        Objective::RejectionSampled { .. } => rejection_sampled::losses(batch),
        Objective::Division { .. } => division::losses(batch),
        Objective::Escm2Ips { clip, .. } => escm2_ips::losses(batch, *clip),
        Objective::Escm2Dr { clip, .. } => escm2_dr::losses(batch, *clip),
        Objective::Dcmt { lambda, clip, .. } => dcmt::losses(batch, *lambda, *clip),
        Objective::DelayedFeedback { delayed, .. } => delayed_feedback::losses(batch, delayed),
        // Boosted by `engine::trees`, without gradient steps: a network's trainer refuses them.
        Objective::BoostedTrees { .. } => Losses::default(),
    }
}
