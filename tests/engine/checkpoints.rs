//! A run that was put aside goes on to the numbers of one that was not.

use esmm_playground::domain::features::Prepared;
use esmm_playground::domain::log::ImpressionLog;
use esmm_playground::domain::report::CurvePoint;
use esmm_playground::domain::spec::{Objective, Schedule, TrainPlan, model_preset};
use esmm_playground::engine::trees::TreeTrainer;
use esmm_playground::engine::{Checkpoint, Trainer, Weights};
use esmm_playground::protocol::wire;

use super::objectives::models;
use super::options::overfitting;
use super::support::{LogShape, Random, plan, prepared, trainer};

/// Trains up to a step; the losses of the steps.
fn train(trainer: &mut Trainer, until: u64) -> Vec<CurvePoint> {
    while trainer.position().step < until {
        trainer.step().unwrap();
    }
    pollster::block_on(trainer.take_losses()).unwrap()
}

fn weights(trainer: &Trainer) -> Weights {
    pollster::block_on(trainer.weights()).unwrap()
}

/// The checkpoint as it comes back from where it was kept.
fn kept(trainer: &Trainer) -> Checkpoint {
    wire::decode(&wire::encode(&checkpoint(trainer).unwrap()).unwrap()).unwrap()
}

fn checkpoint(trainer: &Trainer) -> Option<Checkpoint> {
    pollster::block_on(trainer.checkpoint()).unwrap()
}

#[test]
fn a_run_that_goes_on_after_any_of_ten_moments_has_the_numbers_of_one_without_a_stop() {
    let mut random = Random(17);
    for model in models() {
        let mut plan = plan(model);
        plan.network = plan.network.of(&plan.model);
        plan.network.dropout = 0.2;
        plan.training.schedule = Schedule::default();
        let prepared = prepared(&plan.model.tree, &LogShape::default(), 1);
        let mut whole = trainer(&plan, &prepared);
        let end = whole.position().total_steps;
        let curve = train(&mut whole, end);
        for _ in 0..10 {
            let stop = random.below(end as usize) as u64;
            let what = format!("{} after {stop} of {end} steps", plan.model.name);
            let mut first = trainer(&plan, &prepared);
            let before = train(&mut first, stop);
            let mut second = trainer(&plan, &prepared);
            assert!(second.go_on(kept(&first)), "{what}");
            assert_eq!(second.position(), first.position(), "{what}");
            let after = train(&mut second, end);
            assert_eq!([before, after].concat(), curve, "{what}");
            assert_eq!(weights(&second), weights(&whole), "{what}");
        }
    }
}

#[test]
fn what_belongs_to_another_run_changes_nothing() {
    let plan = plan(models().remove(0));
    let shape = LogShape::default();
    let prepared = prepared(&plan.model.tree, &shape, 1);
    let mut first = trainer(&plan, &prepared);
    train(&mut first, 5);
    let mut others = vec![plan.clone(), plan.clone(), plan.clone()];
    others[0].seed += 1;
    others[1].network.hidden = vec![9, 6];
    others[2].training.learning_rate *= 2.0;
    for other in others {
        let mut other = trainer(&other, &prepared);
        let start = weights(&other);
        assert!(!other.go_on(kept(&first)));
        assert_eq!((other.position().step, weights(&other)), (0, start));
    }
}

#[test]
fn a_changed_learning_rate_goes_on_too() {
    let plan = plan(models().remove(0));
    let prepared = prepared(&plan.model.tree, &LogShape::default(), 1);
    let mut whole = trainer(&plan, &prepared);
    let mut first = trainer(&plan, &prepared);
    for trainer in [&mut whole, &mut first] {
        train(trainer, 3);
        trainer.set_learning_rate(0.002);
        train(trainer, 6);
    }
    let mut second = trainer(&plan, &prepared);
    assert!(second.go_on(kept(&first)));
    let end = whole.position().total_steps;
    train(&mut whole, end);
    train(&mut second, end);
    assert_eq!(weights(&second), weights(&whole));
}

#[test]
fn a_run_at_its_end_has_no_checkpoint() {
    let plan = plan(models().remove(0));
    let prepared = prepared(&plan.model.tree, &LogShape::default(), 1);
    let mut ended = trainer(&plan, &prepared);
    let end = ended.position().total_steps;
    train(&mut ended, end);
    assert_eq!(checkpoint(&ended), None);
}

/// Trains up to a step, or to where early stopping ends it.
fn train_with_stopping(trainer: &mut Trainer, log: &ImpressionLog, until: u64) {
    while trainer.position().step < until && !trainer.is_finished() {
        trainer.step().unwrap();
        if trainer.at_epoch_end() {
            pollster::block_on(trainer.take_losses()).unwrap();
            pollster::block_on(trainer.end_epoch(log)).unwrap();
        }
    }
}

#[test]
fn with_early_stopping_it_ends_in_the_same_epoch_with_the_same_best_state() {
    let mut random = Random(19);
    let (opened, plan) = overfitting("logloss.ctcvr", 3);
    let prepared = Prepared::new(&opened.log, &plan).unwrap();
    let mut whole = trainer(&plan, &prepared);
    train_with_stopping(&mut whole, &opened.log, u64::MAX);
    let report = whole.early_stopping().cloned();
    let end = whole.position().step;
    assert!(report.as_ref().is_some_and(|report| report.stopped && report.best > 0), "{report:?}");
    // One of the last stops lies behind the best epoch, and the first epoch has seen none.
    let stops = (0..10).map(|_| random.below(end as usize) as u64).chain([0, 3, end - 1]);
    for stop in stops {
        let what = format!("after {stop} of {end} steps");
        let mut first = trainer(&plan, &prepared);
        train_with_stopping(&mut first, &opened.log, stop);
        let mut second = trainer(&plan, &prepared);
        assert!(second.go_on(kept(&first)), "{what}");
        assert_eq!(second.early_stopping(), first.early_stopping(), "{what}");
        train_with_stopping(&mut second, &opened.log, u64::MAX);
        assert_eq!(second.early_stopping(), report.as_ref(), "{what}");
        assert_eq!(weights(&second), weights(&whole), "{what}");
    }
}

#[test]
fn a_report_of_early_stopping_that_is_bent_changes_nothing() {
    let (opened, plan) = overfitting("logloss.ctcvr", 3);
    let prepared = Prepared::new(&opened.log, &plan).unwrap();
    let mut first = trainer(&plan, &prepared);
    train_with_stopping(&mut first, &opened.log, 80);
    let whole = serde_json::to_value(checkpoint(&first).unwrap()).unwrap();
    let bent: [(&str, serde_json::Value); 6] = [
        ("/stopping/report/best", 99.into()),
        ("/stopping/report/stopped", true.into()),
        ("/stopping/report/patience", 4.into()),
        ("/stopping/report/epochs/0/step", 10_000.into()),
        ("/stopping/best", serde_json::Value::Null),
        ("/stopping", serde_json::Value::Null),
    ];
    for (place, value) in bent {
        let mut other = whole.clone();
        *other.pointer_mut(place).expect(place) = value;
        let mut second = trainer(&plan, &prepared);
        let start = weights(&second);
        assert!(!second.go_on(serde_json::from_value(other).unwrap()), "{place}");
        assert_eq!((second.position().step, weights(&second)), (0, start), "{place}");
    }
    let mut shorter = whole;
    shorter.pointer_mut("/stopping/best/1").and_then(|part| part.as_array_mut()).unwrap().pop();
    assert!(!trainer(&plan, &prepared).go_on(serde_json::from_value(shorter).unwrap()));
}

#[test]
fn trees_that_go_on_after_any_of_ten_moments_are_those_without_a_stop() {
    let mut random = Random(18);
    let mut plan = plan(model_preset("gbdt").unwrap());
    let prepared = prepared(&plan.model.tree, &LogShape::default(), 1);
    let trainer = |plan: &TrainPlan| {
        let Objective::BoostedTrees { boosting, .. } = &plan.model.objective else { unreachable!() };
        TreeTrainer::new(plan, boosting, &prepared).unwrap()
    };
    let grow = |trainer: &mut TreeTrainer, until| {
        (trainer.position().step..until).for_each(|_| trainer.step());
        trainer.take_losses()
    };
    let mut whole = trainer(&plan);
    let end = whole.position().total_steps;
    let curve = grow(&mut whole, end);
    assert_eq!(whole.checkpoint(), None, "it is at its end");
    let rows: Vec<u32> = (0..100).collect();
    for _ in 0..10 {
        let stop = random.below(end as usize) as u64;
        let mut first = trainer(&plan);
        let before = grow(&mut first, stop);
        let kept = wire::decode(&wire::encode(&first.checkpoint().unwrap()).unwrap()).unwrap();
        let mut second = trainer(&plan);
        assert!(second.go_on(&kept));
        let after = grow(&mut second, end);
        assert_eq!([before, after].concat(), curve, "after {stop} of {end} trees");
        assert_eq!((second.forest(), second.logits(&rows)), (whole.forest(), whole.logits(&rows)));
        plan.seed += 1;
        let mut other = trainer(&plan);
        assert!(!other.go_on(&kept) && other.position().step == 0, "another seed");
        plan.seed -= 1;
    }
}
