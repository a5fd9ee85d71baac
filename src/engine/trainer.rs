//! One run: a model, a seed and a prepared log, trained batch by batch.

mod flow;
mod inspect;
mod intercepts;

use burn::tensor::{Int, Tensor, TensorData};

use super::EngineError;
use super::batch::{BatchColumns, BatchIndices, DeviceLog, DistinctIds, EpochOrder, all_ids};
use super::cpu_step::{BatchInputs, ForwardPass};
use super::device::{DeviceKind, EngineDevice};
use super::early_stopping::EarlyStopper;
use super::losses::LossLedger;
use super::network::{self, FetchedRows, Leaves, Network};
use super::objective::{Batch, Losses, losses};
use super::optimizer::Optimizer;
use super::random::{Purpose, dropout_mask};
use super::scm::log_answers_of;
use super::sem::SemLayout;
use super::tape::{Tape, Taped};
use super::weights::WeightMap;
use crate::domain::features::Prepared;
use crate::domain::objective::{Readouts, Target, targets, tower_names};
use crate::domain::report::CurvePoint;
use crate::domain::spec::{Draws, Objective, ResolvedTraining, SpecError, Steps, TrainPlan};

/// Trains one model on one log.
///
/// Invariants: [`Trainer::step`] never reads back from a GPU; the same plan, log and kind of device give the same numbers.
pub struct Trainer {
    device: EngineDevice,
    pub(super) plan: TrainPlan,
    towers: Vec<String>,
    readouts: Readouts,
    layout: SemLayout,
    targets: Vec<Target>,
    /// `[n_rows]`, for an objective that draws once for each row of the log.
    row_draws: Vec<f32>,
    log: DeviceLog,
    order: EpochOrder,
    resolved: ResolvedTraining,
    distinct: DistinctIds,
    pub(super) network: Network,
    step: u64,
    /// Whether the output biases are those that end the run.
    pub(super) is_solved: bool,
    ledger: LossLedger,
    /// State at the last reading of losses: good once the loss of the step after it is finite.
    unproven: (u64, Network),
    good: (u64, Network),
    pub(super) stopper: Option<EarlyStopper>,
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
        let targets: Vec<Target> = targets(&plan.model).into_iter().map(|target| target.weighted(weights)).collect();
        let layout = SemLayout::new(&prepared.fitted, &plan.network, towers.len());
        if layout.input_size() == 0 {
            return Err(EngineError::NoFeature);
        }
        let order = EpochOrder::new(&prepared.split.train, plan.seed, resolved.batch_size)?;
        let stopping = plan.training.early_stopping.as_ref();
        let stopper = stopping.map(|rule| EarlyStopper::new(rule, &prepared.split.validation));
        let network = Network::new(device, &layout, &plan.network, towers.len(), plan.seed);
        let row_draws = match plan.model.objective.draws() {
            Draws::PerRow => Purpose::Rows.stream(plan.seed).positive_uniforms(prepared.encoded.n_rows),
            Draws::Never | Draws::PerStep => Vec::new(),
        };
        Ok(Self {
            log: DeviceLog::new(device, &layout, prepared, &plan.model.tree, &targets),
            distinct: DistinctIds::new(&layout),
            ledger: LossLedger::default(),
            device: device.clone(),
            readouts: Readouts::of(&plan.model),
            plan,
            towers,
            layout,
            targets,
            row_draws,
            order,
            resolved,
            step: 0,
            is_solved: false,
            unproven: (0, network.clone()),
            good: (0, network.clone()),
            network,
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
        let batch = self.order.rows_of_step(self.step).to_vec();
        // The GPU engine's module has no CPU, and leaves its step out.
        if crate::HAS_CPU_ENGINE && self.device.kind() == DeviceKind::Cpu {
            let losses = self.step_in_memory(&batch)?;
            self.ledger.push_values(losses);
        } else {
            let losses = self.step_on_device(&batch)?;
            self.ledger.push(losses);
        }
        Ok(())
    }

    /// A step of which Burn differentiates all.
    fn step_on_device(&mut self, batch: &[u32]) -> Result<Losses, EngineError> {
        let fetched = self.fetch(batch);
        let leaves = self.network.leaves(fetched.as_ref());
        let masks = self.dropout_masks(batch.len());
        let (losses, loss) = self.objective(&leaves, batch, &masks)?;
        let gradients = loss.backward();
        let optimizer = self.optimizer_of_next_step();
        let kernels = self.device.row_kernels();
        let gradients = self.network.gradients(kernels, fetched, leaves, gradients);
        let gradients = match self.plan.training.clip_norm {
            Some(clip_norm) => gradients.clipped(clip_norm),
            None => gradients,
        };
        self.network = std::mem::take(&mut self.network).update(kernels, &optimizer, gradients);
        self.step += 1;
        Ok(losses)
    }

    /// The same step in memory; its products are Burn's.
    fn step_in_memory(&mut self, batch: &[u32]) -> Result<Losses<Taped>, EngineError> {
        let indices = match self.plan.training.lazy_embeddings {
            true => self.distinct.find(&self.log, &self.layout, batch),
            false => BatchIndices::of_all(&self.log, &self.layout, batch),
        };
        let rows = self.rows_on_device(batch);
        let inputs = BatchInputs::of(indices, self.log.dense(&rows), self.dropout_values(batch.len()));
        let forward = ForwardPass::new(&self.device, &self.layout, std::mem::take(&mut self.network), inputs);
        let (losses, of_logits) = match self.losses_in_memory(forward.logits(), batch, &rows) {
            Ok(found) => found,
            Err(error) => {
                self.network = forward.into_network();
                return Err(error);
            }
        };
        let optimizer = self.optimizer_of_next_step();
        self.network = forward.moved(of_logits, &optimizer, self.plan.training.clip_norm);
        self.step += 1;
        Ok(losses)
    }

    /// Losses of the towers' `logits` over `rows`, `[towers, batch]`, and the gradient of their weighted sum by these.
    fn losses_in_memory(
        &self,
        logits: &[f32],
        rows: &[u32],
        on_device: &Tensor<1, Int>,
    ) -> Result<(Losses<Taped>, Vec<f32>), EngineError> {
        let tape = Tape::default();
        let towers: Vec<Taped> = logits.chunks_exact(rows.len()).map(|logits| tape.leaf(logits.to_vec())).collect();
        let draws = self.draws(rows);
        let draws = (!draws.is_empty()).then(|| Taped::constant_of(draws));
        let BatchColumns { labels, waits, weights } = self.log.columns(on_device, &self.targets);
        let batch = Batch::of_answers(&self.targets, labels, towers.iter().map(log_answers_of).collect(), draws)
            .with_waits(waits)
            .with_weights(weights);
        let losses = losses(&self.plan.model.objective, &batch);
        let total = losses.total().ok_or_else(|| self.no_objective())?;
        let of_logits = total.gradients(&towers).concat();
        Ok((losses, of_logits))
    }

    fn no_objective(&self) -> EngineError {
        SpecError::NoObjective { model: self.plan.model.name.clone() }.into()
    }

    fn optimizer_of_next_step(&self) -> Optimizer {
        Optimizer::at_step(&self.plan.training, self.resolved.embedding_decay, self.step + 1, self.steps())
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
        self.plan.training.learning_rate = learning_rate;
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
        let first = self.step + 1 - self.ledger.len() as u64;
        let losses = self.ledger.take().await?;
        if losses.is_empty() {
            return Ok(Vec::new());
        }
        let mut curve = Vec::with_capacity(losses.len());
        for (step, losses) in (first..).zip(losses) {
            if losses.values().any(|value| !value.is_finite()) {
                return Err(self.diverged(step));
            }
            let epoch = self.order.rows_seen(step) as f64 / self.order.n_rows() as f64;
            curve.push(CurvePoint { step, epoch, losses });
        }
        self.good = std::mem::replace(&mut self.unproven, (self.step, self.network.clone()));
        Ok(curve)
    }

    /// Goes on from an earlier state of this run.
    pub(super) fn restore(&mut self, network: Network) {
        self.network = network;
        self.unproven = (self.step, self.network.clone());
        self.good = self.unproven.clone();
    }

    fn steps(&self) -> Steps {
        self.resolved.steps(self.order.n_rows())
    }

    fn weight_map(&self) -> WeightMap<'_> {
        WeightMap::new(&self.layout, &self.towers, &self.network.towers)
    }

    fn fetch(&mut self, batch: &[u32]) -> Option<FetchedRows> {
        self.network.table.as_ref()?;
        let (unique, inverse) = if self.plan.training.lazy_embeddings {
            let indices = self.distinct.find(&self.log, &self.layout, batch);
            (Some(self.device.indices(indices.unique)), indices.inverse)
        } else {
            (None, all_ids(&self.log, &self.layout, batch))
        };
        self.network.fetch(unique, self.device.indices(inverse))
    }

    fn dropout_masks(&self, batch: usize) -> Vec<Tensor<3>> {
        let shapes = self.plan.network.hidden.iter().map(|&width| [self.towers.len(), batch, width]);
        self.dropout_values(batch)
            .into_iter()
            .zip(shapes)
            .map(|(mask, shape)| self.device.floats(mask, shape))
            .collect()
    }

    /// Masks of the next step, `[towers, batch, hidden]` each; empty without dropout.
    fn dropout_values(&self, batch: usize) -> Vec<Vec<f32>> {
        let spec = &self.plan.network;
        if spec.dropout <= 0.0 {
            return Vec::new();
        }
        let mut random = Purpose::Dropout { step: self.step }.stream(self.plan.seed);
        let counts = spec.hidden.iter().map(|&width| self.towers.len() * batch * width);
        counts.map(|count| dropout_mask(&mut random, count, spec.dropout)).collect()
    }

    fn rows_on_device(&self, rows: &[u32]) -> Tensor<1, Int> {
        self.device.indices(rows.iter().map(|&row| row as i32).collect())
    }

    /// Uniform numbers in (0, 1] that the objective compares with at this step, one for each of `rows`; empty when it
    /// draws none.
    pub fn draws(&self, rows: &[u32]) -> Vec<f32> {
        match self.plan.model.objective.draws() {
            Draws::Never => Vec::new(),
            Draws::PerRow => rows.iter().map(|&row| self.row_draws[row as usize]).collect(),
            Draws::PerStep => Purpose::Draws { step: self.step }.stream(self.plan.seed).positive_uniforms(rows.len()),
        }
    }

    /// Losses over `rows` and their weighted sum, `[1]`.
    fn objective(
        &self,
        leaves: &Leaves,
        rows: &[u32],
        masks: &[Tensor<3>],
    ) -> Result<(Losses, Tensor<1>), EngineError> {
        self.objective_by(&self.layout, leaves, rows, masks)
    }

    /// [`Trainer::objective`] with leaves that are laid out in another way.
    fn objective_by(
        &self,
        layout: &SemLayout,
        leaves: &Leaves,
        rows: &[u32],
        masks: &[Tensor<3>],
    ) -> Result<(Losses, Tensor<1>), EngineError> {
        let on_device = self.rows_on_device(rows);
        let dense = self.log.dense(&on_device);
        let logits = network::forward(layout, &leaves.layers, leaves.gathered.clone(), dense, masks)
            .ok_or(EngineError::NoFeature)?;
        self.losses_at(logits, rows, on_device)
    }

    /// Losses of the towers' `logits` over `rows`, and their weighted sum, `[1]`.
    fn losses_at(
        &self,
        logits: Tensor<2>,
        rows: &[u32],
        on_device: Tensor<1, Int>,
    ) -> Result<(Losses, Tensor<1>), EngineError> {
        let draws = self.draws(rows);
        let draws = (!draws.is_empty()).then(|| self.device.floats(draws, [rows.len()]));
        let batch = Batch::new(&self.targets, self.log.labels(&on_device, &self.targets), logits, draws)
            .with_waits(self.log.waits(&on_device))
            .with_weights(self.log.weights(&on_device));
        let losses = losses(&self.plan.model.objective, &batch);
        let total = losses.total().ok_or_else(|| self.no_objective())?;
        Ok((losses, total))
    }

    /// Puts the last good state back and says what happened at `step`.
    fn diverged(&mut self, step: u64) -> EngineError {
        let is_proven = step > self.unproven.0 + 1;
        let last = if is_proven { self.unproven.clone() } else { self.good.clone() };
        (self.step, self.network) = last;
        self.unproven = (self.step, self.network.clone());
        self.good = self.unproven.clone();
        self.divergence_at(step)
    }

    fn divergence_at(&self, step: u64) -> EngineError {
        let rate = self.plan.training.learning_rate;
        let cause = text!(engine::overflow, rate = rate);
        EngineError::Diverged { step, cause, remedy: text!(engine::lower_rate, rate = rate / 10.0) }
    }
}

/// Reads a tensor back.
pub(crate) async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, EngineError> {
    let data: TensorData = tensor.into_data_async().await.map_err(|error| EngineError::Readback(error.to_string()))?;
    data.try_into_vec::<f32>().map_err(|error| EngineError::Readback(error.to_string()))
}

#[cfg(test)]
mod tests;
