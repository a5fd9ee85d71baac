//! Every prediction computed again from the exported files alone: the log, the weights and their JSON sheet.
//!
//! Nothing of the library is used: a second reading of the files by their documentation. `tests/recompute/recompute.py` is a third.

use std::collections::HashMap;

use serde_json::Value;

use super::support::Place;

/// Every model that is a network.
pub const NETWORKS: [&str; 12] = [
    "naive",
    "independent",
    "oversampled",
    "aman",
    "unbias",
    "division",
    "esmm",
    "esmm_ns",
    "esm2",
    "escm2_ips",
    "escm2_dr",
    "dcmt",
];

/// What a run's two files hold.
struct Exported {
    /// Tensor → shape and values.
    tensors: HashMap<String, (Vec<usize>, Vec<f64>)>,
    sheet: Value,
}

impl Exported {
    fn read(place: &Place, stem: &str) -> Self {
        let bytes = place.read(&format!("w/{stem}.safetensors"));
        let header_length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let header: Value = serde_json::from_slice(&bytes[8..8 + header_length]).unwrap();
        let data = &bytes[8 + header_length..];
        let mut tensors = HashMap::new();
        for (name, entry) in header.as_object().unwrap().iter().filter(|(name, _)| *name != "__metadata__") {
            assert_eq!(entry["dtype"], "F32");
            let numbers = |key: &str| -> Vec<usize> {
                entry[key].as_array().unwrap().iter().map(|number| number.as_u64().unwrap() as usize).collect()
            };
            let offsets = numbers("data_offsets");
            let words = data[offsets[0]..offsets[1]].chunks_exact(4);
            let values = words.map(|word| f64::from(f32::from_le_bytes(word.try_into().unwrap()))).collect();
            tensors.insert(name.clone(), (numbers("shape"), values));
        }
        Self { tensors, sheet: place.json(&format!("w/{stem}.json")) }
    }

    fn network(&self) -> &Value {
        &self.sheet["plan"]["network"]
    }

    fn embedding(&self, tower: &str, field: &str, id: usize) -> &[f64] {
        let shared = self.network()["share_embeddings"].as_bool().unwrap();
        let name =
            if shared { format!("embedding.{field}.weight") } else { format!("embedding.{tower}.{field}.weight") };
        let (shape, values) = &self.tensors[&name];
        &values[id * shape[1]..(id + 1) * shape[1]]
    }

    /// A tower's logit for one impression.
    fn logit(&self, tower: &str, row: &HashMap<&str, &str>) -> f64 {
        let mut x = self.input(tower, row);
        for layer in 0.. {
            let Some((shape, weight)) = self.tensors.get(&format!("tower.{tower}.{layer}.weight")) else { break };
            let bias = &self.tensors[&format!("tower.{tower}.{layer}.bias")].1;
            let is_last = !self.tensors.contains_key(&format!("tower.{tower}.{}.weight", layer + 1));
            let output = |o: usize| bias[o] + x.iter().zip(0..).map(|(x, i)| x * weight[i * shape[1] + o]).sum::<f64>();
            let relu = |z: f64| if is_last { z } else { z.max(0.0) };
            x = (0..shape[1]).map(|o| relu(output(o))).collect();
        }
        x[0]
    }

    /// P(yes) of every question, read off the towers as the sheet says.
    fn answers(&self, row: &HashMap<&str, &str>) -> HashMap<String, f64> {
        let of_tower = |name: &Value| self.logit(name.as_str().unwrap(), row);
        let sigmoid = |z: f64| 1.0 / (1.0 + (-z).exp());
        let readouts = self.sheet["readout"].as_array().unwrap().iter().map(|readout| {
            let p = match readout["kind"].as_str().unwrap() {
                "tower" => sigmoid(of_tower(&readout["tower"]) + readout["shift"].as_f64().unwrap()),
                "ratio" => {
                    let ratio = sigmoid(of_tower(&readout["numerator"])) / sigmoid(of_tower(&readout["denominator"]));
                    ratio.min(readout["max_p"].as_f64().unwrap())
                }
                other => panic!("{other}"),
            };
            (readout["question"].as_str().unwrap().to_owned(), p)
        });
        readouts.collect()
    }

    fn input(&self, tower: &str, row: &HashMap<&str, &str>) -> Vec<f64> {
        let fields = self.sheet["features"]["fields"].as_array().unwrap();
        let embedded = fields.iter().map(|field| {
            let name = field["name"].as_str().unwrap();
            (field["group"].as_str().unwrap(), self.embedding(tower, name, id(&field["encoding"], row[name])))
        });
        let mut input = Vec::new();
        if self.network()["pooling"] == "concatenate" {
            embedded.for_each(|(_, values)| input.extend(values));
        } else {
            let embedded: Vec<_> = embedded.collect();
            for group in ["user", "item", "context"] {
                let of_group = embedded.iter().filter(|(of, _)| *of == group).map(|(_, values)| values.to_vec());
                let sum = |a: Vec<f64>, b: Vec<f64>| a.iter().zip(b).map(|(a, b)| a + b).collect();
                input.extend(of_group.reduce(sum).unwrap_or_default());
            }
        }
        for encoder in self.sheet["features"]["dense"].as_array().unwrap() {
            let number = |key: &str| encoder[key].as_f64().unwrap();
            input.push(match row[encoder["name"].as_str().unwrap()].parse::<f64>() {
                Ok(x) => ((transformed(encoder, x) - number("mean")) / number("std")).tanh(),
                Err(_) => 0.0,
            });
        }
        input
    }
}

fn transformed(encoder: &Value, x: f64) -> f64 {
    if encoder["log1p"] == true { x.max(0.0).ln_1p() } else { x }
}

/// Id of a raw value: 0 missing, 1 unknown.
fn id(encoding: &Value, raw: &str) -> usize {
    match (encoding["kind"].as_str().unwrap(), raw) {
        (_, "") => 0,
        ("vocabulary", raw) => {
            let values = encoding["values"].as_array().unwrap();
            values.iter().position(|value| value == raw).map_or(1, |position| position + 2)
        }
        ("buckets", raw) => {
            let x = transformed(encoding, raw.parse().unwrap());
            2 + encoding["edges"].as_array().unwrap().iter().filter(|edge| edge.as_f64().unwrap() <= x).count()
        }
        (other, _) => panic!("{other}"),
    }
}

/// P(event) from `question` on, given the answers so far; by multiplication.
fn event_probability<'a>(
    tree: &'a Value,
    event: &Value,
    question: Option<&'a str>,
    answered: &[(&'a str, bool)],
    p: &HashMap<String, f64>,
) -> f64 {
    let Some(question) = question else {
        let is_met = |(label, answer): (&String, &Value)| answered.contains(&(label, answer.as_bool().unwrap()));
        return if event["answers"].as_object().unwrap().iter().all(is_met) { 1.0 } else { 0.0 };
    };
    let node = question_called(tree, question);
    let follow = |answer: bool, next: &'a Value| {
        let answered = [answered, &[(node["label"].as_str().unwrap(), answer)]].concat();
        event_probability(tree, event, next.as_str(), &answered, p)
    };
    p[question] * follow(true, &node["yes"]) + (1.0 - p[question]) * follow(false, &node["no"])
}

fn question_called<'a>(tree: &'a Value, name: &str) -> &'a Value {
    tree["questions"].as_array().unwrap().iter().find(|question| question["name"] == name).unwrap()
}

/// P(event), from the root or from its condition's "yes".
fn probability(tree: &Value, event: &Value, p: &HashMap<String, f64>) -> f64 {
    match event["given"].as_str() {
        None => event_probability(tree, event, tree["questions"][0]["name"].as_str(), &[], p),
        Some(given) => {
            let node = question_called(tree, given);
            // Every preset's condition is the click, which is asked first: nothing was answered before it.
            assert_eq!(tree["questions"][0]["name"], given);
            event_probability(tree, event, node["yes"].as_str(), &[(node["label"].as_str().unwrap(), true)], p)
        }
    }
}

/// Trains `models` with the given `[network]` and `[features]` and compares every prediction.
fn compare(name: &str, models: &[&str], settings: &str) {
    let place = Place::new(name);
    place.lab_succeeds("generate --preset well_behaved --rows 1500 --seed 5 --out plain.csv");
    place.write("log.csv", with_numbers(&place.csv("plain.csv")));
    place.write(
        "spec.toml",
        format!("version = 1\n{settings}\n[split]\nby = \"row\"\n[data]\nsource = \"generated\"\nsynth = {{}}\n"),
    );
    let arguments = format!(
        "train --log log.csv --spec spec.toml --model {} --seeds 3 --report r.json --predictions pred.csv --weights w",
        models.join(",")
    );
    place.lab_succeeds(&arguments);
    let (log, predictions) = (place.csv("log.csv"), place.csv("pred.csv"));
    let column = |name: &str| predictions[0].iter().position(|known| known == name);
    let (of_row, of_model) = (column("row").unwrap(), column("model").unwrap());
    let mut compared = 0;
    for model in models {
        let exported = Exported::read(&place, &format!("{model}-3"));
        let tree = &exported.sheet["tree"];
        for predicted in predictions[1..].iter().filter(|row| row[of_model] == *model).step_by(7) {
            let raw = &log[1 + predicted[of_row].parse::<usize>().unwrap()];
            let row: HashMap<&str, &str> =
                log[0].iter().zip(raw).map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let p = exported.answers(&row);
            let mut expected = p.clone(); // a column is an event's where a question has the same name
            for event in tree["events"].as_array().unwrap() {
                expected.insert(event["name"].as_str().unwrap().to_owned(), probability(tree, event, &p));
            }
            for (name, expected) in expected {
                let index = column(&format!("p_{name}")).unwrap_or_else(|| panic!("{model} has no p_{name}"));
                let found: f64 = predicted[index].parse().unwrap();
                let place = format!("{model}, row {}, p_{name}", predicted[of_row]);
                assert!((found - expected).abs() < 1e-5, "{place}: {found} is not {expected}");
                compared += 1;
            }
        }
    }
    assert!(compared > 200 * models.len(), "{compared}");
    super::onnx::graphs_agree(&place, models, 3);
}

/// The log with two numerical columns, one with a heavy tail and gaps.
fn with_numbers(log: &[Vec<String>]) -> String {
    let line = |(index, row): (usize, &Vec<String>)| {
        let (price, age) = match index {
            0 => ("price".to_owned(), "age".to_owned()),
            _ if index % 13 == 0 => (String::new(), "7".to_owned()),
            _ => (format!("{}.5", (index * index * 31) % 4096), format!("{}", (index * 17) % 90)),
        };
        format!("{},{price},{age}\n", row.join(","))
    };
    log.iter().enumerate().map(line).collect()
}

#[test]
fn shared_concatenated_embeddings_and_buckets() {
    let settings = "[network]\nembedding_size = 4\nhidden = [9, 5]\n[features]\nbuckets = 6\nlog1p = true\nmin_count = 2\n[training]\nepochs = 1";
    compare("recompute_shared", &NETWORKS, settings);
}

#[test]
fn own_embeddings_summed_by_group_and_tanh() {
    let settings = "[network]\nembedding_size = 3\nhidden = [7]\npooling = \"sum_by_group\"\nshare_embeddings = false\n\
                    dropout = 0.2\n[features]\nnumerical = \"tanh\"\nlog1p = true\n[training]\nepochs = 1";
    compare("recompute_own", &NETWORKS, settings);
}
