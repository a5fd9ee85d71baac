// Squares of all gradients, summed in as many parts as there are workgroups.

struct Shape { n_parameters: u32, copies: u32, size: u32, }

@group(0) @binding(0) var<storage, read> batch: array<u32>;
@group(0) @binding(1) var<uniform> shape: Shape;
@group(0) @binding(2) var<storage, read> of_towers: array<f32>;
@group(0) @binding(3) var<storage, read> of_rows: array<f32>;
@group(0) @binding(4) var<storage, read_write> squares: array<f32>;

const THREADS = 256u;
var<workgroup> sums: array<f32, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) thread: u32) {
  var sum = 0.0;
  let first = id.x * THREADS + thread;
  let step = THREADS * NORM_PARTS;
  for (var at = first; at < shape.n_parameters; at += step) {
    var slope = 0.0;
    for (var part = 0u; part < batch[Parts]; part++) { slope += of_towers[part * shape.n_parameters + at]; }
    sum += slope * slope;
  }
  for (var at = first; at < shape.copies * batch[Fetched] * shape.size; at += step) {
    sum += of_rows[at] * of_rows[at];
  }
  sums[thread] = sum;
  workgroupBarrier();
  for (var half = THREADS / 2u; half > 0u; half /= 2u) {
    if thread < half { sums[thread] += sums[thread + half]; }
    workgroupBarrier();
  }
  if thread == 0u { squares[id.x] = sums[0]; }
}
