//! The fitted encoders as nodes: the log's raw columns to ids and dense inputs, as [`FittedFeatures::encode`] makes them.

use super::graph::{Graph, Value, int, ints, strings};
use super::proto::DataType;
use crate::domain::features::{
    DenseEncoder, FieldEncoder, FieldEncoding, FittedFeatures, ID_FIRST, ID_MISSING, ID_UNKNOWN,
};
use crate::domain::log::FeatureGroup;
use crate::domain::spec::ListPooling;

/// The encoded columns of a batch.
pub(super) struct Encoded {
    pub fields: Vec<EncodedField>,
    /// Each `[N, 1]`, float.
    pub dense: Vec<Value>,
}

/// One embedded field.
pub(super) struct EncodedField {
    pub name: String,
    pub group: FeatureGroup,
    pub ids: Ids,
}

/// The ids of a field.
pub(super) enum Ids {
    /// `[N]`
    One(Value),
    /// `ids` and, as 0 or 1 in float, whether each is pooled: both `[N, values]`.
    Several { ids: Value, pooled: Value, pooling: ListPooling },
}

impl Encoded {
    /// Writes the encoders, with an input for each of their columns.
    pub(super) fn write(graph: &mut Graph, fitted: &FittedFeatures) -> Self {
        let fields = fitted.fields.iter().map(|field| EncodedField {
            name: field.name.clone(),
            group: field.group,
            ids: ids(graph, field),
        });
        let fields = fields.collect();
        let dense = fitted.dense.iter().map(|encoder| dense(graph, encoder)).collect();
        Self { fields, dense }
    }
}

fn ids(graph: &mut Graph, field: &FieldEncoder) -> Ids {
    let column = &field.name;
    match &field.encoding {
        FieldEncoding::Vocabulary { values } => {
            let raw = graph.input(column, DataType::String, None, category_words(column, values));
            Ids::One(looked_up(graph, &raw, values))
        }
        FieldEncoding::Lists { values, values_per_row, pooling } => {
            let words = text!(onnx::graph::list, column = column, count = values_per_row);
            let raw = graph.input(column, DataType::String, Some(format!("values of {column}")), words);
            let ids = looked_up(graph, &raw, values);
            let pooled = pooled(graph, &ids, *values_per_row);
            Ids::Several { ids, pooled, pooling: *pooling }
        }
        FieldEncoding::Buckets { edges, log1p } => Ids::One(bucket(graph, column, edges, *log1p)),
    }
}

/// Categories that were numbers in the log are known by the number's shortest text.
fn category_words(column: &str, values: &[String]) -> String {
    let are_numbers = !values.is_empty() && values.iter().all(|value| value.parse::<f64>().is_ok());
    match are_numbers {
        true => text!(onnx::graph::category_of_numbers, column = column),
        false => text!(onnx::graph::category, column = column),
    }
}

fn looked_up(graph: &mut Graph, raw: &Value, values: &[String]) -> Value {
    let known = values.iter().zip(i64::from(ID_FIRST)..);
    let with_missing = known.map(|(value, id)| (value.as_str(), id)).chain([("", i64::from(ID_MISSING))]);
    let (keys, ids) = with_missing.map(|(value, id)| (value.as_bytes().to_vec(), id)).unzip();
    let default = int("default_int64", i64::from(ID_UNKNOWN));
    graph.compute(
        "ai.onnx.ml.LabelEncoder",
        &[raw],
        vec![strings("keys_strings", keys), ints("values_int64s", ids), default],
    )
}

/// Of every row the first values that are there.
fn pooled(graph: &mut Graph, ids: &Value, values_per_row: usize) -> Value {
    let (missing, last) = (graph.integers(&[ID_MISSING.into()]), graph.integers(&[values_per_row as i64]));
    let is_there = graph.compute("Greater", &[ids, &missing], Vec::new());
    let one = graph.cast(&is_there, DataType::Int64);
    let axis = graph.integers(&[1]);
    let rank = graph.compute("CumSum", &[&one, &axis], Vec::new());
    let is_early = graph.compute("LessOrEqual", &[&rank, &last], Vec::new());
    let is_pooled = graph.compute("And", &[&is_there, &is_early], Vec::new());
    graph.cast(&is_pooled, DataType::Float)
}

/// The number of edges at or below x. Two further ones below every number make it the id, and 0 where x is NaN.
fn bucket(graph: &mut Graph, column: &str, edges: &[f64], log1p: bool) -> Value {
    let x = number(graph, column);
    let edges = edges.iter().map(|&edge| if log1p { before_log1p(edge) } else { edge });
    let edges: Vec<f64> = [f64::NEG_INFINITY; ID_FIRST as usize].into_iter().chain(edges).collect();
    let (edges, axis) = (graph.numbers(&edges), graph.integers(&[1]));
    let x = graph.compute("Unsqueeze", &[&x, &axis], Vec::new());
    let is_below = graph.compute("GreaterOrEqual", &[&x, &edges], Vec::new());
    let one = graph.cast(&is_below, DataType::Int64);
    graph.compute("ReduceSum", &[&one, &axis], vec![int("keepdims", 0)])
}

/// A column of numbers, NaN where it has none: an infinity is none for the playground, and would give ∞/∞ further on.
fn number(graph: &mut Graph, column: &str) -> Value {
    let raw = graph.input(column, DataType::Double, None, text!(onnx::graph::number, column = column));
    let is_infinite = graph.compute("IsInf", &[&raw], Vec::new());
    let nan = graph.number(f64::NAN);
    graph.compute("Where", &[&is_infinite, &nan, &raw], Vec::new())
}

/// The smallest x whose ln(1+x) is at least `edge`: compared with it, raw numbers fall into their buckets exactly,
/// whatever a runtime's logarithm is off by.
fn before_log1p(edge: f64) -> f64 {
    if edge <= 0.0 {
        return f64::NEG_INFINITY; // negative numbers count as 0
    }
    // Numbers from 0 on are ordered as their bits are.
    let (mut low, mut high) = (0, f64::INFINITY.to_bits());
    while low < high {
        let middle = low + (high - low) / 2;
        if libm::log1p(f64::from_bits(middle)) >= edge { high = middle } else { low = middle + 1 }
    }
    f64::from_bits(low)
}

/// `tanh((x − mean)/std)`, 0 where x is NaN.
fn dense(graph: &mut Graph, encoder: &DenseEncoder) -> Value {
    let number = number(graph, &encoder.name);
    let x = if encoder.log1p { log1p(graph, &number) } else { number.clone() };
    let (zero, mean, std) = (graph.number(0.0), graph.number(encoder.mean), graph.number(encoder.std));
    let centred = graph.compute("Sub", &[&x, &mean], Vec::new());
    let scaled = graph.compute("Div", &[&centred, &std], Vec::new());
    let squashed = graph.compute("Tanh", &[&scaled], Vec::new());
    let is_missing = graph.compute("IsNaN", &[&number], Vec::new());
    let dense = graph.compute("Where", &[&is_missing, &zero, &squashed], Vec::new());
    let dense = graph.cast(&dense, DataType::Float);
    let axis = graph.integers(&[1]);
    graph.compute("Unsqueeze", &[&dense, &axis], Vec::new())
}

/// `ln(1+x)` of `max(x, 0)`. ONNX has no such operator, and `1 + x` loses the digits of a small x; what was lost is
/// made good by `x·ln(u)/(u − 1)` with `u = 1 + x`. Source: Kahan, in Goldberg 1991, theorem 4.
fn log1p(graph: &mut Graph, x: &Value) -> Value {
    let (zero, one) = (graph.number(0.0), graph.number(1.0));
    let x = graph.compute("Max", &[x, &zero], Vec::new());
    let u = graph.compute("Add", &[&x, &one], Vec::new());
    let rounded = graph.compute("Sub", &[&u, &one], Vec::new());
    let log = graph.compute("Log", &[&u], Vec::new());
    let product = graph.compute("Mul", &[&x, &log], Vec::new());
    let exact = graph.compute("Div", &[&product, &rounded], Vec::new());
    let is_tiny = graph.compute("Equal", &[&rounded, &zero], Vec::new());
    graph.compute("Where", &[&is_tiny, &x, &exact], Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_before_the_logarithm_parts_the_same_numbers() {
        for x in [1e-300, 1e-17, 3.0e-9, 0.1, 1.0, 41.5, 1e6, 1e300] {
            let edge = libm::log1p(x);
            let raw = before_log1p(edge);
            assert!(libm::log1p(raw) >= edge && libm::log1p(raw.next_down()) < edge, "{x}: {raw}");
        }
        assert_eq!(before_log1p(0.0), f64::NEG_INFINITY);
        assert_eq!(before_log1p(1e9), f64::INFINITY);
    }
}
