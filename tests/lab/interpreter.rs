//! ONNX graphs in f64, slowly: the operators that the playground's graphs are made of, by their definition in ONNX's
//! Operators.md. An operator that is not here fails the test.

use std::collections::HashMap;

use esmm_playground::domain::onnx::proto::{DataType, GraphProto, NodeProto, TensorProto};

/// A tensor, row-major. Integers and truth values are numbers, too.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    pub shape: Vec<usize>,
    pub numbers: Vec<f64>,
    /// In place of numbers.
    pub words: Vec<String>,
}

impl Tensor {
    pub fn numbers(shape: &[usize], numbers: Vec<f64>) -> Self {
        assert_eq!(numbers.len(), shape.iter().product::<usize>());
        Self { shape: shape.to_vec(), numbers, words: Vec::new() }
    }

    pub fn words(shape: &[usize], words: Vec<String>) -> Self {
        assert_eq!(words.len(), shape.iter().product::<usize>());
        Self { shape: shape.to_vec(), numbers: Vec::new(), words }
    }

    /// Its values as integers: axes, ids.
    fn integers(&self) -> Vec<usize> {
        self.numbers.iter().map(|&x| x as usize).collect()
    }
}

/// All outputs of a graph, by name.
pub fn run(graph: &GraphProto, inputs: HashMap<String, Tensor>) -> HashMap<String, Tensor> {
    let mut values = inputs;
    values.extend(graph.initializer.iter().map(|tensor| (tensor.name.clone(), initializer(tensor))));
    for node in &graph.node {
        let inputs: Vec<&Tensor> = node.input.iter().map(|name| &values[name]).collect();
        let output = compute(node, &inputs);
        let [name] = node.output.as_slice() else { panic!("{node:?}") };
        assert!(values.insert(name.clone(), output).is_none(), "{name} is computed twice");
    }
    graph.output.iter().map(|output| (output.name.clone(), values[&output.name].clone())).collect()
}

fn initializer(tensor: &TensorProto) -> Tensor {
    let shape: Vec<usize> = tensor.dims.iter().map(|&extent| extent as usize).collect();
    let bytes = &tensor.raw_data;
    let numbers = match tensor.data_type() {
        DataType::Float => bytes.chunks(4).map(|word| f32::from_le_bytes(word.try_into().unwrap()).into()).collect(),
        DataType::Double => bytes.chunks(8).map(|word| f64::from_le_bytes(word.try_into().unwrap())).collect(),
        DataType::Int64 => bytes.chunks(8).map(|word| i64::from_le_bytes(word.try_into().unwrap()) as f64).collect(),
        other => panic!("{other:?}"),
    };
    Tensor::numbers(&shape, numbers)
}

fn compute(node: &NodeProto, inputs: &[&Tensor]) -> Tensor {
    let truth = |is_true: bool| f64::from(u8::from(is_true));
    let axis = || inputs[1].integers()[0];
    match (node.domain.as_str(), node.op_type.as_str()) {
        ("ai.onnx.ml", "LabelEncoder") => encoded(node, inputs[0]),
        ("", "Cast") => match DataType::try_from(integer(node, "to") as i32).unwrap() {
            DataType::Float => each(inputs, |x| f64::from(x[0] as f32)),
            _ => each(inputs, |x| x[0]),
        },
        ("", "Add") => each(inputs, |x| x[0] + x[1]),
        ("", "Sub") => each(inputs, |x| x[0] - x[1]),
        ("", "Mul") => each(inputs, |x| x[0] * x[1]),
        ("", "Div") => each(inputs, |x| x[0] / x[1]),
        ("", "Sum") => each(inputs, |x| x.iter().sum()),
        ("", "Max") => each(inputs, |x| x[0].max(x[1])),
        ("", "Min") => each(inputs, |x| x[0].min(x[1])),
        ("", "Log") => each(inputs, |x| x[0].ln()),
        ("", "Tanh") => each(inputs, |x| x[0].tanh()),
        ("", "Relu") => each(inputs, |x| x[0].max(0.0)),
        ("", "Sigmoid") => each(inputs, |x| 1.0 / (1.0 + (-x[0]).exp())),
        ("", "IsInf") => each(inputs, |x| truth(x[0].is_infinite())),
        ("", "IsNaN") => each(inputs, |x| truth(x[0].is_nan())),
        ("", "Where") => each(inputs, |x| if x[0] == 1.0 { x[1] } else { x[2] }),
        ("", "And") => each(inputs, |x| truth(x[0] == 1.0 && x[1] == 1.0)),
        ("", "Equal") => each(inputs, |x| truth(x[0] == x[1])),
        ("", "Greater") => each(inputs, |x| truth(x[0] > x[1])),
        ("", "GreaterOrEqual") => each(inputs, |x| truth(x[0] >= x[1])),
        ("", "LessOrEqual") => each(inputs, |x| truth(x[0] <= x[1])),
        ("", "Unsqueeze") => reshaped(inputs[0], |shape| shape.insert(axis(), 1)),
        ("", "Squeeze") => reshaped(inputs[0], |shape| assert_eq!(shape.remove(axis()), 1)),
        ("", "ReduceSum") => summed(inputs[0], axis(), attribute(node, "keepdims").is_none_or(|keeps| keeps == 1)),
        ("", "CumSum") => running_sum(inputs[0], axis()),
        ("", "Gather") => gathered(inputs[0], inputs[1]),
        ("", "Concat") => concatenated(inputs, integer(node, "axis")),
        ("", "Gemm") => product(inputs[0], inputs[1], inputs[2]),
        other => panic!("{other:?}"),
    }
}

fn attribute(node: &NodeProto, name: &str) -> Option<i64> {
    node.attribute.iter().find(|attribute| attribute.name == name).map(|attribute| attribute.i.unwrap())
}

fn integer(node: &NodeProto, name: &str) -> i64 {
    attribute(node, name).unwrap_or_else(|| panic!("{name}"))
}

fn encoded(node: &NodeProto, words: &Tensor) -> Tensor {
    let list = |name: &str| node.attribute.iter().find(|attribute| attribute.name == name).unwrap();
    let keys = list("keys_strings").strings.iter().map(|key| std::str::from_utf8(key).unwrap());
    let ids: HashMap<&str, i64> = keys.zip(list("values_int64s").ints.iter().copied()).collect();
    let default = integer(node, "default_int64");
    let id = |word: &String| ids.get(word.as_str()).copied().unwrap_or(default) as f64;
    Tensor::numbers(&words.shape, words.words.iter().map(id).collect())
}

/// An operator of single values; the inputs' shapes are aligned at their last dimension, and what has 1 there is repeated.
fn each(inputs: &[&Tensor], f: impl Fn(&[f64]) -> f64) -> Tensor {
    let rank = inputs.iter().map(|input| input.shape.len()).max().unwrap();
    let aligned: Vec<Vec<usize>> =
        inputs.iter().map(|input| [vec![1; rank - input.shape.len()], input.shape.clone()].concat()).collect();
    let shape: Vec<usize> = (0..rank).map(|axis| aligned.iter().map(|shape| shape[axis]).max().unwrap()).collect();
    let n_values = shape.iter().product();
    let place = |of: &[usize], mut flat: usize| {
        let (mut place, mut stride) = (0, 1);
        for axis in (0..rank).rev() {
            let index = flat % shape[axis];
            flat /= shape[axis];
            assert!(of[axis] == 1 || of[axis] == shape[axis], "{of:?} against {shape:?}");
            place += if of[axis] == 1 { 0 } else { index * stride };
            stride *= of[axis];
        }
        place
    };
    let value = |flat| {
        let of_inputs = inputs.iter().zip(&aligned).map(|(input, of)| input.numbers[place(of, flat)]);
        f(&of_inputs.collect::<Vec<f64>>())
    };
    Tensor::numbers(&shape, (0..n_values).map(value).collect())
}

fn reshaped(tensor: &Tensor, change: impl Fn(&mut Vec<usize>)) -> Tensor {
    let mut shape = tensor.shape.clone();
    change(&mut shape);
    Tensor::numbers(&shape, tensor.numbers.clone())
}

/// `[before, axis, after]`
fn around(shape: &[usize], axis: usize) -> [usize; 3] {
    [shape[..axis].iter().product(), shape[axis], shape[axis + 1..].iter().product()]
}

fn summed(tensor: &Tensor, axis: usize, keeps_dimension: bool) -> Tensor {
    let [before, length, after] = around(&tensor.shape, axis);
    let mut sums = vec![0.0; before * after];
    for (flat, x) in tensor.numbers.iter().enumerate() {
        sums[flat / (length * after) * after + flat % after] += x;
    }
    let mut shape = tensor.shape.clone();
    shape[axis] = 1;
    if !keeps_dimension {
        shape.remove(axis);
    }
    Tensor::numbers(&shape, sums)
}

fn running_sum(tensor: &Tensor, axis: usize) -> Tensor {
    let [_, length, after] = around(&tensor.shape, axis);
    let mut numbers = tensor.numbers.clone();
    for flat in 0..numbers.len() {
        if flat / after % length > 0 {
            numbers[flat] += numbers[flat - after];
        }
    }
    Tensor::numbers(&tensor.shape, numbers)
}

/// Along the first dimension.
fn gathered(table: &Tensor, ids: &Tensor) -> Tensor {
    let width: usize = table.shape[1..].iter().product();
    let numbers = ids.integers().iter().flat_map(|id| table.numbers[id * width..][..width].to_vec()).collect();
    Tensor::numbers(&[&ids.shape, &table.shape[1..]].concat(), numbers)
}

/// Matrices beside each other.
fn concatenated(parts: &[&Tensor], axis: i64) -> Tensor {
    assert_eq!(axis, 1);
    let (n_rows, width) = (parts[0].shape[0], parts.iter().map(|part| part.shape[1]).sum());
    let row = |row: usize| parts.iter().flat_map(move |part| &part.numbers[row * part.shape[1]..][..part.shape[1]]);
    Tensor::numbers(&[n_rows, width], (0..n_rows).flat_map(row).copied().collect())
}

fn product(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Tensor {
    let (inputs, outputs) = (weight.shape[0], weight.shape[1]);
    assert_eq!((x.shape[1], &bias.shape), (inputs, &vec![outputs]));
    let of_row = |row: &[f64]| {
        let sum = |o: usize| row.iter().enumerate().map(|(i, x)| x * weight.numbers[i * outputs + o]).sum::<f64>();
        (0..outputs).map(|o| bias.numbers[o] + sum(o)).collect::<Vec<f64>>()
    };
    Tensor::numbers(&[x.shape[0], outputs], x.numbers.chunks(inputs).flat_map(of_row).collect())
}
