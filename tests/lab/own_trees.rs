//! A behaviour tree of one's own, from a TOML file to predictions, on a log with several action columns.

use super::onnx::graphs_agree;
use super::support::Place;

const ROLES: &str = "click = \"visit\"\nconversion = \"paid\"\naction = [\"gallery\", \"basket\"]\nuser = \"person\"\n\
                     categorical = [\"segment\", \"shelf\"]\n";

/// A log with two action columns: `gallery` (a micro action) and `basket`.
fn log(rows: usize) -> String {
    let mut state = 17u64;
    let mut draw = |share: f64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 11) as f64 / (1u64 << 53) as f64) < share
    };
    let mut text = "person,segment,shelf,visit,gallery,basket,paid\n".to_owned();
    for row in 0..rows {
        let (segment, shelf) = (row % 11, row % 7);
        let visit = draw(0.3 + 0.04 * segment as f64);
        let gallery = visit && draw(0.4);
        let basket = visit && draw(if gallery { 0.5 } else { 0.2 + 0.04 * shelf as f64 });
        let paid = visit && draw(if basket { 0.6 } else { 0.15 });
        let bits = [visit, gallery, basket, paid].map(u8::from);
        text += &format!("p{},s{segment},h{shelf},{},{},{},{}\n", row % 97, bits[0], bits[1], bits[2], bits[3]);
    }
    text
}

fn spec(questions: &str, events: &str, supervised: &str) -> String {
    format!(
        "version = 1\n[split]\nby = \"row\"\n[network]\nembedding_size = 3\nhidden = [8]\n[training]\nepochs = 2\n\
         batch_size = 128\n[data]\nsource = \"generated\"\nsynth = {{}}\n[[models]]\nname = \"mine\"\n\
         [models.tree]\nquestions = [{questions}]\nevents = [{events}]\n\
         [models.objective]\nkind = \"entire_space\"\nevents = [{supervised}]\n"
    )
}

const QUESTIONS: &str = r#"
  { name = "visit", label = "visit", yes = "looked" },
  { name = "looked", label = "gallery", yes = "carted", no = "carted_blind" },
  { name = "carted", label = "basket", yes = "bought" },
  { name = "carted_blind", label = "basket" },
  { name = "bought", label = "paid" },
"#;
const EVENTS: &str = r#"
  { name = "ctr", answers = { visit = true } },
  { name = "looks", answers = { gallery = true } },
  { name = "cart", answers = { basket = true } },
  { name = "blind_cart", answers = { gallery = false, basket = true }, given = "visit" },
  { name = "sale", answers = { paid = true } },
"#;
const SUPERVISED: &str =
    r#"{ event = "ctr" }, { event = "looks" }, { event = "cart", weight = 0.5 }, { event = "sale", weight = 2 }"#;

fn place(name: &str) -> Place {
    let place = Place::new(name);
    place.write("log.csv", log(4000));
    place.write("roles.toml", ROLES);
    place
}

#[test]
fn a_tree_of_one_s_own_trains_reports_and_predicts_under_its_own_names() {
    let place = place("own_tree");
    place.write("spec.toml", spec(QUESTIONS, EVENTS, SUPERVISED));
    place.lab_succeeds(
        "train --log log.csv --roles roles.toml --spec spec.toml --report report.json --predictions pred.csv --weights w",
    );
    let report = place.json("report.json");
    let run = &report["runs"][0];
    assert_eq!(run["model"], "mine");
    for key in
        ["auc.ctr", "auc.looks", "auc.cart", "auc.sale", "auc.blind_cart_given_visit", "logloss.sale", "gauc.cart"]
    {
        assert!(run["metrics"][key]["value"].is_f64(), "{key}: {}", run["metrics"][key]);
    }
    for key in ["auc.ctcvr", "auc.cvr_clicked"] {
        assert_eq!(run["metrics"][key]["undefined"], "the model does not predict it", "{key}");
    }
    let losses = run["curve"][0].as_object().unwrap();
    for key in ["loss.ctr", "loss.looks", "loss.cart", "loss.sale"] {
        assert!(losses[key].is_f64(), "{key}");
    }
    let total: f64 = [("ctr", 1.0), ("looks", 1.0), ("cart", 0.5), ("sale", 2.0)]
        .iter()
        .map(|(event, weight)| weight * losses[&format!("loss.{event}")].as_f64().unwrap())
        .sum();
    assert!((losses["loss.total"].as_f64().unwrap() - total).abs() < 1e-9, "weights are in the total");

    let table = place.csv("pred.csv");
    let column = |name: &str| table[0].iter().position(|known| known == name).unwrap_or_else(|| panic!("{name}"));
    for name in ["click", "conversion", "action", "label_visit", "label_gallery", "label_basket", "label_paid"] {
        let index = column(name);
        assert!(table[1..].iter().all(|row| row[index] == "0" || row[index] == "1"), "{name}");
    }
    let (any, gallery, basket) = (column("action"), column("label_gallery"), column("label_basket"));
    assert!(table[1..].iter().all(|row| (row[any] == "1") == (row[gallery] == "1" || row[basket] == "1")));
    let number = |row: &[String], name: &str| row[column(name)].parse::<f64>().unwrap();
    for row in table[1..].iter().step_by(97) {
        let [visit, looked] = ["p_visit", "p_looked"].map(|name| number(row, name));
        let cart = visit * (looked * number(row, "p_carted") + (1.0 - looked) * number(row, "p_carted_blind"));
        assert!((number(row, "p_cart") - cart).abs() < 1e-6, "the composed event is the fold of its questions");
        let sale = visit * looked * number(row, "p_carted") * number(row, "p_bought");
        assert!((number(row, "p_sale") - sale).abs() < 1e-6);
    }
    assert!(place.path("w/mine-1.safetensors").exists() && place.path("w/mine-1.json").exists());
}

#[test]
fn the_micro_action_preset_trains_on_any_log_with_two_action_columns() {
    let place = place("micro_action");
    place.lab_succeeds(
        "train --log log.csv --roles roles.toml --model esm2,hm3 --seeds 3 --epochs 1 --report report.json --predictions pred.csv --weights w",
    );
    let report = place.json("report.json");
    let metrics = &report["runs"][1]["metrics"];
    for key in ["auc.ctr", "auc.ct_micro", "auc.ct_macro", "auc.ctcvr", "auc.cvr_clicked"] {
        assert!(metrics[key]["value"].is_f64(), "{key}: {}", metrics[key]);
    }
    graphs_agree(&place, &["esm2", "hm3"], 3);
    place.write("one.toml", ROLES.replace("[\"gallery\", \"basket\"]", "[\"basket\"]"));
    let ended = place.lab("train --log log.csv --roles one.toml --model hm3 --report r.json");
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("model \"hm3\" asks for the label \"action_1\", which the log does not have"));
}

#[test]
fn a_tree_that_cannot_be_trained_is_refused_with_the_question_at_fault() {
    let place = place("broken_trees");
    let events = r#"{ name = "ctr", answers = { visit = true } }"#;
    let supervised = r#"{ event = "ctr" }"#;
    for (questions, events, expected) in [
        (
            r#"{ name = "a", label = "visit", yes = "b" }"#,
            events,
            "question \"a\" leads to \"b\", which is not a question",
        ),
        (r#"{ name = "a", label = "visit", yes = "a" }"#, events, "leads back to itself"),
        (
            r#"{ name = "a", label = "visit", yes = "b" }, { name = "b", label = "gallery", no = "a" }"#,
            events,
            "question \"a\" is reached by two paths or leads back to itself",
        ),
        (r#"{ name = "a", label = "visit" }, { name = "b", label = "paid" }"#, events, "\"b\" is never reached"),
        (r#"{ name = "a", label = "" }"#, events, "question \"a\" names no label column"),
        (r#"{ name = "a" }"#, events, "missing field `label`"),
        (
            r#"{ name = "a", label = "visit", yes = "b" }, { name = "b", label = "visit" }"#,
            events,
            "question \"b\" asks for \"visit\", which \"a\" has already answered",
        ),
        (
            r#"{ name = "a", label = "visit" }"#,
            r#"{ name = "ctr", answers = { paid = true } }"#,
            "event \"ctr\" needs an answer about \"paid\", which no question asks",
        ),
        (
            r#"{ name = "a", label = "visit" }"#,
            r#"{ name = "sale", answers = { visit = true } }"#,
            "which its tree does not",
        ),
        (
            r#"{ name = "a", label = "visit", yes = "b" }, { name = "b", label = "wishlist" }"#,
            events,
            "asks for the label \"wishlist\", which the log does not have",
        ),
    ] {
        place.write("spec.toml", spec(questions, events, supervised));
        let ended = place.lab("train --log log.csv --roles roles.toml --spec spec.toml --report r.json");
        assert_eq!(ended.code, Some(2), "{questions}: {}", ended.stderr);
        assert!(ended.stderr.contains(expected), "{questions} should say {expected:?}: {}", ended.stderr);
    }
}
