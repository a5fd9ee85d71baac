//! Whole runs: reproducible, lazy, recoverable.

use esmm_playground::domain::report::CurvePoint;
use esmm_playground::domain::spec::{Objective, SpecError, TrainPlan, WeightedEvent};
use esmm_playground::engine::{EngineDevice, EngineError, Trainer, Weights};

use super::support::{LogShape, esm2, esmm, naive, plan, prepared, trainer};

/// Trains to the end; reads losses every `read_every` steps.
fn run(trainer: &mut Trainer, read_every: u64) -> Vec<CurvePoint> {
    let mut curve = Vec::new();
    while !trainer.is_finished() {
        trainer.step().unwrap();
        if trainer.position().step.is_multiple_of(read_every) {
            curve.extend(pollster::block_on(trainer.take_losses()).unwrap());
        }
    }
    curve.extend(pollster::block_on(trainer.take_losses()).unwrap());
    curve
}

fn weights(trainer: &Trainer) -> Weights {
    pollster::block_on(trainer.weights()).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_bits_however_often_losses_are_read() {
    for dropout in [0.0, 0.3] {
        let mut plan = plan(esmm());
        plan.network.dropout = dropout;
        let prepared = prepared(&plan.model.tree, &LogShape::default(), 1);
        let (mut one, mut two) = (trainer(&plan, &prepared), trainer(&plan, &prepared));
        assert_eq!(run(&mut one, 1), run(&mut two, 5));
        assert_eq!(weights(&one), weights(&two));

        plan.seed += 1;
        let mut other = trainer(&plan, &prepared);
        run(&mut other, 5);
        assert_ne!(weights(&one), weights(&other));
    }
}

#[test]
fn every_model_learns_to_beat_its_start() {
    for model in [esmm(), esm2(), naive()] {
        let mut plan = plan(model);
        plan.training.epochs = Some(20);
        let prepared = prepared(&plan.model.tree, &LogShape::default(), 1);
        let curve = run(&mut trainer(&plan, &prepared), 50);
        let mean = |points: &[CurvePoint]| {
            points.iter().map(|point| point.losses["loss.total"]).sum::<f64>() / points.len() as f64
        };
        let (start, end) = (mean(&curve[..7]), mean(&curve[curve.len() - 7..]));
        assert!(end < 0.9 * start, "{}: {start} to {end}", plan.model.name);
    }
}

#[test]
fn position_and_curve_count_the_smaller_last_batch() {
    let plan = plan(esmm()); // 200 rows in batches of 32: seven steps an epoch, the last one of 8 rows
    let prepared = prepared(&plan.model.tree, &LogShape::default(), 1);
    let mut trainer = trainer(&plan, &prepared);
    let mut seen = Vec::new();
    for _ in 0..7 {
        assert!(!trainer.at_epoch_end());
        seen.extend_from_slice(trainer.next_batch());
        trainer.step().unwrap();
    }
    assert!(trainer.at_epoch_end());
    let position = trainer.position();
    assert_eq!((position.step, position.total_steps, position.epoch, position.rows_seen), (7, 21, 1.0, 200));
    seen.sort_unstable();
    assert_eq!(seen, prepared.split.train, "an epoch is every training row once");

    let curve = run(&mut trainer, 100);
    let steps: Vec<(u64, f64)> = curve.iter().map(|point| (point.step, point.epoch)).collect();
    assert_eq!((steps.len(), steps[0], steps[6], steps[20]), (21, (1, 0.16), (7, 1.0), (21, 3.0)));
    let names: Vec<&str> = curve[0].losses.keys().map(String::as_str).collect();
    assert_eq!(names, ["loss.ctcvr", "loss.ctr", "loss.total"]);

    trainer.step().unwrap();
    assert_eq!(trainer.position().step, 21, "a finished run stands still");
}

#[test]
fn lazy_adam_moves_the_rows_of_the_batch_and_no_other() {
    for share_embeddings in [true, false] {
        let mut plan = plan(esmm());
        plan.network.share_embeddings = share_embeddings;
        let shape = LogShape { categories: vec![100, 30], ..LogShape::default() };
        let prepared = prepared(&plan.model.tree, &shape, 1);
        let mut trainer = trainer(&plan, &prepared);
        for _ in 0..3 {
            let before = weights(&trainer);
            let batch = trainer.next_batch().to_vec();
            trainer.step().unwrap();
            let after = weights(&trainer);
            for (tensor, moved) in before.tensors.iter().zip(&after.tensors) {
                let Some(field) = ["field_0", "field_1"].iter().position(|field| tensor.name.contains(field)) else {
                    continue;
                };
                for id in 0..tensor.shape[0] {
                    let is_used = batch.iter().any(|&row| prepared.encoded.ids[row as usize * 2 + field] == id as u32);
                    let row = id * plan.network.embedding_size..(id + 1) * plan.network.embedding_size;
                    let has_moved = tensor.values[row.clone()] != moved.values[row];
                    assert_eq!(has_moved, is_used, "{} row {id}", tensor.name);
                }
            }
        }
    }
}

#[test]
fn dense_adam_moves_rows_by_their_momentum_too() {
    let mut plan = plan(esmm());
    plan.training.lazy_embeddings = false;
    plan.training.batch_size = Some(2);
    let shape = LogShape { categories: vec![3], train_rows: 40, ..LogShape::default() };
    let prepared = prepared(&plan.model.tree, &shape, 1);
    let mut trainer = trainer(&plan, &prepared);
    let mut moved_by_momentum = 0;
    for _ in 0..6 {
        let before = weights(&trainer);
        let batch = trainer.next_batch().to_vec();
        trainer.step().unwrap();
        let after = weights(&trainer);
        let (before, after) = (&before.tensors[0].values, &after.tensors[0].values);
        for id in 0..5 {
            let is_used = batch.iter().any(|&row| prepared.encoded.ids[row as usize] == id as u32);
            let row = id * 4..(id + 1) * 4;
            moved_by_momentum += usize::from(!is_used && before[row.clone()] != after[row]);
        }
    }
    assert!(moved_by_momentum > 0);
}

#[test]
fn divergence_names_the_step_and_keeps_the_last_good_state() {
    let mut plan = plan(esmm());
    plan.training.learning_rate = 1e30;
    let prepared = prepared(&plan.model.tree, &LogShape::default(), 1);
    let mut trainer = trainer(&plan, &prepared);
    let start = weights(&trainer);
    for _ in 0..6 {
        trainer.step().unwrap();
    }
    let error = pollster::block_on(trainer.take_losses()).unwrap_err();
    let EngineError::Diverged { step, remedy, .. } = &error else { panic!("{error:?}") };
    assert!((2..=6).contains(step), "{error}");
    assert!(remedy.contains("learning rate"));
    assert_eq!(trainer.position().step, 0);
    assert_eq!(weights(&trainer), start);
    assert!(pollster::block_on(trainer.logits(&[0, 1])).unwrap().iter().all(|logit| logit.is_finite()));
}

#[test]
fn logits_do_not_depend_on_the_rows_beside_them() {
    let plan = plan(esm2());
    let shape = LogShape { rows: 9000, train_rows: 100, ..LogShape::default() };
    let prepared = prepared(&plan.model.tree, &shape, 1);
    let trainer = trainer(&plan, &prepared);
    let rows: Vec<u32> = (0..9000).rev().collect();
    let all = pollster::block_on(trainer.logits(&rows)).unwrap();
    assert_eq!(all.len(), 9000 * 4);
    for row in [0usize, 4095, 4096, 8999] {
        let alone = pollster::block_on(trainer.logits(&rows[row..=row])).unwrap();
        for (a, b) in alone.iter().zip(&all[row * 4..row * 4 + 4]) {
            assert!((a - b).abs() < 1e-6);
        }
    }
}

#[test]
fn weights_go_through_safetensors_and_back() {
    let plan = plan(esm2());
    let prepared = prepared(&plan.model.tree, &LogShape::default(), 1);
    let mut one = trainer(&plan, &prepared);
    run(&mut one, 50);
    let weights = weights(&one);
    let bytes = weights.to_safetensors().unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.len(), weights.tensors.len());
    for tensor in &weights.tensors {
        let view = file.tensor(&tensor.name).unwrap();
        let values: Vec<u8> = tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        assert_eq!((view.shape(), view.data()), (tensor.shape.as_slice(), values.as_slice()), "{}", tensor.name);
    }
    assert_eq!(weights.get("embedding.field_0.weight").unwrap().shape, [14, 4]);
    assert_eq!(weights.get("tower.y3.2.weight").unwrap().shape, [6, 1]);
    assert_eq!(weights.get("tower.y3.0.bias").unwrap().shape, [8]);

    let mut two = trainer(&TrainPlan { seed: 99, ..plan.clone() }, &prepared);
    two.set_weights(&weights).unwrap();
    let logits = |trainer: &Trainer| pollster::block_on(trainer.logits(&[3, 5, 8])).unwrap();
    assert_eq!(logits(&one), logits(&two));
    assert!(matches!(two.set_weights(&Weights::default()), Err(EngineError::Weights(_))));
}

#[test]
fn what_cannot_be_trained_is_refused_with_what_to_do() {
    let device = EngineDevice::cpu();
    let refused = |plan: &TrainPlan, shape: &LogShape| {
        Trainer::new(&device, plan, &prepared(&plan.model.tree, shape, 1)).err().unwrap()
    };
    let supervising = |events: &[&str]| {
        let events = events.iter().map(|event| WeightedEvent { event: (*event).into(), weight: 1.0 }).collect();
        let mut plan = plan(esmm());
        plan.model.objective = Objective::entire_space(events);
        plan
    };
    let shape = LogShape::default();
    assert!(matches!(refused(&supervising(&[]), &shape), EngineError::Model(SpecError::NoObjective { .. })));
    assert!(matches!(refused(&supervising(&["refund"]), &shape), EngineError::Model(SpecError::UnknownEvent { .. })));
    assert!(matches!(refused(&supervising(&["cvr"]), &shape), EngineError::Model(SpecError::ConditionedEvent { .. })));
    let empty = LogShape { train_rows: 0, ..LogShape::default() };
    assert_eq!(refused(&plan(esmm()), &empty), EngineError::NoTrainingRow);
    let bare = LogShape { categories: vec![], n_dense: 0, ..LogShape::default() };
    assert_eq!(refused(&plan(esmm()), &bare), EngineError::NoFeature);
}

#[test]
fn the_cpu_passes_the_warm_up_that_a_gpu_must_pass() {
    assert_eq!(pollster::block_on(esmm_playground::engine::warm_up(&EngineDevice::cpu())), Ok(()));
}
