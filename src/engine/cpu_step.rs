//! A training step of the CPU engine: what lies between the products is one pass each over memory that is there anyway.
//!
//! ```text
//! embeddings ─▶ inputs ─▶ [product, bias + ReLU + mask] … ─▶ logits ─ the objective, on a tape ─▶ gradient of the logits
//! moved parameters ◀─ moments ◀─ rows summed, clipped ◀─ [products, mask] … ◀──────────────────────────────┘
//! ```
//! Products are Burn's. Its other operations make a tensor each, some hundreds of them a step. `trainer::tests` holds the step to the one that Burn differentiates.

use burn::tensor::Tensor;

use super::batch::BatchIndices;
use super::device::{EngineDevice, InMemory};
use super::dpm::{Layer, Towers};
use super::network::Network;
use super::optimizer::{Optimizer, Parameter, Table, clip_factor};
use super::sem::SemLayout;

/// Parts of a row of the table: its value and two moments.
const PARTS: usize = 3;

/// Which embeddings a batch needs, and its other inputs.
pub(crate) struct BatchInputs {
    pub batch: usize,
    /// Rows of the table that the batch uses, each once; empty when all of them move.
    pub unique: Vec<i32>,
    /// `[copies · batch · places]`: position in `unique`, or the row of the table where that is empty.
    pub inverse: Vec<i32>,
    /// `[batch, n_dense + n_weights]`
    pub dense: Vec<f32>,
    /// Dropout masks of the hidden layers, `[towers, batch, hidden]` each; empty without dropout.
    pub masks: Vec<Vec<f32>>,
}

/// A network whose table is in memory, and a forward pass through it.
pub(crate) struct ForwardPass<'a> {
    device: &'a EngineDevice,
    layout: &'a SemLayout,
    inputs: BatchInputs,
    /// Rows `[value | first moment | second moment]`.
    table: Option<InMemory>,
    towers: Towers,
    /// What enters each layer: `[1 or towers, batch, in]`, then `[towers, batch, hidden]`.
    entering: Vec<Tensor<3>>,
    /// `[towers, batch]`
    logits: Vec<f32>,
}

/// Gradients of one step, in memory.
struct StepGradients {
    /// `[unique or table rows, size]`
    rows: Vec<f32>,
    /// `(weight, bias)` by layer.
    layers: Vec<(InMemory, Vec<f32>)>,
}

impl<'a> ForwardPass<'a> {
    pub(crate) fn new(device: &'a EngineDevice, layout: &'a SemLayout, network: Network, inputs: BatchInputs) -> Self {
        let Network { table, towers } = network;
        let table = table.map(Table::into_packed);
        let size = layout.embedding_size;
        let row_of = |place: usize| row_of(&inputs, place);
        let embedding = |place: usize| match &table {
            Some(packed) => &packed.numbers()[row_of(place) * PARTS * size..][..size],
            None => &[],
        };
        let pooled = layout.pooled(inputs.batch, embedding, &inputs.dense);
        let copies = pooled.len() / (inputs.batch * layout.input_size());
        let mut entering = vec![device.floats(pooled, [copies, inputs.batch, layout.input_size()])];
        let mut logits = Vec::new();
        for (index, layer) in towers.layers.iter().enumerate() {
            let product = entering[index].clone().matmul(layer.weight.value.clone());
            let shape = product.dims();
            let (mut output, bias) = (InMemory::of(product), InMemory::of(layer.bias.value.clone()));
            let values = output.numbers_mut();
            if index + 1 == towers.layers.len() {
                add_bias(values, bias.numbers(), shape, esmm_slices::add_to_rows);
                logits = values.to_vec();
            } else {
                add_bias(values, bias.numbers(), shape, esmm_slices::add_to_rows_and_rectify);
                if let Some(mask) = inputs.masks.get(index) {
                    esmm_slices::multiply(values, mask);
                }
                entering.push(output.tensor(device));
            }
        }
        Self { device, layout, inputs, table, towers, entering, logits }
    }

    /// The towers' logits, `[towers, batch]`.
    pub(crate) fn logits(&self) -> &[f32] {
        &self.logits
    }

    /// The network as it was.
    pub(crate) fn into_network(self) -> Network {
        let Self { device, table, towers, .. } = self;
        Network { table: table.map(|packed| Table::of_packed(packed.tensor(device))), towers }
    }

    /// The network, moved against the gradient that follows from that of the logits, `[towers, batch]`.
    pub(crate) fn moved(mut self, of_logits: Vec<f32>, optimizer: &Optimizer, clip_norm: Option<f64>) -> Network {
        let gradients = self.gradients(of_logits);
        let factor = clip_norm.map_or(1.0, |clip_norm| clip_factor(gradients.squared_norm(), clip_norm));
        let scaled = |values| esmm_slices::Gradient { values, factor, l2: 0.0 };
        let size = self.layout.embedding_size;
        if let Some(packed) = &mut self.table {
            let packed = packed.numbers_mut();
            for (at, gradient) in gradients.rows.chunks_exact(size).enumerate() {
                let row = if self.inputs.unique.is_empty() { at } else { self.inputs.unique[at] as usize };
                let (value, moments) = packed[row * PARTS * size..][..PARTS * size].split_at_mut(size);
                let (moment1, moment2) = moments.split_at_mut(size);
                let parameter = esmm_slices::Parameter { value, moment1, moment2 };
                optimizer.update_in_place(parameter, scaled(gradient), optimizer.embedding_decay);
            }
        }
        let device = self.device;
        let layers = std::mem::take(&mut self.towers.layers).into_iter().zip(&gradients.layers);
        self.towers.layers = layers
            .map(|(Layer { weight, bias }, (of_weight, of_bias))| Layer {
                weight: moved(device, optimizer, weight, scaled(of_weight.numbers()), optimizer.weight_decay),
                bias: moved(device, optimizer, bias, scaled(of_bias), 0.0),
            })
            .collect();
        self.into_network()
    }

    fn gradients(&mut self, of_logits: Vec<f32>) -> StepGradients {
        let (batch, layers) = (self.inputs.batch, &self.towers.layers);
        let n_towers = of_logits.len() / batch;
        let mut gradient = InMemory::of(self.device.floats(of_logits, [n_towers, batch, 1]));
        let mut of_layers = Vec::with_capacity(layers.len());
        for (index, layer) in layers.iter().enumerate().rev() {
            let [_, _, outputs] = layer.weight.value.dims();
            let of_bias = sums_over_batch(gradient.numbers(), [n_towers, batch, outputs]);
            let of_output: Tensor<3> = gradient.tensor(self.device);
            let of_weight = InMemory::of(self.entering[index].clone().transpose().matmul(of_output.clone()));
            of_layers.push((of_weight, of_bias));
            gradient = InMemory::of(of_output.matmul(layer.weight.value.clone().transpose()));
            if index > 0 {
                let output = InMemory::of(self.entering.remove(index));
                // ReLU lets through where something came out.
                esmm_slices::stop_where_nothing_came_out(gradient.numbers_mut(), output.numbers());
                if let Some(mask) = self.inputs.masks.get(index - 1) {
                    esmm_slices::multiply(gradient.numbers_mut(), mask);
                }
            }
        }
        of_layers.reverse();
        StepGradients { rows: self.gradient_of_rows(gradient), layers: of_layers }
    }

    /// The gradient of the fetched rows from that of every tower's inputs, `[towers, batch, in]`.
    fn gradient_of_rows(&self, mut of_inputs: InMemory) -> Vec<f32> {
        if self.table.is_none() {
            return Vec::new();
        }
        let mut of_inputs = of_inputs.numbers_mut();
        let (batch, layout) = (self.inputs.batch, self.layout);
        let (size, per_copy) = (layout.embedding_size, batch * layout.input_size());
        if layout.copies == 1 {
            let (sum, others) = of_inputs.split_at_mut(per_copy);
            for other in others.chunks_exact(per_copy) {
                esmm_slices::add(sum, other);
            }
            of_inputs = sum;
        }
        let unique = &self.inputs.unique;
        let n_fetched = if unique.is_empty() { layout.table_rows() } else { unique.len() };
        let mut rows = vec![0.0; n_fetched * size];
        layout.spread(batch, of_inputs, &self.inputs.dense, |place, weight, of_pool| {
            let row = &mut rows[self.inputs.inverse[place] as usize * size..][..size];
            esmm_slices::add_scaled(row, of_pool, weight);
        });
        rows
    }
}

impl StepGradients {
    fn squared_norm(&self) -> f32 {
        let of = esmm_slices::sum_of_squares;
        of(&self.rows) + self.layers.iter().map(|(weight, bias)| of(weight.numbers()) + of(bias)).sum::<f32>()
    }
}

impl BatchInputs {
    pub(crate) fn of(indices: BatchIndices, dense: Option<Tensor<2>>, masks: Vec<Vec<f32>>) -> Self {
        let BatchIndices { rows, unique, inverse } = indices;
        let dense = dense.map(|dense| InMemory::of(dense).numbers().to_vec()).unwrap_or_default();
        Self { batch: rows.len(), unique, inverse, dense, masks }
    }
}

/// Row of the table at a place.
fn row_of(inputs: &BatchInputs, place: usize) -> usize {
    let at = inputs.inverse[place] as usize;
    if inputs.unique.is_empty() { at } else { inputs.unique[at] as usize }
}

/// `[towers, batch, width]`, with each tower's bias `[towers, 1, width]` added to its rows.
fn add_bias(values: &mut [f32], bias: &[f32], [_, batch, width]: [usize; 3], add: impl Fn(&mut [f32], &[f32])) {
    let towers = values.chunks_exact_mut(batch * width).zip(bias.chunks_exact(width));
    towers.for_each(|(values, bias)| add(values, bias));
}

/// Sums of the rows of each tower, `[towers, 1, width]`.
fn sums_over_batch(values: &[f32], [_, batch, width]: [usize; 3]) -> Vec<f32> {
    values.chunks_exact(batch * width).flat_map(|values| esmm_slices::sums_of_columns(values, width)).collect()
}

fn moved(
    device: &EngineDevice,
    optimizer: &Optimizer,
    parameter: Parameter<3>,
    gradient: esmm_slices::Gradient,
    decay: f64,
) -> Parameter<3> {
    let [mut value, mut moment1, mut moment2] =
        [parameter.value, parameter.moment1, parameter.moment2].map(InMemory::of);
    let slices = esmm_slices::Parameter {
        value: value.numbers_mut(),
        moment1: moment1.numbers_mut(),
        moment2: moment2.numbers_mut(),
    };
    optimizer.update_in_place(slices, gradient, decay);
    let [value, moment1, moment2] = [value, moment1, moment2].map(|part| part.tensor(device));
    Parameter { value, moment1, moment2 }
}
