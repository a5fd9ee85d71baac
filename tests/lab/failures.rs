//! A run that fails takes nothing away from the others, and every exit code has its cause.

use super::support::Place;

/// A spec whose second model, and no other, leaves the range of 32-bit numbers.
const ONE_DIVERGES: &str = r#"version = 1
seeds = [1, 2]
[data]
source = "generated"
synth = { rows = 1500, users = 200, ctr = 0.3, cvr = 0.3 }
[network]
embedding_size = 4
hidden = [8]
[training]
epochs = 3
optimizer = "sgd"
learning_rate = 0.5
[[models]]
name = "calm"
tree = TREE
objective = { kind = "entire_space", events = [{ event = "ctr", weight = 0.1 }, { event = "ctcvr", weight = 0.1 }] }
[[models]]
name = "wild"
tree = TREE
objective = { kind = "escm2_ips", clip = 0.0001, events = [{ event = "ctr", weight = 100 }, { event = "cvr", weight = 100 }] }
[[models]]
name = "calm_too"
tree = TREE
objective = { kind = "click_space", events = [{ event = "ctr", weight = 0.1 }, { event = "cvr", weight = 0.1 }] }
"#;

const TREE: &str = r#"{ questions = [{ name = "click", label = "click", yes = "buy" }, { name = "buy", label = "conversion" }], events = [{ name = "ctr", answers = { click = true } }, { name = "cvr", answers = { conversion = true }, given = "click" }, { name = "ctcvr", answers = { conversion = true } }] }"#;

/// The models of [`ONE_DIVERGES`] with these names.
fn spec(kept: &[&str]) -> String {
    let mut parts = ONE_DIVERGES.split("[[models]]");
    let head = parts.next().unwrap().to_owned();
    let is_kept = |model: &&str| kept.iter().any(|name| model.contains(&format!("\"{name}\"")));
    let models: String = parts.filter(is_kept).map(|model| format!("[[models]]{model}")).collect();
    (head + &models).replace("TREE", TREE)
}

fn log_without_actions(rows: usize) -> String {
    let line = |row: usize| {
        let (click, bought) = (u8::from(row.is_multiple_of(3)), u8::from(row.is_multiple_of(9)));
        format!("u{},{},{click},{bought}\n", row % 7, row % 5)
    };
    format!("user_id,shelf,click,conversion\n{}", (0..rows).map(line).collect::<String>())
}

#[test]
fn a_model_that_diverges_takes_no_other_s_report_away() {
    let place = Place::new("one_diverges");
    let train = "train --spec spec.toml --report report.json --predictions pred.csv --weights w";
    place.write("spec.toml", spec(&["calm", "wild", "calm_too"]));
    let ended = place.lab(&format!("{train} --baseline wild --common-ctr wild"));
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    for said in [
        "lab: wild with seed 1 failed: the loss is not finite at step ",
        "try a learning rate of 0.05",
        "lab: 2 of 6 runs failed and left no predictions or weights; the report has the others, and why",
        "lab: the baseline wild is not there to compare with",
        "lab: without the pCTR of wild there is no task ctcvr_common_ctr",
    ] {
        assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
    }
    let report = place.json("report.json");
    let named = |list: &str| -> Vec<String> {
        let runs = report[list].as_array().unwrap().iter();
        runs.map(|run| format!("{}-{}", run["model"].as_str().unwrap(), run["seed"])).collect()
    };
    let calm = ["calm-1", "calm-2", "calm_too-1", "calm_too-2"];
    assert_eq!(named("runs"), calm);
    assert_eq!(named("failed"), ["wild-1", "wild-2"]);
    assert!(report["failed"][0]["error"].as_str().unwrap().starts_with("the loss is not finite at step "));
    assert_eq!(report["comparisons"]["baseline"], "calm", "another one is compared with");
    let mut predicted: Vec<String> =
        place.csv("pred.csv")[1..].iter().map(|row| format!("{}-{}", row[2], row[3])).collect();
    predicted.dedup();
    assert_eq!(predicted, calm);
    let mut files: Vec<String> = std::fs::read_dir(place.path("w"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let of = |stem: &&str| ["json", "onnx", "safetensors"].map(|ending| format!("{stem}.{ending}"));
    assert_eq!(files, calm.iter().flat_map(of).collect::<Vec<_>>());

    // The others are what they would have been alone.
    place.write("spec.toml", spec(&["calm", "calm_too"]));
    place.lab_succeeds("train --spec spec.toml --report alone.json --predictions alone.csv");
    assert!(place.read("alone.csv") == place.read("pred.csv"));
    let alone = place.json("alone.json");
    assert_eq!(alone["summary"], report["summary"]);
    assert!(alone.get("failed").is_none(), "a report without failures is as it was");
}

#[test]
fn of_runs_that_all_fail_a_report_says_why() {
    let place = Place::new("all_diverge");
    place.write("spec.toml", spec(&["wild"]));
    let ended = place.lab("train --spec spec.toml --report report.json --predictions pred.csv --weights w --seeds 3");
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    assert!(ended.stderr.contains("lab: every run failed"), "{}", ended.stderr);
    let report = place.json("report.json");
    assert_eq!(report["runs"], serde_json::json!([]));
    assert_eq!((&report["failed"][0]["model"], &report["failed"][0]["seed"]), (&"wild".into(), &3.into()));
    assert_eq!(report["log"]["rows"], 1500);
    assert!(!place.path("pred.csv").exists() && !place.path("w").exists());
}

#[test]
fn a_model_that_the_log_cannot_train_is_told_first_and_left_out() {
    let place = Place::new("left_out");
    place.write("log.csv", log_without_actions(400));
    let ended = place.lab("train --log log.csv --model naive,hm3 --seeds 1,2 --epochs 1 --report report.json");
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    let refused = "model \"hm3\" asks for the label \"action_1\"";
    let (told, begun) = (ended.stderr.find(refused), ended.stderr.find("training naive"));
    assert!(told.is_some() && told < begun, "{}", ended.stderr);
    assert_eq!(ended.stderr.matches(refused).count(), 1, "{}", ended.stderr);
    let report = place.json("report.json");
    assert_eq!(report["runs"].as_array().unwrap().len(), 2);
    for (failed, seed) in report["failed"].as_array().unwrap().iter().zip([1, 2]) {
        assert_eq!((&failed["model"], &failed["seed"]), (&"hm3".into(), &seed.into()));
        assert!(failed["error"].as_str().unwrap().contains("action_1"));
    }
    // Of none that can be trained nothing is begun: that is a mistake, as with one.
    let ended = place.lab("train --log log.csv --model hm3,esm2_returns --epochs 1 --report none.json");
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains(refused) && !place.path("none.json").exists(), "{}", ended.stderr);
}

#[test]
fn help_has_the_exit_codes_and_each_has_its_cause() {
    let place = Place::new("codes");
    place.write("log.csv", log_without_actions(300));
    place.write("one.toml", spec(&["calm", "wild"]));
    place.write("all.toml", spec(&["wild"]));
    let help = place.lab("--help");
    assert_eq!(help.code, Some(0));
    let codes = [
        (0, "train --log log.csv --model naive --seeds 1 --epochs 1 --report r.json"),
        (2, "train --log nowhere.csv --model naive --report r.json"),
        (3, "train --spec one.toml --seeds 1 --report r.json"),
        (4, "train --spec all.toml --seeds 1 --report r.json"),
    ];
    let documented = include_str!("../../docs/lab.md");
    for (code, arguments) in codes {
        let ended = place.lab(arguments);
        assert_eq!(ended.code, Some(code), "{arguments}: {}", ended.stderr);
        assert!(help.stdout.contains(&format!("\n  {code}  ")), "{}", help.stdout);
        assert!(documented.contains(&format!("\n| {code} | ")), "docs/lab.md has {code}");
    }
    let told = help.stdout.split("Exit codes:\n").nth(1).unwrap().lines().filter(|line| !line.is_empty());
    assert_eq!(told.count(), codes.len(), "{}", help.stdout);
}

#[test]
fn predictions_of_a_run_that_stops_early_are_evaluated() {
    let place = Place::new("validated");
    let spec = spec(&["calm"]).replace("[network]", "[split]\nvalidation_share = 0.2\n[network]");
    place.write("spec.toml", spec);
    place.lab_succeeds("train --spec spec.toml --seeds 1 --report r.json --predictions p.csv");
    let splits: std::collections::BTreeSet<String> = place.csv("p.csv")[1..].iter().map(|row| row[1].clone()).collect();
    assert_eq!(splits.into_iter().collect::<Vec<_>>(), ["eval", "train", "validation"]);
    place.lab_succeeds("evaluate --predictions p.csv --json m.json");
    let (trained, again) = (place.json("r.json"), place.json("m.json"));
    assert_eq!(trained["runs"][0]["eval_rows"], again["runs"][0]["eval_rows"]);
    assert_eq!(trained["runs"][0]["metrics"]["auc.ctr"]["value"], again["runs"][0]["metrics"]["auc.ctr"]["value"]);
}
