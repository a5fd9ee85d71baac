//! A run ends by solving for its towers' output biases.

use std::collections::BTreeMap;

use esmm_playground::domain::behavior::reference::sigmoid;
use esmm_playground::domain::features::Prepared;
use esmm_playground::domain::log::ImpressionLog;
use esmm_playground::domain::spec::{Draws, ModelSpec, model_preset};
use esmm_playground::engine::{Trainer, Weights};

use super::objectives::models;
use super::support::{LogShape, assert_close, esm2, esmm, naive, plan, prepared, trainer};

/// Trains for three epochs: the trainer, and its weights before and after its end.
fn ended(model: ModelSpec) -> (Trainer, Prepared, Weights, Weights) {
    let plan = plan(model);
    let prepared = prepared(&plan.model.tree, &LogShape::default(), 1);
    let mut trainer = trainer(&plan, &prepared);
    while !trainer.is_finished() {
        trainer.step().unwrap();
        end_epoch(&mut trainer); // before the last: nothing happens
    }
    let after = weights(&trainer);
    let mut without = self::trainer(&plan, &prepared);
    while !without.is_finished() {
        without.step().unwrap();
    }
    (trainer, prepared, weights(&without), after)
}

fn end_epoch(trainer: &mut Trainer) {
    pollster::block_on(trainer.end_epoch(&ImpressionLog::default())).unwrap();
}

fn weights(trainer: &Trainer) -> Weights {
    pollster::block_on(trainer.weights()).unwrap()
}

/// Mean over `rows` of what `of` makes of a row's logits.
fn mean(trainer: &Trainer, rows: &[u32], of: impl Fn(&[f64]) -> f64) -> f64 {
    let logits: Vec<f64> = pollster::block_on(trainer.logits(rows)).unwrap().into_iter().map(f64::from).collect();
    logits.chunks_exact(logits.len() / rows.len()).map(of).sum::<f64>() / rows.len() as f64
}

#[test]
fn the_loss_over_all_training_rows_is_flat_along_every_output_bias() {
    // Rejection sampling draws anew at each step: below.
    for model in models().into_iter().filter(|model| model.objective.draws() != Draws::PerStep) {
        let (trainer, prepared, _, _) = ended(model.clone());
        let gradients = pollster::block_on(trainer.gradients(&prepared.split.train)).unwrap();
        for question in &model.tree.questions {
            let bias = gradients.get(&format!("tower.{}.2.bias", question.name));
            let Some(bias) = bias else { continue }; // answered by a ratio of towers
            assert!(bias.values[0].abs() < 2e-5, "{}: {}: {:?}", model.name, question.name, bias.values);
        }
    }
}

#[test]
fn clicks_weigh_as_often_as_rejection_sampling_keeps_them() {
    let (trainer, prepared, _, _) = ended(model_preset("unbias").unwrap());
    let clicked: Vec<u32> =
        prepared.split.train.iter().copied().filter(|&row| prepared.labels[0][row as usize]).collect();
    let weight = |z: &[f64]| 1.0 / sigmoid(z[0]);
    let predicted = mean(&trainer, &clicked, |z| weight(z) * sigmoid(z[1]));
    let weights: Vec<f64> = clicked.iter().map(|&row| mean(&trainer, &[row], weight)).collect();
    let bought = clicked.iter().zip(&weights).filter(|(row, _)| prepared.labels[1][**row as usize]);
    let trained_on = bought.map(|(_, weight)| weight).sum::<f64>() / clicked.len() as f64;
    assert_close(predicted, trained_on, 2e-5, "unbias");
}

#[test]
fn nothing_but_output_biases_moves_and_they_move_once() {
    for model in [esmm(), esm2(), naive()] {
        let (mut trainer, _, before, after) = ended(model);
        let mut moved = BTreeMap::new();
        for (before, after) in before.tensors.iter().zip(&after.tensors) {
            assert_eq!(before.name, after.name);
            if before != after {
                moved.insert(before.name.clone(), before.values.len());
            }
        }
        assert!(moved.keys().all(|name| name.ends_with(".2.bias")), "{moved:?}");
        assert!(!moved.is_empty());
        end_epoch(&mut trainer);
        assert_eq!(weights(&trainer), after);
    }
}
