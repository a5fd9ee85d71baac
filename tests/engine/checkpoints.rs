//! A run that was put aside goes on to the numbers of one that was not.

use esmm_playground::domain::report::CurvePoint;
use esmm_playground::domain::spec::{EarlyStopping, Objective, Schedule, TrainPlan, model_preset};
use esmm_playground::engine::trees::TreeTrainer;
use esmm_playground::engine::{Checkpoint, Trainer, Weights};
use esmm_playground::protocol::wire;

use super::objectives::models;
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
    wire::decode(&wire::encode(&trainer.checkpoint().unwrap()).unwrap()).unwrap()
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
fn a_run_with_early_stopping_and_one_at_its_end_have_no_checkpoint() {
    let mut plan = plan(models().remove(0));
    let prepared = prepared(&plan.model.tree, &LogShape::default(), 1);
    let mut ended = trainer(&plan, &prepared);
    let end = ended.position().total_steps;
    train(&mut ended, end);
    assert_eq!(ended.checkpoint(), None);
    plan.training.early_stopping = Some(EarlyStopping { metric: "auc.ctr".into(), patience: 2, min_change: 0.0 });
    assert_eq!(trainer(&plan, &prepared).checkpoint(), None);
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
