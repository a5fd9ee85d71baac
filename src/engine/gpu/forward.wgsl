// outputs = ReLU(inputs · weight + bias) · mask; the logits without the last two.

@group(0) @binding(0) var<storage, read> batch: array<u32>;
@group(0) @binding(1) var<uniform> layer: Layer;
@group(0) @binding(2) var<storage, read> parameters: array<f32>;
// [1 or towers, rows, inputs]
@group(0) @binding(3) var<storage, read> inputs: array<f32>;
// [towers, rows, outputs]
@group(0) @binding(4) var<storage, read_write> outputs: array<f32>;

fn left_place(at: u32) -> vec2u { return by_terms(at); }
fn right_place(at: u32) -> vec2u { return by_quads(at); }

fn shape_of(tower: u32) -> Product {
  return Product(batch[Rows], layer.outputs, layer.inputs, 0u);
}

fn left(tower: u32, row: u32, k: u32) -> f32 {
  let of_tower = select(tower * batch[Rows], 0u, layer.is_shared == 1u);
  return inputs[(of_tower + row) * layer.inputs + k];
}

fn right(tower: u32, k: u32, column: u32) -> f32 {
  return parameters[layer.weights_at + (tower * layer.inputs + k) * layer.outputs + column];
}

fn put(tower: u32, row: u32, column: u32, sum: f32) {
  var x = sum + parameters[layer.biases_at + tower * layer.outputs + column];
  let at = (tower * batch[Rows] + row) * layer.outputs + column;
  if layer.is_hidden == 1u {
    // Not max(x, 0), which may make 0 of what is no number.
    x = select(x, 0.0, x < 0.0);
    if batch[MasksAt] != 0u {
      x *= bitcast<f32>(batch[batch[MasksAt] + layer.towers * batch[Rows] * layer.masks_before + at]);
    }
  }
  outputs[at] = x;
}
