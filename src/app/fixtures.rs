//! Runs and evaluations for tests.

use std::collections::BTreeMap;

use super::charts::behavior_tree::tests::esmm;
use crate::domain::log::{ColumnReport, Confidence, Role, Spark};
use crate::domain::metrics::{Metric, MetricKey, Support};
use crate::domain::report::{DensityReading, Evaluation};
use crate::domain::spec::{ModelSpec, Objective};
use crate::protocol::{DeviceKind, Progress, Run};

/// An evaluation with these metrics: key, value, and the noise of the model's own replicates.
pub fn evaluation(metrics: &[(&str, f64, f64)]) -> Evaluation {
    let mut evaluation = Evaluation {
        step: 1,
        epoch: 1.0,
        eval_rows: 100,
        metrics: BTreeMap::new(),
        replicates: BTreeMap::new(),
        notes: BTreeMap::new(),
        support: BTreeMap::new(),
        coverage: BTreeMap::new(),
        maturity: BTreeMap::new(),
        losses: BTreeMap::new(),
        trees: vec![],
        towers: vec![],
        density: DensityReading { low_logit: 0.0, high_logit: 1.0, bins: 0, counts: vec![], clicked_counts: vec![] },
        deciles: vec![],
        independence: vec![],
        constant_rate: BTreeMap::new(),
        flow: None,
        rows_crc32: 1,
        curves: BTreeMap::new(),
        slices: BTreeMap::new(),
    };
    for (key, value, noise) in metrics {
        // The same resamples for every model: one shared wave, plus the model's own noise.
        let replicates: Vec<f32> =
            (0..200).map(|i| (value + 0.05 * f64::from(i).sin() + noise * (f64::from(i) * 1.7).cos()) as f32).collect();
        evaluation
            .metrics
            .insert((*key).to_owned(), Metric::Value { value: *value, low: value - 0.05, high: value + 0.05 });
        evaluation.replicates.insert((*key).to_owned(), replicates);
        let task = MetricKey::parse(key).unwrap().task;
        evaluation.support.insert(task.to_owned(), ample());
    }
    evaluation
}

/// Counts that suffice to judge any metric.
pub fn ample() -> Support {
    Support {
        rows: 5000,
        positives: 120,
        positive_units: 100,
        negative_units: 2000,
        mixed_groups: 90,
        hits: [10, 20, 30],
    }
}

/// A run that was trained to its end.
pub fn run(id: u32, name: &str, seed: u64, evaluation: Evaluation) -> Run {
    let model = ModelSpec::new(name, esmm(), Objective::entire_space(vec![]));
    let mut run = Run::queued(id, model, seed);
    run.progress = Some(Progress {
        step: 1,
        total_steps: 1,
        epoch: 1.0,
        epochs: 1,
        rows_per_second: 1.0,
        seconds: 1.0,
        train_rows: 100,
        device: DeviceKind::Cpu,
    });
    run.evaluations.push(evaluation);
    run
}

/// A column with this role; text when it is a category.
pub fn column(name: &str, role: Role) -> ColumnReport {
    ColumnReport {
        name: name.into(),
        role,
        reason: String::new(),
        confidence: Confidence::Sure,
        is_number: role != Role::Categorical,
        distinct: 2,
        missing: 0,
        spark: Spark::default(),
        leak: None,
        doubt: None,
    }
}
