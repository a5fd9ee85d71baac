// Values of rows of the table.

struct Shape { rows: u32, size: u32, }

@group(0) @binding(0) var<storage, read> rows: array<u32>;
// [rows, 3·size]
@group(0) @binding(1) var<storage, read> table: array<f32>;
@group(0) @binding(2) var<uniform> shape: Shape;
// [fetched, size]
@group(0) @binding(3) var<storage, read_write> values: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) count: vec3u) {
  let at = id.x + id.y * count.x * 64u;
  if at < shape.rows * shape.size {
    values[at] = table[rows[at / shape.size] * 3u * shape.size + at % shape.size];
  }
}
