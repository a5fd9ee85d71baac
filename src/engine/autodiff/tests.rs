//! Both engines' steps against the one that Burn differentiates.

use std::collections::BTreeMap;

use crate::domain::features::Prepared;
use crate::domain::log::{ImpressionLog, OpenedLog, ReadOptions, read_table};
use crate::domain::spec::{
    EarlyStopping, FeatureSpec, ModelSpec, NetworkSpec, NumericalEncoding, Objective, OptimizerKind, Pooling, RunSpec,
    TrainPlan, TrainingSpec, model_preset, model_presets,
};
use crate::domain::synth::{SynthSpec, generate};
use crate::engine::{EngineDevice, Trainer};

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

fn values(trainer: &Trainer) -> Vec<Vec<f32>> {
    let weights = pollster::block_on(trainer.weights()).expect("read back");
    weights.tensors.into_iter().map(|tensor| tensor.values).collect()
}

/// Trains a few steps both ways and compares losses and weights.
fn assert_same(log: &ImpressionLog, model: &ModelSpec, spec: &RunSpec, what: &str) {
    let plan = spec.plan(model, 7);
    let prepared = Prepared::new(log, &plan).expect(what);
    assert_same_steps(&plan, &prepared, what);
}

/// Plain steps show a gradient's size, which Adam's hide.
fn plain(training: &TrainingSpec) -> TrainingSpec {
    TrainingSpec { optimizer: OptimizerKind::Sgd, learning_rate: 1.0, ..training.clone() }
}

fn assert_same_steps(plan: &TrainPlan, prepared: &Prepared, what: &str) {
    let gpu = pollster::block_on(EngineDevice::webgpu()).expect("a GPU");
    for (device, of) in [(EngineDevice::cpu(), "CPU"), (gpu, "GPU")] {
        assert_same_steps_on(&device, plan, prepared, &format!("{what}, {of}"));
    }
}

fn assert_same_steps_on(device: &EngineDevice, plan: &TrainPlan, prepared: &Prepared, what: &str) {
    let burn = EngineDevice::flex();
    let [mut own, mut burns] = [device, &burn].map(|device| Trainer::new(device, plan, prepared).expect(what));
    for step in 0..4 {
        let before = values(&burns);
        let rows = own.next_batch().to_vec();
        let gradients = [&mut own, &mut burns].map(|trainer| pollster::block_on(trainer.gradients(&rows)).expect(what));
        for (own, burns) in gradients[0].tensors.iter().zip(&gradients[1].tensors) {
            let largest = burns.values.iter().fold(0.0f32, |most, slope| most.max(slope.abs()));
            for (own, burns) in own.values.iter().zip(&burns.values) {
                let near = (own - burns).abs() <= 1e-4 * largest + 1e-7;
                assert!(near, "{what}, step {step}, gradient: {own} is not {burns}, the largest is {largest}");
            }
        }
        own.step().expect(what);
        burns.step().expect(what);
        let (moved, expected) = (values(&own), values(&burns));
        assert_eq!(moved.len(), expected.len(), "{what}");
        for (at, ((moved, expected), before)) in moved.iter().zip(&expected).zip(&before).enumerate() {
            assert_eq!(moved.len(), expected.len(), "{what}, tensor {at}");
            let largest = expected.iter().zip(before).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            for (moved, expected) in moved.iter().zip(expected) {
                // What is left of numbers of the parameter's own size when they are added to it.
                let rounding = 1e-6 * expected.abs().max(0.1);
                let near = (moved - expected).abs() <= 5e-4 * largest + rounding;
                assert!(near, "{what}, step {step}, tensor {at}: {moved} is not {expected}, moves up to {largest}");
            }
        }
    }
    let logits = [&own, &burns].map(|trainer| pollster::block_on(trainer.tower_logits(&[0, 3, 5])).expect(what));
    for (own, burns) in logits[0].iter().zip(&logits[1]) {
        assert!((own - burns).abs() <= 1e-4 * burns.abs().max(0.1), "{what}, logit: {own} is not {burns}");
    }
    let [own, burns]: [Vec<BTreeMap<String, f64>>; 2] = [own, burns].map(|mut trainer| {
        let curve = pollster::block_on(trainer.take_losses()).expect(what);
        curve.into_iter().map(|point| point.losses).collect()
    });
    assert_eq!((own.len(), burns.len()), (4, 4), "{what}");
    for (step, (own, burns)) in own.iter().zip(&burns).enumerate() {
        for (key, value) in burns {
            let near = (own[key] - value).abs() <= 1e-4 * value.abs().max(0.1);
            assert!(near, "{what}, step {step}: {key} is {} and not {value}", own[key]);
        }
    }
}

fn small_training() -> TrainingSpec {
    TrainingSpec { batch_size: Some(96), epochs: Some(2), ..TrainingSpec::default() }
}

fn small(network: NetworkSpec, training: TrainingSpec) -> RunSpec {
    let network = NetworkSpec { embedding_size: 4, hidden: vec![6, 5], ..network };
    let small = small_training();
    let training = TrainingSpec { batch_size: small.batch_size, epochs: small.epochs, learning_rate: 0.01, ..training };
    RunSpec { network, training, ..RunSpec::default() }
}

#[test]
fn every_objective_moves_as_burn_moves_it() {
    let log = generated();
    let spec = RunSpec { training: plain(&small_training()), ..small(NetworkSpec::default(), TrainingSpec::default()) };
    let mut n_models = 0;
    for preset in model_presets() {
        let model = model_preset(&preset.name).expect("a preset");
        let plan = spec.plan(&model, 7);
        // Four ask for labels that this log has not.
        if let (Ok(mut prepared), false) =
            (Prepared::new(&log, &plan), matches!(model.objective, Objective::BoostedTrees { .. }))
        {
            assert_same_steps(&plan, &prepared, &preset.name);
            prepared.weights = (0..log.n_rows).map(|row| 0.5 + (row % 4) as f64 / 3.0).collect();
            assert_same_steps(&plan, &prepared, &format!("{}, weighted", preset.name));
            n_models += 1;
        }
    }
    assert_eq!(n_models, 12);
}

#[test]
fn every_option_moves_as_burn_moves_it() {
    let (logs, esm2) = ([generated(), with_lists()], model_preset("esm2").expect("a preset"));
    let (network, training) = (NetworkSpec::default(), TrainingSpec::default());
    let options = [
        ("sums", NetworkSpec { pooling: Pooling::SumByGroup, ..network.clone() }, plain(&training)),
        ("concatenated", NetworkSpec { pooling: Pooling::Concatenate, ..network.clone() }, training.clone()),
        ("tables apart", NetworkSpec { share_embeddings: false, ..network.clone() }, plain(&training)),
        ("dropout", NetworkSpec { dropout: 0.3, ..network.clone() }, plain(&training)),
        (
            "tables apart, dropout, whole tables",
            NetworkSpec { share_embeddings: false, dropout: 0.3, ..network.clone() },
            TrainingSpec { lazy_embeddings: false, ..plain(&training) },
        ),
        ("clipped", network.clone(), TrainingSpec { clip_norm: Some(0.01), ..plain(&training) }),
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
fn a_run_that_diverges_goes_back_to_its_last_good_state() {
    let log = generated();
    let esmm = model_preset("esmm").expect("a preset");
    let gpu = pollster::block_on(EngineDevice::webgpu()).expect("a GPU");
    for device in [EngineDevice::cpu(), gpu] {
        let plan = RunSpec { training: plain(&small_training()), ..RunSpec::default() }.plan(&esmm, 7);
        let prepared = Prepared::new(&log, &plan).expect("a log");
        let mut trainer = Trainer::new(&device, &plan, &prepared).expect("a trainer");
        trainer.step().expect("a step");
        pollster::block_on(trainer.take_losses()).expect("finite");
        let good = values(&trainer);
        trainer.set_learning_rate(1e30);
        for _ in 0..4 {
            trainer.step().expect("a step");
        }
        let diverged = pollster::block_on(trainer.take_losses());
        assert!(matches!(diverged, Err(crate::engine::EngineError::Diverged { .. })), "{diverged:?}");
        assert_eq!((values(&trainer), trainer.position().step), (good, 1));
    }
}

#[test]
fn a_run_that_is_put_aside_on_one_device_goes_on_on_another() {
    let log = generated();
    let esm2 = model_preset("esm2").expect("a preset");
    let rule = EarlyStopping { metric: "logloss.ctr".into(), patience: 9, min_change: 0.0 };
    let training = TrainingSpec { early_stopping: Some(rule), ..small_training() };
    let mut plan = RunSpec { training, ..RunSpec::default() }.plan(&esm2, 7);
    plan.split.validation_share = 0.2;
    let prepared = Prepared::new(&log, &plan).expect("a log");
    let gpu = pollster::block_on(EngineDevice::webgpu()).expect("a GPU");
    let cpu = EngineDevice::cpu();
    for (from, to, what) in [(&gpu, &cpu, "to the CPU"), (&cpu, &gpu, "to the GPU"), (&gpu, &gpu, "on the GPU")] {
        let [mut first, mut second] = [from, to].map(|device| Trainer::new(device, &plan, &prepared).expect(what));
        let mut best = Vec::new();
        // Beyond the first epoch, whose state is the best.
        while best.is_empty() || first.at_epoch_end() {
            first.step().expect(what);
            if first.at_epoch_end() {
                pollster::block_on(first.end_epoch(&log)).expect(what);
                best = values(&first);
            }
        }
        pollster::block_on(first.take_losses()).expect(what);
        let kept = pollster::block_on(first.checkpoint()).expect(what).expect(what);
        assert!(second.go_on(kept), "{what}");
        assert_eq!((values(&second), second.position()), (values(&first), first.position()), "{what}");
        for trainer in [&mut first, &mut second] {
            trainer.step().expect(what);
            trainer.step().expect(what);
        }
        let losses = [&mut first, &mut second].map(|one| pollster::block_on(one.take_losses()).expect(what));
        assert_eq!(losses[0].len(), 2, "{what}");
        for (own, others) in losses[0].iter().zip(&losses[1]) {
            assert_eq!(own.step, others.step, "{what}");
            for (key, own) in &own.losses {
                let other = others.losses[key];
                // The moments went along: without them the second step would move elsewhere.
                assert!((own - other).abs() <= 1e-5 * own.abs().max(1e-3), "{what}, {key}: {own} is not {other}");
            }
        }
        second.restore_best();
        assert_eq!(values(&second), best, "{what}: the best state");
    }
}

#[test]
fn numbers_alone_need_no_table() {
    let mut log = with_lists();
    log.features.retain(|feature| feature.name == "price");
    let features = FeatureSpec { numerical: NumericalEncoding::Tanh, ..FeatureSpec::default() };
    let spec = RunSpec { features, ..small(NetworkSpec::default(), TrainingSpec::default()) };
    let esmm = model_preset("esmm").expect("a preset");
    assert_same(&log, &esmm, &spec, "numbers alone");
    let network = NetworkSpec { hidden: Vec::new(), ..spec.network.clone() };
    assert_same(&log, &esmm, &RunSpec { network, ..spec }, "no hidden layer");
}
