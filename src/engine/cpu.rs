//! The CPU engine: a step is one pass each over memory that is there anyway, and products of matrices.
//!
//! ```text
//! embeddings ─▶ inputs ─▶ [product, bias + ReLU + mask] … ─▶ logits ─ the objective, on a tape ─▶ gradient of the logits
//! moved parameters ◀─ moments ◀─ rows summed, clipped ◀─ [products, mask] … ◀──────────────────────────────┘
//! ```
//! Compiled with feature `engine` alone; `lib.rs` says so. `tests` holds it to the step that Burn differentiates.

use std::rc::Rc;

use esmm_slices::Scratch;

use super::engine::EngineError;
use super::engine::backend::{Backend, Kept, Later, Run, States, StepInputs, StepLosses};
use super::engine::batch::{BatchIndices, DistinctIds, NetworkInputs};
use super::engine::device::{DeviceKind, EngineDevice};
use super::engine::dpm::{LayerValues, Pass, PassGradients};
use super::engine::losses::LossKeys;
use super::engine::objective::Losses;
use super::engine::optimizer::Optimizer;
use super::engine::optimizer::clip::clip_factor;
use super::engine::tape::Taped;
use super::engine::weights::MergedWeights;

/// Parts of a row of the table: its value and two moments.
const PARTS: usize = 3;

impl EngineDevice {
    /// The CPU, which is always there.
    pub fn cpu() -> Self {
        Self::new(DeviceKind::Cpu, String::new(), |run, weights| Box::new(CpuBackend::new(run, weights)))
    }
}

/// A run in memory.
struct CpuBackend {
    run: Rc<Run>,
    states: States<Network>,
    distinct: DistinctIds,
    keys: LossKeys,
    /// Losses and readings of the steps that were not read yet, one after the other.
    losses: Vec<f32>,
    scratch: Scratch,
}

/// Parameters with their moments. A clone shares the table until one of the two changes.
#[derive(Clone)]
struct Network {
    /// Rows `[value | first moment | second moment]`; empty without embedded fields.
    table: Rc<Vec<f32>>,
    layers: Vec<Layer>,
}

#[derive(Clone)]
struct Layer {
    weight: Parameter,
    bias: Parameter,
    /// `[in, out]`
    size: [usize; 2],
}

/// A parameter with its moments, all of one length.
#[derive(Clone)]
struct Parameter {
    value: Vec<f32>,
    moment1: Vec<f32>,
    moment2: Vec<f32>,
}

/// Gradients of one step.
struct StepGradients {
    /// `[fetched rows, size]`
    rows: Vec<f32>,
    /// `(weight, bias)` by layer.
    layers: Vec<(Vec<f32>, Vec<f32>)>,
}

impl CpuBackend {
    fn new(run: Rc<Run>, weights: MergedWeights) -> Self {
        let network = Network::new(&run, weights);
        Self {
            distinct: DistinctIds::new(&run.layout),
            states: States::new(network),
            keys: LossKeys::default(),
            losses: Vec::new(),
            scratch: Scratch::default(),
            run,
        }
    }

    /// Losses of a batch and the gradients of their weighted sum.
    fn differentiated(
        &self,
        inputs: &StepInputs,
        indices: &BatchIndices,
        scratch: &mut Scratch,
    ) -> Result<(Losses<Taped>, StepGradients), EngineError> {
        let (run, network) = (&*self.run, &self.states.moving);
        let n_rows = inputs.rows.len();
        let dense = run.log.dense_of(&inputs.rows);
        let embedding = |place: usize| network.embedding(row_of(indices, place), run.layout.embedding_size);
        let pooled = run.layout.pooled(n_rows, embedding, &dense);
        let layers = network.layer_values();
        let pass = Pass::forward(&layers, n_rows, pooled, &inputs.masks, scratch);
        let (losses, towers) = run.losses(&inputs.rows, &pass.logits, &inputs.draws)?;
        let total = losses.total().ok_or_else(|| run.no_objective())?;
        let of_logits = total.gradients(&towers).concat();
        let PassGradients { layers, inputs } = pass.backward(&layers, &inputs.masks, of_logits, scratch);
        let rows = gradient_of_rows(run, n_rows, indices, inputs, &dense);
        Ok((losses, StepGradients { rows, layers }))
    }
}

impl Backend for CpuBackend {
    fn step(&mut self, inputs: StepInputs, optimizer: &Optimizer) -> Result<(), EngineError> {
        let Run { plan, layout, log, .. } = &*self.run;
        let indices = match plan.training.lazy_embeddings {
            true => self.distinct.find(log, layout, &inputs.rows),
            false => BatchIndices::of_all(log, layout, &inputs.rows),
        };
        let (size, clip_norm) = (layout.embedding_size, plan.training.clip_norm);
        let mut scratch = std::mem::take(&mut self.scratch);
        let differentiated = self.differentiated(&inputs, &indices, &mut scratch);
        self.scratch = scratch;
        let (losses, gradients) = differentiated?;
        self.keys.learn(&losses);
        self.losses.extend(losses.into_values().map(|value| value.values()[0]));
        let factor = clip_norm.map_or(1.0, |clip_norm| clip_factor(gradients.squared_norm(), clip_norm));
        self.states.moving.update(size, &indices, &gradients, factor, optimizer);
        Ok(())
    }

    fn take_losses(&mut self) -> Later<'_, Vec<StepLosses>> {
        let losses = self.keys.by_step(&std::mem::take(&mut self.losses));
        Box::pin(async { Ok(losses) })
    }

    fn logits<'a>(&'a self, inputs: &'a NetworkInputs) -> Later<'a, Vec<f32>> {
        let (network, layout) = (&self.states.moving, &self.run.layout);
        let embedding = |place: usize| network.embedding(inputs.ids[place] as usize, layout.embedding_size);
        let pooled = layout.pooled(inputs.n_rows, embedding, &inputs.dense);
        let pass = Pass::forward(&network.layer_values(), inputs.n_rows, pooled, &[], &mut Scratch::default());
        Box::pin(async { Ok(pass.logits) })
    }

    fn gradients(&self, inputs: StepInputs) -> Later<'_, MergedWeights> {
        let indices = BatchIndices::of_all(&self.run.log, &self.run.layout, &inputs.rows);
        let differentiated = self.differentiated(&inputs, &indices, &mut Scratch::default());
        Box::pin(async {
            let (_, StepGradients { rows, layers }) = differentiated?;
            Ok(MergedWeights { table: rows, layers })
        })
    }

    fn weights(&self) -> Later<'_, MergedWeights> {
        let size = self.run.layout.embedding_size;
        let table = self.states.moving.table.chunks_exact(PARTS * size).flat_map(|row| &row[..size]);
        let table = table.copied().collect();
        Box::pin(async { Ok(MergedWeights { table, layers: self.states.moving.layers_read() }) })
    }

    fn towers(&self) -> Later<'_, Vec<(Vec<f32>, Vec<f32>)>> {
        Box::pin(async { Ok(self.states.moving.layers_read()) })
    }

    fn embeddings(&self, rows: Vec<i32>) -> Later<'_, Vec<f32>> {
        let size = self.run.layout.embedding_size;
        let embedding = |row: &i32| self.states.moving.embedding(*row as usize, size);
        let values = rows.iter().flat_map(embedding).copied().collect();
        Box::pin(async { Ok(values) })
    }

    fn set_weights(&mut self, weights: MergedWeights) {
        self.states.set(Network::new(&self.run, weights));
    }

    fn shift_outputs(&mut self, shift: &[f64]) {
        if let Some(last) = self.states.moving.layers.last_mut() {
            last.bias.value.iter_mut().zip(shift).for_each(|(bias, shift)| *bias += *shift as f32);
        }
    }

    fn prove(&mut self) {
        self.states.prove();
    }

    fn keep_best(&mut self) {
        self.states.keep_best();
    }

    fn restore(&mut self, to: Kept) {
        self.states.restore(to);
    }
}

impl Network {
    fn new(run: &Run, weights: MergedWeights) -> Self {
        let size = run.layout.embedding_size;
        let mut table = vec![0.0; PARTS * weights.table.len()];
        for (row, value) in table.chunks_exact_mut(PARTS * size).zip(weights.table.chunks_exact(size)) {
            row[..size].copy_from_slice(value);
        }
        let layers = weights.layers.into_iter().zip(&run.layer_sizes);
        let layers = layers.map(|((weight, bias), &size)| Layer {
            weight: Parameter::new(weight),
            bias: Parameter::new(bias),
            size,
        });
        Self { table: Rc::new(table), layers: layers.collect() }
    }

    fn embedding(&self, row: usize, size: usize) -> &[f32] {
        &self.table[row * PARTS * size..][..size]
    }

    fn layer_values(&self) -> Vec<LayerValues<'_>> {
        self.layers.iter().map(Layer::values).collect()
    }

    fn layers_read(&self) -> Vec<(Vec<f32>, Vec<f32>)> {
        self.layers.iter().map(|layer| (layer.weight.value.clone(), layer.bias.value.clone())).collect()
    }

    /// Moves every parameter against its gradient times `factor`.
    fn update(
        &mut self,
        size: usize,
        indices: &BatchIndices,
        gradients: &StepGradients,
        factor: f32,
        optimizer: &Optimizer,
    ) {
        let scaled = |values| esmm_slices::Gradient { values, factor, l2: 0.0 };
        if !gradients.rows.is_empty() {
            let table = Rc::make_mut(&mut self.table);
            for (at, gradient) in gradients.rows.chunks_exact(size).enumerate() {
                let row = if indices.unique.is_empty() { at } else { indices.unique[at] as usize };
                let (value, moments) = table[row * PARTS * size..][..PARTS * size].split_at_mut(size);
                let (moment1, moment2) = moments.split_at_mut(size);
                let parameter = esmm_slices::Parameter { value, moment1, moment2 };
                optimizer.update_in_place(parameter, scaled(gradient), optimizer.embedding_decay);
            }
        }
        for (Layer { weight, bias, .. }, (of_weight, of_bias)) in self.layers.iter_mut().zip(&gradients.layers) {
            optimizer.update_in_place(weight.slices(), scaled(of_weight), optimizer.weight_decay);
            optimizer.update_in_place(bias.slices(), scaled(of_bias), 0.0);
        }
    }
}

impl Layer {
    fn values(&self) -> LayerValues<'_> {
        LayerValues { weight: &self.weight.value, bias: &self.bias.value, size: self.size }
    }
}

impl Parameter {
    /// A parameter that has not moved yet.
    fn new(value: Vec<f32>) -> Self {
        Self { moment1: vec![0.0; value.len()], moment2: vec![0.0; value.len()], value }
    }

    fn slices(&mut self) -> esmm_slices::Parameter<'_> {
        let Self { value, moment1, moment2 } = self;
        esmm_slices::Parameter { value, moment1, moment2 }
    }
}

impl StepGradients {
    fn squared_norm(&self) -> f32 {
        let of = esmm_slices::sum_of_squares;
        of(&self.rows) + self.layers.iter().map(|(weight, bias)| of(weight) + of(bias)).sum::<f32>()
    }
}

/// Row of the table at a place of the batch.
fn row_of(indices: &BatchIndices, place: usize) -> usize {
    let at = indices.inverse[place] as usize;
    if indices.unique.is_empty() { at } else { indices.unique[at] as usize }
}

/// The gradient of the fetched rows, `[fetched, size]`, from that of every tower's inputs, `[towers, rows, in]`.
fn gradient_of_rows(
    run: &Run,
    n_rows: usize,
    indices: &BatchIndices,
    mut of_inputs: Vec<f32>,
    dense: &[f32],
) -> Vec<f32> {
    let layout = &run.layout;
    if layout.fields.is_empty() {
        return Vec::new();
    }
    let (size, per_copy) = (layout.embedding_size, n_rows * layout.input_size());
    let mut of_inputs = of_inputs.as_mut_slice();
    if layout.copies == 1 {
        let (sum, others) = of_inputs.split_at_mut(per_copy);
        others.chunks_exact(per_copy).for_each(|other| esmm_slices::add(sum, other));
        of_inputs = sum;
    }
    let n_fetched = if indices.unique.is_empty() { layout.table_rows() } else { indices.unique.len() };
    let mut rows = vec![0.0; n_fetched * size];
    layout.spread(n_rows, of_inputs, dense, |place, weight, of_pool| {
        let row = &mut rows[indices.inverse[place] as usize * size..][..size];
        esmm_slices::add_scaled(row, of_pool, weight);
    });
    rows
}

#[cfg(test)]
#[path = "cpu/tests.rs"]
mod tests;
