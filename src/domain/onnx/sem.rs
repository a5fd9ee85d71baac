//! SEM as nodes: ids to a tower's input.

use super::OnnxError;
use super::encoders::{Encoded, EncodedField, Ids};
use super::graph::{Graph, Value, int};
use super::proto::DataType;
use crate::domain::features::ID_MISSING;
use crate::domain::spec::{ListPooling, NetworkSpec, Pooling};

/// A tower's input, `[N, inputs]`; `tower` names it when it has embeddings of its own.
pub(super) fn input(
    graph: &mut Graph,
    encoded: &Encoded,
    network: &NetworkSpec,
    tower: Option<&str>,
) -> Result<Value, OnnxError> {
    let mut fields: Vec<&EncodedField> = encoded.fields.iter().collect();
    if network.pooling == Pooling::SumByGroup {
        fields.sort_by_key(|field| field.group); // stable: the log's order within a group
    }
    let are_pooled =
        |a: &&EncodedField, b: &&EncodedField| network.pooling == Pooling::SumByGroup && a.group == b.group;
    let mut parts = Vec::new();
    for group in fields.chunk_by(are_pooled) {
        let embedded: Vec<Value> = group.iter().map(|field| embedded(graph, field, tower)).collect::<Result<_, _>>()?;
        parts.push(joined(graph, "Sum", &embedded));
    }
    parts.extend(encoded.dense.iter().cloned());
    Ok(joined(graph, "Concat", &parts))
}

/// One value of several; a single one is left as it is.
fn joined(graph: &mut Graph, operator: &str, parts: &[Value]) -> Value {
    if let [part] = parts {
        return part.clone();
    }
    let parts: Vec<&Value> = parts.iter().collect();
    let attributes = if operator == "Concat" { vec![int("axis", 1)] } else { Vec::new() };
    graph.compute(operator, &parts, attributes)
}

/// A field's embeddings, `[N, embedding_size]`.
fn embedded(graph: &mut Graph, field: &EncodedField, tower: Option<&str>) -> Result<Value, OnnxError> {
    let owner = tower.map(|tower| format!("{tower}.")).unwrap_or_default();
    let table = graph.weights(&format!("embedding.{owner}{}.weight", field.name))?;
    Ok(match &field.ids {
        Ids::One(ids) => graph.compute("Gather", &[&table, ids], Vec::new()),
        Ids::Several { ids, pooled, pooling } => several(graph, &table, ids, pooled, *pooling),
    })
}

/// The sum or the mean of what is pooled; a row without any value has the embedding of a missing one.
fn several(graph: &mut Graph, table: &Value, ids: &Value, pooled: &Value, pooling: ListPooling) -> Value {
    let (values, last) = (graph.integers(&[1]), graph.integers(&[2]));
    let embeddings = graph.compute("Gather", &[table, ids], Vec::new());
    let weights = graph.compute("Unsqueeze", &[pooled, &last], Vec::new());
    let weighted = graph.compute("Mul", &[&embeddings, &weights], Vec::new());
    let sum = graph.compute("ReduceSum", &[&weighted, &values], vec![int("keepdims", 0)]);
    let count = graph.compute("ReduceSum", &[pooled, &values], Vec::new());
    let (one, zero) = (graph.number(1.0), graph.number(0.0));
    let (one, zero) = (graph.cast(&one, DataType::Float), graph.cast(&zero, DataType::Float));
    let pooled = match pooling {
        ListPooling::Sum => sum,
        ListPooling::Mean => {
            let divisor = graph.compute("Max", &[&count, &one], Vec::new());
            graph.compute("Div", &[&sum, &divisor], Vec::new())
        }
    };
    let missing = graph.integers(&[ID_MISSING.into()]);
    let missing = graph.compute("Gather", &[table, &missing], Vec::new());
    let is_empty = graph.compute("Equal", &[&count, &zero], Vec::new());
    graph.compute("Where", &[&is_empty, &missing, &pooled], Vec::new())
}
