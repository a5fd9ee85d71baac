// Gradient of the fetched rows of the table: one workgroup sums what flows back to the places of one row.

@group(0) @binding(0) var<storage, read> batch: array<u32>;
@group(0) @binding(1) var<storage, read> dense: array<f32>;
@group(0) @binding(2) var<storage, read> groups: array<u32>;
@group(0) @binding(3) var<uniform> fields: Fields;
// [copies, rows, inputs]
@group(0) @binding(4) var<storage, read> of_inputs: array<f32>;
// [copies · fetched, size]
@group(0) @binding(5) var<storage, read_write> gradients: array<f32>;

const THREADS = 64u;
var<workgroup> parts: array<f32, THREADS>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) count: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let fetched = id.x + id.y * count.x;
  if fetched >= batch[Fetched] { return; }
  let start = batch[batch[StartsAt] + fetched];
  let end = batch[batch[StartsAt] + fetched + 1u];
  let n = batch[Rows];
  let copy = id.z;
  // Threads side by side: one for each number of the row, as often as they fit.
  let width = min(fields.size, THREADS);
  let lanes = THREADS / width;
  let lane = thread / width;
  for (var first = 0u; first < fields.size; first += width) {
    let number = first + thread % width;
    var sum = 0.0;
    if lane < lanes && number < fields.size {
      for (var at = start + lane; at < end; at += lanes) {
        let position = batch[batch[PositionsAt] + at];
        let row = position / fields.places;
        let place = position % fields.places;
        let column = groups[fields.groups + 1u + place] * fields.size + number;
        let slope = of_inputs[(copy * n + row) * fields.inputs + column];
        let weight_at = batch[batch[RowsAt] + row] * fields.dense_width + fields.n_dense + place;
        sum += select(slope, slope * dense[weight_at], fields.has_weights == 1u);
      }
    }
    parts[thread] = sum;
    workgroupBarrier();
    if thread < width && number < fields.size {
      for (var other = 1u; other < lanes; other++) { sum += parts[thread + other * width]; }
      gradients[(copy * batch[Fetched] + fetched) * fields.size + number] = sum;
    }
    workgroupBarrier();
  }
}
