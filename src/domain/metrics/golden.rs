//! The metrics that production computes against scikit-learn (`tests/golden/metrics.py`).

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::given::Given;
use super::metric_names;

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
    clicks: Vec<u8>,
    second: Vec<u8>,
    truth: Vec<f64>,
    p_click: Vec<f64>,
    values: BTreeMap<String, f64>,
}

fn flags(values: &[u8]) -> Vec<bool> {
    values.iter().map(|&value| value == 1).collect()
}

#[test]
fn every_metric_agrees_with_scikit_learn() {
    let golden: Golden = serde_json::from_str(include_str!("../../../tests/golden/metrics.json")).unwrap();
    assert!(golden.cases.len() >= 4);
    let mut compared = BTreeSet::new();
    for case in golden.cases {
        let labels = flags(&case.labels);
        let mut given = Given::new(&case.scores, &labels).with_truth(&case.truth);
        given.task.true_ctr = Some(case.p_click);
        given.groups = Some(case.groups);
        given.clicks = Some(flags(&case.clicks));
        given.second = Some(flags(&case.second));
        let share = labels.iter().filter(|&&label| label).count() as f64 / labels.len() as f64;
        let values = case.values.into_iter().chain([("prevalence".to_owned(), share)]);
        for (metric, expected) in values {
            let found = match metric.strip_prefix("weighted_") {
                Some(metric) => given.weighted(metric, &case.weights),
                None => given.metric(&metric),
            };
            let found = found.unwrap_or_else(|reason| panic!("{} {metric}: {reason}", case.name));
            assert!((found - expected).abs() < 1e-12, "{} {metric}: {found} instead of {expected}", case.name);
            compared.insert(metric);
        }
    }
    // Of so few rows nothing is called at the highest 0.1 %.
    let missing: Vec<&str> = metric_names().filter(|name| !compared.contains(*name)).collect();
    assert_eq!(missing, ["f1_top0.1"]);
}
