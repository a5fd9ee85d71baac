//! Every objective on tensors: against the f64 reference, at the ends of f32, and what must be exactly 0 or equal.

use burn::tensor::{Device, Tensor, TensorData};
use esmm_playground::domain::log::Wait;
use esmm_playground::domain::objective::reference::{Sample, terms};
use esmm_playground::domain::objective::{Target, targets, tower_names};
use esmm_playground::domain::spec::{ModelSpec, NetworkSpec, Objective, TrainPlan, model_names, model_preset};
use esmm_playground::engine::Weights;
use esmm_playground::engine::objective::{Batch, BatchWaits, TargetLabels, losses};

use super::gradients::{assert_same, both, rows, some_weights};
use super::reference::named;
use super::support::{LogShape, plan, prepared, trainer, wait};

/// Every preset of a network, and ESM² with the option that identifies y3 and y4.
pub fn models() -> Vec<ModelSpec> {
    let mut joint = model_preset("esm2").unwrap();
    let Objective::EntireSpace { joint_action_purchase, .. } = &mut joint.objective else { panic!() };
    *joint_action_purchase = 0.5;
    joint.name = "esm2_joint".into();
    let is_network = |model: &ModelSpec| !matches!(model.objective, Objective::BoostedTrees { .. });
    model_names().into_iter().filter_map(model_preset).filter(is_network).chain([joint]).collect()
}

#[test]
fn every_objective_has_the_gradients_of_the_reference() {
    for share_embeddings in [true, false] {
        for model in models() {
            let network =
                NetworkSpec { embedding_size: 3, hidden: vec![6, 5], share_embeddings, ..NetworkSpec::default() };
            let what = format!("{}, shared embeddings {share_embeddings}", model.name);
            let network = network.of(&model);
            let (engine, reference) = both(&TrainPlan { network, ..plan(model) }, &LogShape::default());
            assert_same(&engine, &reference, &what);
        }
    }
}

#[test]
fn positive_weights_have_the_gradients_of_the_reference() {
    let weights = [("ctr", 2.5), ("ctavr", 0.5), ("ctcvr", 20.0), ("cvr", 0.3)];
    for model in models() {
        let what = format!("{} with positive weights", model.name);
        let mut plan = plan(model);
        plan.network = plan.network.of(&plan.model);
        plan.training.positive_weights = weights.map(|(event, weight)| (event.to_owned(), weight)).into();
        let (engine, reference) = both(&plan, &LogShape::default());
        assert_same(&engine, &reference, &what);
    }
}

/// A plan with embeddings of each tower's own, so that all that a tower owns can be told from the rest.
fn separate(model: ModelSpec) -> TrainPlan {
    let mut plan = plan(model);
    plan.network.share_embeddings = false;
    plan
}

#[test]
fn no_propensity_weighted_term_moves_anything_that_the_ctr_tower_owns() {
    for name in ["unbias", "escm2_ips", "escm2_dr", "dcmt"] {
        let mut model = model_preset(name).unwrap();
        model.objective.events_mut().iter_mut().filter(|weighted| weighted.event != "cvr").for_each(|weighted| {
            weighted.weight = 0.0;
        });
        let plan = separate(model);
        let prepared = prepared(&plan.model.tree, &LogShape::default(), 3);
        let mut trainer = trainer(&plan, &prepared);
        let weights = some_weights(&trainer);
        trainer.set_weights(&weights).unwrap();
        let gradients = pollster::block_on(trainer.gradients(&rows())).unwrap();
        let reaches = |tower: &str| {
            let own = [format!("tower.{tower}."), format!("embedding.{tower}.")];
            let of_tower = gradients.tensors.iter().filter(|tensor| own.iter().any(|own| tensor.name.starts_with(own)));
            of_tower.flat_map(|tensor| &tensor.values).any(|&d| d != 0.0)
        };
        for tower in tower_names(&plan.model) {
            assert_eq!(reaches(&tower), tower != "ctr", "{name}: {tower}");
        }
    }
}

#[test]
fn escm2_without_its_own_term_trains_to_the_weights_of_esmm() {
    let trained = |model: ModelSpec| -> Weights {
        let plan = plan(model);
        let prepared = prepared(&plan.model.tree, &LogShape::default(), 1);
        let mut trainer = trainer(&plan, &prepared);
        while !trainer.is_finished() {
            trainer.step().unwrap();
        }
        pollster::block_on(trainer.weights()).unwrap()
    };
    let esmm = trained(model_preset("esmm").unwrap());
    for name in ["escm2_ips", "escm2_dr"] {
        let mut model = model_preset(name).unwrap();
        model.objective.events_mut()[1].weight = 0.0;
        let escm2 = trained(model);
        for tensor in &esmm.tensors {
            assert_eq!(Some(tensor), escm2.get(&tensor.name), "{name}: {}", tensor.name);
        }
    }
}

const LABELS: [&str; 3] = ["click", "action", "conversion"];

/// All rows that pair these logits, one for each tower, with every outcome that a log can hold.
fn extreme_rows(model: &ModelSpec, values: &[f32]) -> (Vec<Vec<f32>>, Vec<[bool; 3]>) {
    let outcomes =
        [[false, false, false], [true, false, false], [true, true, false], [true, false, true], [true, true, true]];
    let mut combinations: Vec<Vec<f32>> = vec![Vec::new()];
    for _ in tower_names(model) {
        combinations =
            combinations.iter().flat_map(|row| values.iter().map(|&z| [row.as_slice(), &[z]].concat())).collect();
    }
    let rows = combinations.iter().flat_map(|logits| outcomes.map(|outcome| (logits.clone(), outcome)));
    rows.unzip()
}

fn label_columns(model: &ModelSpec, targets: &[Target], outcomes: &[[bool; 3]]) -> Vec<Vec<Option<bool>>> {
    let answer =
        |outcome: [bool; 3]| move |label: &str| LABELS.iter().zip(outcome).any(|(known, yes)| *known == label && yes);
    let column = |target: &Target| outcomes.iter().map(|&outcome| target.label(&model.tree, answer(outcome))).collect();
    targets.iter().map(column).collect()
}

#[test]
fn logits_up_to_60_give_no_nan_and_no_infinity() {
    let device = Device::flex().autodiff();
    for model in models() {
        let targets = targets(&model);
        let values: &[f32] = match tower_names(&model).len() {
            ..=4 => &[-60.0, -18.0, 0.0, 18.0, 60.0],
            _ => &[-60.0, 60.0], // all combinations of many towers
        };
        let (rows, outcomes) = extreme_rows(&model, values);
        let columns = label_columns(&model, &targets, &outcomes);
        // Some rows alone, so that nothing is drowned in a mean, and all together.
        for batch in (0..rows.len()).step_by(97).map(|row| row..row + 1).chain(std::iter::once(0..rows.len())) {
            let (n, n_towers) = (batch.len(), rows[0].len());
            let flat: Vec<f32> =
                (0..n_towers).flat_map(|t| rows[batch.clone()].iter().map(move |row| row[t])).collect();
            let leaf = Tensor::<2>::from_data(TensorData::new(flat, [n_towers, n]), &device).require_grad();
            let constant = |values: Vec<f32>| Tensor::<1>::from_data(TensorData::new(values, [n]), &Device::flex());
            let labels = targets.iter().zip(&columns).map(|(target, column)| TargetLabels {
                label: constant(
                    column[batch.clone()].iter().map(|&l| if l == Some(true) { 1.0 } else { 0.0 }).collect(),
                ),
                condition: target.is_conditional().then(|| {
                    constant(column[batch.clone()].iter().map(|l| if l.is_some() { 1.0 } else { 0.0 }).collect())
                }),
            });
            let draws: Vec<f32> = batch.clone().map(|row| ((row * 37 % 101) + 1) as f32 / 101.0).collect();
            let waits: Vec<Wait> = batch.clone().map(wait).collect();
            let of_engine = losses(
                &model.objective,
                &Batch::new(&targets, labels.collect(), leaf.clone(), Some(constant(draws.clone()))).with_waits(Some(
                    BatchWaits {
                        delay: constant(waits.iter().map(|wait| wait.delay_days.unwrap_or(0.0) as f32).collect()),
                        has_delay: constant(
                            waits.iter().map(|wait| if wait.delay_days.is_some() { 1.0 } else { 0.0 }).collect(),
                        ),
                        elapsed: constant(waits.iter().map(|wait| wait.elapsed_days as f32).collect()),
                    },
                )),
            );
            let what = format!("{}, rows {batch:?}", model.name);
            for reading in &of_engine.readings {
                let value: f32 = reading.value.clone().into_scalar();
                assert!(value.is_finite(), "{what}: {} is {value}", reading.key);
            }
            let values: Vec<f32> = of_engine.terms.iter().map(|term| term.value.clone().into_scalar()).collect();
            let gradients = leaf.grad(&of_engine.total().unwrap().backward()).unwrap();
            let gradients: Vec<f32> = gradients.into_data().try_into_vec().unwrap();
            assert!(gradients.iter().all(|d| d.is_finite()), "{what}: {gradients:?}");

            let sample = Sample {
                draws: draws.iter().map(|&draw| f64::from(draw)).collect(),
                waits,
                ..Sample::new(
                    &model,
                    rows[batch.clone()].iter().map(|row| row.iter().map(|&z| f64::from(z)).collect()).collect(),
                    columns.iter().map(|column| column[batch.clone()].to_vec()).collect(),
                )
            };
            for ((value, expected), term) in values.iter().zip(terms(&sample)).zip(&of_engine.terms) {
                let value = f64::from(*value);
                assert_eq!(term.name, expected.name);
                let is_close = (value - expected.value).abs() <= 1e-4 * expected.value.abs().max(1e-2);
                assert!(value.is_finite() && is_close, "{what}, {}: {value} is not {}", term.name, expected.value);
            }
        }
    }
}

#[test]
fn the_same_seed_draws_the_same_and_every_step_anew() {
    for (name, changes_with_steps) in [("aman", false), ("unbias", true), ("esmm", false)] {
        let plan = plan(model_preset(name).unwrap());
        let prepared = prepared(&plan.model.tree, &LogShape::default(), 1);
        let (mut one, two) = (trainer(&plan, &prepared), trainer(&plan, &prepared));
        let first = one.draws(&rows());
        assert_eq!(first, two.draws(&rows()), "{name}");
        assert_eq!(first.len(), if name == "esmm" { 0 } else { rows().len() });
        assert!(first.iter().all(|&draw| 0.0 < draw && draw <= 1.0));
        one.step().unwrap();
        assert_eq!(one.draws(&rows()) != first, changes_with_steps, "{name}");
    }
}

#[test]
fn curves_say_what_was_clipped_and_how_much_is_left() {
    for (name, keys) in [
        ("escm2_ips", vec!["clip_share.cvr", "effective_sample_size.cvr", "weighted_rows.cvr"]),
        ("dcmt", vec!["clip_share.counterfactual", "clip_share.cvr"]),
        ("unbias", vec!["kept_share.cvr"]),
    ] {
        let plan = plan(model_preset(name).unwrap());
        let prepared = prepared(&plan.model.tree, &LogShape::default(), 1);
        let mut trainer = trainer(&plan, &prepared);
        let clicks = trainer.next_batch().iter().filter(|&&row| prepared.labels[0][row as usize]).count() as f64;
        trainer.step().unwrap();
        let curve = pollster::block_on(trainer.take_losses()).unwrap();
        for key in keys {
            let value = curve[0].losses[key];
            match key.split_once('.').unwrap() {
                ("weighted_rows", _) => assert_eq!(value, clicks),
                ("effective_sample_size", _) => assert!(1.0 <= value && value <= clicks + 1e-3, "{value} of {clicks}"),
                ("kept_share", _) => assert!(0.0 < value && value <= 1.0, "{value}"),
                _ => assert!((0.0..=1.0).contains(&value), "{key}: {value}"),
            }
        }
        assert!(curve[0].losses.contains_key("loss.total"));
    }
}

#[test]
fn auxiliary_towers_are_weights_by_name() {
    for (name, tower) in [("escm2_dr", "imputation"), ("dcmt", "counterfactual"), ("division", "ctcvr")] {
        let plan = plan(model_preset(name).unwrap());
        let prepared = prepared(&plan.model.tree, &LogShape::default(), 1);
        let trainer = trainer(&plan, &prepared);
        let weights = pollster::block_on(trainer.weights()).unwrap();
        assert!(weights.get(&format!("tower.{tower}.0.weight")).is_some(), "{name}");
        assert_eq!(weights.get("tower.cvr.0.weight").is_some(), name != "division");
        let is_separate = weights.get(&format!("embedding.{tower}.field_0.weight")).is_some();
        assert_eq!(is_separate, name == "division");
        let logits = pollster::block_on(trainer.logits(&rows())).unwrap();
        assert_eq!(logits.len(), rows().len() * 2, "the tree's questions alone are handed out");
        assert!(named(&weights).values().all(|values| !values.is_empty()));
    }
}
