//! The CPU engine's own step against the one that Burn differentiates.

use super::*;
use crate::domain::log::{ImpressionLog, OpenedLog, ReadOptions, read_table};
use crate::domain::spec::{
    FeatureSpec, ModelSpec, NetworkSpec, NumericalEncoding, OptimizerKind, Pooling, RunSpec, TrainingSpec,
    model_preset, model_presets,
};
use crate::domain::synth::{SynthSpec, generate};

fn generated() -> ImpressionLog {
    let synth = SynthSpec { rows: 400, users: 120, ctr: 0.4, cvr: 0.4, ..SynthSpec::default() };
    let generated = generate(&synth);
    OpenedLog::from_table(generated.table, Some(generated.roles)).expect("a log").log
}

/// A log with lists, numbers and words.
fn with_lists() -> ImpressionLog {
    let tags = ["a|b", "b", "c|a|b", "c", "b|c", "a", "a|c"];
    let row = |row: usize| {
        let (click, cart) = (u8::from(row.is_multiple_of(3)), u8::from(row.is_multiple_of(6)));
        let bought = u8::from(row.is_multiple_of(12));
        format!("u{},{},{},{click},{cart},{bought}\n", row % 17, tags[row % 7], (row * 31 % 47) as f64 / 7.0)
    };
    let csv: String = (0..400).map(row).collect();
    let read =
        read_table(format!("user_id,tags,price,click,cart,conversion\n{csv}").as_bytes(), &ReadOptions::default());
    OpenedLog::from_table(read.expect("a table").table, None).expect("a log").log
}

fn values(network: &Network) -> Vec<Vec<f32>> {
    let merged = pollster::block_on(network.read()).expect("read back");
    [merged.table].into_iter().chain(merged.layers.into_iter().flat_map(|(weight, bias)| [weight, bias])).collect()
}

/// Trains a few steps both ways and compares losses and weights.
fn assert_same(log: &ImpressionLog, model: &ModelSpec, spec: &RunSpec, what: &str) {
    let plan = spec.plan(model, 7);
    let prepared = Prepared::new(log, &plan).expect(what);
    assert_same_steps(&plan, &prepared, what);
}

fn assert_same_steps(plan: &TrainPlan, prepared: &Prepared, what: &str) {
    let device = EngineDevice::cpu();
    let [mut own, mut burns] = [(); 2].map(|()| Trainer::new(&device, plan, prepared).expect(what));
    for step in 0..4 {
        let batch = own.next_batch().to_vec();
        let of_own = own.step_in_memory(&batch).expect(what);
        own.ledger.push_values(of_own);
        let of_burn = burns.step_on_device(&batch).expect(what);
        burns.ledger.push(of_burn);
        let tables = values(&own.network).into_iter().zip(values(&burns.network));
        for (at, (own, burns)) in tables.enumerate() {
            for (own, burns) in own.iter().zip(&burns) {
                // Adam divides by the root of a square: where a gradient is all rounding, so is the direction.
                let near = (own - burns).abs() <= 2e-4 * burns.abs().max(0.1);
                assert!(near, "{what}, step {step}, tensor {at}: {own} is not {burns}");
            }
        }
    }
    let [own, burns] = [own, burns].map(|mut trainer| pollster::block_on(trainer.take_losses()).expect(what));
    for (own, burns) in own.iter().zip(&burns) {
        for (key, value) in &burns.losses {
            let near = (own.losses[key] - value).abs() <= 1e-4 * value.abs().max(0.1);
            assert!(near, "{what}, step {}: {key} is {} and not {value}", own.step, own.losses[key]);
        }
    }
}

fn small(network: NetworkSpec, training: TrainingSpec) -> RunSpec {
    let network = NetworkSpec { embedding_size: 4, hidden: vec![6, 5], ..network };
    let training = TrainingSpec { batch_size: Some(96), epochs: Some(2), learning_rate: 0.01, ..training };
    RunSpec { network, training, ..RunSpec::default() }
}

#[test]
fn every_objective_moves_as_burn_moves_it() {
    let log = generated();
    let spec = small(NetworkSpec::default(), TrainingSpec::default());
    let mut n_models = 0;
    for preset in model_presets() {
        let model = model_preset(&preset.name).expect("a preset");
        let plan = spec.plan(&model, 7);
        // Two ask for labels that this log has not.
        if let (Ok(prepared), false) =
            (Prepared::new(&log, &plan), matches!(model.objective, Objective::BoostedTrees { .. }))
        {
            assert_same_steps(&plan, &prepared, &preset.name);
            n_models += 1;
        }
    }
    assert!(n_models > 10, "{n_models} models");
}

#[test]
fn every_option_moves_as_burn_moves_it() {
    let (logs, esm2) = ([generated(), with_lists()], model_preset("esm2").expect("a preset"));
    let (network, training) = (NetworkSpec::default(), TrainingSpec::default());
    let options = [
        ("sums", NetworkSpec { pooling: Pooling::SumByGroup, ..network.clone() }, training.clone()),
        ("concatenated", NetworkSpec { pooling: Pooling::Concatenate, ..network.clone() }, training.clone()),
        ("tables apart", NetworkSpec { share_embeddings: false, ..network.clone() }, training.clone()),
        ("dropout", NetworkSpec { dropout: 0.3, ..network.clone() }, training.clone()),
        ("clipped", network.clone(), TrainingSpec { clip_norm: Some(0.01), ..training.clone() }),
        ("whole table", network.clone(), TrainingSpec { lazy_embeddings: false, ..training.clone() }),
        ("decay", network.clone(), TrainingSpec { weight_decay: 0.1, embedding_decay: Some(0.1), ..training.clone() }),
        (
            "AdamW",
            network.clone(),
            TrainingSpec { optimizer: OptimizerKind::AdamW, weight_decay: 0.1, ..training.clone() },
        ),
        ("SGD", network, TrainingSpec { optimizer: OptimizerKind::Sgd, momentum: 0.9, weight_decay: 0.1, ..training }),
    ];
    for log in &logs {
        for (what, network, training) in &options {
            for numerical in [NumericalEncoding::Buckets, NumericalEncoding::Tanh] {
                let features = FeatureSpec { numerical, ..FeatureSpec::default() };
                let spec = RunSpec { features, ..small(network.clone(), training.clone()) };
                assert_same(log, &esm2, &spec, what);
            }
        }
    }
}

#[test]
fn numbers_alone_need_no_table() {
    let mut log = with_lists();
    log.features.retain(|feature| feature.name == "price");
    let features = FeatureSpec { numerical: NumericalEncoding::Tanh, ..FeatureSpec::default() };
    let spec = RunSpec { features, ..small(NetworkSpec::default(), TrainingSpec::default()) };
    assert_same(&log, &model_preset("esmm").expect("a preset"), &spec, "numbers alone");
}
