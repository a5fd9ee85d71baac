// Adds to each tower's output bias.

@group(0) @binding(0) var<storage, read> shift: array<f32>;
@group(0) @binding(1) var<uniform> layer: Layer;
@group(0) @binding(2) var<storage, read_write> parameters: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if id.x < layer.towers { parameters[layer.biases_at + id.x] += shift[id.x]; }
}
