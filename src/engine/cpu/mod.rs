//! The CPU engine: a step is one pass each over memory that is there anyway, and products of matrices.
//!
//! ```text
//! embeddings ─▶ inputs ─▶ [product, bias + ReLU + mask] … ─▶ logits ─ the objective, on a tape ─▶ gradient of the logits
//! moved parameters ◀─ moments ◀─ rows summed, clipped ◀─ [products, mask] … ◀──────────────────────────────┘
//! ```
//! Compiled with feature `engine` alone; `lib.rs` says so. `autodiff` holds it to the step that Burn differentiates.

mod table;

use std::rc::Rc;

use esmm_slices::Scratch;

use crate::engine::EngineError;
use crate::engine::backend::{Backend, Later, Run, State, StepInputs, StepLosses};
use crate::engine::batch::{BatchIndices, DistinctIds, NetworkInputs};
use crate::engine::device::{DeviceKind, EngineDevice};
use crate::engine::dpm::{LayerValues, Pass, PassGradients};
use crate::engine::losses::LossKeys;
use crate::engine::objective::Losses;
use crate::engine::optimizer::Optimizer;
use crate::engine::optimizer::clip::clip_factor;
use crate::engine::states::{Kept, States};
use crate::engine::tape::Taped;
use crate::engine::weights::MergedWeights;
use table::Table;

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
    table: Table,
    layers: States<Vec<Layer>>,
    distinct: DistinctIds,
    keys: LossKeys,
    /// Losses and readings of the steps that were not read yet, one after the other.
    losses: Vec<f32>,
    scratch: Scratch,
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
        let (table, layers) = parameters(&run, weights);
        Self {
            distinct: DistinctIds::new(&run.layout),
            table,
            layers: States::new(layers),
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
        let run = &*self.run;
        let n_rows = inputs.rows.len();
        let dense = run.log.dense_of(&inputs.rows);
        let embedding = |place: usize| self.table.value(row_of(indices, place));
        let pooled = run.layout.pooled(n_rows, embedding, &dense);
        let layers = self.layer_values();
        let pass = Pass::forward(&layers, n_rows, pooled, &inputs.masks, scratch);
        let (losses, towers) = run.losses(&inputs.rows, &pass.logits, &inputs.draws);
        let of_logits = run.total(&losses)?.gradients(&towers).concat();
        let PassGradients { layers, inputs } = pass.backward(&layers, &inputs.masks, of_logits, scratch);
        let rows = gradient_of_rows(run, n_rows, indices, inputs, &dense);
        Ok((losses, StepGradients { rows, layers }))
    }

    fn layer_values(&self) -> Vec<LayerValues<'_>> {
        self.layers.moving.iter().map(Layer::values).collect()
    }

    fn layers_read(&self) -> Vec<(Vec<f32>, Vec<f32>)> {
        self.layers.moving.iter().map(|layer| (layer.weight.value.clone(), layer.bias.value.clone())).collect()
    }

    /// Moves every parameter against its gradient times `factor`.
    fn update(&mut self, indices: &BatchIndices, gradients: &StepGradients, factor: f32, optimizer: &Optimizer) {
        let scaled = |values| esmm_slices::Gradient { values, factor, l2: 0.0 };
        for (at, gradient) in gradients.rows.chunks_exact(self.run.layout.embedding_size).enumerate() {
            let row = if indices.unique.is_empty() { at } else { indices.unique[at] as usize };
            optimizer.update_in_place(self.table.row_mut(row), scaled(gradient), optimizer.embedding_decay);
        }
        for (Layer { weight, bias, .. }, (of_weight, of_bias)) in self.layers.moving.iter_mut().zip(&gradients.layers) {
            optimizer.update_in_place(weight.slices(), scaled(of_weight), optimizer.weight_decay);
            optimizer.update_in_place(bias.slices(), scaled(of_bias), 0.0);
        }
    }
}

impl Backend for CpuBackend {
    fn step(&mut self, inputs: StepInputs, optimizer: &Optimizer) -> Result<(), EngineError> {
        let indices = self.run.fetched(&mut self.distinct, &inputs.rows);
        self.table.prefetch(&indices.unique);
        let mut scratch = std::mem::take(&mut self.scratch);
        let differentiated = self.differentiated(&inputs, &indices, &mut scratch);
        self.scratch = scratch;
        let (losses, gradients) = differentiated?;
        self.keys.learn(&losses);
        self.losses.extend(losses.into_values().map(|value| value.values()[0]));
        let factor =
            self.run.plan.training.clip_norm.map_or(1.0, |clip_norm| clip_factor(gradients.squared_norm(), clip_norm));
        self.update(&indices, &gradients, factor, optimizer);
        Ok(())
    }

    fn take_losses(&mut self) -> Later<'_, Vec<StepLosses>> {
        let losses = self.keys.by_step(&std::mem::take(&mut self.losses));
        Box::pin(async { Ok(losses) })
    }

    fn logits<'a>(&'a self, inputs: &'a NetworkInputs) -> Later<'a, Vec<f32>> {
        let embedding = |place: usize| self.table.value(inputs.ids[place] as usize);
        let pooled = self.run.layout.pooled(inputs.n_rows, embedding, &inputs.dense);
        let pass = Pass::forward(&self.layer_values(), inputs.n_rows, pooled, &[], &mut Scratch::default());
        Box::pin(async { Ok(pass.logits) })
    }

    fn gradients(&self, inputs: StepInputs) -> Later<'_, MergedWeights> {
        let indices = self.run.all_fetched(&inputs.rows);
        let differentiated = self.differentiated(&inputs, &indices, &mut Scratch::default());
        Box::pin(async {
            let (_, StepGradients { rows, layers }) = differentiated?;
            Ok(MergedWeights { table: rows, layers })
        })
    }

    fn weights(&self) -> Later<'_, MergedWeights> {
        Box::pin(async { Ok(MergedWeights { table: self.table.values(), layers: self.layers_read() }) })
    }

    fn towers(&self) -> Later<'_, Vec<(Vec<f32>, Vec<f32>)>> {
        Box::pin(async { Ok(self.layers_read()) })
    }

    fn embeddings(&self, rows: Vec<i32>) -> Later<'_, Vec<f32>> {
        let values = rows.iter().flat_map(|row| self.table.value(*row as usize)).copied().collect();
        Box::pin(async { Ok(values) })
    }

    fn set_weights(&mut self, weights: MergedWeights) {
        let (table, layers) = parameters(&self.run, weights);
        self.table = table;
        self.layers.set(layers);
    }

    fn state(&self) -> Later<'_, Option<State>> {
        let state = parts_of(self.table.packed(), &self.layers.moving).cloned().collect();
        Box::pin(async { Ok(Some(state)) })
    }

    fn best_state(&self) -> Later<'_, Option<State>> {
        let best = self.table.best().zip(self.layers.best());
        let state = best.map(|(table, layers)| parts_of(table, layers).cloned().collect());
        Box::pin(async { Ok(state) })
    }

    fn set_state(&mut self, state: State) -> bool {
        let own = parts_of(self.table.packed(), &self.layers.moving).map(Vec::len);
        if !own.eq(state.iter().map(Vec::len)) {
            return false;
        }
        let mut parts = state.into_iter();
        self.table.set_packed(parts.next().unwrap_or_default());
        let mut layers = self.layers.moving.clone();
        let places = layers.iter_mut().flat_map(|Layer { weight, bias, .. }| [weight, bias]);
        let places = places.flat_map(|Parameter { value, moment1, moment2 }| [value, moment1, moment2]);
        places.zip(parts).for_each(|(place, part)| *place = part);
        self.layers.set(layers);
        true
    }

    fn shift_outputs(&mut self, shift: &[f64]) {
        if let Some(last) = self.layers.moving.last_mut() {
            last.bias.value.iter_mut().zip(shift).for_each(|(bias, shift)| *bias += *shift as f32);
        }
    }

    fn prove(&mut self) {
        self.table.prove();
        self.layers.prove();
    }

    fn keep_best(&mut self) {
        self.table.keep_best();
        self.layers.keep_best();
    }

    fn restore(&mut self, to: Kept) {
        self.table.restore(to);
        self.layers.restore(to);
    }
}

/// As [`State`] has them.
fn parts_of<'a>(table: &'a Vec<f32>, layers: &'a [Layer]) -> impl Iterator<Item = &'a Vec<f32>> {
    let layers = layers.iter().flat_map(|Layer { weight, bias, .. }| [weight, bias]);
    let of_layers = layers.flat_map(|Parameter { value, moment1, moment2 }| [value, moment1, moment2]);
    [table].into_iter().chain(of_layers)
}

/// Parameters that have not moved yet.
fn parameters(run: &Run, weights: MergedWeights) -> (Table, Vec<Layer>) {
    let layers = weights.layers.into_iter().zip(&run.layer_sizes).map(|((weight, bias), &size)| Layer {
        weight: Parameter::new(weight),
        bias: Parameter::new(bias),
        size,
    });
    (Table::new(&weights.table, run.layout.embedding_size), layers.collect())
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
