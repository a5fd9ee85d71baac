//! A run ends by solving for its towers' output biases.

use std::collections::BTreeMap;

use esmm_playground::domain::behavior::reference::sigmoid;
use esmm_playground::domain::features::Prepared;
use esmm_playground::domain::log::{ImpressionLog, OpenedLog};
use esmm_playground::domain::spec::{Draws, ModelSpec, NetworkSpec, RunSpec, TrainPlan, model_preset};
use esmm_playground::domain::synth::{SynthSpec, generate};
use esmm_playground::engine::{Trainer, Weights};

use super::objectives::models;
use super::support::{LogShape, assert_close, esm2, esmm, naive, plan, prepared, trainer};

/// A run that has ended, and its weights before and after it did.
pub struct Ended {
    model: ModelSpec,
    n_hidden: usize,
    trainer: Trainer,
    before: Weights,
    after: Weights,
}

impl Ended {
    /// Trains for three epochs.
    pub fn new(model: &ModelSpec, prepared: &Prepared) -> Self {
        Self::of(&plan(model.clone()), prepared)
    }

    fn of(plan: &TrainPlan, prepared: &Prepared) -> Self {
        let mut trainer = trainer(plan, prepared);
        while !trainer.is_finished() {
            trainer.step().unwrap();
            end_epoch(&mut trainer); // before the last: nothing happens
        }
        let after = weights(&trainer);
        let mut without = self::trainer(plan, prepared);
        while !without.is_finished() {
            without.step().unwrap();
        }
        Self {
            model: plan.model.clone(),
            n_hidden: plan.network.hidden.len(),
            trainer,
            before: weights(&without),
            after,
        }
    }

    /// What solving moved a tower's output bias by; `None` when no tower answers the question.
    fn moved(&self, question: &str) -> Option<f64> {
        let name = format!("tower.{question}.{}.bias", self.n_hidden);
        let of = |weights: &Weights| {
            let found = weights.tensors.iter().find(|tensor| tensor.name == name);
            found.map(|tensor| f64::from(tensor.values[0]))
        };
        Some(of(&self.after)? - of(&self.before)?)
    }

    /// Of the loss's slope along an output bias over all training rows: what the prior asks of it, a normal distribution
    /// of two logits around where the run left it.
    fn slope_of_prior(&self, question: &str, n_rows: usize) -> Option<f64> {
        Some(self.moved(question)? / (4.0 * n_rows as f64))
    }

    /// Holds the loss over all training rows to be flat along every output bias but for the prior.
    pub fn check(&self, prepared: &Prepared) {
        let rows = &prepared.split.train;
        let gradients = pollster::block_on(self.trainer.gradients(rows)).unwrap();
        for question in &self.model.tree.questions {
            let Some(of_prior) = self.slope_of_prior(&question.name, rows.len()) else { continue }; // a ratio of towers
            let slope =
                f64::from(gradients.get(&format!("tower.{}.{}.bias", question.name, self.n_hidden)).unwrap().values[0])
                    + of_prior;
            assert!(slope.abs() < 2e-5, "{}: {}: {slope}, {of_prior} by the prior", self.model.name, question.name);
        }
    }
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
fn the_loss_over_all_training_rows_is_flat_along_every_output_bias_but_for_the_prior() {
    // Rejection sampling draws anew at each step: below.
    for model in models().into_iter().filter(|model| model.objective.draws() != Draws::PerStep) {
        let prepared = prepared(&model.tree, &LogShape::default(), 1);
        Ended::new(&model, &prepared).check(&prepared);
    }
}

#[test]
fn clicks_weigh_as_often_as_rejection_sampling_keeps_them() {
    let model = model_preset("unbias").unwrap();
    let prepared = prepared(&model.tree, &LogShape::default(), 1);
    let ended = Ended::new(&model, &prepared);
    let train = &prepared.split.train;
    let clicked: Vec<u32> = train.iter().copied().filter(|&row| prepared.labels[0][row as usize]).collect();
    let weight = |z: &[f64]| 1.0 / sigmoid(z[0]);
    let predicted = mean(&ended.trainer, &clicked, |z| weight(z) * sigmoid(z[1]));
    let weights: Vec<f64> = clicked.iter().map(|&row| mean(&ended.trainer, &[row], weight)).collect();
    let bought = clicked.iter().zip(&weights).filter(|(row, _)| prepared.labels[1][**row as usize]);
    let trained_on = bought.map(|(_, weight)| weight).sum::<f64>() / clicked.len() as f64;
    // The loss is a mean with these weights.
    let by_prior = ended.slope_of_prior("cvr", train.len()).unwrap() * mean(&ended.trainer, &clicked, weight);
    assert_close(predicted + by_prior, trained_on, 2e-5, "unbias");
}

#[test]
fn nothing_but_output_biases_moves_and_they_move_once() {
    for model in [esmm(), esm2(), naive()] {
        let prepared = prepared(&model.tree, &LogShape::default(), 1);
        let Ended { mut trainer, before, after, .. } = Ended::new(&model, &prepared);
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

/// ESM²'s y3 and y4 have a loss through their mixture alone: a run that has hardly begun says little of them, and its end must
/// not say more. Logs 4 and 5 have a saddle on the way, in log 6 the likelihood alone rises to a y3 of 1.
#[test]
fn what_few_purchases_hardly_tell_stays_near_where_the_run_left_it() {
    for seed in 1..=8 {
        let (users, items, segments) = (200, 100, [10, 5]);
        let synth = SynthSpec { rows: 3000, users, items, ctr: 0.3, cvr: 0.3, seed, ..SynthSpec::default() };
        let generated = generate(&SynthSpec { user_segments: segments, item_segments: segments, ..synth });
        let log = OpenedLog::from_table(generated.table, Some(generated.roles)).unwrap().log;
        let mut spec = RunSpec { models: vec![esm2()], ..RunSpec::default() };
        spec.network = NetworkSpec { embedding_size: 4, hidden: vec![4], ..NetworkSpec::default() };
        (spec.training.epochs, spec.training.batch_size) = (Some(1), Some(40));
        let plan = spec.plan(&spec.models[0], 1);
        let prepared = Prepared::new(&log, &plan).unwrap();
        let ended = Ended::of(&plan, &prepared);
        for question in ["y3", "y4"] {
            let moved = ended.moved(question).unwrap();
            assert!(moved.abs() < 2.0, "log {seed}: {question} moved by {moved}");
        }
        let train = &prepared.split.train;
        let clicks = train.iter().filter(|&&row| prepared.labels[0][row as usize]).count() as f64;
        let predicted = mean(&ended.trainer, train, |z| sigmoid(z[0]));
        assert!((predicted * train.len() as f64 / clicks - 1.0).abs() < 0.15, "log {seed}: {predicted}");
    }
}
