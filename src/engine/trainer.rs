//! One run: a model, a seed and a prepared log, trained batch by batch.

mod checkpoint;
mod flow;
mod inspect;
mod intercepts;

use std::rc::Rc;

use super::EngineError;
use super::backend::{Backend, Run, StepInputs};
use super::batch::{EpochOrder, RunLog};
use super::device::EngineDevice;
use super::dpm::initial_layers;
use super::early_stopping::EarlyStopper;
use super::memory;
use super::optimizer::Optimizer;
use super::random::{Purpose, dropout_mask};
use super::sem::SemLayout;
use super::states::Kept;
use super::weights::{MergedWeights, WeightMap};
use crate::domain::features::Prepared;
use crate::domain::objective::{Readouts, targets, tower_names};
use crate::domain::report::CurvePoint;
use crate::domain::spec::{Draws, NetworkSpec, Objective, ResolvedTraining, Steps, TrainPlan, TrainingSpec};

pub use checkpoint::{Checkpoint, crc32_of};
pub(super) use inspect::{ROWS_PER_CHUNK, by_row};

/// Trains one model on one log.
///
/// Invariants: [`Trainer::step`] never reads back from a GPU; the same plan, log and kind of device give the same numbers.
pub struct Trainer {
    run: Rc<Run>,
    pub(super) backend: Box<dyn Backend>,
    learning_rate: f64,
    towers: Vec<String>,
    readouts: Readouts,
    /// `[n_rows]`, for an objective that draws once for each row of the log.
    row_draws: Vec<f32>,
    order: EpochOrder,
    resolved: ResolvedTraining,
    step: u64,
    /// Whether the output biases are those that end the run.
    pub(super) is_solved: bool,
    /// Steps of the states that the backend keeps: at the last reading of losses, and at the one before, which is good once
    /// the losses after it are finite.
    unproven_step: u64,
    good_step: u64,
    pub(super) stopper: Option<EarlyStopper>,
}

/// `[in, out]` of each layer of a tower.
pub(super) fn tower_layers(layout: &SemLayout, network: &NetworkSpec) -> Vec<[usize; 2]> {
    let widths: Vec<usize> = [&[layout.input_size()], network.hidden.as_slice(), &[1]].concat();
    widths.windows(2).map(|size| [size[0], size[1]]).collect()
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    /// Steps done.
    pub step: u64,
    pub total_steps: u64,
    /// Passes over the training rows so far.
    pub epoch: f64,
    /// Passes in the whole run, rounded up.
    pub epochs: usize,
    pub rows_seen: u64,
}

impl Trainer {
    /// Puts the log on the device and draws the parameters.
    ///
    /// # Errors
    /// When there is nothing to train on, to learn from or to minimise.
    pub fn new(device: &EngineDevice, plan: &TrainPlan, prepared: &Prepared) -> Result<Self, EngineError> {
        plan.model.validate_objective()?;
        if let Objective::BoostedTrees { .. } = plan.model.objective {
            return Err(EngineError::NotANetwork { model: plan.model.name.clone() });
        }
        let train_rows = prepared.split.train.len();
        let plan = TrainPlan { network: plan.network.of(&plan.model), ..plan.clone() }.on_rows(train_rows);
        let resolved = plan.training.resolved(train_rows);
        let towers = tower_names(&plan.model);
        let weights = &plan.training.positive_weights;
        let targets = targets(&plan.model).into_iter().map(|target| target.weighted(weights)).collect::<Vec<_>>();
        let layout = SemLayout::new(&prepared.fitted, &plan.network, towers.len());
        if layout.input_size() == 0 {
            return Err(EngineError::NoFeature);
        }
        memory::check_table(layout.table_rows(), layout.embedding_size, memory::left())?;
        let order = EpochOrder::new(&prepared.split.train, plan.seed, resolved.batch_size)?;
        let stopping = plan.training.early_stopping.as_ref();
        let stopper = stopping.map(|rule| EarlyStopper::new(rule, &prepared.split.validation));
        let row_draws = match plan.model.objective.draws() {
            Draws::PerRow => Purpose::Rows.stream(plan.seed).positive_uniforms(prepared.encoded.n_rows),
            Draws::Never | Draws::PerStep => Vec::new(),
        };
        let layer_sizes = tower_layers(&layout, &plan.network);
        let first = MergedWeights {
            table: layout.initial_values(plan.seed),
            layers: initial_layers(plan.seed, towers.len(), &layer_sizes),
        };
        let log = RunLog::new(&layout, prepared, &plan.model.tree, &targets);
        let readouts = Readouts::of(&plan.model);
        let learning_rate = plan.training.learning_rate;
        let run = Rc::new(Run { plan, layout, layer_sizes, targets, log });
        Ok(Self {
            backend: device.start(run.clone(), first),
            run,
            learning_rate,
            towers,
            readouts,
            row_draws,
            order,
            resolved,
            step: 0,
            is_solved: false,
            unproven_step: 0,
            good_step: 0,
            stopper,
        })
    }

    /// Enqueues one batch: forward, backward, update. Does nothing when the run is finished.
    ///
    /// # Errors
    /// When there is nothing to minimise; what fails on the device shows in [`Trainer::take_losses`].
    pub fn step(&mut self) -> Result<(), EngineError> {
        if self.is_finished() {
            return Ok(());
        }
        let rows = self.order.rows_of_step(self.step).to_vec();
        let inputs = StepInputs { draws: self.draws(&rows), masks: self.dropout_masks(rows.len()), rows };
        let training = TrainingSpec { learning_rate: self.learning_rate, ..self.plan().training.clone() };
        let optimizer = Optimizer::at_step(&training, self.resolved.embedding_decay, self.step + 1, self.steps());
        self.backend.step(inputs, &optimizer)?;
        self.step += 1;
        Ok(())
    }

    pub(super) fn plan(&self) -> &TrainPlan {
        &self.run.plan
    }

    /// Numbers of the embedding table.
    pub fn table_size(&self) -> usize {
        self.run.layout.table_rows() * self.run.layout.embedding_size
    }

    /// Rows of the log that the next step trains on; empty when the run is finished.
    pub fn next_batch(&mut self) -> &[u32] {
        if self.is_finished() { &[] } else { self.order.rows_of_step(self.step) }
    }

    /// How far the run is.
    pub fn position(&self) -> Position {
        let total_steps = self.steps().total;
        let rows_seen = self.order.rows_seen(self.step);
        let epoch = rows_seen as f64 / self.order.n_rows() as f64;
        Position { step: self.step, total_steps, epoch, epochs: self.resolved.epochs, rows_seen }
    }

    /// Batch, epochs and decay: the plan's own, or what follows from the training rows.
    pub fn resolved(&self) -> ResolvedTraining {
        self.resolved
    }

    pub fn is_finished(&self) -> bool {
        let has_stopped = self.stopper.as_ref().is_some_and(EarlyStopper::has_stopped);
        has_stopped || self.step >= self.position().total_steps
    }

    /// Goes on with another learning rate from the next step on. The run is then no longer the one of its plan.
    pub fn set_learning_rate(&mut self, learning_rate: f64) {
        self.learning_rate = learning_rate;
    }

    /// Whether the last batch of an epoch was the last one trained on.
    pub fn at_epoch_end(&self) -> bool {
        self.step > 0 && self.step.is_multiple_of(self.order.steps_per_epoch())
    }

    /// Losses of the steps since the last call, in one readback: `loss.total` and `loss.<term>`, in nats, and what the
    /// objective has to say of them (`clip_share.<event>` and the like).
    ///
    /// # Errors
    /// [`EngineError::Diverged`] when one is not finite: the trainer then holds the last good state.
    pub async fn take_losses(&mut self) -> Result<Vec<CurvePoint>, EngineError> {
        let losses = self.backend.take_losses().await?;
        if losses.is_empty() {
            return Ok(Vec::new());
        }
        let first = self.step + 1 - losses.len() as u64;
        let mut curve = Vec::with_capacity(losses.len());
        for (step, losses) in (first..).zip(losses) {
            if losses.values().any(|value| !value.is_finite()) {
                return Err(self.diverged(step));
            }
            let epoch = self.order.rows_seen(step) as f64 / self.order.n_rows() as f64;
            curve.push(CurvePoint { step, epoch, losses });
        }
        self.backend.prove();
        self.good_step = std::mem::replace(&mut self.unproven_step, self.step);
        Ok(curve)
    }

    /// Goes on from the best epoch's state.
    pub(crate) fn restore_best(&mut self) {
        self.backend.restore(Kept::Best);
        self.forget_kept();
    }

    /// What was kept before is no state of this run any more: the present one is.
    fn forget_kept(&mut self) {
        (self.unproven_step, self.good_step) = (self.step, self.step);
    }

    fn steps(&self) -> Steps {
        self.resolved.steps(self.order.n_rows())
    }

    fn weight_map(&self) -> WeightMap<'_> {
        WeightMap { layout: &self.run.layout, names: &self.towers, layer_sizes: &self.run.layer_sizes }
    }

    /// Masks of the next step, `[towers, batch, hidden]` each; empty without dropout.
    fn dropout_masks(&self, batch: usize) -> Vec<Vec<f32>> {
        let spec = &self.plan().network;
        if spec.dropout <= 0.0 {
            return Vec::new();
        }
        let mut random = Purpose::Dropout { step: self.step }.stream(self.plan().seed);
        let counts = spec.hidden.iter().map(|&width| self.towers.len() * batch * width);
        counts.map(|count| dropout_mask(&mut random, count, spec.dropout)).collect()
    }

    /// Uniform numbers in (0, 1] that the objective compares with at this step, one for each of `rows`; empty when it
    /// draws none.
    pub fn draws(&self, rows: &[u32]) -> Vec<f32> {
        match self.plan().model.objective.draws() {
            Draws::Never => Vec::new(),
            Draws::PerRow => rows.iter().map(|&row| self.row_draws[row as usize]).collect(),
            Draws::PerStep => Purpose::Draws { step: self.step }.stream(self.plan().seed).positive_uniforms(rows.len()),
        }
    }

    /// Puts the last good state back and says what happened at `step`.
    fn diverged(&mut self, step: u64) -> EngineError {
        let is_proven = step > self.unproven_step + 1;
        let (kept, at) = if is_proven { (Kept::Unproven, self.unproven_step) } else { (Kept::Good, self.good_step) };
        self.backend.restore(kept);
        self.step = at;
        self.forget_kept();
        self.divergence_at(step)
    }

    fn divergence_at(&self, step: u64) -> EngineError {
        let rate = self.learning_rate;
        let cause = text!(engine::overflow, rate = rate);
        EngineError::Diverged { step, cause, remedy: text!(engine::lower_rate, rate = rate / 10.0) }
    }
}
