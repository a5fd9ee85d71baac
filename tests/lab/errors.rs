//! What is wrong with a log is one sentence on stderr that names the place and the fix, and exit code 2.

use esmm_playground::domain::log::write_csv;
use esmm_playground::domain::spec::{DataSpec, RunSpec};
use esmm_playground::domain::synth::{SynthSpec, generate};

use super::support::Place;

/// A log of `rows` impressions, every third clicked, every ninth bought.
fn log(rows: usize) -> String {
    let line = |row: usize| {
        format!("u{},{},{},{}\n", row % 7, row % 5, u8::from(row.is_multiple_of(3)), u8::from(row.is_multiple_of(9)))
    };
    format!("user_id,shelf,click,conversion\n{}", (0..rows).map(line).collect::<String>())
}

fn with_column(column: usize, value: &str) -> String {
    let change = |(index, line): (usize, &str)| {
        let mut fields: Vec<&str> = line.split(',').collect();
        if index > 0 {
            fields[column] = value;
        }
        fields.join(",") + "\n"
    };
    log(60).lines().enumerate().map(change).collect()
}

#[test]
fn of_two_unknown_words_the_user_says_which_is_the_yes() {
    let place = Place::new("two_words");
    let rows: String = (0..60)
        .map(|row| format!("{},{},s{}\n", ["left", "kept"][usize::from(row % 3 == 0)], u8::from(row % 9 == 0), row % 5))
        .collect();
    place.write("log.csv", format!("click,conversion,shelf\n{rows}"));
    place.write("roles.toml", "click = \"click\"\nconversion = \"conversion\"\ncategorical = [\"shelf\"]\n");
    let inspect = |fix: &str| place.lab(&format!("inspect log.csv --roles roles.toml --fix {fix} --json out.json"));
    for unsaid in ["bad_label", "bad_label=label"] {
        let refused = inspect(unsaid);
        assert_eq!(refused.code, Some(2), "{}", refused.stderr);
        assert!(
            refused.stderr.contains("say which values count as 1: bad_label=kept or bad_label=left"),
            "{}",
            refused.stderr
        );
    }
    assert_eq!(inspect("bad_label=kept").code, Some(0));
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(place.path("out.json")).unwrap()).unwrap();
    assert_eq!(json["log"]["clicks"], 20);
}

#[test]
fn a_log_that_cannot_be_trained_on_is_refused_in_one_sentence() {
    let place = Place::new("errors");
    let broken_row = log(60).replacen("u4,4,0,0", "u4,4,0", 1);
    let not_a_label = log(60).replacen("u0,0,1,1", "u0,0,perhaps,1", 1);
    let no_conversion = log(60).replace("conversion", "shade");
    place.write("roles.toml", "click = \"click\"\nconversion = \"conversion\"\ncategorical = [\"shelf\"]\n");
    let cases: [(&str, Vec<u8>, &[&str]); 11] = [
        ("empty.csv", Vec::new(), &["the file is empty", "needs one line per impression"]),
        ("no_rows.csv", log(0).into(), &["header line with 4 columns and no data", "add"]),
        ("three_rows.csv", log(3).into(), &["3 rows are too few", "at least 10"]),
        ("broken_row.csv", broken_row.into(), &["line 6 has 3 fields, but the header has 4", "correct or delete"]),
        ("not_a_label.csv", not_a_label.into(), &["line 2, column \"click\"", "got \"perhaps\"", "correct it"]),
        ("no_conversion.csv", no_conversion.into(), &["asks for the label \"conversion\"", "map a column to it"]),
        ("no_click.csv", log(60).replace("click", "c1").into(), &["asks for the label \"click\"", "map a column"]),
        ("never_clicked.csv", with_column(2, "0").into(), &["\"click\" is 0 in all 60 rows"]),
        ("always_clicked.csv", with_column(2, "1").into(), &["asks for the label \"click\"", "map a column"]),
        ("never_bought.csv", with_column(3, "0").into(), &["\"conversion\" is never 1", "use a longer log"]),
        ("binary.csv", (0..4000u32).map(|byte| (byte * 7 % 256) as u8).collect(), &["not like delimited text"]),
    ];
    for (name, bytes, expected) in cases {
        place.write(name, bytes);
        let roles = if name == "not_a_label.csv" { "--roles roles.toml" } else { "" };
        let ended = place.lab(&format!("train --log {name} {roles} --model esmm --report report.json"));
        assert_eq!(ended.code, Some(2), "{name}: {}", ended.stderr);
        let said: Vec<&str> = ended.stderr.lines().filter(|line| line.starts_with("lab: ")).collect();
        assert_eq!(said.len(), 1, "{name}: {}", ended.stderr);
        for part in expected {
            assert!(said[0].contains(part), "{name} should say {part:?}: {}", said[0]);
        }
        assert!(!ended.stderr.contains("panicked"), "{name}: {}", ended.stderr);
        assert!(!place.path("report.json").exists(), "{name} has no report");
    }
}

#[test]
fn conversions_without_a_click_are_told_and_training_goes_on() {
    let place = Place::new("orphans");
    let orphan = log(300).replacen("u1,1,0,0", "u1,1,0,1", 1);
    place.write("log.csv", orphan);
    place.lab_succeeds("inspect log.csv --json inspection.json");
    let inspection = place.json("inspection.json");
    let findings = inspection["findings"].as_array().unwrap();
    let said = findings.iter().filter_map(|finding| finding["message"].as_str());
    assert!(said.clone().any(|text| text.contains("1 row has a conversion without a click (the first is line 3)")));
    place.lab_succeeds("train --log log.csv --model naive,esmm --seeds 1 --epochs 1 --report report.json");
    assert_eq!(place.json("report.json")["runs"].as_array().unwrap().len(), 2);
}

#[test]
fn every_model_trains_on_clicks_and_conversions_alone_and_says_what_it_left_out() {
    let place = Place::new("labels_alone");
    place.write("log.csv", log(400));
    let names = esmm_playground::domain::spec::model_names();
    let needs_more = ["hm3", "esm2_returns"];
    let models: Vec<&str> = names.iter().copied().filter(|name| !needs_more.contains(name)).collect();
    place.lab_succeeds(&format!(
        "train --log log.csv --model {} --epochs 1 --report report.json --weights w --predictions p.csv",
        models.join(",")
    ));
    let report = place.json("report.json");
    for run in report["runs"].as_array().unwrap() {
        let model = run["model"].as_str().unwrap();
        assert!(run["metrics"]["auc.ctr"]["value"].is_f64(), "{model}: {}", run["metrics"]["auc.ctr"]);
        let left_out = run["left_out"].as_array().map_or(0, Vec::len);
        let is_changed = ["esm2", "dfm", "dfm_entire"].contains(&model);
        assert_eq!(left_out, usize::from(is_changed), "{model}: {}", run["left_out"]);
    }
    let header = &place.csv("p.csv")[0];
    assert!(header.iter().any(|name| name == "p_y4") && header.iter().all(|name| name != "p_y2"), "{header:?}");
}

#[test]
fn a_file_or_an_argument_that_is_not_there_is_named() {
    let place = Place::new("arguments");
    place.write("log.csv", log(60));
    place.write("file.toml", "version = 1\n[data]\nsource = \"file\"\nname = \"mine.csv\"\nbytes = 1\ncrc32 = 1\n");
    for (arguments, expected) in [
        ("train --log nowhere.csv --report r.json", "nowhere.csv cannot be read"),
        ("train --log log.csv --model esm3 --report r.json", "there is no model called \"esm3\"; known are naive"),
        ("train --log log.csv --preset nope --report r.json", "there is no experiment preset called \"nope\""),
        ("train --log log.csv --roles nowhere.toml --report r.json", "nowhere.toml cannot be read"),
        ("generate --preset nope --out x.csv", "there is no log preset called \"nope\"; known are default"),
        ("generate --spec nowhere.toml --out x.csv", "nowhere.toml cannot be read"),
        ("generate --spec file.toml --out x.csv", "its data is the file \"mine.csv\", so there is no log to generate"),
        ("generate --spec file.toml --preset default --out x.csv", "cannot be used with"),
        ("evaluate --predictions log.csv", "none of the columns p_ctr, p_cvr, p_ctcvr, p_ctavr"),
        ("train --log log.csv", "--report"),
    ] {
        let ended = place.lab(arguments);
        assert_eq!(ended.code, Some(2), "{arguments}: {}", ended.stderr);
        assert!(ended.stderr.contains(expected), "{arguments}: {}", ended.stderr);
    }
}

#[test]
fn a_spec_generates_its_own_log_and_says_what_its_correlation_came_out_as() {
    let place = Place::new("generated");
    let synth = SynthSpec { rows: 2_000, seed: 3, nonlinearity: 2.0, correlation: 0.9, ..SynthSpec::default() };
    let spec = RunSpec { data: DataSpec::Generated { synth: synth.clone() }, ..RunSpec::default() };
    place.write("spec.toml", spec.to_toml().unwrap());
    place.write("spec.json", spec.to_json());
    let of = |synth: &SynthSpec| write_csv(&generate(synth).table);
    for (arguments, expected) in [
        ("generate --spec spec.toml --out log.csv", of(&synth)),
        ("generate --spec spec.json --out log.csv", of(&synth)),
        ("generate --spec spec.toml --rows 500 --seed 4 --out log.csv", of(&SynthSpec { rows: 500, seed: 4, ..synth })),
    ] {
        let said = place.lab(arguments);
        assert_eq!(said.code, Some(0), "{arguments}: {}", said.stderr);
        assert!(place.read("log.csv") == expected, "{arguments}");
        assert!(said.stderr.contains("(0.9 was asked for)"), "{}", said.stderr);
    }
}
