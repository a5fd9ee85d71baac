//! DPM as nodes: a tower's input to its logit.

use super::OnnxError;
use super::graph::{Graph, Value};

/// The logit of `tower`, `[N]`, float.
pub(super) fn logit(graph: &mut Graph, tower: &str, input: Value) -> Result<Value, OnnxError> {
    let mut x = layer(graph, tower, 0, &input)?;
    let mut index = 1;
    while graph.has_weights(&weight_of(tower, index)) {
        let hidden = graph.compute("Relu", &[&x], Vec::new());
        x = layer(graph, tower, index, &hidden)?;
        index += 1;
    }
    let axis = graph.integers(&[1]);
    Ok(graph.compute("Squeeze", &[&x, &axis], Vec::new()))
}

fn layer(graph: &mut Graph, tower: &str, index: usize, input: &Value) -> Result<Value, OnnxError> {
    let weight = graph.weights(&weight_of(tower, index))?;
    let bias = graph.weights(&format!("tower.{tower}.{index}.bias"))?;
    Ok(graph.compute("Gemm", &[input, &weight, &bias], Vec::new()))
}

fn weight_of(tower: &str, index: usize) -> String {
    format!("tower.{tower}.{index}.weight")
}
