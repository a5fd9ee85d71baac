//! What a run asks of the device that computes it.
//!
//! Two answer: `cpu`, in memory, and `gpu`, by kernels; and `autodiff`, for tests. Everything that is neither a step nor a prediction (what flows, the
//! intercepts at the end) is computed in memory for both, from numbers that a backend hands back.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use super::EngineError;
use super::batch::{BatchColumns, BatchIndices, DistinctIds, NetworkInputs, RunLog};
use super::column::Column;
use super::objective::{Batch, Losses, losses};
use super::optimizer::Optimizer;
use super::scm::log_answers_of;
use super::sem::SemLayout;
use super::states::Kept;
use super::tape::{Tape, Taped};
use super::weights::MergedWeights;
use crate::domain::objective::Target;
use crate::domain::spec::{SpecError, TrainPlan};

/// What stays as it is while a run trains.
#[derive(Debug)]
pub(crate) struct Run {
    pub plan: TrainPlan,
    pub layout: SemLayout,
    /// `[in, out]` by layer of a tower.
    pub layer_sizes: Vec<[usize; 2]>,
    pub targets: Vec<Target>,
    pub log: RunLog,
}

/// What a step needs beside the parameters.
#[derive(Debug)]
pub(crate) struct StepInputs {
    /// Rows of the log.
    pub rows: Vec<u32>,
    /// `[rows]`, uniform in (0, 1], for an objective that draws; else empty.
    pub draws: Vec<f32>,
    /// Dropout masks of the hidden layers, `[towers, rows, hidden]` each; empty without dropout.
    pub masks: Vec<Vec<f32>>,
}

/// Losses and readings of one step by key, `loss.total` included.
pub(crate) type StepLosses = BTreeMap<String, f64>;

/// Parameters and moments, part by part: the rows of the table, `[rows, 3·size]`, and then for each layer's weight and bias the
/// value, the first moment and the second. The same on every device.
pub(crate) type State = Vec<Vec<f32>>;

/// An answer that a device may take its time for.
pub(crate) type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T, EngineError>> + 'a>>;

/// A run's parameters with their moments, and the losses that were not read yet.
pub(crate) trait Backend {
    /// One batch: forward, backward, update.
    fn step(&mut self, inputs: StepInputs, optimizer: &Optimizer) -> Result<(), EngineError>;

    /// Losses of the steps since the last call, oldest first.
    fn take_losses(&mut self) -> Later<'_, Vec<StepLosses>>;

    /// Logits of every tower, `[towers, rows]`, without dropout. `inputs`: not empty.
    fn logits<'a>(&'a self, inputs: &'a NetworkInputs) -> Later<'a, Vec<f32>>;

    /// Gradient of the objective by every weight; over the whole table, without dropout.
    fn gradients(&self, inputs: StepInputs) -> Later<'_, MergedWeights>;

    fn weights(&self) -> Later<'_, MergedWeights>;

    /// The towers' `(weight, bias)` by layer.
    fn towers(&self) -> Later<'_, Vec<(Vec<f32>, Vec<f32>)>>;

    /// Rows of the table, `[rows, size]`.
    fn embeddings(&self, rows: Vec<i32>) -> Later<'_, Vec<f32>>;

    /// Goes on from given weights, with the moments at 0.
    fn set_weights(&mut self, weights: MergedWeights);

    /// The state as it is; `None` where a backend hands none out.
    fn state(&self) -> Later<'_, Option<State>> {
        Box::pin(async { Ok(None) })
    }

    /// That of [`Backend::keep_best`]; `None` where none is kept.
    fn best_state(&self) -> Later<'_, Option<State>> {
        Box::pin(async { Ok(None) })
    }

    /// Goes on from a state; `false`, and nothing changes, where its parts are of other lengths.
    fn set_state(&mut self, _state: State) -> bool {
        false
    }

    /// Adds to each tower's output bias.
    fn shift_outputs(&mut self, shift: &[f64]);

    /// See [`super::states::States::prove`].
    fn prove(&mut self);

    /// See [`super::states::States::keep_best`].
    fn keep_best(&mut self);

    /// See [`super::states::States::restore`].
    fn restore(&mut self, to: Kept);
}

impl Run {
    /// Losses of the towers' `logits`, `[towers, rows]`, over rows of the log, and the columns of logits that gradients are
    /// taken by.
    pub(crate) fn losses(&self, rows: &[u32], logits: &[f32], draws: &[f32]) -> (Losses<Taped>, Vec<Taped>) {
        let tape = Tape::default();
        let towers: Vec<Taped> = logits.chunks_exact(rows.len()).map(|logits| tape.leaf(logits.to_vec())).collect();
        let draws = (!draws.is_empty()).then(|| Taped::constant_of(draws.to_vec()));
        let BatchColumns { labels, waits, weights } = self.log.columns(rows, &self.targets);
        let batch = Batch::of_answers(&self.targets, labels, towers.iter().map(log_answers_of).collect(), draws)
            .with_waits(waits)
            .with_weights(weights);
        (losses(&self.plan.model.objective, &batch), towers)
    }

    /// What is minimised.
    ///
    /// # Errors
    /// When that is nothing.
    pub(crate) fn total<C: Column>(&self, losses: &Losses<C>) -> Result<C, EngineError> {
        let no_objective = || SpecError::NoObjective { model: self.plan.model.name.clone() };
        Ok(losses.total().ok_or_else(no_objective)?)
    }

    /// Rows of the table that a step on `rows` fetches.
    pub(crate) fn fetched(&self, distinct: &mut DistinctIds, rows: &[u32]) -> BatchIndices {
        match self.plan.training.lazy_embeddings {
            true => distinct.find(&self.log, &self.layout, rows),
            false => self.all_fetched(rows),
        }
    }

    /// The same where all are fetched.
    pub(crate) fn all_fetched(&self, rows: &[u32]) -> BatchIndices {
        BatchIndices::of_all(&self.log, &self.layout, rows)
    }
}
