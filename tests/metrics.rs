//! Curves against scikit-learn (`tests/golden/metrics.py`), and metrics against each other.

use std::collections::BTreeMap;

use esmm_playground::domain::metrics::{
    Bootstrap, Measured, Measurement, Metric, MetricInput, TASKS, TaskInput, Undefined, curves, has_interval,
    metric_names,
};
use proptest::prelude::*;
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
    curves: BTreeMap<String, Vec<[f64; 2]>>,
}

fn golden() -> Vec<Case> {
    let golden: Golden = serde_json::from_str(include_str!("golden/metrics.json")).unwrap();
    assert!(golden.cases.len() >= 4);
    golden.cases
}

fn flags(values: &[u8]) -> Vec<bool> {
    values.iter().map(|&value| value == 1).collect()
}

fn logs(p: &[f64]) -> (Vec<f64>, Vec<f64>) {
    (p.iter().map(|p| p.ln()).collect(), p.iter().map(|p| (-p).ln_1p()).collect())
}

/// Distance of a point from a line through points.
fn off_line(line: &[(f64, f64)], (x, y): (f64, f64)) -> f64 {
    line.windows(2)
        .map(|ends| {
            let (dx, dy) = (ends[1].0 - ends[0].0, ends[1].1 - ends[0].1);
            let length = dx * dx + dy * dy;
            let along = ((x - ends[0].0) * dx + (y - ends[0].1) * dy) / length;
            let share = if length > 0.0 { along.clamp(0.0, 1.0) } else { 0.0 };
            (ends[0].0 + share * dx - x).hypot(ends[0].1 + share * dy - y)
        })
        .fold(f64::INFINITY, f64::min)
}

#[test]
fn curves_agree_with_scikit_learn() {
    let mut compared = [0; 3];
    for case in golden() {
        let labels = flags(&case.labels);
        let found = curves(&case.scores, &labels, None);
        if let Some(expected) = case.curves.get("roc") {
            let line: Vec<(f64, f64)> = expected.iter().map(|point| (point[0], point[1])).collect();
            for point in &found.roc {
                let off = off_line(&line, (f64::from(point.fpr), f64::from(point.tpr)));
                assert!(off < 1e-6, "{} {point:?} {off}", case.name);
            }
            compared[0] += found.roc.len();
        }
        if let Some(expected) = case.curves.get("pr") {
            // With at most 80 positives every step is drawn; a run of equal scores over several positives is as many.
            let positives = labels.iter().filter(|&&label| label).count();
            if positives <= 80 {
                for [recall, precision] in expected {
                    let point = found.pr.iter().find(|point| (f64::from(point.recall) - recall).abs() < 1e-6).unwrap();
                    assert!((f64::from(point.precision) - precision).abs() < 1e-6, "{} {point:?}", case.name);
                    compared[1] += 1;
                }
            }
        }
        if let Some(expected) = case.curves.get("reliability") {
            assert_eq!(found.reliability.len(), expected.len());
            for (point, [mean_p, observed]) in found.reliability.iter().zip(expected) {
                assert!((point.mean_p - mean_p).abs() < 1e-12 && (point.observed - observed).abs() < 1e-12);
                compared[2] += 1;
            }
        }
    }
    assert!(compared.iter().all(|&points| points >= 8), "{compared:?}");
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
    let (log_p, log_not_p) = logs(&p);
    let task = TaskInput {
        exposure: None,
        sampling: None,
        rows: (0..n).collect(),
        log_p,
        log_not_p,
        labels: (0..n).map(|i| i % 5 == 0).collect(),
        truth: Some((0..n).map(|i| 0.1 + f64::from(i % 7) / 40.0).collect()),
        true_ctr: Some((0..n).map(|i| 0.02 + f64::from(i * 31 % 47) / 60.0).collect()),
        p,
    };
    MetricInput {
        n_rows: n as usize,
        units: Some((0..n).map(|i| i / 4).collect()),
        groups: Some((0..n).map(|i| i / 10).collect()),
        clicks: Some((0..n).map(|i| i % 3 == 0).collect()),
        tasks: vec![("ctr".into(), Ok(task)), ("cvr_entire_space".into(), Err(Undefined::TruthUnknown))],
    }
}

fn measure(input: &MetricInput, bootstrap: Bootstrap) -> Measured {
    Measurement::new(input).metrics(bootstrap)
}

#[test]
fn every_metric_has_a_key_for_every_task_and_an_undefined_task_says_why() {
    let Measured { metrics, replicates } = measure(&input(0.0), Bootstrap { replicates: 50, seed: 3 });
    let stable = "auc gauc logloss ne brier pcoc ece ap f1_top0.1 f1_top0.6 f1_top1 bias mae_truth xent_truth \
                  kl_truth rmse_truth";
    for name in stable.split(' ') {
        assert!(metric_names().any(|known| known == name), "{name} is relied upon");
    }
    for name in metric_names() {
        let reason = Metric::from(Undefined::TruthUnknown);
        assert_eq!(metrics[&format!("{name}.cvr_entire_space")], reason);
        let key = format!("{name}.ctr");
        match &metrics[&key] {
            Metric::Value { value, low, high } if !has_interval(name) => {
                assert!(low == value && high == value && !replicates.contains_key(&key), "{key}");
            }
            Metric::Value { value, low, high } => {
                // One row is called at the top, and chance raises the calibration error: neither has an interval.
                let has_none = name.starts_with("f1_top") || name == "ece";
                assert!((low < high) != has_none && low <= value && value <= high, "{key} {value} {low} {high}");
                assert_eq!(replicates[&key].len(), 50, "{key}");
            }
            Metric::Undefined(why) => {
                assert_eq!((name, why.reason), ("f1_top0.1", Undefined::TooFewRows));
                assert!(!replicates.contains_key(&key));
            }
        }
    }
    assert_eq!(metrics.len(), 2 * metric_names().count());
}

#[test]
fn what_never_happened_may_happen_and_what_always_did_may_not() {
    for (label, expected) in [(false, (0.0, 0.0, 0.049)), (true, (1.0, 0.951, 1.0))] {
        let mut input = input(0.0);
        let Ok(task) = &mut input.tasks[0].1 else { panic!() };
        task.labels.fill(label);
        let metrics = measure(&input, Bootstrap { replicates: 30, seed: 3 }).metrics;
        let Metric::Value { value, low, high } = metrics["prevalence.ctr"] else { panic!() };
        // Wilson, 75 users: z²/(75 + z²).
        assert_eq!(((value * 1e3).round(), (low * 1e3).round(), (high * 1e3).round()), {
            let (value, low, high) = expected;
            (value * 1e3, low * 1e3, high * 1e3)
        });
    }
}

#[test]
fn without_replicates_the_interval_is_the_value() {
    let Measured { metrics, replicates } = measure(&input(0.0), Bootstrap::NONE);
    assert!(replicates.is_empty());
    let Metric::Value { value, low, high } = metrics["auc.ctr"] else { panic!() };
    assert_eq!((low, high), (value, value));
}

#[test]
fn replicates_of_two_models_are_of_the_same_resamples() {
    let replicates = |shift| measure(&input(shift), Bootstrap { replicates: 80, seed: 3 }).replicates;
    let (a, b) = (replicates(0.0), replicates(0.02));
    // The mean shift of p is 0.02 in every resample up to its draw of residues: paired, the difference hardly moves.
    let spread = |values: &[f32]| {
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        (values.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / values.len() as f32).sqrt()
    };
    let difference: Vec<f32> = a["bias.ctr"].iter().zip(&b["bias.ctr"]).map(|(a, b)| b - a).collect();
    assert!(spread(&difference) < spread(&a["bias.ctr"]) / 2.0);
}

#[test]
fn the_bootstrap_interval_of_a_mean_is_its_standard_error() {
    let mut input = input(0.0);
    input.units = None;
    let metrics = measure(&input, Bootstrap { replicates: 2000, seed: 1 }).metrics;
    let Metric::Value { low, high, .. } = metrics["brier.ctr"] else { panic!() };
    let Ok(task) = &input.tasks[0].1 else { panic!() };
    let squares: Vec<f64> =
        task.p.iter().zip(&task.labels).map(|(p, &label)| (p - f64::from(u8::from(label))).powi(2)).collect();
    let mean = squares.iter().sum::<f64>() / 300.0;
    let error = (squares.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 300.0 / 300.0).sqrt();
    assert!(((high - low) / (2.0 * 1.96 * error) - 1.0).abs() < 0.08, "{low} {high} {error}");
}

/// The input with each of its rows `times` times, in a row or one copy after the other; everything of a user stays his.
fn repeated(input: &MetricInput, times: u32, in_a_row: bool) -> MetricInput {
    let n = input.n_rows as u32;
    let source = |row: u32| if in_a_row { row / times } else { row % n };
    let rows: Vec<u32> = (0..n * times).collect();
    let of = |values: &Option<Vec<u32>>| values.as_ref().map(|v| rows.iter().map(|&r| v[source(r) as usize]).collect());
    let tasks = input.tasks.iter().map(|(name, task)| {
        let task = task.as_ref().map_err(|reason| *reason).map(|task| {
            let pick = |values: &[f64]| rows.iter().map(|&r| values[source(r) as usize]).collect::<Vec<f64>>();
            TaskInput {
                exposure: None,
                sampling: None,
                rows: rows.clone(),
                p: pick(&task.p),
                log_p: pick(&task.log_p),
                log_not_p: pick(&task.log_not_p),
                labels: rows.iter().map(|&r| task.labels[source(r) as usize]).collect(),
                truth: task.truth.as_deref().map(pick),
                true_ctr: task.true_ctr.as_deref().map(pick),
            }
        });
        (name.clone(), task)
    });
    MetricInput {
        n_rows: rows.len(),
        units: of(&input.units),
        groups: of(&input.groups),
        clicks: input.clicks.as_ref().map(|clicks| rows.iter().map(|&r| clicks[source(r) as usize]).collect()),
        tasks: tasks.collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_log_repeated_has_the_same_metrics_and_intervals(times in 2u32..5, in_a_row: bool) {
        let bootstrap = Bootstrap { replicates: 30, seed: 5 };
        let (once, many) = (measure(&input(0.0), bootstrap), measure(&repeated(&input(0.0), times, in_a_row), bootstrap));
        for (key, expected) in &once.metrics {
            // Bins of equal mass and whole rows at the top are cut elsewhere when rows are finer.
            if key.starts_with("f1_top") || key.starts_with("ece") {
                continue;
            }
            match (expected, &many.metrics[key]) {
                (Metric::Value { value, low, high }, Metric::Value { value: v, low: l, high: h }) => {
                    for (a, b) in [(value, v), (low, l), (high, h)] {
                        prop_assert!((a - b).abs() < 1e-9, "{key} {expected:?} {:?}", many.metrics[key]);
                    }
                }
                (expected, found) => prop_assert_eq!(expected, found),
            }
        }
    }

    #[test]
    fn nothing_panics_and_nothing_is_infinite_on_few_rows(
        rows in prop::collection::vec((0.0f64..1.0, any::<bool>(), any::<bool>(), 0u32..3), 0..6)
    ) {
        let p: Vec<f64> = rows.iter().map(|row| row.0.clamp(1e-9, 1.0 - 1e-9)).collect();
        let (log_p, log_not_p) = logs(&p);
        let task = TaskInput {
            exposure: None,
            sampling: None,
            rows: (0..rows.len() as u32).collect(),
            true_ctr: Some(p.clone()),
            truth: Some(p.iter().map(|p| p * 0.9).collect()),
            labels: rows.iter().map(|row| row.1).collect(),
            p, log_p, log_not_p,
        };
        let users: Vec<u32> = rows.iter().map(|row| row.3).collect();
        let input = MetricInput {
            n_rows: rows.len(),
            units: Some(users.clone()),
            groups: Some(users),
            clicks: Some(rows.iter().map(|row| row.2).collect()),
            tasks: TASKS.iter().map(|name| ((*name).to_owned(), Ok(task.clone()))).collect(),
        };
        let measurement = Measurement::new(&input);
        let measured = measurement.metrics(Bootstrap { replicates: 25, seed: 1 });
        prop_assert_eq!(measured.metrics.len(), TASKS.len() * metric_names().count());
        for (key, metric) in &measured.metrics {
            match metric {
                Metric::Value { value, low, high } => {
                    prop_assert!(value.is_finite() && low.is_finite() && high.is_finite(), "{key} {metric:?}");
                }
                Metric::Undefined(why) => prop_assert_eq!(why.seed, None),
            }
        }
        prop_assert!(measurement.curves().len() == TASKS.len());
    }
}
