//! A run's ONNX graph, fed with the log as it is in the file, gives the predictions: by [`super::interpreter`], and by
//! onnxruntime where Python (`PYTHON`, else `python3`) has it.

use std::collections::{BTreeSet, HashMap};
use std::process::Command;

use esmm_playground::domain::onnx::proto::{DataType, ModelProto, ValueInfoProto};
use prost::Message;

use super::interpreter::{Tensor, run};
use super::support::Place;

/// Compares every prediction in `pred.csv` with the graphs of `w`, on `log.csv`.
pub fn graphs_agree(place: &Place, models: &[&str], seed: u64) {
    let (log, predictions) = (place.csv("log.csv"), place.csv("pred.csv"));
    let of_model = predictions[0].iter().position(|name| name == "model").unwrap();
    for model in models {
        let file = place.read(&format!("w/{model}-{seed}.onnx"));
        let graph = ModelProto::decode(file.as_slice()).unwrap().graph.unwrap();
        let inputs: HashMap<String, Tensor> =
            graph.input.iter().map(|input| (input.name.clone(), fed(input, &log))).collect();
        let outputs = run(&graph, inputs);
        let of_run: Vec<&Vec<String>> = predictions.iter().filter(|row| row[of_model] == *model).collect();
        let is_predicted = |(index, name): &(usize, &String)| name.starts_with("p_") && !of_run[0][*index].is_empty();
        let columns: Vec<(usize, &String)> = predictions[0].iter().enumerate().filter(is_predicted).collect();
        let names: BTreeSet<&String> = columns.iter().map(|(_, name)| *name).collect();
        assert_eq!(outputs.keys().collect::<BTreeSet<_>>(), names, "{model}");
        for (index, name) in columns {
            let output = &outputs[name];
            assert_eq!(output.shape, [log.len() - 1], "{model} {name}");
            for row in &of_run {
                let (at, expected) = (row[0].parse::<usize>().unwrap(), row[index].parse::<f64>().unwrap());
                let found = output.numbers[at];
                assert!(
                    found.is_finite() && (found - expected).abs() < 1e-5,
                    "{model}, row {at}, {name}: {found} is not {expected}"
                );
            }
        }
    }
}

/// The column of the log that an input is fed with.
fn fed(input: &ValueInfoProto, log: &[Vec<String>]) -> Tensor {
    let tensor = input.r#type.as_ref().and_then(|of| of.tensor_type.as_ref()).unwrap();
    let index = log[0].iter().position(|name| *name == input.name).unwrap();
    let cells: Vec<&str> = log[1..].iter().map(|row| row[index].as_str()).collect();
    let n_rows = cells.len();
    match (tensor.elem_type(), tensor.shape.as_ref().unwrap().dim.len()) {
        (DataType::Double, 1) => {
            let number = |cell: &&str| if cell.is_empty() { f64::NAN } else { cell.parse().unwrap() };
            Tensor::numbers(&[n_rows], cells.iter().map(number).collect())
        }
        (DataType::String, 1) => Tensor::words(&[n_rows], cells.iter().map(|cell| (*cell).to_owned()).collect()),
        (DataType::String, 2) => {
            let lists: Vec<Vec<&str>> = cells.iter().map(|cell| cell.split('|').collect()).collect();
            let width = lists.iter().map(Vec::len).max().unwrap();
            let filled = |list: &Vec<&str>| {
                let word = |place: usize| list.get(place).copied().unwrap_or_default().to_owned();
                (0..width).map(word).collect::<Vec<String>>()
            };
            Tensor::words(&[n_rows, width], lists.iter().flat_map(filled).collect())
        }
        other => panic!("{}: {other:?}", input.name),
    }
}

/// The same with onnxruntime, when it is installed; the interpreter has then had its say anyway.
fn onnxruntime_agrees(place: &Place) {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let imports = Command::new(&python).args(["-c", "import numpy, onnxruntime"]).output();
    if !imports.is_ok_and(|output| output.status.success()) {
        eprintln!("{python} has no onnxruntime: the interpreter alone was asked");
        return;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recompute/onnx_check.py");
    let files = ["log.csv", "pred.csv", "w"].map(|name| place.path(name));
    let output = Command::new(&python).arg(script).args(files).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    println!("{said}");
}

/// Trains `models` on `log.csv` with further arguments, and compares.
fn train_and_compare(place: &Place, models: &[&str], arguments: &str) {
    place.lab_succeeds(&format!(
        "train --log log.csv {arguments} --seeds 3 --epochs 1 --report r.json --predictions pred.csv --weights w"
    ));
    graphs_agree(place, models, 3);
    onnxruntime_agrees(place);
}

/// A tree of one's own, with the purchase that follows an action as an event.
const SPEC: &str = r#"version = 1
[split]
by = "row"
[features]
buckets = 5
min_count = 3
numerical = "NUMERICAL"
log1p = true
list_pooling = "LISTS"
[network]
embedding_size = 3
hidden = [8, 4]
pooling = "POOLING"
[data]
source = "generated"
synth = {}
[[models]]
name = "mine"
[models.tree]
questions = [
  { name = "click", label = "click", yes = "acts" },
  { name = "acts", label = "action", yes = "buys_after", no = "buys_straight" },
  { name = "buys_after", label = "conversion" },
  { name = "buys_straight", label = "conversion" },
]
events = [
  { name = "ctr", answers = { click = true } },
  { name = "joint", answers = { action = true, conversion = true } },
  { name = "joint_given_click", answers = { action = true, conversion = true }, given = "click" },
  { name = "ctcvr", answers = { conversion = true } },
]
[models.objective]
kind = "entire_space"
events = [{ event = "ctr" }, { event = "joint" }, { event = "ctcvr" }]
"#;

/// A spec with that tree and these encodings, for [`log_with_gaps`].
pub fn gaps_spec(numerical: &str, lists: &str, pooling: &str) -> String {
    SPEC.replace("NUMERICAL", numerical).replace("LISTS", lists).replace("POOLING", pooling)
}

/// The roles of [`log_with_gaps`].
pub const GAPS_ROLES: &str = "click = \"click\"\nconversion = \"conversion\"\naction = [\"action\"]\n\
                              categorical = [\"person\", \"item_size\", \"tags\"]\nnumerical = [\"price\"]\n";

/// A log with lists, categories that are numbers, numbers with a heavy tail, and gaps in all of them. Some numbers are
/// infinite, which the reader takes for missing; the graph is fed with them as they are.
pub fn log_with_gaps(rows: usize) -> String {
    let mut state = 23u64;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut text = "person,item_size,tags,price,click,action,conversion\n".to_owned();
    for row in 0..rows {
        let gap = |value: String, every: usize| if row % every == 5 { String::new() } else { value };
        let tags = ["red", "blue", "round", "new"].map(|tag| if draw(3) > 0 { tag } else { "" });
        let tags = if row == 40 { "red|red|never seen|blue".to_owned() } else { tags.join("|") };
        let click = draw(3) == 0;
        let action = click && draw(2) == 0;
        let conversion = click && draw(if action { 2 } else { 5 }) == 0;
        let (person, size) = (gap(format!("p{}", draw(40 + row / 10)), 11), gap((20 + draw(9)).to_string(), 13));
        let price = format!("{}.25", draw(9) * draw(4000));
        let price = match row % 97 {
            3 => "inf".to_owned(),
            4 => "-inf".to_owned(),
            _ => gap(price, 17),
        };
        let bits = [click, action, conversion].map(u8::from);
        text += &format!("{person},{size},{tags},{price},{},{},{}\n", bits[0], bits[1], bits[2]);
    }
    text
}

#[test]
fn lists_gaps_and_a_tree_of_one_s_own() {
    for (numerical, lists, pooling) in [("buckets", "mean", "concatenate"), ("tanh", "sum", "sum_by_group")] {
        let place = Place::new(&format!("onnx_{pooling}"));
        place.write("log.csv", log_with_gaps(1500));
        place.write("roles.toml", GAPS_ROLES);
        place.write("spec.toml", gaps_spec(numerical, lists, pooling));
        train_and_compare(&place, &["mine"], "--roles roles.toml --spec spec.toml");
        no_number_upsets(&place);
    }
}

/// Of one impression with several prices: an infinite price is a missing one, and every answer is a probability.
fn no_number_upsets(place: &Place) {
    let prices = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, 0.0, 7.25];
    let graph = ModelProto::decode(place.read("w/mine-3.onnx").as_slice()).unwrap().graph.unwrap();
    let log = place.csv("log.csv");
    let repeated: Vec<Vec<String>> =
        std::iter::once(log[0].clone()).chain(prices.iter().map(|_| log[1].clone())).collect();
    let mut inputs: HashMap<String, Tensor> =
        graph.input.iter().map(|input| (input.name.clone(), fed(input, &repeated))).collect();
    inputs.insert("price".to_owned(), Tensor::numbers(&[prices.len()], prices.to_vec()));
    let mut largest_counts = false;
    for (name, output) in run(&graph, inputs) {
        assert!(output.numbers.iter().all(|p| (0.0..=1.0).contains(p)), "{name}: {:?}", output.numbers);
        assert_eq!(output.numbers[..3], [output.numbers[0]; 3], "{name}");
        largest_counts |= output.numbers[3] != output.numbers[0];
    }
    assert!(largest_counts, "the largest number is not a missing one");
}

#[test]
fn models_of_late_purchases_and_of_returns() {
    for (preset, models) in [("late_conversions", ["dfm", "dfm_entire"].as_slice()), ("returns", &["esm2_returns"])] {
        let place = Place::new(&format!("onnx_{preset}"));
        place.lab_succeeds(&format!("generate --preset {preset} --rows 3000 --seed 5 --out log.csv"));
        train_and_compare(&place, models, &format!("--model {}", models.join(",")));
    }
}

#[test]
fn trees_have_no_graph() {
    let place = Place::new("onnx_trees");
    place.lab_succeeds("generate --preset well_behaved --rows 1500 --seed 5 --out log.csv");
    place.lab_succeeds("train --log log.csv --model gbdt --seeds 3 --report r.json --weights w");
    assert!(place.path("w/gbdt-3.trees.json").exists() && !place.path("w/gbdt-3.onnx").exists());
}
