//! SEM and DPM as kernels: what of them stays as it is while a run trains.

use super::batch::declarations;
use super::device::{Bound, Commands, Gpu, Kernel, Numbers, in_two_sides};
use crate::engine::backend::{Run, State};
use crate::engine::sem::SemLayout;
use crate::engine::weights::MergedWeights;

/// Parts of a parameter: its value and two moments.
pub(super) const PARTS: usize = 3;
/// Parts in which the squares of all gradients are summed.
const NORM_PARTS: usize = 64;
/// Threads of a workgroup that computes number by number.
const THREADS: usize = 64;

/// Shapes of a run's network, on the device where kernels read them.
pub(super) struct Network {
    gpu: Gpu,
    /// Of embeddings that are pooled; one copy where nothing is embedded.
    copies: usize,
    pub n_towers: usize,
    inputs: usize,
    size: usize,
    has_table: bool,
    rows_per_copy: usize,
    fields: Numbers,
    groups: Numbers,
    layers: Vec<Layer>,
    /// Of the towers: weights first, biases behind them.
    pub n_parameters: usize,
    n_weights: usize,
}

/// One layer of all towers.
struct Layer {
    inputs: usize,
    outputs: usize,
    /// Among the parameters.
    weights_at: usize,
    biases_at: usize,
    shape: Numbers,
}

/// What moves.
#[derive(Debug, Clone)]
pub(super) struct Parameters {
    /// `[value, first moment, second moment][parameters]`
    pub towers: Numbers,
    /// `[rows, 3·size]`: value and moments side by side.
    pub table: Numbers,
}

/// A forward pass over as many rows as it has room for.
pub(super) struct Forward {
    pub batch: Numbers,
    inputs: Numbers,
    /// By layer; the last are the logits.
    outputs: Vec<Numbers>,
    pool: Bound,
    layers: Vec<Bound>,
}

/// How much a pass has room for.
pub(super) struct Room {
    pub rows: usize,
    pub words: usize,
    /// Rows of the table in one copy.
    pub fetched: usize,
    /// Parts of the gradient of weights.
    pub parts: usize,
}

/// A backward pass and the move that follows.
pub(super) struct Backward {
    /// `[parts, parameters]`
    pub of_towers: Numbers,
    /// `[copies · fetched, size]`
    pub of_rows: Numbers,
    objective: Bound,
    /// By layer: of its weights, and of its inputs where something is before them.
    layers: Vec<(Bound, Option<Bound>)>,
    rows: Option<Bound>,
    norm: Bound,
    update: Bound,
}

/// Numbers of the log that kernels read.
pub(super) struct DeviceLog {
    /// `[rows, dense inputs and weights]`
    pub dense: Numbers,
    /// `[labels, conditions, waits, weights][rows]`
    pub labels: Numbers,
}

/// One dispatch.
pub(super) type Dispatch<'a> = (&'a Bound, [usize; 3]);

impl Network {
    pub fn new(gpu: &Gpu, run: &Run, n_towers: usize) -> Self {
        let layout = &run.layout;
        let has_table = !layout.fields.is_empty();
        let copies = if has_table { layout.copies } else { 1 };
        let n_weights = run.layer_sizes.iter().map(|[inputs, outputs]| n_towers * inputs * outputs).sum();
        let n_biases: usize = run.layer_sizes.iter().map(|[_, outputs]| n_towers * outputs).sum();
        let n_parameters = n_weights + n_biases;
        let (mut weights_at, mut biases_at, mut masks_before, mut masks_of_inputs) = (0, n_weights, 0, 0);
        let mut layers = Vec::with_capacity(run.layer_sizes.len());
        for (at, &[inputs, outputs]) in run.layer_sizes.iter().enumerate() {
            let (is_first, is_hidden) = (at == 0, at + 1 < run.layer_sizes.len());
            let is_shared = is_first && copies == 1;
            // As `layer.wgsl` declares them.
            let shape = gpu.shape(&[
                n_towers,
                inputs,
                outputs,
                usize::from(is_shared),
                usize::from(is_hidden),
                weights_at,
                biases_at,
                n_parameters,
                masks_before,
                masks_of_inputs,
                usize::from(is_first),
            ]);
            layers.push(Layer { inputs, outputs, weights_at, biases_at, shape });
            weights_at += n_towers * inputs * outputs;
            biases_at += n_towers * outputs;
            masks_of_inputs = masks_before;
            masks_before += outputs;
        }
        Self {
            gpu: gpu.clone(),
            copies,
            n_towers,
            inputs: layout.input_size(),
            size: layout.embedding_size,
            has_table,
            rows_per_copy: layout.rows_per_copy,
            fields: fields(gpu, layout, copies),
            groups: groups(gpu, layout),
            layers,
            n_parameters,
            n_weights,
        }
    }

    /// Rows of a forward pass that no memory is too small for.
    pub fn most_rows(&self) -> usize {
        const MOST_NUMBERS: usize = 1 << 23;
        let widest = self.layers.iter().map(|layer| layer.outputs * self.n_towers);
        let widest = widest.max().unwrap_or_default().max(self.inputs * self.copies);
        (MOST_NUMBERS / widest).clamp(1, 1 << 14)
    }

    /// Room for parameters.
    pub fn parameters(&self) -> Parameters {
        let table = self.table_rows() * PARTS * self.size;
        Parameters { towers: self.gpu.room(PARTS * self.n_parameters), table: self.gpu.room(table) }
    }

    /// Puts values into parameters, with their moments at 0.
    pub fn write(&self, to: &Parameters, weights: &MergedWeights) {
        let weights_first =
            weights.layers.iter().map(|(weight, _)| weight).chain(weights.layers.iter().map(|(_, bias)| bias));
        let mut towers: Vec<f32> = weights_first.flatten().copied().collect();
        towers.resize(PARTS * self.n_parameters, 0.0);
        self.gpu.write(&to.towers, bytemuck::cast_slice(&towers));
        let mut table = vec![0.0f32; to.table.length];
        let rows = table.chunks_exact_mut((PARTS * self.size).max(1));
        for (row, value) in rows.zip(weights.table.chunks_exact(self.size.max(1))) {
            row[..self.size].copy_from_slice(value);
        }
        self.gpu.write(&to.table, bytemuck::cast_slice(&table));
    }

    /// The towers' numbers, as they lie on the device, by layer.
    pub fn layers_of(&self, numbers: &[f32]) -> Vec<(Vec<f32>, Vec<f32>)> {
        let of = |at: usize, length: usize| numbers[at..][..length].to_vec();
        let layer = |&Layer { inputs, outputs, weights_at, biases_at, .. }: &Layer| {
            (of(weights_at, self.n_towers * inputs * outputs), of(biases_at, self.n_towers * outputs))
        };
        self.layers.iter().map(layer).collect()
    }

    /// Parameters with their moments, as they lie on the device.
    pub fn state_of(&self, towers: &[f32], table: &[f32]) -> State {
        let parts: Vec<_> = towers.chunks_exact(self.n_parameters).map(|part| self.layers_of(part)).collect();
        let weights = |at: usize| parts.iter().map(move |part| part[at].0.clone());
        let biases = |at: usize| parts.iter().map(move |part| part[at].1.clone());
        let layers = (0..self.layers.len()).flat_map(|at| weights(at).chain(biases(at)));
        [table.to_vec()].into_iter().chain(layers).collect()
    }

    /// Puts a state into parameters; `false`, and nothing changes, where its parts are of other lengths.
    pub fn write_state(&self, to: &Parameters, state: &State) -> bool {
        let of_layer = |layer: &Layer| {
            let (weights, biases) = (self.n_towers * layer.inputs * layer.outputs, self.n_towers * layer.outputs);
            [[weights; PARTS], [biases; PARTS]].concat()
        };
        let lengths = [to.table.length].into_iter().chain(self.layers.iter().flat_map(of_layer));
        let Some((table, layers)) = state.split_first().filter(|_| lengths.eq(state.iter().map(Vec::len))) else {
            return false;
        };
        let weights_first = |part: usize| {
            let of = |first: usize| layers.iter().skip(first + part).step_by(2 * PARTS);
            of(0).chain(of(PARTS)).flatten()
        };
        let towers: Vec<f32> = (0..PARTS).flat_map(weights_first).copied().collect();
        self.gpu.write(&to.towers, bytemuck::cast_slice(&towers));
        self.gpu.write(&to.table, bytemuck::cast_slice(table));
        true
    }

    /// Of all copies.
    pub fn table_rows(&self) -> usize {
        if self.has_table { self.copies * self.rows_per_copy } else { 0 }
    }

    /// The values of rows of the table, `[rows, size]`.
    pub fn fetch(&self, parameters: &Parameters, rows: &[i32]) -> (Commands, Numbers) {
        let gpu = &self.gpu;
        let words: Vec<u32> = rows.iter().map(|&row| row as u32).collect();
        let values = gpu.room(rows.len() * self.size);
        let kernel = self.kernel("fetch", &[include_str!("fetch.wgsl")]);
        let numbers = [&gpu.words(&words), &parameters.table, &gpu.shape(&[rows.len(), self.size]), &values];
        let bound = gpu.bind(&kernel, &numbers);
        let mut commands = gpu.commands();
        let [x, y] = in_two_sides(values.length.div_ceil(THREADS));
        commands.run([(&bound, [x, y, 1])]);
        (commands, values)
    }

    /// Adds to each tower's output bias.
    pub fn shift(&self, parameters: &Parameters, shift: &[f64]) {
        let Some(last) = self.layers.last() else { return };
        let kernel = self.kernel("shift", &[include_str!("layer.wgsl"), include_str!("shift.wgsl")]);
        let shift: Vec<f32> = shift.iter().map(|&shift| shift as f32).collect();
        let bound = self.gpu.bind(&kernel, &[&self.gpu.numbers(&shift), &last.shape, &parameters.towers]);
        let mut commands = self.gpu.commands();
        commands.run([(&bound, [self.n_towers.div_ceil(THREADS), 1, 1])]);
        self.gpu.send(commands);
    }

    /// A forward pass with `parameters` over rows whose dense inputs are in `dense`.
    pub fn forward(&self, parameters: &Parameters, dense: &Numbers, room: &Room) -> Forward {
        let gpu = &self.gpu;
        let batch = gpu.room(room.words);
        let inputs = gpu.room(self.copies * room.rows * self.inputs);
        let kernel = self.kernel("inputs", &[include_str!("fields.wgsl"), include_str!("inputs.wgsl")]);
        let pool = gpu.bind(&kernel, &[&batch, &parameters.table, dense, &self.groups, &self.fields, &inputs]);
        let mut outputs: Vec<Numbers> = Vec::with_capacity(self.layers.len());
        let mut layers = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let output = gpu.room(self.n_towers * room.rows * layer.outputs);
            let product = self.product("forward", include_str!("forward.wgsl"), layer.outputs);
            let entering = outputs.last().unwrap_or(&inputs);
            layers.push(gpu.bind(&product, &[&batch, &layer.shape, &parameters.towers, entering, &output]));
            outputs.push(output);
        }
        Forward { batch, inputs, outputs, pool, layers }
    }

    /// A backward pass after `forward`, and the move of `parameters`; `objective` goes from the logits to their gradient.
    pub fn backward(
        &self,
        parameters: &Parameters,
        log: &DeviceLog,
        forward: &Forward,
        objective: &Kernel,
        losses: &Numbers,
        room: &Room,
    ) -> Backward {
        let (gpu, batch) = (&self.gpu, &forward.batch);
        let of_towers = gpu.room(room.parts * self.n_parameters);
        let of_rows = gpu.room(if self.has_table { self.copies * room.fetched * self.size } else { 0 });
        let mut of_outputs = gpu.room(self.n_towers * room.rows);
        let objective = gpu.bind(objective, &[batch, forward.logits(), &log.labels, &of_outputs, losses]);
        let mut layers = Vec::with_capacity(self.layers.len());
        for (at, layer) in self.layers.iter().enumerate().rev() {
            let entering = if at == 0 { &forward.inputs } else { &forward.outputs[at - 1] };
            let product = self.product("weights", include_str!("weights.wgsl"), layer.outputs);
            let of_weights = gpu.bind(&product, &[batch, &layer.shape, entering, &of_outputs, &of_towers]);
            let of_inputs = (at > 0 || self.has_table).then(|| {
                let copies = if at == 0 { self.copies } else { self.n_towers };
                let of_inputs = gpu.room(copies * room.rows * layer.inputs);
                let product = self.product("backward", include_str!("backward.wgsl"), layer.inputs);
                let numbers = [batch, &layer.shape, &parameters.towers, entering, &of_outputs, &of_inputs];
                let bound = gpu.bind(&product, &numbers);
                of_outputs = of_inputs;
                bound
            });
            layers.push((of_weights, of_inputs));
        }
        let rows = self.has_table.then(|| {
            let kernel = self.kernel("rows", &[include_str!("fields.wgsl"), include_str!("rows.wgsl")]);
            gpu.bind(&kernel, &[batch, &log.dense, &self.groups, &self.fields, &of_outputs, &of_rows])
        });
        let (copies, size) = if self.has_table { (self.copies, self.size) } else { (0, 0) };
        let squares = gpu.room(NORM_PARTS);
        let norm_parts = format!("const NORM_PARTS = {NORM_PARTS}u;\n");
        let kernel = self.kernel("norm", &[&norm_parts, include_str!("norm.wgsl")]);
        let shape = gpu.shape(&[self.n_parameters, copies, size]);
        let norm = gpu.bind(&kernel, &[batch, &shape, &of_towers, &of_rows, &squares]);
        let kernel = self.kernel("update", &[&norm_parts, include_str!("update.wgsl")]);
        let shape = gpu.shape(&[self.n_parameters, self.n_weights, copies, size, self.rows_per_copy]);
        let numbers = [batch, &shape, &of_towers, &of_rows, &squares, &parameters.towers, &parameters.table];
        let update = gpu.bind(&kernel, &numbers);
        Backward { of_towers, of_rows, objective, layers, rows, norm, update }
    }

    /// The dispatches of a forward pass.
    pub fn forward_steps<'a>(&'a self, forward: &'a Forward, n_rows: usize) -> impl Iterator<Item = Dispatch<'a>> {
        let [x, y] = in_two_sides((self.copies * n_rows * self.inputs).div_ceil(THREADS));
        let layer =
            move |(layer, bound): (&Layer, &'a Bound)| (bound, self.groups_of([n_rows, layer.outputs], self.n_towers));
        let layers = self.layers.iter().zip(&forward.layers).map(layer);
        [(&forward.pool, [x, y, 1])].into_iter().chain(layers)
    }

    /// The dispatches from the logits to the gradient of all parameters.
    pub fn backward_steps<'a>(
        &'a self,
        backward: &'a Backward,
        n_rows: usize,
        n_parts: usize,
        n_fetched: usize,
    ) -> impl Iterator<Item = Dispatch<'a>> {
        let layers = self.layers.iter().enumerate().rev().zip(&backward.layers);
        let layers = layers.flat_map(move |((at, layer), (of_weights, of_inputs))| {
            // A row of ones beneath the inputs, whose products are the gradient of the biases.
            let weights = (of_weights, self.groups_of([layer.inputs + 1, layer.outputs], n_parts * self.n_towers));
            let copies = if at == 0 { self.copies } else { self.n_towers };
            let inputs = of_inputs.as_ref().map(|bound| (bound, self.groups_of([n_rows, layer.inputs], copies)));
            [weights].into_iter().chain(inputs)
        });
        let [x, y] = in_two_sides(n_fetched);
        let rows = backward.rows.as_ref().map(|bound| (bound, [x, y, self.copies]));
        [(&backward.objective, [1, 1, 1])].into_iter().chain(layers).chain(rows)
    }

    /// The dispatches that move the parameters.
    pub fn update_steps<'a>(
        &self,
        backward: &'a Backward,
        n_fetched: usize,
        is_clipped: bool,
    ) -> impl Iterator<Item = Dispatch<'a>> + use<'a> {
        let of_rows = if self.has_table { self.copies * n_fetched * self.size } else { 0 };
        let [x, y] = in_two_sides((self.n_parameters + of_rows).div_ceil(THREADS));
        let norm = is_clipped.then_some((&backward.norm, [NORM_PARTS, 1, 1]));
        norm.into_iter().chain([(&backward.update, [x, y, 1])])
    }

    /// Workgroups of a product with a result of so many rows and columns.
    fn groups_of(&self, [rows, columns]: [usize; 2], n: usize) -> [usize; 3] {
        const TILE: usize = 32;
        match columns {
            1 => [rows.div_ceil(THREADS), 1, n],
            _ => [columns.div_ceil(TILE), rows.div_ceil(TILE), n],
        }
    }

    fn product(&self, name: &str, text: &str, columns: usize) -> Kernel {
        let product = if columns == 1 { include_str!("column.wgsl") } else { include_str!("product.wgsl") };
        self.kernel(name, &[include_str!("layer.wgsl"), product, text])
    }

    fn kernel(&self, name: &str, parts: &[&str]) -> Kernel {
        self.gpu.kernel(name, declarations() + &parts.concat())
    }
}

impl Forward {
    /// `[towers, rows]`
    pub fn logits(&self) -> &Numbers {
        self.outputs.last().unwrap_or(&self.inputs)
    }
}

/// As `fields.wgsl` declares them.
fn fields(gpu: &Gpu, layout: &SemLayout, copies: usize) -> Numbers {
    gpu.shape(&[
        layout.input_size(),
        layout.group_sizes.len(),
        layout.embedding_size,
        layout.n_places(),
        layout.n_dense,
        layout.n_dense + layout.n_weights(),
        usize::from(layout.has_lists()),
        layout.rows_per_copy,
        copies,
    ])
}

/// First place of each group and the places' number, then the group of each place.
fn groups(gpu: &Gpu, layout: &SemLayout) -> Numbers {
    let mut words = vec![0];
    for &length in &layout.group_sizes {
        words.push(words[words.len() - 1] + length as u32);
    }
    for (group, &length) in (0u32..).zip(&layout.group_sizes) {
        words.extend(std::iter::repeat_n(group, length));
    }
    gpu.words(&words)
}
