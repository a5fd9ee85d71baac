//! All metrics of an evaluation under their keys `<metric>.<task>`.
use std::collections::BTreeMap;

use super::{Bootstrap, Metric};

/// What metrics are computed from: one task's scores, labels and weights.
#[derive(Debug, Clone)]
pub struct MetricInput {}

/// Every metric with its interval, and the bootstrap replicates behind it.
pub fn evaluate_all(
    input: &MetricInput,
    bootstrap: Bootstrap,
) -> (BTreeMap<String, Metric>, BTreeMap<String, Vec<f64>>) {
    let _ = (input, bootstrap);
    todo!()
}
