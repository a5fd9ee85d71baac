//! The GPU engine: a step in some fifteen kernels of our own, one upload and one submission.
//!
//! ```text
//! embeddings ─inputs▶ inputs ─forward, a layer▶ … ▶ logits ─objective▶ losses, gradient of the logits
//! moved parameters ◀update─ gradients ◀rows, weights─ … ◀backward, a layer─────────────────┘
//! ```
//! A kernel does a layer of all towers. That of the objective is written anew for every model, from the one text in which
//! objectives are written (`sheet`, `objective`). Nothing is read back in a step.
//!
//! Compiled with feature `gpu` alone; `lib.rs` says so. `webgpu` starts it, in a browser or on a graphics API.

mod batch;
mod device;
mod network;
mod objective;
mod sheet;
mod webgpu;

use std::rc::Rc;

use crate::engine::EngineError;
use crate::engine::backend::{Backend, Later, Run, State, StepInputs, StepLosses};
use crate::engine::batch::{BatchIndices, DistinctIds, NetworkInputs};
use crate::engine::losses::LossKeys;
use crate::engine::objective::{Batch, BatchWaits, TargetLabels, losses};
use crate::engine::optimizer::Optimizer;
use crate::engine::scm::log_answers_of;
use crate::engine::states::Kept;
use crate::engine::weights::MergedWeights;
use batch::{BatchWords, Word};
use device::{Gpu, Kernel, Numbers};
use network::{Backward, DeviceLog, Forward, Network, Parameters, Room};
use sheet::{Given, Sheet, Written};

/// Steps whose losses there is room for at first.
const FIRST_SLOTS: usize = 256;

/// A run on a GPU.
struct GpuBackend {
    gpu: Gpu,
    run: Rc<Run>,
    network: Network,
    log: DeviceLog,
    moving: Parameters,
    /// See [`crate::engine::states::States`].
    unproven: Parameters,
    good: Parameters,
    best: Option<Parameters>,
    distinct: DistinctIds,
    objective: Option<Objective>,
    stage: Option<Stage>,
    /// `[steps, keys]` that were not read yet.
    losses: Numbers,
    n_pending: usize,
}

/// A model's objective as a kernel.
struct Objective {
    kernel: Kernel,
    keys: LossKeys,
    n_values: usize,
}

/// What a step is computed in.
struct Stage {
    room: Room,
    forward: Forward,
    backward: Backward,
}

impl GpuBackend {
    fn new(gpu: Gpu, run: Rc<Run>, weights: &MergedWeights) -> Self {
        let n_towers = weights.layers.last().map_or(0, |(_, bias)| bias.len());
        let network = Network::new(&gpu, &run, n_towers);
        let log = DeviceLog { dense: gpu.numbers(&run.log.dense), labels: gpu.numbers(&label_columns(&run)) };
        let [moving, unproven, good] = std::array::from_fn(|_| network.parameters());
        let mut backend = Self {
            distinct: DistinctIds::new(&run.layout),
            losses: gpu.room(0),
            n_pending: 0,
            objective: None,
            stage: None,
            best: None,
            gpu,
            run,
            network,
            log,
            moving,
            unproven,
            good,
        };
        backend.set(weights);
        backend
    }

    fn set(&mut self, weights: &MergedWeights) {
        self.network.write(&self.moving, weights);
        self.copy(&[(&self.moving, &self.unproven), (&self.moving, &self.good)]);
    }

    fn copy(&self, pairs: &[(&Parameters, &Parameters)]) {
        let mut commands = self.gpu.commands();
        for (from, to) in pairs {
            commands.copy(&from.towers, &to.towers);
            commands.copy(&from.table, &to.table);
        }
        self.gpu.send(commands);
    }

    /// Read back as they are when this is called.
    fn read_state(&self, of: &Parameters) -> Later<'_, Option<State>> {
        let read = self.gpu.read(self.gpu.commands(), &[(&of.towers, of.towers.length), (&of.table, of.table.length)]);
        let n_towers = of.towers.length;
        Box::pin(async move {
            let numbers = read.await?;
            let (towers, table) = numbers.split_at(n_towers);
            Ok(Some(self.network.state_of(towers, table)))
        })
    }

    fn words(&self, inputs: &StepInputs, indices: &BatchIndices) -> BatchWords {
        let Run { layout, log, .. } = &*self.run;
        BatchWords::of_step(log.n_rows, self.network.n_parameters, layout, inputs, indices)
    }

    /// The objective's kernel, made before the first step.
    fn objective(&self, draws: bool) -> Result<Objective, EngineError> {
        let (sheet, run) = (Sheet::default(), &*self.run);
        let losses = losses(&run.plan.model.objective, &written_batch(run, &sheet, self.network.n_towers, draws));
        let total = run.total(&losses)?;
        let gradients = sheet.gradients(&total, self.network.n_towers);
        let mut keys = LossKeys::default();
        keys.learn(&losses);
        let values: Vec<sheet::Place> = losses.into_values().map(|value| value.place).collect();
        let gradients: Vec<Option<sheet::Place>> =
            gradients.into_iter().map(|gradient| gradient.map(|column| column.place)).collect();
        let text = batch::declarations() + &objective::kernel(&sheet, &values, &gradients);
        Ok(Objective { kernel: self.gpu.kernel("objective", text), keys, n_values: values.len() })
    }

    fn stage(&self, objective: &Objective, losses: &Numbers, room: Room) -> Stage {
        let forward = self.network.forward(&self.moving, &self.log.dense, &room);
        let backward = self.network.backward(&self.moving, &self.log, &forward, &objective.kernel, losses, &room);
        Stage { room, forward, backward }
    }

    /// Makes room for a step.
    fn prepare(&mut self, words: &BatchWords) -> Result<(), EngineError> {
        if self.objective.is_none() {
            self.objective = Some(self.objective(words.draws)?);
        }
        let Some(objective) = &self.objective else { return Ok(()) };
        let n_losses = (self.n_pending + 1) * objective.n_values;
        let has_slot = n_losses <= self.losses.length;
        if !has_slot {
            let more = self.gpu.room((2 * n_losses).max(FIRST_SLOTS * objective.n_values));
            let mut commands = self.gpu.commands();
            commands.copy(&self.losses, &more);
            self.gpu.send(commands);
            self.losses = more;
        }
        let (asked, before) = (Room::of(words), self.stage.as_ref().map(|stage| &stage.room));
        if !has_slot || before.is_none_or(|room| !room.holds(&asked)) {
            let room = before.unwrap_or(&asked).and(&asked);
            self.stage = Some(self.stage(objective, &self.losses, room));
        }
        Ok(())
    }
}

impl Backend for GpuBackend {
    fn step(&mut self, inputs: StepInputs, optimizer: &Optimizer) -> Result<(), EngineError> {
        let indices = self.run.fetched(&mut self.distinct, &inputs.rows);
        let mut words = self.words(&inputs, &indices);
        let clip_norm = self.run.plan.training.clip_norm;
        words.set_optimizer(optimizer, clip_norm);
        words.set(Word::Slot, self.n_pending as u32);
        self.prepare(&words)?;
        let Some(Stage { forward, backward, .. }) = &self.stage else { return Ok(()) };
        self.gpu.write(&forward.batch, &words.words);
        let mut commands = self.gpu.commands();
        commands.run(
            self.network
                .forward_steps(forward, words.n_rows)
                .chain(self.network.backward_steps(backward, words.n_rows, words.n_parts, words.n_fetched))
                .chain(self.network.update_steps(backward, words.n_fetched, clip_norm.is_some())),
        );
        self.gpu.send(commands);
        self.n_pending += 1;
        Ok(())
    }

    fn take_losses(&mut self) -> Later<'_, Vec<StepLosses>> {
        let n_pending = std::mem::take(&mut self.n_pending);
        Box::pin(async move {
            let Some(objective) = self.objective.as_ref().filter(|_| n_pending > 0) else { return Ok(Vec::new()) };
            let read = [(&self.losses, n_pending * objective.n_values)];
            Ok(objective.keys.by_step(&self.gpu.read(self.gpu.commands(), &read).await?))
        })
    }

    fn logits<'a>(&'a self, inputs: &'a NetworkInputs) -> Later<'a, Vec<f32>> {
        Box::pin(async {
            let (n_towers, n_rows) = (self.network.n_towers, inputs.n_rows);
            let n_places = self.run.layout.n_places();
            let dense_width = inputs.dense.len() / n_rows;
            let mut by_tower = vec![Vec::with_capacity(n_rows); n_towers];
            let mut forward: Option<(Forward, Numbers)> = None;
            let most = self.network.most_rows().min(n_rows);
            for first in (0..n_rows).step_by(most) {
                let rows = most.min(n_rows - first);
                let own: Vec<u32> = (0..rows as u32).collect();
                // Those of the first copy; a kernel finds the others.
                let ids = inputs.ids[first * n_places..][..rows * n_places].iter().map(|&id| id as u32);
                let words = BatchWords::of_rows(rows, self.network.n_parameters, &own, ids);
                let (forward, dense) = forward.get_or_insert_with(|| {
                    let dense = self.gpu.room(most * dense_width);
                    (self.network.forward(&self.moving, &dense, &Room::of(&words)), dense)
                });
                self.gpu.write(dense, bytemuck::cast_slice(&inputs.dense[first * dense_width..][..rows * dense_width]));
                self.gpu.write(&forward.batch, &words.words);
                let mut commands = self.gpu.commands();
                commands.run(self.network.forward_steps(forward, rows));
                let logits = self.gpu.read(commands, &[(forward.logits(), n_towers * rows)]).await?;
                by_tower.iter_mut().zip(logits.chunks_exact(rows)).for_each(|(all, part)| all.extend_from_slice(part));
            }
            Ok(by_tower.concat())
        })
    }

    fn gradients(&self, inputs: StepInputs) -> Later<'_, MergedWeights> {
        Box::pin(async move {
            let words = self.words(&inputs, &self.run.all_fetched(&inputs.rows));
            let objective = self.objective(words.draws)?;
            let losses = self.gpu.room(objective.n_values);
            let Stage { forward, backward, .. } = self.stage(&objective, &losses, Room::of(&words));
            self.gpu.write(&forward.batch, &words.words);
            let mut commands = self.gpu.commands();
            let (n_rows, n_parts) = (words.n_rows, words.n_parts);
            commands.run(self.network.forward_steps(&forward, n_rows).chain(self.network.backward_steps(
                &backward,
                n_rows,
                n_parts,
                words.n_fetched,
            )));
            let n_parameters = self.network.n_parameters;
            let Backward { of_towers, of_rows, .. } = &backward;
            let from = [(of_towers, n_parts * n_parameters), (of_rows, of_rows.length)];
            let read = self.gpu.read(commands, &from).await?;
            let (of_towers, of_rows) = read.split_at(n_parts * n_parameters);
            let mut sums = vec![0.0; n_parameters];
            for part in of_towers.chunks_exact(n_parameters) {
                sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
            }
            Ok(MergedWeights { table: of_rows.to_vec(), layers: self.network.layers_of(&sums) })
        })
    }

    fn weights(&self) -> Later<'_, MergedWeights> {
        Box::pin(async {
            let rows: Vec<i32> = (0..self.network.table_rows() as i32).collect();
            Ok(MergedWeights { table: self.embeddings(rows).await?, layers: self.towers().await? })
        })
    }

    fn towers(&self) -> Later<'_, Vec<(Vec<f32>, Vec<f32>)>> {
        Box::pin(async {
            let read = [(&self.moving.towers, self.network.n_parameters)];
            Ok(self.network.layers_of(&self.gpu.read(self.gpu.commands(), &read).await?))
        })
    }

    fn embeddings(&self, rows: Vec<i32>) -> Later<'_, Vec<f32>> {
        Box::pin(async move {
            if self.moving.table.length == 0 {
                return Ok(Vec::new());
            }
            let (commands, values) = self.network.fetch(&self.moving, &rows);
            self.gpu.read(commands, &[(&values, values.length)]).await
        })
    }

    fn set_weights(&mut self, weights: MergedWeights) {
        self.set(&weights);
    }

    fn state(&self) -> Later<'_, Option<State>> {
        self.read_state(&self.moving)
    }

    fn best_state(&self) -> Later<'_, Option<State>> {
        match &self.best {
            Some(best) => self.read_state(best),
            None => Box::pin(async { Ok(None) }),
        }
    }

    fn set_state(&mut self, state: State) -> bool {
        let fits = self.network.write_state(&self.moving, &state);
        if fits {
            self.copy(&[(&self.moving, &self.unproven), (&self.moving, &self.good)]);
        }
        fits
    }

    fn shift_outputs(&mut self, shift: &[f64]) {
        self.network.shift(&self.moving, shift);
    }

    fn prove(&mut self) {
        std::mem::swap(&mut self.good, &mut self.unproven);
        self.copy(&[(&self.moving, &self.unproven)]);
    }

    fn keep_best(&mut self) {
        let best = self.best.take().unwrap_or_else(|| self.network.parameters());
        self.copy(&[(&self.moving, &best)]);
        self.best = Some(best);
    }

    fn restore(&mut self, to: Kept) {
        let best = self.best.take_if(|_| to == Kept::Best);
        let from = match to {
            Kept::Unproven => Some(&self.unproven),
            Kept::Good => Some(&self.good),
            Kept::Best => best.as_ref(),
        };
        if let Some(from) = from {
            self.copy(&[(from, &self.moving)]);
        }
        self.copy(&[(&self.moving, &self.unproven), (&self.moving, &self.good)]);
    }
}

impl Room {
    fn of(words: &BatchWords) -> Self {
        Self { rows: words.n_rows, words: words.words.len(), fetched: words.n_fetched, parts: words.n_parts }
    }

    fn holds(&self, other: &Self) -> bool {
        let Self { rows, words, fetched, parts } = other;
        *rows <= self.rows && *words <= self.words && *fetched <= self.fetched && *parts <= self.parts
    }

    /// Room for both, with some to spare where batches differ.
    fn and(&self, other: &Self) -> Self {
        Self {
            rows: self.rows.max(other.rows),
            words: self.words.max(other.words).next_power_of_two(),
            fetched: self.fetched.max(other.fetched).next_power_of_two(),
            parts: self.parts.max(other.parts),
        }
    }
}

/// What an objective is told, column after column: labels, the conditions of those that have one, waits, weights.
fn label_columns(run: &Run) -> Vec<f32> {
    let log = &run.log;
    [&log.labels, &log.conditions, &log.waits, &log.weights].into_iter().flatten().copied().collect()
}

/// A batch that is written down, of the columns of [`label_columns`].
fn written_batch<'a>(run: &'a Run, sheet: &Sheet, n_towers: usize, draws: bool) -> Batch<'a, Written> {
    let log = &run.log;
    let n_labels = run.targets.len();
    let n_conditions = log.conditions.len() / log.n_rows.max(1);
    let n_waits = log.waits.len() / log.n_rows.max(1);
    let column = |at: usize| sheet.given(Given::Label(at));
    let mut conditions = (0..n_conditions).map(|at| column(n_labels + at));
    let labels = run.targets.iter().enumerate().map(|(at, target)| TargetLabels {
        label: column(at),
        condition: if target.is_conditional() { conditions.next() } else { None },
    });
    let labels = labels.collect();
    let waits_at = n_labels + n_conditions;
    let waits = (n_waits > 0).then(|| BatchWaits {
        delay: column(waits_at),
        has_delay: column(waits_at + 1),
        elapsed: column(waits_at + 2),
    });
    let weights = (!log.weights.is_empty()).then(|| column(waits_at + n_waits));
    let answers = (0..n_towers).map(|tower| log_answers_of(&sheet.given(Given::Logit(tower)))).collect();
    let draws = draws.then(|| sheet.given(Given::Draw));
    Batch::of_answers(&run.targets, labels, answers, draws).with_waits(waits).with_weights(weights)
}

#[cfg(test)]
mod tests;
