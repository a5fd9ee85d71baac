//! A graph under construction.
//!
//! Invariant: no computation and no constant is written twice. What is asked for again is the value that is there, so what
//! towers share (encoders, shared embeddings, the joined input) is one node without anybody keeping track.

use std::collections::{HashMap, HashSet};

use prost::Message;
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

use super::OnnxError;
use super::proto::{
    AttributeKind, AttributeProto, DataType, Dimension, Extent, GraphProto, NodeProto, TensorProto, TensorShapeProto,
    TensorTypeProto, TypeProto, ValueInfoProto,
};

/// The dimension of every input and output: any number of rows.
const ROWS: &str = "N";

/// A value of the graph, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value(String);

/// The graph so far, over the weights of a safetensors file.
pub(super) struct Graph<'a> {
    weights: SafeTensors<'a>,
    proto: GraphProto,
    taken: HashSet<String>,
    /// Nodes and constants without their names, as bytes.
    known: HashMap<Vec<u8>, Value>,
    /// Weights that are in use, by their name in the file.
    used: HashMap<String, Value>,
}

impl<'a> Graph<'a> {
    /// A graph that will have these outputs: their names are for nothing else, not even for a column of the same name.
    pub(super) fn new(name: String, weights: SafeTensors<'a>, outputs: impl Iterator<Item = String>) -> Self {
        let proto = GraphProto { name, ..GraphProto::default() };
        Self { weights, proto, taken: outputs.collect(), known: HashMap::new(), used: HashMap::new() }
    }

    pub(super) fn finished(self) -> GraphProto {
        self.proto
    }

    /// A column of the log, `[N]`, or `[N, further]`.
    pub(super) fn input(&mut self, column: &str, kind: DataType, further: Option<String>, doc_string: String) -> Value {
        let name = self.free_name(column);
        let dims = std::iter::once(ROWS.to_owned()).chain(further);
        self.proto.input.push(value_info(name.clone(), kind, dims, doc_string));
        Value(name)
    }

    /// Hands out `value`, `[N]`, as float.
    pub(super) fn output(&mut self, name: String, value: &Value, doc_string: String) {
        self.proto.node.push(NodeProto {
            output: vec![name.clone()],
            name: name.clone(),
            ..cast(value, DataType::Float)
        });
        let rows = std::iter::once(ROWS.to_owned());
        self.proto.output.push(value_info(name, DataType::Float, rows, doc_string));
    }

    /// What an operator makes of its inputs. One of another operator set has the set's name before its own and a dot.
    pub(super) fn compute(&mut self, operator: &str, inputs: &[&Value], attribute: Vec<AttributeProto>) -> Value {
        let (domain, op_type) = operator.rsplit_once('.').unwrap_or(("", operator));
        let input = inputs.iter().map(|value| value.0.clone()).collect();
        let (op_type, domain) = (op_type.to_owned(), domain.to_owned());
        self.node(NodeProto { input, op_type, domain, attribute, ..NodeProto::default() })
    }

    pub(super) fn cast(&mut self, value: &Value, to: DataType) -> Value {
        self.node(cast(value, to))
    }

    fn node(&mut self, node: NodeProto) -> Value {
        let content = node.encode_to_vec();
        if let Some(value) = self.known.get(&content) {
            return value.clone();
        }
        let name = self.free_name(&format!("{}_{}", node.op_type, self.proto.node.len()));
        self.proto.node.push(NodeProto { output: vec![name.clone()], name: name.clone(), ..node });
        self.known.insert(content, Value(name.clone()));
        Value(name)
    }

    /// A double without dimensions.
    pub(super) fn number(&mut self, x: f64) -> Value {
        self.constant(DataType::Double, Vec::new(), x.to_le_bytes().to_vec())
    }

    /// `[numbers]` doubles.
    pub(super) fn numbers(&mut self, numbers: &[f64]) -> Value {
        let bytes = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.constant(DataType::Double, vec![numbers.len() as i64], bytes)
    }

    /// `[integers]` integers: axes, ids.
    pub(super) fn integers(&mut self, integers: &[i64]) -> Value {
        let bytes = integers.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.constant(DataType::Int64, vec![integers.len() as i64], bytes)
    }

    fn constant(&mut self, kind: DataType, dims: Vec<i64>, raw_data: Vec<u8>) -> Value {
        let tensor = TensorProto { dims, data_type: kind.into(), name: String::new(), raw_data };
        let content = tensor.encode_to_vec();
        if let Some(value) = self.known.get(&content) {
            return value.clone();
        }
        let name = self.free_name(&format!("constant_{}", self.proto.initializer.len()));
        self.proto.initializer.push(TensorProto { name: name.clone(), ..tensor });
        self.known.insert(content, Value(name.clone()));
        Value(name)
    }

    /// Whether the file has a tensor of this name.
    pub(super) fn has_weights(&self, name: &str) -> bool {
        self.weights.tensor(name).is_ok()
    }

    /// A tensor of the file, under its own name.
    pub(super) fn weights(&mut self, name: &str) -> Result<Value, OnnxError> {
        let refused = || OnnxError::Weights { name: name.to_owned() };
        if let Some(value) = self.used.get(name) {
            return Ok(value.clone());
        }
        let tensor = self.weights.tensor(name).map_err(|_| refused())?;
        if tensor.dtype() != Dtype::F32 {
            return Err(refused());
        }
        let dims = tensor.shape().iter().map(|&extent| extent as i64).collect();
        let raw_data = tensor.data().to_vec();
        let free = self.free_name(name);
        self.proto.initializer.push(TensorProto {
            dims,
            data_type: DataType::Float.into(),
            name: free.clone(),
            raw_data,
        });
        self.used.insert(name.to_owned(), Value(free.clone()));
        Ok(Value(free))
    }

    /// `wish`, or the first of `wish_2`, `wish_3`, … that nothing is called.
    fn free_name(&mut self, wish: &str) -> String {
        let further = (2..).map(|count| format!("{wish}_{count}"));
        let mut names = std::iter::once(wish.to_owned()).chain(further);
        let name = names.find(|name| !self.taken.contains(name)).unwrap_or_default(); // the names never end
        self.taken.insert(name.clone());
        name
    }
}

/// An attribute with one integer.
pub(super) fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { name: name.to_owned(), i: Some(i), kind: AttributeKind::Int.into(), ..AttributeProto::default() }
}

pub(super) fn ints(name: &str, ints: Vec<i64>) -> AttributeProto {
    AttributeProto { name: name.to_owned(), ints, kind: AttributeKind::Ints.into(), ..AttributeProto::default() }
}

pub(super) fn strings(name: &str, strings: Vec<Vec<u8>>) -> AttributeProto {
    AttributeProto { name: name.to_owned(), strings, kind: AttributeKind::Strings.into(), ..AttributeProto::default() }
}

fn cast(value: &Value, to: DataType) -> NodeProto {
    let attribute = vec![int("to", i64::from(i32::from(to)))];
    NodeProto { input: vec![value.0.clone()], op_type: "Cast".to_owned(), attribute, ..NodeProto::default() }
}

fn value_info(name: String, kind: DataType, dims: impl Iterator<Item = String>, doc_string: String) -> ValueInfoProto {
    let dim = dims.map(|name| Dimension { value: Some(Extent::Param(name)) }).collect();
    let tensor = TensorTypeProto { elem_type: kind.into(), shape: Some(TensorShapeProto { dim }) };
    ValueInfoProto { name, r#type: Some(TypeProto { tensor_type: Some(tensor) }), doc_string }
}
