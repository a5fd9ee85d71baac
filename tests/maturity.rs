//! Labels that have not arrived: what metrics make of them, without training anything.

use std::collections::BTreeMap;

use esmm_playground::domain::log::{FindingKind, ImpressionLog, OpenedLog, Severity, Split};
use esmm_playground::domain::metrics::{Bootstrap, Metric, SliceFlag};
use esmm_playground::domain::report::{
    EvaluateOptions, Evaluation, Predictions, evaluate, evaluate_predictions_csv, write_predictions_csv,
};
use esmm_playground::domain::spec::{ModelSpec, log_preset, model_preset};
use esmm_playground::domain::synth::{DelayLaw, SynthSpec, generate};

/// Conversions two days after their click and returns a day and a half after those, on average, over fourteen days.
fn late(seed: u64) -> SynthSpec {
    SynthSpec {
        seed,
        rows: 40_000,
        ctr: 0.3,
        cvr: 0.3,
        delay: DelayLaw::Exponential,
        delay_days: 2.0,
        return_rate: 0.3,
        return_delay_days: 1.5,
        ..SynthSpec::default()
    }
}

fn open(spec: &SynthSpec) -> OpenedLog {
    let generated = generate(spec);
    OpenedLog::from_table(generated.table, Some(generated.roles)).unwrap()
}

/// The log as it was taken with its last impression.
fn taken_early(spec: &SynthSpec) -> OpenedLog {
    open(&SynthSpec { cutoff_days: Some(14.0), ..spec.clone() })
}

fn logit(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

/// Logits of a model that knows the truth, those of conversions moved by `shift`.
fn logits(log: &ImpressionLog, model: &ModelSpec, rows: &[u32], shift: f64) -> Vec<f32> {
    let truth = log.truth.as_ref().unwrap();
    let of = |question: &str, row: usize| match question {
        "ctr" | "y1" => logit(truth.p_click[row]),
        "cvr" => logit(truth.p_cvr(row)) + shift,
        "y2" => logit(truth.p_action[row]),
        "y3" => logit(truth.p_buy_action[row]) + shift,
        "y4" => logit(truth.p_buy_other[row]) + shift,
        "r3" | "r4" => logit(truth.returns.as_ref().unwrap().p[row]) + shift,
        other => panic!("{other}"),
    };
    let questions = &model.tree.questions;
    rows.iter().flat_map(|&row| questions.iter().map(move |q| of(&q.name, row as usize) as f32)).collect()
}

fn evaluated(log: &ImpressionLog, model: &ModelSpec, rows: &[u32], shift: f64) -> Evaluation {
    evaluate(log, model, rows, &logits(log, model, rows, shift), Bootstrap::NONE)
}

/// The log with labels as they are, and nothing said of when they came.
fn as_if_final(log: &ImpressionLog) -> ImpressionLog {
    ImpressionLog { timing: None, ..log.clone() }
}

fn value(metrics: &BTreeMap<String, Metric>, key: &str) -> f64 {
    metrics[key].value().unwrap_or_else(|| panic!("{key}: {:?}", metrics[key]))
}

/// The latest quarter.
fn held_out(log: &ImpressionLog) -> Vec<u32> {
    let n = log.n_rows as u32;
    (n - n / 4..n).collect()
}

#[test]
fn early_labels_give_the_metrics_that_all_labels_will_give() {
    // Mean over seeds of each metric: by early labels, by all of them, and by early labels taken as final.
    let mut sums: BTreeMap<String, [f64; 3]> = BTreeMap::new();
    const SEEDS: u64 = 3;
    for seed in 1..=SEEDS {
        let (early, all) = (taken_early(&late(seed)).log, open(&late(seed)).log);
        let rows = held_out(&early);
        assert_eq!(early.n_rows, all.n_rows);
        for (name, shift, tasks) in [
            ("naive", -0.4, vec!["cvr_clicked", "ctcvr"]),
            ("esm2_returns", 0.0, vec!["cvr_clicked", "ctcvr", "net_cvr_clicked", "net_ctcvr"]),
        ] {
            let model = model_preset(name).unwrap();
            let found = [&early, &all, &as_if_final(&early)].map(|log| evaluated(log, &model, &rows, shift));
            assert!(found[1].maturity.is_empty() && found[2].maturity.is_empty());
            for task in &tasks {
                assert!(found[0].maturity.contains_key(*task), "{task}: {:?}", found[0].maturity);
                for metric in ["auc", "ap", "logloss", "brier", "pcoc", "prevalence"] {
                    let key = format!("{metric}.{task}");
                    let sum = sums.entry(format!("{name} {shift} {key}")).or_default();
                    for (sum, found) in sum.iter_mut().zip(&found) {
                        *sum += value(&found.metrics, &key) / SEEDS as f64;
                    }
                }
            }
            // What does not come late is what it is.
            for task in ["ctr", "ctavr"].iter().filter(|task| found[0].metrics.contains_key(&format!("auc.{task}"))) {
                for metric in ["auc", "logloss", "ece", "pcoc"] {
                    let key = format!("{metric}.{task}");
                    assert_eq!(found[0].metrics[&key], found[1].metrics[&key], "{key}");
                }
            }
        }
    }
    for (key, [early, all, final_]) in sums {
        // Held-out rows are up to 3.5 days old, half of their conversions are known: what is left is chance, and the hundredth
        // that comes later than the log can show.
        let tolerance = if key.contains(" ap.") { 0.08 } else { 0.045 };
        assert!((early / all - 1.0).abs() < tolerance, "{key}: {early} instead of {all}");
        if ["pcoc", "logloss", "brier", "prevalence"].iter().any(|metric| key.contains(&format!(" {metric}."))) {
            let (error, error_of_final) = ((early / all - 1.0).abs(), (final_ / all - 1.0).abs());
            assert!(error_of_final > 0.05 && error < error_of_final / 2.0, "{key}: {early} {final_} {all}");
        }
    }
}

#[test]
fn a_model_that_is_too_low_is_better_by_early_labels_taken_as_final_and_worse_by_their_exposure() {
    let model = model_preset("naive").unwrap();
    for seed in 1..=3 {
        let log = taken_early(&late(seed)).log;
        let rows = held_out(&log);
        for (log, truth_wins) in [(&log, true), (&as_if_final(&log), false)] {
            let [low, truth] = [-0.8, 0.0].map(|shift| evaluated(log, &model, &rows, shift));
            for key in ["logloss.cvr_clicked", "logloss.ctcvr", "brier.cvr_clicked", "brier.ctcvr"] {
                let gain = value(&low.metrics, key) - value(&truth.metrics, key);
                assert_eq!(gain > 0.0, truth_wins, "log {seed}, {key}: {gain}");
            }
            for event in ["cvr", "ctcvr"] {
                assert_eq!(truth.losses[event] < low.losses[event], truth_wins, "log {seed}, loss of {event}");
            }
        }
    }
}

#[test]
fn where_every_label_has_arrived_times_change_no_number() {
    // Returned and converted within hours, and taken half a year later.
    let spec = SynthSpec { rows: 4000, delay_days: 0.2, return_delay_days: 0.2, cutoff_days: Some(200.0), ..late(1) };
    let log = open(&spec).log;
    assert!(log.timing.is_some());
    let rows = held_out(&log);
    for name in ["naive", "esm2_returns"] {
        let model = model_preset(name).unwrap();
        let logits = logits(&log, &model, &rows, 0.3);
        let of = |log: &ImpressionLog| evaluate(log, &model, &rows, &logits, Bootstrap { replicates: 20, seed: 1 });
        assert_eq!(of(&log), of(&as_if_final(&log)), "{name}");
    }
}

#[test]
fn slices_by_time_do_not_call_the_truth_too_high_where_labels_are_young() {
    let log = taken_early(&late(2)).log;
    let model = model_preset("naive").unwrap();
    let rows = held_out(&log);
    let logits = logits(&log, &model, &rows, 0.0);
    let flagged = |log: &ImpressionLog| {
        let found = evaluate(log, &model, &rows, &logits, Bootstrap { replicates: 2, seed: 1 });
        let by_time = found.slices["cvr_clicked"].findings.iter().filter(|f| f.feature == "time").cloned();
        by_time.filter(|finding| finding.flag == SliceFlag::OverPredicted).count()
    };
    assert!(flagged(&as_if_final(&log)) > 0, "by labels taken as final the latest rows look over-predicted");
    assert_eq!(flagged(&log), 0);
}

#[test]
fn the_observed_rates_of_the_tree_are_those_to_expect() {
    const SEEDS: u64 = 4;
    let model = model_preset("esm2_returns").unwrap();
    let mut means: BTreeMap<String, [f64; 2]> = BTreeMap::new();
    for seed in 1..=SEEDS {
        let (early, all) = (taken_early(&late(seed)).log, open(&late(seed)).log);
        let rows = held_out(&early);
        for (which, log) in [&early, &all].into_iter().enumerate() {
            let tree = evaluated(log, &model, &rows, 0.0).trees.remove(0);
            assert_eq!(tree.is_early, which == 0);
            let edges = tree.edges.iter().map(|edge| (edge.question.clone(), edge.rates.observed.unwrap()));
            let events = ["ctcvr", "net_ctcvr"].map(|event| (event.to_owned(), tree.events[event].observed.unwrap()));
            for (name, observed) in edges.chain(events) {
                means.entry(name).or_default()[which] += observed / SEEDS as f64;
            }
        }
    }
    for (name, [early, all]) in means {
        // A return within days of a purchase that came within days: some sixty of them a log.
        let tolerance = if name.starts_with('r') { 0.2 } else { 0.06 };
        assert!((early / all - 1.0).abs() < tolerance, "{name}: {early} {all}");
    }
}

#[test]
fn a_predictions_file_of_a_young_log_gives_the_metrics_of_its_run() {
    let log = taken_early(&SynthSpec { rows: 3000, ..late(1) }).log;
    let model = model_preset("naive").unwrap();
    let all: Vec<u32> = (0..log.n_rows as u32).collect();
    let logits = logits(&log, &model, &all, 0.2);
    let (train, eval) = all.split_at(2000);
    let split = Split { train: train.to_vec(), eval: eval.to_vec(), ..Split::default() };
    let expected = evaluate(&log, &model, eval, &logits[2 * 2000..], Bootstrap::default());
    assert!(expected.maturity.contains_key("ctcvr"));
    let run = Predictions { model: "naive".into(), seed: 1, tree: model.tree.clone(), logits };
    let file = write_predictions_csv(&log, &split, &[run]);
    let found = evaluate_predictions_csv(&file, &EvaluateOptions::default()).unwrap();
    for (key, expected) in &expected.metrics {
        match (expected, &found.runs[0].metrics[key]) {
            (Metric::Value { value, low, high }, Metric::Value { value: v, low: l, high: h }) => {
                for (a, b) in [(value, v), (low, l), (high, h)] {
                    assert!((a - b).abs() < 1e-9 * (1.0 + a.abs()), "{key} {expected:?}");
                }
            }
            (expected, found) => assert_eq!(expected, found, "{key}"),
        }
    }
}

#[test]
fn a_log_whose_conversions_are_still_to_come_says_how_many() {
    let opened = open(&log_preset("late_conversions").unwrap());
    let finding = opened.findings.iter().find(|finding| finding.kind == FindingKind::LabelsToCome).unwrap();
    assert_eq!(
        (finding.severity, finding.columns.as_slice()),
        (Severity::Caution, &["conversion_time".to_owned()][..])
    );
    let log = &opened.log;
    let maturity = log.label_maturity()["conversion"];
    let (click, truth) = (log.label("click").unwrap(), log.truth.as_ref().unwrap());
    // Of those that come within the fourteen days that the log can show.
    let within = 1.0 - (-14.0_f64 / 5.0).exp();
    let eventual = (0..log.n_rows).filter(|&row| click[row] && truth.potential_conversion[row]).count() as f64 * within;
    assert!((maturity.expected / eventual - 1.0).abs() < 0.06, "{maturity:?} {eventual}");
    assert!((13.0..=14.0).contains(&maturity.horizon_days), "{maturity:?}");
    assert!((maturity.half_days - 3.1).abs() < 0.5, "{maturity:?}");
    assert!(finding.message.contains(&format!("of {:.0} conversions", maturity.expected)), "{}", finding.message);

    let returns = taken_early(&late(1));
    let told =
        |opened: &OpenedLog| opened.findings.iter().filter(|finding| finding.kind == FindingKind::LabelsToCome).count();
    assert_eq!(told(&returns), 2, "conversions and returns");
    assert_eq!(told(&open(&late(1))), 0, "all is known");
    assert_eq!(told(&open(&SynthSpec { rows: 3000, ..SynthSpec::default() })), 0, "nothing comes late");
}
