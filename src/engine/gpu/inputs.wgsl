// SEM: embeddings are pooled and joined with the dense inputs (engine/sem.rs). One thread for each number of the inputs.

@group(0) @binding(0) var<storage, read> batch: array<u32>;
// [rows, 3·size]: value, first moment, second moment
@group(0) @binding(1) var<storage, read> table: array<f32>;
// [rows of the log, dense inputs and weights]
@group(0) @binding(2) var<storage, read> dense: array<f32>;
// First place of each pooled group, and behind them the places' number; then the group of each place.
@group(0) @binding(3) var<storage, read> groups: array<u32>;
@group(0) @binding(4) var<uniform> fields: Fields;
// [copies, rows, inputs]
@group(0) @binding(5) var<storage, read_write> inputs: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) count: vec3u) {
  let at = id.x + id.y * count.x * 64u;
  let n = batch[Rows];
  if at >= fields.copies * n * fields.inputs { return; }
  let column = at % fields.inputs;
  let row = at / fields.inputs % n;
  let copy = at / fields.inputs / n;
  let of_row = batch[batch[RowsAt] + row] * fields.dense_width;
  let embedded = fields.groups * fields.size;
  if column >= embedded {
    inputs[at] = dense[of_row + column - embedded];
    return;
  }
  let group = column / fields.size;
  let first = (copy * fields.rows_per_copy) * 3u * fields.size + column % fields.size;
  var sum = 0.0;
  for (var place = groups[group]; place < groups[group + 1u]; place++) {
    let value = table[first + batch[batch[IdsAt] + row * fields.places + place] * 3u * fields.size];
    sum += select(value, value * dense[of_row + fields.n_dense + place], fields.has_weights == 1u);
  }
  inputs[at] = sum;
}
