//! Metrics against scikit-learn (`tests/golden/metrics.py`) and against each other.

use std::collections::BTreeMap;

use esmm_playground::domain::metrics::{
    Bootstrap, GroupWeight, Metric, MetricInput, TaskInput, Undefined, auc, average_precision, brier, evaluate_all,
    expected_calibration_error, f1_at_top, gauc, log_loss, normalized_entropy, pcoc, weighted_auc,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    scores: Vec<f64>,
    labels: Vec<u8>,
    weights: Vec<f64>,
    groups: Vec<u32>,
    values: BTreeMap<String, f64>,
}

#[test]
fn metrics_agree_with_scikit_learn() {
    let golden: Golden = serde_json::from_str(include_str!("golden/metrics.json")).unwrap();
    assert!(golden.cases.len() >= 4);
    for case in golden.cases {
        let Case { scores, weights, groups, .. } = &case;
        let labels: Vec<bool> = case.labels.iter().map(|&label| label == 1).collect();
        let ones = vec![1.0; scores.len()];
        let log_p: Vec<f64> = scores.iter().map(|p| p.ln()).collect();
        let log_not_p: Vec<f64> = scores.iter().map(|p| (-p).ln_1p()).collect();
        for (metric, expected) in &case.values {
            let found = match metric.as_str() {
                "auc" => auc(scores, &labels),
                "weighted_auc" => weighted_auc(scores, &labels, weights),
                "ap" => average_precision(scores, &labels),
                "logloss" => log_loss(&log_p, &log_not_p, &labels, &ones),
                "ne" => normalized_entropy(&log_p, &log_not_p, &labels, &ones),
                "brier" => brier(scores, &labels, &ones),
                "pcoc" => pcoc(scores, &labels, &ones),
                "gauc" => gauc(scores, &labels, groups, GroupWeight::One).map(|gauc| gauc.value),
                "f1_top0.6" => f1_at_top(scores, &labels, 0.006),
                "f1_top1" => f1_at_top(scores, &labels, 0.01),
                "ece" => expected_calibration_error(scores, &labels, 10),
                other => panic!("no metric {other}"),
            };
            let found = found.unwrap_or_else(|reason| panic!("{} {metric}: {reason}", case.name));
            assert!((found - expected).abs() < 1e-12, "{} {metric}: {found} instead of {expected}", case.name);
        }
    }
}

/// A task of 300 rows in which every fifth row is positive and scores know a little.
fn input(shift: f64) -> MetricInput {
    let n = 300u32;
    let p: Vec<f64> = (0..n)
        .map(|i| {
            let noise = f64::from(i * 7919 % 101) / 101.0;
            (0.05 + 0.2 * noise + if i % 5 == 0 { 0.1 } else { 0.0 } + shift * f64::from(i % 3)).min(0.9)
        })
        .collect();
    let task = TaskInput {
        rows: (0..n).collect(),
        log_p: p.iter().map(|p| p.ln()).collect(),
        log_not_p: p.iter().map(|p| (-p).ln_1p()).collect(),
        labels: (0..n).map(|i| i % 5 == 0).collect(),
        truth: Some(vec![0.2; n as usize]),
        p,
    };
    MetricInput {
        n_rows: n as usize,
        units: Some((0..n).map(|i| i / 4).collect()),
        groups: Some((0..n).map(|i| i / 10).collect()),
        tasks: vec![("ctr".into(), Ok(task)), ("cvr_entire_space".into(), Err(Undefined::TruthUnknown))],
    }
}

#[test]
fn every_metric_has_a_key_for_every_task_and_an_undefined_task_says_why() {
    let (metrics, replicates) = evaluate_all(&input(0.0), Bootstrap { replicates: 50, seed: 3 });
    let names = "auc gauc logloss ne brier pcoc ece ap f1_top0.1 f1_top0.6 f1_top1 bias mae_truth xent_truth";
    for name in names.split(' ') {
        let reason = Metric::Undefined { reason: "truth not known".into() };
        assert_eq!(metrics[&format!("{name}.cvr_entire_space")], reason);
        let key = format!("{name}.ctr");
        match &metrics[&key] {
            Metric::Value { value, low, high } => {
                assert!(low < high && low <= value && value <= high, "{key} {value} {low} {high}");
                assert_eq!(replicates[&key].len(), 50, "{key}");
            }
            Metric::Undefined { reason } => {
                assert_eq!((name, reason.as_str()), ("f1_top0.1", "fewer than one row at this share"));
                assert!(!replicates.contains_key(&key));
            }
        }
    }
    assert_eq!(metrics.len(), 28);
}

#[test]
fn without_replicates_the_interval_is_the_value() {
    let (metrics, replicates) = evaluate_all(&input(0.0), Bootstrap::NONE);
    assert!(replicates.is_empty());
    let Metric::Value { value, low, high } = metrics["auc.ctr"] else { panic!() };
    assert_eq!((low, high), (value, value));
}

#[test]
fn replicates_of_two_models_are_of_the_same_resamples() {
    let replicates = |shift| evaluate_all(&input(shift), Bootstrap { replicates: 80, seed: 3 }).1;
    let (a, b) = (replicates(0.0), replicates(0.02));
    // The mean shift of p is 0.02 in every resample up to its draw of residues: paired, the difference hardly moves.
    let spread = |values: &[f64]| {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
    };
    let difference: Vec<f64> = a["bias.ctr"].iter().zip(&b["bias.ctr"]).map(|(a, b)| b - a).collect();
    assert!(spread(&difference) < spread(&a["bias.ctr"]) / 2.0);
}

#[test]
fn the_bootstrap_interval_of_a_mean_is_its_standard_error() {
    let mut input = input(0.0);
    input.units = None;
    let (metrics, _) = evaluate_all(&input, Bootstrap { replicates: 2000, seed: 1 });
    let Metric::Value { low, high, .. } = metrics["brier.ctr"] else { panic!() };
    let Ok(task) = &input.tasks[0].1 else { panic!() };
    let squares: Vec<f64> =
        task.p.iter().zip(&task.labels).map(|(p, &label)| (p - f64::from(u8::from(label))).powi(2)).collect();
    let mean = squares.iter().sum::<f64>() / 300.0;
    let error = (squares.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 300.0 / 300.0).sqrt();
    assert!(((high - low) / (2.0 * 1.96 * error) - 1.0).abs() < 0.08, "{low} {high} {error}");
}
