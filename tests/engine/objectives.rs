//! Every objective on tensors: against the f64 reference, at the ends of f32, and what must be exactly 0 or equal.

use burn::tensor::{Device, Tensor, TensorData};
use esmm_playground::autodiff::log_answers;
use esmm_playground::domain::log::Wait;
use esmm_playground::domain::objective::reference::{Sample, terms};
use esmm_playground::domain::objective::{Target, targets, tower_names};
use esmm_playground::domain::spec::{ModelSpec, NetworkSpec, Objective, TrainPlan, model_names, model_preset};
use esmm_playground::engine::Weights;
use esmm_playground::engine::column::Column;
use esmm_playground::engine::objective::{Batch, BatchWaits, Losses, TargetLabels, losses};
use esmm_playground::engine::scm::{LogAnswers, log_answers_of};
use esmm_playground::engine::tape::{Tape, Taped};

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

/// Labels, draws and waits of a batch.
struct Given<'a> {
    model: &'a ModelSpec,
    targets: &'a [Target],
    columns: Vec<&'a [Option<bool>]>,
    draws: Vec<f32>,
    waits: Vec<Wait>,
}

impl Given<'_> {
    fn losses<C: Column>(&self, answers: Vec<LogAnswers<C>>, constant: impl Fn(Vec<f32>) -> C) -> Losses<C> {
        let shares = |is: fn(&Option<bool>) -> bool, column: &[Option<bool>]| {
            constant(column.iter().map(|label| if is(label) { 1.0 } else { 0.0 }).collect())
        };
        let labels = self.targets.iter().zip(&self.columns).map(|(target, column)| TargetLabels {
            label: shares(|label| *label == Some(true), column),
            condition: target.is_conditional().then(|| shares(Option::is_some, column)),
        });
        let of_waits = |of: fn(&Wait) -> f64| constant(self.waits.iter().map(|wait| of(wait) as f32).collect());
        let waits = BatchWaits {
            delay: of_waits(|wait| wait.delay_days.unwrap_or(0.0)),
            has_delay: of_waits(|wait| if wait.delay_days.is_some() { 1.0 } else { 0.0 }),
            elapsed: of_waits(|wait| wait.elapsed_days),
        };
        let draws = Some(constant(self.draws.clone()));
        let batch = Batch::of_answers(self.targets, labels.collect(), answers, draws).with_waits(Some(waits));
        losses(&self.model.objective, &batch)
    }
}

/// Terms and readings by name, and the gradient of their sum by the logits.
type Found = (Vec<(String, f32)>, Vec<(String, f32)>, Vec<f32>);

fn named_numbers<C>(losses: &Losses<C>, number: impl Fn(&C) -> f32) -> [Vec<(String, f32)>; 2] {
    [
        losses.terms.iter().map(|term| (term.name.clone(), number(&term.value))).collect(),
        losses.readings.iter().map(|reading| (reading.key.clone(), number(&reading.value))).collect(),
    ]
}

/// Of the CPU engine; `by_tower`: `[towers, batch]`.
fn on_tape(given: &Given, by_tower: &[f32]) -> Found {
    let tape = Tape::default();
    let towers: Vec<Taped> =
        by_tower.chunks_exact(given.draws.len()).map(|logits| tape.leaf(logits.to_vec())).collect();
    let losses = given.losses(towers.iter().map(log_answers_of).collect(), Taped::constant_of);
    let [terms, readings] = named_numbers(&losses, |value| value.values()[0]);
    (terms, readings, losses.total().unwrap().gradients(&towers).concat())
}

/// Of the GPU engine.
fn on_burn(given: &Given, by_tower: &[f32]) -> Found {
    let n = given.draws.len();
    let data = TensorData::new(by_tower.to_vec(), [by_tower.len() / n, n]);
    let leaf = Tensor::<2>::from_data(data, &Device::flex().autodiff()).require_grad();
    let constant = |values: Vec<f32>| Tensor::<1>::from_data(TensorData::new(values, [n]), &Device::flex());
    let losses = given.losses(log_answers(leaf.clone()), constant);
    let [terms, readings] = named_numbers(&losses, |value| value.clone().into_scalar());
    let gradients = leaf.grad(&losses.total().unwrap().backward()).unwrap();
    (terms, readings, gradients.into_data().try_into_vec().unwrap())
}

#[test]
fn logits_up_to_60_give_no_nan_and_no_infinity() {
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
            let by_tower: Vec<f32> =
                (0..rows[0].len()).flat_map(|t| rows[batch.clone()].iter().map(move |row| row[t])).collect();
            let given = Given {
                model: &model,
                targets: &targets,
                columns: columns.iter().map(|column| &column[batch.clone()]).collect(),
                draws: batch.clone().map(|row| ((row * 37 % 101) + 1) as f32 / 101.0).collect(),
                waits: batch.clone().map(wait).collect(),
            };
            let sample = Sample {
                draws: given.draws.iter().map(|&draw| f64::from(draw)).collect(),
                waits: given.waits.clone(),
                ..Sample::new(
                    &model,
                    rows[batch.clone()].iter().map(|row| row.iter().map(|&z| f64::from(z)).collect()).collect(),
                    given.columns.iter().map(|column| column.to_vec()).collect(),
                )
            };
            let expected = terms(&sample);
            for (engine, found) in [("CPU", on_tape(&given, &by_tower)), ("GPU", on_burn(&given, &by_tower))] {
                let what = format!("{engine}, {}, rows {batch:?}", model.name);
                let (found, readings, gradients) = found;
                assert!(readings.iter().all(|(_, value)| value.is_finite()), "{what}: {readings:?}");
                assert!(gradients.iter().all(|d| d.is_finite()), "{what}: {gradients:?}");
                for ((name, value), expected) in found.iter().zip(&expected) {
                    let value = f64::from(*value);
                    assert_eq!(*name, expected.name);
                    let is_close = (value - expected.value).abs() <= 1e-4 * expected.value.abs().max(1e-2);
                    assert!(value.is_finite() && is_close, "{what}, {name}: {value} is not {}", expected.value);
                }
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
