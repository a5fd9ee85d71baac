//! `lab kit`: the script is Python, holds what it was given, and agrees with the lab and the golden files.
//!
//! What Python is there decides how far this goes: the script is compiled wherever there is a `python3`, and run where
//! that one has PyTorch, PyArrow and safetensors (`ESMM_PYTHON` names another one). The rest is in `domain/scale_out.rs`.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Output};

use esmm_playground::domain::spec::{ResolvedTraining, TrainingSpec};

use super::support::Place;

/// Column names that would end a literal, a line or a string, were they written as they are.
const NAMES: &str = "click,buy,\"it's '''\",\"say \"\"\"\"\"\" \",back\\slash\\,价格😀,\"two\nlines\",@ROLES@";

fn python(place: &Place, arguments: &[&str]) -> Option<Output> {
    let interpreter = std::env::var("ESMM_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    Command::new(interpreter).args(arguments).current_dir(place.path("")).output().ok()
}

fn python_succeeds(place: &Place, arguments: &[&str]) -> String {
    let output = python(place, arguments).expect("python ran before");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// Whether there is a Python with these modules; says so when there is none.
fn has_python(place: &Place, modules: &str) -> bool {
    let import = if modules.is_empty() { "pass".to_owned() } else { format!("import {modules}") };
    let is_there = python(place, &["-c", &import]).is_some_and(|output| output.status.success());
    if !is_there {
        eprintln!("not run here: there is no python3 with {modules}");
    }
    is_there
}

fn repository(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).to_string_lossy().into_owned()
}

/// Writes a kit; where it is.
fn write_kit(place: &Place) -> String {
    place.lab_succeeds("generate --preset well_behaved --rows 200 --out generated.csv");
    place.lab_succeeds("kit --log generated.csv --model esmm --out kit.py");
    place.path("kit.py").to_string_lossy().into_owned()
}

const TORCH: &str = "torch, numpy, pyarrow, safetensors";

#[test]
fn python_reads_back_the_names_that_a_log_has() {
    let place = Place::new("kit_names");
    let line = |row: usize| {
        let (buy, letter) = (u8::from(row % 8 == 1), row * 7 % 5);
        format!("{},{buy},a{letter},b{},c{},{row}.5,e{},f{}\n", row % 2, row % 3, row % 4, row * 3 % 7, row % 6)
    };
    let rows: String = (0..400).map(line).collect();
    place.write("log.csv", format!("{NAMES}\n{rows}"));
    place.lab_succeeds("kit --log log.csv --model esmm,esm2,dfm,gbdt --out kit.py");
    if !has_python(&place, "") {
        return;
    }
    python_succeeds(&place, &["-m", "py_compile", "kit.py"]);
    // Only literals are evaluated: the script's imports need not be there.
    let check = "import ast, csv, json\n\
        tree = ast.parse(open('kit.py', encoding='utf-8').read())\n\
        found = {node.targets[0].id: ast.literal_eval(node.value) for node in tree.body\n\
        \x20   if isinstance(node, ast.Assign) and getattr(node.targets[0], 'id', '') in ('EXPERIMENT', 'ROLES')}\n\
        roles, experiment = json.loads(found['ROLES']), json.loads(found['EXPERIMENT'])\n\
        header = next(csv.reader(open('log.csv', encoding='utf-8', newline='')))\n\
        named = {feature['name'] for feature in roles['features']} | {roles['click'], roles['conversion'], *roles['ignore']}\n\
        assert {name.strip() for name in header} == {name.strip() for name in named}, (header, named)\n\
        assert [model['name'] for model in experiment['models']] == ['esmm', 'esm2', 'dfm', 'gbdt']\n";
    python_succeeds(&place, &["-c", check]);
}

#[test]
fn batch_epochs_and_decay_follow_the_rows_as_in_the_playground() {
    let place = Place::new("kit_rows");
    if !has_python(&place, "") {
        return;
    }
    let spec = |batch_size, epochs, embedding_decay| TrainingSpec {
        batch_size,
        epochs,
        embedding_decay,
        ..TrainingSpec::default()
    };
    let specs = [spec(None, None, None), spec(Some(1_000), None, None), spec(None, Some(3), Some(0.0))];
    let rows = [1, 400, 819, 820, 15_000, 52_428, 52_429, 750_000, 3_750_000];
    // The function alone is run: the script's imports need not be there.
    let run = "import ast, json, sys\n\
        source = open(sys.argv[1], encoding='utf-8').read()\n\
        found = next(n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef) and n.name == 'resolved')\n\
        exec(compile(ast.Module([found], []), 'kit', 'exec'))\n\
        specs, rows = json.loads(sys.argv[2]), json.loads(sys.argv[3])\n\
        print(json.dumps([resolved(spec, n) for spec in specs for n in rows]))\n";
    let opened = specs.iter().map(|spec| {
        serde_json::json!({
            "batch_size": spec.batch_size, "epochs": spec.epochs, "embedding_decay": spec.embedding_decay,
        })
    });
    let opened = serde_json::Value::from_iter(opened).to_string();
    let asked = serde_json::to_string(&rows).unwrap();
    let said = python_succeeds(&place, &["-c", run, &write_kit(&place), &opened, &asked]);
    let found: Vec<ResolvedTraining> = serde_json::from_str(&said).unwrap();
    let expected: Vec<ResolvedTraining> =
        specs.iter().flat_map(|spec| rows.iter().map(|&rows| spec.resolved(rows))).collect();
    assert_eq!(found, expected);
}

#[test]
fn roles_that_say_too_little_are_asked_for() {
    let place = Place::new("kit_roles");
    let data = "[data]\nsource = \"file\"\nname = \"mine.csv\"\nbytes = 1\ncrc32 = 1\n";
    place.write("spec.toml", format!("version = 1\n{data}"));
    place.write("roles.toml", "click = \"click\"\n");
    for arguments in ["kit --spec spec.toml", "kit --spec spec.toml --roles roles.toml"] {
        let ended = place.lab(arguments);
        assert_eq!(ended.code, Some(2), "{arguments}");
        assert!(ended.stderr.contains("--log") && ended.stderr.lines().count() == 1, "{}", ended.stderr);
    }
}

#[test]
fn the_kit_agrees_with_the_golden_files() {
    let place = Place::new("kit_golden");
    if has_python(&place, TORCH) {
        let said = python_succeeds(&place, &[&repository("tests/scale_out/golden.py"), &write_kit(&place)]);
        assert!(said.ends_with("the kit agrees with the golden files\n"), "{said}");
    }
}

#[test]
fn what_the_kit_cannot_read_it_refuses_in_one_sentence() {
    let place = Place::new("kit_refusals");
    if !has_python(&place, TORCH) {
        return;
    }
    let said = python_succeeds(&place, &[&repository("tests/scale_out/refusals.py"), &write_kit(&place)]);
    assert!(said.ends_with("the kit refuses what it cannot read\n"), "{said}");
    let ended = python(&place, &["kit.py", "--log", "generated.csv", "not_there.csv"]).unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!((ended.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert!(said.contains("not_there.csv is not there"), "{said}");
}

#[test]
fn the_kit_predicts_as_the_lab_from_its_weights_and_trains_weights_that_are_read_again() {
    let place = Place::new("kit_parity");
    if !has_python(&place, TORCH) {
        return;
    }
    let models = "esmm,division,escm2_dr,esm2";
    place.lab_succeeds("generate --preset well_behaved --rows 2000 --seed 5 --out log.csv");
    let spec = "version = 1\n[network]\nembedding_size = 4\nhidden = [9]\npooling = \"sum_by_group\"\n\
        [data]\nsource = \"generated\"\nsynth = {}\n[training]\nepochs = 1\n[training.early_stopping]\nmetric = \"logloss.ctr\"\n\
        [split]\nvalidation_share = 0.1\n";
    place.write("spec.toml", spec);
    place.lab_succeeds(&format!(
        "train --log log.csv --spec spec.toml --model {models} --seeds 3 --report r.json --predictions pred.csv --weights w"
    ));
    place.lab_succeeds(&format!("kit --log log.csv --spec spec.toml --model {models} --out kit.py"));
    python_succeeds(&place, &["kit.py", "--log", "log.csv", "--seeds", "3", "--weights", "w", "--out", "same"]);
    compare(&place, "pred.csv", "same/predictions.csv");
    python_succeeds(&place, &["kit.py", "--log", "log.csv", "--seeds", "3", "--out", "own"]);
    let recompute = repository("tests/recompute/recompute.py");
    python_succeeds(&place, &[&recompute, "log.csv", "own/predictions.csv", "own"]);
    let (of_lab, of_kit) = (place.json("w/esmm-3.json"), place.json("own/esmm-3.json"));
    assert_eq!(of_lab["features"], of_kit["features"], "the same encoders on the same training rows");
    assert_eq!(of_lab["readout"], of_kit["readout"]);
}

#[test]
fn the_kit_finds_the_output_biases_that_the_lab_has_solved_for() {
    let place = Place::new("kit_intercepts");
    if !has_python(&place, TORCH) {
        return;
    }
    let models = "naive,oversampled,aman,unbias,division,esmm,esm2,escm2_ips,escm2_dr,dcmt,dfm";
    place.lab_succeeds("generate --preset late_conversions --rows 3000 --seed 5 --out log.csv");
    place.lab_succeeds(&format!("train --log log.csv --model {models} --seeds 3 --report r.json --weights w"));
    place.lab_succeeds(&format!("kit --log log.csv --model {models} --out kit.py"));
    python_succeeds(&place, &["kit.py", "--log", "log.csv", "--seeds", "3", "--weights", "w", "--out", "same"]);
    let script = repository("tests/scale_out/intercepts.py");
    let said = python_succeeds(&place, &[&script, "kit.py", "log.csv", "w", "same/prepared"]);
    assert!(said.ends_with("the kit finds the lab's biases again\n"), "{said}");
}

#[test]
fn the_kit_weighs_rows_as_the_lab() {
    let place = Place::new("kit_weights");
    if !has_python(&place, TORCH) {
        return;
    }
    // Without ESM²: on so few rows nothing tells its last two questions apart.
    let models = "naive,oversampled,aman,unbias,division,esmm,escm2_ips,escm2_dr,dcmt";
    super::sampled::write_logs(&place);
    place.lab_succeeds(&format!(
        "train --log weighted.csv --model {models} --seeds 3 --epochs 1 --report r.json --predictions pred.csv --weights w"
    ));
    place.lab_succeeds(&format!("kit --log weighted.csv --model {models} --out kit.py"));
    python_succeeds(&place, &["kit.py", "--log", "weighted.csv", "--seeds", "3", "--weights", "w", "--out", "same"]);
    compare(&place, "pred.csv", "same/predictions.csv");
    let (of_lab, of_kit) = (place.json("r.json"), place.json("same/metrics.json"));
    for (expected, found) in of_lab["runs"].as_array().unwrap().iter().zip(of_kit["runs"].as_array().unwrap()) {
        for (key, value) in found["metrics"].as_object().unwrap() {
            let (found, expected) = (value["value"].as_f64(), expected["metrics"][key]["value"].as_f64());
            let is_close = found.zip(expected).map_or(found == expected, |(a, b)| (a - b).abs() < 1e-5);
            assert!(is_close, "{key}: {found:?} {expected:?}");
        }
    }
    let script = repository("tests/scale_out/intercepts.py");
    let said = python_succeeds(&place, &[&script, "kit.py", "weighted.csv", "w", "same/prepared"]);
    assert!(said.ends_with("the kit finds the lab's biases again\n"), "{said}");
    python_succeeds(&place, &["kit.py", "--log", "weighted.csv", "--seeds", "3", "--models", "esmm", "--out", "own"]);
    let pcoc = place.json("own/metrics.json")["runs"][0]["metrics"]["pcoc.ctr"]["value"].as_f64().unwrap();
    assert!((0.6..1.7).contains(&pcoc), "{pcoc}");
}

/// Every held-out row of the lab is there, with the same labels, truth and probabilities.
fn compare(place: &Place, of_lab: &str, of_kit: &str) {
    let keyed = |name: &str| {
        let mut rows = place.csv(name).into_iter();
        let header = rows.next().unwrap();
        let row = |row: Vec<String>| header.iter().cloned().zip(row).collect::<HashMap<String, String>>();
        rows.map(row).filter(|row| row["split"] == "eval").collect::<Vec<_>>()
    };
    let (expected, found) = (keyed(of_lab), keyed(of_kit));
    assert!(expected.len() > 1000 && expected.len() == found.len(), "{} and {}", expected.len(), found.len());
    let key = |row: &HashMap<String, String>| (row["model"].clone(), row["row"].clone());
    let found: HashMap<_, _> = found.iter().map(|row| (key(row), row)).collect();
    for row in &expected {
        for (name, value) in row.iter().filter(|(name, value)| name.as_str() != "user" && !value.is_empty()) {
            let other = &found[&key(row)][name];
            let is_close = match (value.parse::<f64>(), other.parse::<f64>()) {
                (Ok(a), Ok(b)) => (a - b).abs() < 1e-5,
                _ => value == other,
            };
            assert!(is_close, "row {}, {name}: {value} and {other}", row["row"]);
        }
    }
}
