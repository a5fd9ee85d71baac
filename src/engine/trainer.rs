//! One run: a model, a seed and a prepared log, trained batch by batch.

use burn::tensor::{Tensor, TensorData};

use super::batch::{DeviceLog, DistinctIds, EpochOrder, all_ids};
use super::device::EngineDevice;
use super::early_stopping::EarlyStopper;
use super::losses::LossLedger;
use super::network::{self, FetchedRows, Leaves, Network};
use super::objective::{Batch, Losses, losses};
use super::optimizer::Optimizer;
use super::random::{HostRandom, Stream};
use super::sem::SemLayout;
use super::weights::WeightMap;
use super::{EngineError, Weights};
use crate::domain::features::Prepared;
use crate::domain::objective::{Predicted, Readouts, Target, targets, tower_names};
use crate::domain::report::CurvePoint;
use crate::domain::spec::{Draws, SpecError, TrainPlan};

/// Rows of a forward pass without gradients.
const ROWS_PER_CHUNK: usize = 4096;

/// Trains one model on one log.
///
/// Invariants: [`Trainer::step`] never reads back; the same plan, log and kind of device give the same numbers.
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
    distinct: DistinctIds,
    pub(super) network: Network,
    step: u64,
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
    pub rows_seen: u64,
}

impl Trainer {
    /// Puts the log on the device and draws the parameters.
    ///
    /// # Errors
    /// When there is nothing to train on, to learn from or to minimise.
    pub fn new(device: &EngineDevice, plan: &TrainPlan, prepared: &Prepared) -> Result<Self, EngineError> {
        plan.model.validate_objective()?;
        let plan = TrainPlan { network: plan.network.of(&plan.model), ..plan.clone() };
        let (towers, targets) = (tower_names(&plan.model), targets(&plan.model));
        let layout = SemLayout::new(&prepared.fitted, &plan.network, towers.len());
        if layout.input_size() == 0 {
            return Err(EngineError::NoFeature);
        }
        let order = EpochOrder::new(&prepared.split.train, plan.seed, plan.training.batch_size)?;
        let stopping = plan.training.early_stopping.as_ref();
        let stopper = stopping.map(|rule| EarlyStopper::new(rule, &prepared.split.validation));
        let network = Network::new(device, &layout, &plan.network, towers.len(), plan.seed);
        let row_draws = match plan.model.objective.draws() {
            Draws::PerRow => HostRandom::new(plan.seed, Stream::Rows).draws(prepared.encoded.n_rows),
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
            step: 0,
            unproven: (0, network.clone()),
            good: (0, network.clone()),
            network,
            stopper,
        })
    }

    /// Enqueues one batch: forward, backward, update. Does nothing when the run is finished.
    ///
    /// # Errors
    /// None so far: what fails on the device shows in [`Trainer::take_losses`].
    pub fn step(&mut self) -> Result<(), EngineError> {
        if self.is_finished() {
            return Ok(());
        }
        let batch = self.order.rows_of_step(self.step).to_vec();
        let fetched = self.fetch(&batch);
        let leaves = self.network.leaves(fetched.as_ref());
        let masks = self.dropout_masks(batch.len());
        let (losses, loss) = self.objective(&leaves, &batch, &masks)?;
        let gradients = loss.backward();
        self.step += 1;
        let training = &self.plan.training;
        let optimizer = Optimizer::at_step(training, self.step, self.order.steps_per_epoch());
        let kernels = self.device.row_kernels();
        let gradients = self.network.gradients(kernels, fetched, leaves, gradients);
        let gradients = match training.clip_norm {
            Some(clip_norm) => gradients.clipped(clip_norm),
            None => gradients,
        };
        self.network = std::mem::take(&mut self.network).update(kernels, &optimizer, gradients);
        self.ledger.push(losses);
        Ok(())
    }

    /// Rows of the log that the next step trains on; empty when the run is finished.
    pub fn next_batch(&mut self) -> &[u32] {
        if self.is_finished() { &[] } else { self.order.rows_of_step(self.step) }
    }

    /// How far the run is.
    pub fn position(&self) -> Position {
        let total_steps = self.order.steps_per_epoch() * self.plan.training.epochs as u64;
        let rows_seen = self.order.rows_seen(self.step);
        Position { step: self.step, total_steps, epoch: rows_seen as f64 / self.order.n_rows() as f64, rows_seen }
    }

    pub fn is_finished(&self) -> bool {
        let has_stopped = self.stopper.as_ref().is_some_and(EarlyStopper::has_stopped);
        has_stopped || self.step >= self.position().total_steps
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

    /// Logits of rows of the log, without dropout.
    ///
    /// # Shapes
    /// - returns `[rows, questions]`, row-major, questions in the tree's order
    ///
    /// # Errors
    /// As [`Trainer::predict`].
    pub async fn logits(&self, rows: &[u32]) -> Result<Vec<f32>, EngineError> {
        Ok(self.predict(rows).await?.logits)
    }

    /// The tree's logits for rows of the log, without dropout, and what is to be said of them.
    ///
    /// # Errors
    /// When the device cannot hand them back, or when they are not finite.
    pub async fn predict(&self, rows: &[u32]) -> Result<Predicted, EngineError> {
        Ok(self.readouts.read(&self.tower_logits(rows).await?))
    }

    /// How the tree's logits are read off the towers'.
    pub fn readouts(&self) -> &Readouts {
        &self.readouts
    }

    /// Logits of every tower, `[rows, towers]`, row-major.
    ///
    /// # Errors
    /// As [`Trainer::predict`].
    pub async fn tower_logits(&self, rows: &[u32]) -> Result<Vec<f32>, EngineError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let layers = self.network.towers.values();
        let chunks = rows.chunks(ROWS_PER_CHUNK).map(|chunk| {
            let gathered = self.network.table.as_ref().map(|table| {
                let ids = self.device.indices(all_ids(&self.log, &self.layout, chunk));
                table.value_of(&table.rows(ids))
            });
            let dense = self.log.dense(&self.device.indices(chunk.iter().map(|&row| row as i32).collect()));
            network::forward(&self.layout, &layers, gathered, dense, &[])
        });
        let chunks: Option<Vec<Tensor<2>>> = chunks.collect();
        let by_tower = read(Tensor::cat(chunks.ok_or(EngineError::NoFeature)?, 1)).await?;
        if by_tower.iter().any(|logit| !logit.is_finite()) {
            return Err(self.divergence_at(self.step));
        }
        let n_towers = self.towers.len();
        let logit = |index: usize| by_tower[index % n_towers * rows.len() + index / n_towers];
        Ok((0..by_tower.len()).map(logit).collect())
    }

    /// The weights, read back.
    ///
    /// # Errors
    /// When the device cannot hand them back.
    pub async fn weights(&self) -> Result<Weights, EngineError> {
        Ok(self.weight_map().name(&self.network.read().await?))
    }

    /// Goes on from given weights, with the optimiser's moments at 0.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub fn set_weights(&mut self, weights: &Weights) -> Result<(), EngineError> {
        let merged = self.weight_map().merge(weights)?;
        self.restore(self.network.with_values(&self.device, &self.layout, merged));
        Ok(())
    }

    /// Gradient of the objective over `rows` with respect to every weight, under the weights' names; no dropout, nothing
    /// moves. A weight that the objective does not reach has the gradient 0.
    ///
    /// # Errors
    /// When the device cannot hand it back.
    pub async fn gradients(&self, rows: &[u32]) -> Result<Weights, EngineError> {
        let inverse = all_ids(&self.log, &self.layout, rows);
        let fetched = self.network.fetch(None, self.device.indices(inverse));
        let leaves = self.network.leaves(fetched.as_ref());
        let (_, loss) = self.objective(&leaves, rows, &[])?;
        let gradients = self.network.gradients(self.device.row_kernels(), fetched, leaves, loss.backward());
        Ok(self.weight_map().name(&gradients.read().await?))
    }

    /// Goes on from an earlier state of this run.
    pub(super) fn restore(&mut self, network: Network) {
        self.network = network;
        self.unproven = (self.step, self.network.clone());
        self.good = self.unproven.clone();
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
        let spec = &self.plan.network;
        if spec.dropout <= 0.0 {
            return Vec::new();
        }
        let mut random = HostRandom::new(self.plan.seed, Stream::Dropout { step: self.step });
        let masks = spec.hidden.iter().map(|&width| {
            let shape = [self.towers.len(), batch, width];
            self.device.floats(random.dropout_mask(shape.iter().product(), spec.dropout), shape)
        });
        masks.collect()
    }

    /// Uniform numbers in (0, 1] that the objective compares with at this step, one for each of `rows`; empty when it
    /// draws none.
    pub fn draws(&self, rows: &[u32]) -> Vec<f32> {
        match self.plan.model.objective.draws() {
            Draws::Never => Vec::new(),
            Draws::PerRow => rows.iter().map(|&row| self.row_draws[row as usize]).collect(),
            Draws::PerStep => HostRandom::new(self.plan.seed, Stream::Draws { step: self.step }).draws(rows.len()),
        }
    }

    /// Losses over `rows` and their weighted sum, `[1]`.
    fn objective(
        &self,
        leaves: &Leaves,
        rows: &[u32],
        masks: &[Tensor<3>],
    ) -> Result<(Losses, Tensor<1>), EngineError> {
        let draws = self.draws(rows);
        let draws = (!draws.is_empty()).then(|| self.device.floats(draws, [rows.len()]));
        let rows = self.device.indices(rows.iter().map(|&row| row as i32).collect());
        let dense = self.log.dense(&rows);
        let logits = network::forward(&self.layout, &leaves.layers, leaves.gathered.clone(), dense, masks)
            .ok_or(EngineError::NoFeature)?;
        let batch = Batch::new(&self.targets, self.log.labels(&rows, &self.targets), logits, draws);
        let losses = losses(&self.plan.model.objective, &batch);
        let no_loss = || SpecError::NoObjective { model: self.plan.model.name.clone() };
        let total = losses.total().ok_or_else(no_loss)?;
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
        let cause = format!(
            "the weights left the range of 32-bit numbers, likely because the learning rate {rate} is too high"
        );
        EngineError::Diverged { step, cause, remedy: format!("try a learning rate of {}", rate / 10.0) }
    }
}

/// Reads a tensor back.
pub(crate) async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, EngineError> {
    let data: TensorData = tensor.into_data_async().await.map_err(|error| EngineError::Readback(error.to_string()))?;
    data.try_into_vec::<f32>().map_err(|error| EngineError::Readback(error.to_string()))
}
