// Gradient of a layer's inputs: gradient of the outputs · weightᵀ, where something came out of the ReLU before, times its mask.

@group(0) @binding(0) var<storage, read> batch: array<u32>;
@group(0) @binding(1) var<uniform> layer: Layer;
@group(0) @binding(2) var<storage, read> parameters: array<f32>;
// [1 or towers, rows, inputs]
@group(0) @binding(3) var<storage, read> inputs: array<f32>;
// [towers, rows, outputs]
@group(0) @binding(4) var<storage, read> of_outputs: array<f32>;
// [1 or towers, rows, inputs]
@group(0) @binding(5) var<storage, read_write> of_inputs: array<f32>;

fn left_place(at: u32) -> vec2u { return by_terms(at); }
fn right_place(at: u32) -> vec2u { return by_terms(at); }

// Where all towers read the same inputs, their outputs are summed over as if they were one's.
fn shape_of(tower: u32) -> Product {
  return Product(batch[Rows], layer.inputs, layer.outputs * select(1u, layer.towers, layer.is_shared == 1u), 0u);
}

fn left(tower: u32, row: u32, k: u32) -> f32 {
  let of_tower = tower + k / layer.outputs;
  return of_outputs[(of_tower * batch[Rows] + row) * layer.outputs + k % layer.outputs];
}

fn right(tower: u32, k: u32, input: u32) -> f32 {
  let of_tower = tower + k / layer.outputs;
  return parameters[layer.weights_at + (of_tower * layer.inputs + input) * layer.outputs + k % layer.outputs];
}

fn put(tower: u32, row: u32, input: u32, sum: f32) {
  let at = (tower * batch[Rows] + row) * layer.inputs + input;
  var x = sum;
  if layer.is_first == 0u {
    // Not where it is above 0, which no number is not.
    x = select(x, 0.0, inputs[at] <= 0.0);
    if batch[MasksAt] != 0u {
      x *= bitcast<f32>(batch[batch[MasksAt] + layer.towers * batch[Rows] * layer.masks_of_inputs + at]);
    }
  }
  of_inputs[at] = x;
}
