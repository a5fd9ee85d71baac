//! Exported weights predict a log again, and others that lack labels, rows or columns.

use esmm_playground::domain::features::EncodedLog;
use esmm_playground::domain::log::OpenedLog;
use esmm_playground::domain::report::WeightsSheet;
use esmm_playground::engine::Predictor;
use serde_json::{Value, json};

use super::onnx::{GAPS_ROLES, gaps_spec, log_with_gaps};
use super::recompute::NETWORKS;
use super::support::Place;

/// The lines of a predictions file without the column `split`: what trained on a row the weights do not know.
fn without_split(place: &Place, name: &str) -> Vec<Vec<String>> {
    let mut rows = place.csv(name);
    assert_eq!(rows[0][1], "split");
    rows.iter_mut().for_each(|row| drop(row.remove(1)));
    rows
}

/// Trains `models` on `log.csv`, and predicts it with what was exported.
fn train_and_predict(place: &Place, models: &[&str], further: &str, roles: &str) {
    place.lab_succeeds(&format!(
        "train --log log.csv {further} {roles} --seeds 3 --epochs 1 --report r.json --predictions pred.csv --weights w"
    ));
    let weights: Vec<String> = models.iter().map(|model| format!("--weights w/{model}-3.json")).collect();
    place.lab_succeeds(&format!("predict {} --log log.csv {roles} --out again.csv", weights.join(" ")));
    assert!(without_split(place, "again.csv") == without_split(place, "pred.csv"), "{models:?}");
}

/// A place with a log of 1 500 rows and ESMM's weights for it.
fn trained(name: &str) -> Place {
    let place = Place::new(name);
    place.lab_succeeds("generate --preset well_behaved --rows 1500 --seed 5 --out log.csv");
    place.lab_succeeds(
        "train --log log.csv --model esmm --seeds 1 --epochs 1 --report r.json --predictions pred.csv --weights w",
    );
    place
}

/// The log of `place` with some columns, and some rows after the header, as CSV.
fn part(place: &Place, is_kept: impl Fn(&str) -> bool, rows: usize) -> String {
    let log = place.csv("log.csv");
    let columns: Vec<usize> = (0..log[0].len()).filter(|&column| is_kept(&log[0][column])).collect();
    let line = |row: &Vec<String>| columns.iter().map(|&column| row[column].as_str()).collect::<Vec<_>>().join(",");
    log.iter().take(rows + 1).map(|row| line(row) + "\n").collect()
}

fn is_no_label(name: &str) -> bool {
    !["click", "action", "conversion"].contains(&name) && !name.starts_with("truth_") && !name.starts_with("potential_")
}

/// The columns of probabilities, with the number of each row.
fn probabilities(place: &Place, name: &str) -> Vec<Vec<String>> {
    let rows = place.csv(name);
    let columns: Vec<usize> =
        (0..rows[0].len()).filter(|&at| rows[0][at] == "row" || rows[0][at].starts_with("p_")).collect();
    rows.iter().map(|row| columns.iter().map(|&at| row[at].clone()).collect()).collect()
}

#[test]
fn every_network_predicts_its_log_again_to_the_last_digit() {
    let place = Place::new("predict_again");
    // More rows than a chunk of a forward pass has.
    place.lab_succeeds("generate --preset well_behaved --rows 5000 --seed 5 --out log.csv");
    train_and_predict(&place, &NETWORKS, &format!("--model {}", NETWORKS.join(",")), "");
    for (preset, models) in [("late_conversions", ["dfm", "dfm_entire"].as_slice()), ("returns", &["esm2_returns"])] {
        let place = Place::new(&format!("predict_{preset}"));
        place.lab_succeeds(&format!("generate --preset {preset} --rows 3000 --seed 5 --out log.csv"));
        train_and_predict(&place, models, &format!("--model {}", models.join(",")), "");
    }
}

#[test]
fn boosted_trees_predict_their_log_again_to_the_last_digit() {
    let place = Place::new("predict_trees");
    place.lab_succeeds("generate --preset well_behaved --rows 3000 --seed 5 --out log.csv");
    train_and_predict(&place, &["gbdt", "naive"], "--model gbdt,naive", "");
    place.write("log.csv", log_with_gaps(1500));
    place.write("roles.toml", GAPS_ROLES);
    for numerical in ["buckets", "tanh"] {
        place.write("spec.toml", TREES_SPEC.replace("NUMERICAL", numerical));
        train_and_predict(&place, &["gbdt"], "--spec spec.toml", "--roles roles.toml");
    }
}

const TREES_SPEC: &str = r#"version = 1
models = ["gbdt"]
[split]
by = "row"
[features]
numerical = "NUMERICAL"
log1p = true
[data]
source = "generated"
synth = {}
"#;

#[test]
fn lists_gaps_numbers_and_separate_embeddings_are_encoded_as_in_training() {
    for (numerical, lists, pooling) in [("buckets", "mean", "concatenate"), ("tanh", "sum", "sum_by_group")] {
        let place = Place::new(&format!("predict_{pooling}"));
        place.write("log.csv", log_with_gaps(1500));
        place.write("roles.toml", GAPS_ROLES);
        place.write(
            "spec.toml",
            gaps_spec(numerical, lists, pooling).replace("[network]", "[network]\nshare_embeddings = false"),
        );
        train_and_predict(&place, &["mine"], "--spec spec.toml", "--roles roles.toml");
        // Without the ROLES, what the columns are for is in the weights' JSON.
        place.lab_succeeds("predict --weights w/mine-3.safetensors --log log.csv --out bare.csv");
        let all = probabilities(&place, "pred.csv");
        assert_eq!(probabilities(&place, "bare.csv"), all);
        // Of a few rows a reader cannot tell that there are several values in a cell; the weights know.
        let few: String = log_with_gaps(1500).lines().take(5).map(|line| line.to_owned() + "\n").collect();
        place.write("few.csv", few);
        place.lab_succeeds("predict --weights w/mine-3.safetensors --log few.csv --out few_pred.csv");
        let number = |cell: &String| cell.parse::<f64>().unwrap();
        for (found, expected) in probabilities(&place, "few_pred.csv").iter().zip(&all).skip(1) {
            assert!(
                found.iter().zip(expected).all(|(a, b)| (number(a) - number(b)).abs() < 1e-6),
                "{found:?} {expected:?}"
            );
        }
    }
}

#[test]
fn a_log_need_have_neither_labels_nor_many_rows() {
    let place = trained("predict_unlabelled");
    let all = probabilities(&place, "pred.csv");
    for rows in [1500, 3, 1] {
        place.write("new.csv", part(&place, is_no_label, rows));
        let ended = place.lab("predict --weights w/esmm-1.json --log new.csv --out new_pred.csv");
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(ended.stderr.contains("new.csv: predicted without labels, since "), "{}", ended.stderr);
        let found = probabilities(&place, "new_pred.csv");
        assert_eq!(found.len(), rows + 1);
        let near = |(a, b): (&String, &String)| match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(a), Ok(b)) => (a - b).abs() < 1e-6,
            _ => a == b,
        };
        assert!(found.iter().zip(&all).all(|(found, row)| found.iter().zip(row).all(near)), "{rows} rows");
        let header = &place.csv("new_pred.csv")[0];
        assert!(header.iter().all(|name| name != "click" && name != "conversion"), "{header:?}");
    }
    let ended = place.lab("evaluate --predictions new_pred.csv");
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("none of the columns click, conversion, action"), "{}", ended.stderr);
    // A log with some of its labels has those.
    place.write("new.csv", part(&place, |name| is_no_label(name) || name == "click", 1500));
    place.lab_succeeds("predict --weights w/esmm-1.json --log new.csv --out new_pred.csv");
    assert_eq!(probabilities(&place, "new_pred.csv"), all);
    let header = &place.csv("new_pred.csv")[0];
    assert!(header.iter().any(|name| name == "click") && header.iter().all(|name| name != "conversion"), "{header:?}");
    place.lab_succeeds("evaluate --predictions new_pred.csv --json metrics.json");
    assert!(place.json("metrics.json")["runs"][0]["metrics"]["auc.ctr"]["value"].is_f64());
}

#[test]
fn labels_that_cannot_be_read_are_told_and_do_without() {
    let place = trained("predict_no_click");
    let unclicked = part(&place, |name| is_no_label(name) || name == "click", 200).replace(",1\n", ",0\n");
    place.write("new.csv", unclicked);
    let ended = place.lab("predict --weights w/esmm-1.json --log new.csv --out new_pred.csv");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("since the click column \"click\" is 0 in all 200 rows"), "{}", ended.stderr);
    assert_eq!(place.csv("new_pred.csv").len(), 201);
}

#[test]
fn a_column_that_the_weights_need_is_named() {
    let place = trained("predict_missing");
    let of_sheet = place.json("w/esmm-1.json")["features"]["fields"][0]["name"].as_str().unwrap().to_owned();
    place.write("new.csv", part(&place, |name| name != of_sheet, 100));
    let ended = place.lab("predict --weights w/esmm-1.json --log new.csv --out new_pred.csv");
    assert_eq!(ended.code, Some(2));
    let sentence = format!("the weights need the column \"{of_sheet}\", which the log does not have; it has \"");
    assert!(ended.stderr.contains(&sentence), "{}", ended.stderr);
    assert!(!place.path("new_pred.csv").exists());
}

#[test]
fn values_that_training_never_saw_are_unknown_and_told() {
    let place = trained("predict_unseen");
    let field = place.json("w/esmm-1.json")["features"]["fields"][0]["name"].as_str().unwrap().to_owned();
    let mut rows = place.csv("log.csv");
    let column = rows[0].iter().position(|name| *name == field).unwrap();
    let written = |rows: &[Vec<String>]| rows.iter().map(|row| row.join(",") + "\n").collect::<String>();
    let mut predicted = Vec::new();
    for value in ["never", "seen"] {
        rows.iter_mut().skip(1).enumerate().for_each(|(row, cells)| cells[column] = format!("{value} {}", row % 40));
        place.write("new.csv", written(&rows));
        let ended = place.lab("predict --weights w/esmm-1.json --log new.csv --out new_pred.csv");
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let said = format!("of column \"{field}\" 1500 of 1500 values were not seen in training");
        assert!(ended.stderr.contains(&said), "{}", ended.stderr);
        predicted.push(probabilities(&place, "new_pred.csv"));
    }
    assert_eq!(predicted[0], predicted[1], "all are the same unknown value");
    assert_ne!(predicted[0], probabilities(&place, "pred.csv"));
}

#[test]
fn files_that_are_no_weights_are_refused_in_a_sentence() {
    let place = trained("predict_damaged");
    let (weights, sheet) = (place.read("w/esmm-1.safetensors"), place.read("w/esmm-1.json"));
    let text = String::from_utf8(sheet.clone()).unwrap();
    let with_header = |header: &str| {
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header.as_bytes());
        file
    };
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1).into_bytes()
    };
    let json: Value = serde_json::from_slice(&sheet).unwrap();
    let edited = |edit: &dyn Fn(&mut Value)| {
        let mut json = json.clone();
        edit(&mut json);
        serde_json::to_vec(&json).unwrap()
    };
    let huge = u64::MAX.to_le_bytes().to_vec();
    let mut large = 90_000_000u64.to_le_bytes().to_vec();
    large.extend(b"{}");
    let half = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    let no_file = "this is no safetensors file of weights";
    let no_sheet = "this is not the JSON beside a run's weights";
    let of_two = r#"{"embedding.user_id.weight":{"dtype":"F32","shape":[9,9],"data_offsets":[0,4]}}"#;
    let other_kind = r#"{"a":{"dtype":"F64","shape":[0],"data_offsets":[0,0]}}"#;
    let overflow = r#"{"a":{"dtype":"F32","shape":[18446744073709551615,18446744073709551615],"data_offsets":[0,0]}}"#;
    let nan: Vec<u8> = {
        let header = u64::from_le_bytes(weights[..8].try_into().unwrap()) as usize + 8;
        let mut bytes = weights.clone();
        bytes[header..].chunks_exact_mut(4).for_each(|word| word.copy_from_slice(&f32::NAN.to_le_bytes()));
        bytes
    };
    let cases: Vec<(&str, Vec<u8>, Vec<u8>, &str)> = vec![
        ("empty weights", Vec::new(), sheet.clone(), no_file),
        ("half of the weights", half(&weights), sheet.clone(), no_file),
        ("all but a byte", weights[..weights.len() - 1].to_vec(), sheet.clone(), no_file),
        ("seven bytes", weights[..7].to_vec(), sheet.clone(), no_file),
        ("a header without end", huge, sheet.clone(), no_file),
        ("a header beyond the file", large, sheet.clone(), no_file),
        ("a CSV file", place.read("log.csv"), sheet.clone(), no_file),
        ("no tensor", with_header("{}"), sheet.clone(), "there is no tensor \"embedding."),
        ("a shape beyond the data", with_header(of_two), sheet.clone(), no_file),
        ("a shape beyond numbers", with_header(overflow), sheet.clone(), no_file),
        ("other numbers", with_header(other_kind), sheet.clone(), "is of F64, and weights are of F32"),
        ("weights that are no numbers", nan, sheet.clone(), "what it predicts is no finite number"),
        ("empty JSON", weights.clone(), Vec::new(), no_sheet),
        ("half of the JSON", weights.clone(), half(&sheet), no_sheet),
        ("JSON of something else", weights.clone(), b"{\"a\": [1, 2]}".to_vec(), no_sheet),
        ("deep JSON", weights.clone(), b"[".repeat(100_000), no_sheet),
        ("no text", weights.clone(), vec![0xff; 100], "is not UTF-8 text"),
        ("a later version", weights.clone(), changed("\"version\": 1", "\"version\": 2"), "has version 2"),
        (
            "another width",
            weights.clone(),
            edited(&|json| json["plan"]["network"]["hidden"] = json!([7, 32])),
            "has shape",
        ),
        (
            "an endless width",
            weights.clone(),
            edited(&|json| json["plan"]["network"]["embedding_size"] = 1_000_000_000_000_u64.into()),
            "embedding_size",
        ),
        (
            "another tree",
            weights.clone(),
            edited(&|json| json["tree"]["events"] = json!([])),
            "its tree is not the model's",
        ),
        (
            "another readout",
            weights.clone(),
            edited(&|json| json["readout"] = json!([])),
            "its readout is not the model's",
        ),
        (
            "a column twice",
            weights.clone(),
            edited(&|json| {
                let fields = json["features"]["fields"].as_array_mut().unwrap();
                fields.push(fields[0].clone());
            }),
            "twice",
        ),
        (
            "no column",
            weights.clone(),
            edited(&|json| json["features"] = json!({"fields": [], "dense": []})),
            "no column to predict from",
        ),
        (
            "a list without end",
            weights.clone(),
            edited(&|json| {
                json["features"]["fields"][0]["encoding"] = json!({
                    "kind": "lists", "values": [], "values_per_row": 1_000_000_000_000_u64, "pooling": "mean"
                });
            }),
            "takes 1000000000000 values a row",
        ),
        (
            "a model that is called like a formula",
            weights.clone(),
            edited(&|json| {
                let model = json!({
                    "name": "=cmd",
                    "tree": json["tree"],
                    "objective": {"kind": "click_space", "events": [{"event": "ctr"}, {"event": "cvr"}]}
                });
                json["plan"]["model"] = model;
            }),
            "\"=cmd\"",
        ),
        (
            "a model that is not known",
            weights.clone(),
            edited(&|json| json["plan"]["model"] = "\u{1b}[31mesmm9".into()),
            "esmm9",
        ),
    ];
    for (what, weights, sheet, expected) in cases {
        place.write("w/bad.safetensors", weights);
        place.write("w/bad.json", sheet);
        let ended = place.lab("predict --weights w/bad.json --log log.csv --out bad.csv");
        assert_eq!(ended.code, Some(2), "{what}: {}", ended.stderr);
        assert!(ended.stderr.contains(expected), "{what} should say {expected:?}: {}", ended.stderr);
        assert!(
            ended.stderr.starts_with("lab: w/bad.") && ended.stderr.lines().count() == 1,
            "{what}: {}",
            ended.stderr
        );
        assert!(!place.path("bad.csv").exists(), "{what}");
    }
    for (arguments, expected) in [
        ("--weights w/nowhere.json --log log.csv", "w/nowhere.json cannot be read"),
        ("--weights w/esmm-1.onnx --log log.csv", "name the .safetensors or the .json"),
        ("--weights w --log log.csv", "name the .safetensors or the .json"),
        ("--weights w/esmm-1.json --log nowhere.csv", "nowhere.csv cannot be read"),
        ("--weights w/esmm-1.json", "--log"),
        (
            "--weights w/esmm-1.json --weights w/esmm-1.safetensors --log log.csv",
            "w/esmm-1.safetensors: it is esmm with seed 1, as w/esmm-1.json is; predict them one by one",
        ),
    ] {
        let ended = place.lab(&format!("predict {arguments} --out bad.csv"));
        assert_eq!(ended.code, Some(2), "{arguments}: {}", ended.stderr);
        assert!(ended.stderr.contains(expected), "{arguments}: {}", ended.stderr);
    }
}

/// Every place of a JSON value, of long lists the first ones.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(items) => {
            items.iter().take(3).enumerate().for_each(|(index, item)| places(item, &format!("{at}/{index}"), found));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(name, field)| places(field, &format!("{at}/{name}"), found));
        }
        _ => {}
    }
}

/// The JSON with each of its places in turn being something else.
fn bent(text: &[u8]) -> Vec<Vec<u8>> {
    let whole: Value = serde_json::from_slice(text).unwrap();
    let mut all = Vec::new();
    places(&whole, "", &mut all);
    let odd = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(7),
        json!(1e308),
        json!(-1e-308),
        json!(u64::MAX),
        json!(""),
        json!("\u{202e}="),
        json!([]),
        json!({}),
        json!([[], 1e308, "a"]),
    ];
    let mut bent = Vec::new();
    for place in all {
        for odd in &odd {
            let mut changed = whole.clone();
            *changed.pointer_mut(&place).unwrap() = odd.clone();
            bent.push(serde_json::to_vec(&changed).unwrap());
        }
    }
    bent
}

/// What a sheet and what lies beside it predict of the log; `None` where they are refused.
fn predicted(log: &OpenedLog, sheet: &[u8], weights: &[u8]) -> Option<Vec<f32>> {
    let sheet = WeightsSheet::from_json(std::str::from_utf8(sheet).ok()?).ok()?;
    let predictor = Predictor::new(&sheet, weights).ok()?;
    let encoded: EncodedLog = sheet.features.encode(&log.log);
    let logits = predictor.logits_of(&encoded).ok()?;
    assert!(
        logits.len() == encoded.n_rows * sheet.tree.questions.len() && logits.iter().all(|logit| logit.is_finite())
    );
    Some(logits)
}

#[test]
fn no_bent_file_of_weights_breaks_the_predictor() {
    let place = Place::new("predict_bent");
    place.write("log.csv", log_with_gaps(300));
    place.write("roles.toml", GAPS_ROLES);
    let spec = gaps_spec("tanh", "mean", "concatenate")
        + "[[models]]\nname = \"few_trees\"\ntree = { questions = [{ name = \"click\", label = \"click\" }], \
           events = [{ name = \"ctr\", answers = { click = true } }] }\n\
           objective = { kind = \"boosted_trees\", events = [{ event = \"ctr\" }], boosting = { trees = 3, depth = 2 } }\n";
    place.write("spec.toml", spec);
    place.lab_succeeds(
        "train --log log.csv --roles roles.toml --spec spec.toml --seeds 3 --epochs 1 --report r.json --weights w",
    );
    let roles = esmm_playground::domain::log::Roles::from_toml(GAPS_ROLES).unwrap();
    let log = OpenedLog::from_bytes(&place.read("log.csv"), Some(roles)).unwrap();
    let mut taken = 0;
    for (sheet, weights) in [("mine-3.json", "mine-3.safetensors"), ("few_trees-3.json", "few_trees-3.trees.json")]
        .map(|(sheet, weights)| (place.read(&format!("w/{sheet}")), place.read(&format!("w/{weights}"))))
    {
        assert!(predicted(&log, &sheet, &weights).is_some());
        for bent in bent(&sheet) {
            taken += usize::from(predicted(&log, &bent, &weights).is_some());
        }
        // Cut off anywhere, and with any byte of its head another one.
        for length in (0..weights.len()).step_by(weights.len() / 400 + 1) {
            assert!(predicted(&log, &sheet, &weights[..length]).is_none(), "{length} bytes");
        }
        for at in 0..weights.len().min(1200) {
            let mut bent = weights.clone();
            bent[at] ^= 1 << (at % 8);
            taken += usize::from(predicted(&log, &sheet, &bent).is_some());
        }
    }
    let (sheet, trees) = (place.read("w/few_trees-3.json"), place.read("w/few_trees-3.trees.json"));
    for bent in bent(&trees) {
        taken += usize::from(predicted(&log, &sheet, &bent).is_some());
    }
    assert!(taken > 100, "{taken}: some of what is bent is still good, and is predicted with");
}
