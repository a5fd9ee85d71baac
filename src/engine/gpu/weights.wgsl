// Gradient of a layer's weights and biases: inputsᵀ · gradient of the outputs, with a row of ones beneath the inputs. The batch
// is summed in parts, so that a small layer has work for many threads.

@group(0) @binding(0) var<storage, read> batch: array<u32>;
@group(0) @binding(1) var<uniform> layer: Layer;
// [1 or towers, rows, inputs]
@group(0) @binding(2) var<storage, read> inputs: array<f32>;
// [towers, rows, outputs]
@group(0) @binding(3) var<storage, read> of_outputs: array<f32>;
// [parts, parameters]
@group(0) @binding(4) var<storage, read_write> gradients: array<f32>;

fn left_place(at: u32) -> vec2u { return by_quads(at); }
fn right_place(at: u32) -> vec2u { return by_quads(at); }

fn shape_of(z: u32) -> Product {
  let first = z / layer.towers * batch[RowsOfPart];
  return Product(layer.inputs + 1u, layer.outputs, min(batch[RowsOfPart], batch[Rows] - first), first);
}

fn left(z: u32, input: u32, row: u32) -> f32 {
  if input == layer.inputs { return 1.0; }
  let of_tower = select(z % layer.towers * batch[Rows], 0u, layer.is_shared == 1u);
  return inputs[(of_tower + row) * layer.inputs + input];
}

fn right(z: u32, row: u32, output: u32) -> f32 {
  return of_outputs[(z % layer.towers * batch[Rows] + row) * layer.outputs + output];
}

fn put(z: u32, input: u32, output: u32, sum: f32) {
  let tower = z % layer.towers;
  let part = z / layer.towers * layer.n_parameters;
  if input == layer.inputs {
    gradients[part + layer.biases_at + tower * layer.outputs + output] = sum;
  } else {
    gradients[part + layer.weights_at + (tower * layer.inputs + input) * layer.outputs + output] = sum;
  }
}
