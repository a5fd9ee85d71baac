// The optimiser (engine/optimizer): one thread for each parameter of the towers, then for each number of the fetched rows.

struct Shape { n_parameters: u32, n_weights: u32, copies: u32, size: u32, rows_per_copy: u32, }

@group(0) @binding(0) var<storage, read> batch: array<u32>;
@group(0) @binding(1) var<uniform> shape: Shape;
// [parts, parameters]
@group(0) @binding(2) var<storage, read> of_towers: array<f32>;
// [copies · fetched, size]
@group(0) @binding(3) var<storage, read> of_rows: array<f32>;
@group(0) @binding(4) var<storage, read> squares: array<f32>;
// [value, first moment, second moment][parameters]
@group(0) @binding(5) var<storage, read_write> parameters: array<f32>;
// [rows, 3·size]
@group(0) @binding(6) var<storage, read_write> table: array<f32>;

fn setting(at: u32) -> f32 { return bitcast<f32>(batch[at]); }

// Value and two moments after a move against `slope`.
fn moved(before: vec3f, slope: f32, decay: f32) -> vec3f {
  var value = before.x;
  var g = slope;
  if batch[Rule] == ADAM_W {
    value *= 1.0 - setting(Rate) * decay;
  } else {
    g += decay * value;
  }
  if batch[Rule] == SGD {
    if setting(Momentum) == 0.0 { return vec3f(value - setting(Rate) * g, before.yz); }
    let velocity = setting(Momentum) * before.y + g;
    return vec3f(value - setting(Rate) * velocity, velocity, before.z);
  }
  let first = setting(Beta1) * before.y + setting(Rest1) * g;
  let second = setting(Beta2) * before.z + setting(Rest2) * g * g;
  return vec3f(value - setting(StepSize) * first / (sqrt(second) * setting(RootScale) + setting(Epsilon)), first, second);
}

// What all gradients are multiplied by (engine/optimizer/clip.rs).
fn clip_factor() -> f32 {
  if setting(ClipNorm) == 0.0 { return 1.0; }
  var sum = 0.0;
  for (var at = 0u; at < NORM_PARTS; at++) { sum += squares[at]; }
  let factor = setting(ClipNorm) / (sqrt(sum) + setting(ClipEpsilon));
  return select(factor, 1.0, factor > 1.0);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) count: vec3u) {
  let at = id.x + id.y * count.x * 64u;
  let n = shape.n_parameters;
  if at < n {
    var slope = 0.0;
    for (var part = 0u; part < batch[Parts]; part++) { slope += of_towers[part * n + at]; }
    let before = vec3f(parameters[at], parameters[n + at], parameters[2u * n + at]);
    let decay = select(0.0, setting(WeightDecay), at < shape.n_weights);
    let after = moved(before, slope * clip_factor(), decay);
    parameters[at] = after.x;
    parameters[n + at] = after.y;
    parameters[2u * n + at] = after.z;
    return;
  }
  let of_row = at - n;
  let fetched = of_row / max(shape.size, 1u);
  if fetched >= shape.copies * batch[Fetched] { return; }
  let unique = batch[batch[UniqueAt] + fetched % batch[Fetched]];
  let row = unique + fetched / batch[Fetched] * shape.rows_per_copy;
  let value = row * 3u * shape.size + of_row % shape.size;
  let before = vec3f(table[value], table[value + shape.size], table[value + 2u * shape.size]);
  let after = moved(before, of_rows[of_row] * clip_factor(), setting(EmbeddingDecay));
  table[value] = after.x;
  table[value + shape.size] = after.y;
  table[value + 2u * shape.size] = after.z;
}
