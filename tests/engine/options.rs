//! Training options in whole runs: early stopping, clipping, class weights, schedules.

use std::collections::BTreeMap;

use esmm_playground::domain::features::Prepared;
use esmm_playground::domain::log::OpenedLog;
use esmm_playground::domain::spec::{EarlyStopping, OptimizerKind, Schedule, TrainPlan};
use esmm_playground::domain::synth::{SynthSpec, generate};
use esmm_playground::engine::{EngineError, Trainer, Weights};

use super::support::{LogShape, esmm, plan, prepared, trainer};

fn weights(trainer: &Trainer) -> Weights {
    pollster::block_on(trainer.weights()).unwrap()
}

/// Without what the end of a run moves.
fn beside_output_biases(mut weights: Weights) -> Weights {
    weights.tensors.retain(|tensor| !tensor.name.ends_with(".2.bias"));
    weights
}

/// A generated log, and a plan that overfits it within a few epochs.
pub fn overfitting(metric: &str, patience: usize) -> (OpenedLog, TrainPlan) {
    let synth = SynthSpec { rows: 1500, ctr: 0.3, cvr: 0.3, ..SynthSpec::default() };
    let generated = generate(&synth);
    let opened = OpenedLog::from_table(generated.table, Some(generated.roles)).unwrap();
    let mut plan = plan(esmm());
    plan.split.validation_share = 0.3;
    plan.training.epochs = Some(30);
    plan.training.early_stopping = Some(EarlyStopping { metric: metric.into(), patience, min_change: 0.0 });
    (opened, plan)
}

#[test]
fn early_stopping_keeps_the_best_state_and_puts_it_back() {
    for (metric, patience) in [("auc.ctr", 1), ("logloss.ctcvr", 3)] {
        let (opened, plan) = overfitting(metric, patience);
        let prepared = Prepared::new(&opened.log, &plan).unwrap();
        let mut trainer = trainer(&plan, &prepared);
        let mut after_epoch = Vec::new();
        while !trainer.is_finished() {
            trainer.step().unwrap();
            if trainer.at_epoch_end() {
                after_epoch.push(weights(&trainer));
                pollster::block_on(trainer.end_epoch(&opened.log)).unwrap();
                pollster::block_on(trainer.end_epoch(&opened.log)).unwrap(); // a second look changes nothing
            }
        }
        let report = trainer.early_stopping().unwrap().clone();
        assert!(report.stopped && report.epochs.len() < 30, "{metric}: {report:?}");
        assert_eq!(report.epochs.len(), after_epoch.len(), "{metric}");
        assert_eq!(report.epochs.len() - 1 - report.best, patience, "{metric}");
        let kept = beside_output_biases(weights(&trainer));
        assert_eq!(kept, beside_output_biases(after_epoch[report.best].clone()), "{metric}");
        assert_ne!(kept, beside_output_biases(after_epoch[after_epoch.len() - 1].clone()), "{metric}");
        let sign = if metric.starts_with("auc") { 1.0 } else { -1.0 };
        let best = sign * report.epochs[report.best].value;
        assert!(report.epochs.iter().all(|seen| sign * seen.value <= best), "{metric}: {report:?}");
        let before = trainer.position();
        trainer.step().unwrap();
        assert_eq!(trainer.position(), before, "a stopped run stands still");
    }
}

#[test]
fn a_run_that_never_stops_early_still_ends_with_its_best_epoch() {
    let (opened, mut plan) = overfitting("auc.ctcvr", 100);
    plan.training.epochs = Some(6);
    let prepared = Prepared::new(&opened.log, &plan).unwrap();
    let mut trainer = trainer(&plan, &prepared);
    let mut after_epoch = Vec::new();
    while !trainer.is_finished() {
        trainer.step().unwrap();
        if trainer.at_epoch_end() {
            after_epoch.push(weights(&trainer));
            pollster::block_on(trainer.end_epoch(&opened.log)).unwrap();
        }
    }
    let report = trainer.early_stopping().unwrap();
    assert!(!report.stopped);
    assert_eq!(report.epochs.len(), 6);
    assert_eq!(beside_output_biases(weights(&trainer)), beside_output_biases(after_epoch[report.best].clone()));
}

#[test]
fn a_metric_that_is_undefined_on_the_validation_rows_is_named_with_its_reason() {
    for (metric, reason) in [("auc.ctavr", "the model does not predict it"), ("auc.nothing", "has no such task")] {
        let (opened, plan) = overfitting(metric, 1);
        let prepared = Prepared::new(&opened.log, &plan).unwrap();
        let mut trainer = trainer(&plan, &prepared);
        while !trainer.at_epoch_end() {
            trainer.step().unwrap();
        }
        let error = pollster::block_on(trainer.end_epoch(&opened.log)).unwrap_err();
        assert!(matches!(&error, EngineError::StopMetric { .. }) && error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn a_clipped_step_of_sgd_is_no_longer_than_the_norm_times_the_rate() {
    for lazy_embeddings in [true, false] {
        for clip_norm in [Some(0.05), Some(1e4), None] {
            let mut plan = plan(esmm());
            plan.training.optimizer = OptimizerKind::Sgd;
            plan.training.learning_rate = 0.5;
            plan.training.clip_norm = clip_norm;
            plan.training.lazy_embeddings = lazy_embeddings;
            let prepared = prepared(&plan.model.tree, &LogShape::default(), 1);
            let mut trainer = trainer(&plan, &prepared);
            let before = weights(&trainer);
            trainer.step().unwrap();
            let after = weights(&trainer);
            let values =
                |weights: &Weights| -> Vec<f32> { weights.tensors.iter().flat_map(|t| t.values.clone()).collect() };
            let moved: f64 =
                values(&before).iter().zip(values(&after)).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt();
            if clip_norm == Some(0.05) {
                assert!((moved - 0.025).abs() < 1e-5, "lazy {lazy_embeddings}: {moved}");
            } else {
                assert!(moved > 0.03, "lazy {lazy_embeddings}, {clip_norm:?}: {moved}");
            }
        }
    }
}

#[test]
fn a_positive_weight_multiplies_the_predicted_odds() {
    // One category alone: the model can only learn the base rate.
    let shape = LogShape { rows: 400, train_rows: 400, categories: vec![], n_dense: 1 };
    for weight in [1.0, 4.0] {
        let mut plan = plan(esmm());
        plan.network.hidden = vec![];
        plan.training.epochs = Some(400);
        plan.training.batch_size = Some(400);
        plan.training.learning_rate = 0.05;
        plan.training.positive_weights = BTreeMap::from([("ctr".to_owned(), weight)]);
        let mut prepared = prepared(&plan.model.tree, &shape, 1);
        prepared.encoded.dense.fill(0.5);
        let mut trainer = trainer(&plan, &prepared);
        while !trainer.is_finished() {
            trainer.step().unwrap();
        }
        let clicks = prepared.labels[0].iter().filter(|&&click| click).count() as f64;
        let odds = clicks / (400.0 - clicks);
        let logit = f64::from(pollster::block_on(trainer.logits(&[0])).unwrap()[0]);
        assert!((logit.exp() / (weight * odds) - 1.0).abs() < 0.01, "weight {weight}: odds {}, {odds}", logit.exp());
    }
}

#[test]
fn options_at_their_inactive_values_change_no_bit() {
    type Change = fn(&mut TrainPlan);
    let train = |change: Change| {
        let mut plan = plan(esmm());
        change(&mut plan);
        let prepared = prepared(&plan.model.tree, &LogShape::default(), 1);
        let mut trainer = trainer(&plan, &prepared);
        while !trainer.is_finished() {
            trainer.step().unwrap();
        }
        weights(&trainer)
    };
    let plain = train(|_| {});
    let inactive: [(&str, Change); 4] = [
        ("a norm that clips nothing", |plan| plan.training.clip_norm = Some(1e4)),
        ("positive weights of 1", |plan| plan.training.positive_weights = [("ctr".to_owned(), 1.0)].into()),
        ("AdamW without decay", |plan| plan.training.optimizer = OptimizerKind::AdamW),
        ("a schedule with the floor 1", |plan| {
            plan.training.schedule = Schedule::Linear;
            plan.training.schedule_floor = 1.0;
        }),
    ];
    for (what, change) in inactive {
        assert_eq!(train(change), plain, "{what}");
    }
    let active: [(&str, Change); 5] = [
        ("SGD", |plan| plan.training.optimizer = OptimizerKind::Sgd),
        ("a decay of the towers", |plan| plan.training.weight_decay = 0.1),
        ("a decay of the embeddings", |plan| plan.training.embedding_decay = Some(0.1)),
        ("a warm-up", |plan| plan.training.warm_up_epochs = 1.0),
        ("a cosine", |plan| plan.training.schedule = Schedule::Cosine),
    ];
    for (what, change) in active {
        assert_ne!(train(change), plain, "{what}");
    }
}
