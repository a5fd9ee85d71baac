//! A training step of the CPU engine: what lies between the products is one pass each over memory that is there anyway.
//!
//! ```text
//! embeddings ─▶ inputs ─▶ [product, bias + ReLU + mask] … ─▶ logits ─ the objective, on a tape ─▶ gradient of the logits
//! moved parameters ◀─ moments ◀─ rows summed, clipped ◀─ [products, mask] … ◀──────────────────────────────┘
//! ```
//! Products are Burn's. Its other operations make a tensor each, some hundreds of them a step. `trainer::tests` holds the step to the one that Burn differentiates.

use burn::tensor::Tensor;

use super::batch::BatchIndices;
use super::device::{EngineDevice, in_memory};
use super::dpm::{Layer, Towers};
use super::network::Network;
use super::optimizer::{Optimizer, Parameter, ParameterSlices, ScaledGradient, Table, clip_factor};
use super::sem::SemLayout;

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
    /// Rows `[value | first moment | second moment]`, and their shape.
    table: Option<(Vec<f32>, [usize; 2])>,
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
    layers: Vec<(Vec<f32>, Vec<f32>)>,
}

impl<'a> ForwardPass<'a> {
    pub(crate) fn new(device: &'a EngineDevice, layout: &'a SemLayout, network: Network, inputs: BatchInputs) -> Self {
        let Network { table, towers } = network;
        let table = table.map(Table::into_packed);
        let size = layout.embedding_size;
        let row_of = |place: usize| row_of(&inputs, place);
        let embedding = |place: usize| match &table {
            Some((packed, [_, width])) => &packed[row_of(place) * width..][..size],
            None => &[],
        };
        let pooled = layout.pooled(inputs.batch, embedding, &inputs.dense);
        let copies = pooled.len() / (inputs.batch * layout.input_size());
        let mut entering = vec![device.floats(pooled, [copies, inputs.batch, layout.input_size()])];
        let mut logits = Vec::new();
        for (index, layer) in towers.layers.iter().enumerate() {
            let product = entering[index].clone().matmul(layer.weight.value.clone());
            let shape = product.dims();
            let (mut values, bias) = (in_memory(product), in_memory(layer.bias.value.clone()));
            if index + 1 == towers.layers.len() {
                add_bias(&mut values, &bias, shape);
                logits = values;
            } else {
                add_bias_and_rectify(&mut values, &bias, shape);
                if let Some(mask) = inputs.masks.get(index) {
                    values.iter_mut().zip(mask).for_each(|(value, mask)| *value *= mask);
                }
                entering.push(device.floats(values, shape));
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
        Network { table: table.map(|(packed, shape)| Table::of_packed(device.floats(packed, shape))), towers }
    }

    /// The network, moved against the gradient that follows from that of the logits, `[towers, batch]`.
    pub(crate) fn moved(mut self, of_logits: Vec<f32>, optimizer: &Optimizer, clip_norm: Option<f64>) -> Network {
        let gradients = self.gradients(of_logits);
        let factor = clip_norm.map_or(1.0, |clip_norm| clip_factor(gradients.squared_norm(), clip_norm));
        let scaled = |values| ScaledGradient { values, factor, l2: 0.0 };
        let size = self.layout.embedding_size;
        if let Some((packed, [rows, width])) = &mut self.table {
            for (at, gradient) in gradients.rows.chunks_exact(size).enumerate() {
                let row = if self.inputs.unique.is_empty() { at } else { self.inputs.unique[at] as usize };
                debug_assert!(row < *rows, "ids are rows of the table");
                let (value, moments) = packed[row * *width..][..*width].split_at_mut(size);
                let (moment1, moment2) = moments.split_at_mut(size);
                let parameter = ParameterSlices { value, moment1, moment2 };
                optimizer.update_in_place(parameter, scaled(gradient), optimizer.embedding_decay);
            }
        }
        let device = self.device;
        let layers = std::mem::take(&mut self.towers.layers).into_iter().zip(&gradients.layers);
        self.towers.layers = layers
            .map(|(Layer { weight, bias }, (of_weight, of_bias))| Layer {
                weight: moved(device, optimizer, weight, scaled(of_weight), optimizer.weight_decay),
                bias: moved(device, optimizer, bias, scaled(of_bias), 0.0),
            })
            .collect();
        self.into_network()
    }

    fn gradients(&mut self, of_logits: Vec<f32>) -> StepGradients {
        let (batch, layers) = (self.inputs.batch, &self.towers.layers);
        let n_towers = of_logits.len() / batch;
        let mut gradient = of_logits;
        let mut of_layers = Vec::with_capacity(layers.len());
        for (index, layer) in layers.iter().enumerate().rev() {
            let [_, inputs, outputs] = layer.weight.value.dims();
            let of_bias = sums_over_batch(&gradient, [n_towers, batch, outputs]);
            let of_output = self.device.floats(gradient, [n_towers, batch, outputs]);
            let of_weight = in_memory(self.entering[index].clone().transpose().matmul(of_output.clone()));
            of_layers.push((of_weight, of_bias));
            if index == 0 && self.table.is_none() {
                gradient = Vec::new();
                break;
            }
            gradient = in_memory(of_output.matmul(layer.weight.value.clone().transpose()));
            debug_assert_eq!(gradient.len(), n_towers * batch * inputs);
            if index > 0 {
                let output = in_memory(self.entering.remove(index));
                // ReLU lets through where something came out.
                gradient.iter_mut().zip(&output).filter(|(_, out)| **out <= 0.0).for_each(|(slope, _)| *slope = 0.0);
                if let Some(mask) = self.inputs.masks.get(index - 1) {
                    gradient.iter_mut().zip(mask).for_each(|(slope, mask)| *slope *= mask);
                }
            }
        }
        of_layers.reverse();
        StepGradients { rows: self.gradient_of_rows(gradient), layers: of_layers }
    }

    /// The gradient of the fetched rows from that of every tower's inputs, `[towers, batch, in]`.
    fn gradient_of_rows(&self, mut of_inputs: Vec<f32>) -> Vec<f32> {
        let Some((_, [n_rows, _])) = &self.table else { return Vec::new() };
        let (batch, layout) = (self.inputs.batch, self.layout);
        let (size, per_copy) = (layout.embedding_size, batch * layout.input_size());
        if layout.copies == 1 {
            let (sum, others) = of_inputs.split_at_mut(per_copy);
            for other in others.chunks_exact(per_copy) {
                sum.iter_mut().zip(other).for_each(|(sum, other)| *sum += other);
            }
            of_inputs.truncate(per_copy);
        }
        let n_fetched = if self.inputs.unique.is_empty() { *n_rows } else { self.inputs.unique.len() };
        let mut rows = vec![0.0; n_fetched * size];
        layout.spread(batch, &of_inputs, &self.inputs.dense, |place, weight, of_pool| {
            let row = &mut rows[self.inputs.inverse[place] as usize * size..][..size];
            row.iter_mut().zip(of_pool).for_each(|(sum, slope)| *sum += weight * slope);
        });
        rows
    }
}

impl StepGradients {
    fn squared_norm(&self) -> f32 {
        let of = |values: &[f32]| values.iter().map(|value| value * value).sum::<f32>();
        of(&self.rows) + self.layers.iter().map(|(weight, bias)| of(weight) + of(bias)).sum::<f32>()
    }
}

impl BatchInputs {
    pub(crate) fn of(indices: BatchIndices, dense: Option<Tensor<2>>, masks: Vec<Vec<f32>>) -> Self {
        let BatchIndices { rows, unique, inverse } = indices;
        Self { batch: rows.len(), unique, inverse, dense: dense.map(in_memory).unwrap_or_default(), masks }
    }
}

/// Row of the table at a place.
fn row_of(inputs: &BatchInputs, place: usize) -> usize {
    let at = inputs.inverse[place] as usize;
    if inputs.unique.is_empty() { at } else { inputs.unique[at] as usize }
}

/// `[towers, batch, width]`, with each tower's bias `[towers, 1, width]` added to its rows.
fn add_bias(values: &mut [f32], bias: &[f32], [_, batch, width]: [usize; 3]) {
    for (values, bias) in values.chunks_exact_mut(batch * width).zip(bias.chunks_exact(width)) {
        for row in values.chunks_exact_mut(width) {
            row.iter_mut().zip(bias).for_each(|(value, bias)| *value += bias);
        }
    }
}

fn add_bias_and_rectify(values: &mut [f32], bias: &[f32], [_, batch, width]: [usize; 3]) {
    for (values, bias) in values.chunks_exact_mut(batch * width).zip(bias.chunks_exact(width)) {
        for row in values.chunks_exact_mut(width) {
            row.iter_mut().zip(bias).for_each(|(value, bias)| *value = rectified(*value + bias));
        }
    }
}

/// ReLU; what is not a number stays so, for the loss to tell.
fn rectified(value: f32) -> f32 {
    if value < 0.0 { 0.0 } else { value }
}

/// Sums of the rows of each tower, `[towers, 1, width]`.
fn sums_over_batch(values: &[f32], [n_towers, batch, width]: [usize; 3]) -> Vec<f32> {
    let mut sums = vec![0.0; n_towers * width];
    for (sums, values) in sums.chunks_exact_mut(width).zip(values.chunks_exact(batch * width)) {
        for row in values.chunks_exact(width) {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
    }
    sums
}

fn moved(
    device: &EngineDevice,
    optimizer: &Optimizer,
    parameter: Parameter<3>,
    gradient: ScaledGradient,
    decay: f64,
) -> Parameter<3> {
    let shape = parameter.value.dims();
    let [mut value, mut moment1, mut moment2] = [parameter.value, parameter.moment1, parameter.moment2].map(in_memory);
    let slices = ParameterSlices { value: &mut value, moment1: &mut moment1, moment2: &mut moment2 };
    optimizer.update_in_place(slices, gradient, decay);
    let [value, moment1, moment2] = [value, moment1, moment2].map(|values| device.floats(values, shape));
    Parameter { value, moment1, moment2 }
}
