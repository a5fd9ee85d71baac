// What every objective's kernel has; the rest is written by objective.rs.

@group(0) @binding(0) var<storage, read> batch: array<u32>;
// [towers, rows]
@group(0) @binding(1) var<storage, read> logits: array<f32>;
// [columns, rows of the log]
@group(0) @binding(2) var<storage, read> labels: array<f32>;
@group(0) @binding(3) var<storage, read_write> of_logits: array<f32>;
// [steps, losses and readings]
@group(0) @binding(4) var<storage, read_write> losses: array<f32>;

const LARGEST = 3.4028234e38;

var<workgroup> parts: array<f32, THREADS>;

// The sum of every thread's part, for every thread.
fn total(part: f32, thread: u32) -> f32 {
  parts[thread] = part;
  workgroupBarrier();
  for (var half = THREADS / 2u; half > 0u; half /= 2u) {
    if thread < half { parts[thread] += parts[thread + half]; }
    workgroupBarrier();
  }
  let sum = parts[0];
  workgroupBarrier();
  return sum;
}

fn least(part: f32, thread: u32) -> f32 {
  parts[thread] = part;
  workgroupBarrier();
  for (var half = THREADS / 2u; half > 0u; half /= 2u) {
    if thread < half { parts[thread] = min(parts[thread], parts[thread + half]); }
    workgroupBarrier();
  }
  let smallest = parts[0];
  workgroupBarrier();
  return smallest;
}

// ln σ(x) = min(x, 0) − ln(1 + e^−|x|), the last as 2 artanh(u / (2 + u)) by its series: the logarithm of WGSL is not exact
// enough near 1, and nothing here is lost to a compiler that reorders sums. The next term is below 1e-8.
fn log_sigmoid(x: f32) -> f32 {
  let u = exp(-abs(x));
  let s = u / (2.0 + u);
  let q = s * s;
  let series = 1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0 + q * (1.0 / 11.0 + q / 13.0)))));
  return min(x, 0.0) - 2.0 * s * series;
}
