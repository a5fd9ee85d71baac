//! Gradients of whole objectives against the f64 reference, and the reference against finite differences.

use esmm_playground::domain::spec::{ModelSpec, NetworkSpec, Objective, Pooling, TrainPlan, WeightedEvent};
use esmm_playground::engine::{Trainer, Weights};

use super::reference::{Named, named, objective};
use super::scm::random_tree;
use super::support::{LogShape, Random, assert_close, esm2, esmm, naive, plan, prepared, trainer};

pub fn rows() -> Vec<u32> {
    (0..48).collect()
}

/// The engine's initial weights, moved a little so that no bias is 0 and no ReLU sits on its bend.
pub fn some_weights(trainer: &Trainer) -> Weights {
    let mut weights = pollster::block_on(trainer.weights()).unwrap();
    let mut random = Random(11);
    for value in weights.tensors.iter_mut().flat_map(|tensor| &mut tensor.values) {
        *value += (random.uniform() - 0.5) as f32 * 0.5;
    }
    weights
}

/// The engine's gradients and the reference's, at the same weights.
pub fn both(plan: &TrainPlan, shape: &LogShape) -> (Named, Named) {
    let prepared = prepared(&plan.model.tree, shape, 3);
    let mut trainer = trainer(plan, &prepared);
    let weights = some_weights(&trainer);
    trainer.set_weights(&weights).unwrap();
    let engine = named(&pollster::block_on(trainer.gradients(&rows())).unwrap());
    let (_, reference) = objective(plan, &prepared, &named(&weights), &rows(), &trainer.draws(&rows()));
    (engine, reference)
}

/// Within 1e-5 of the largest gradient of the same tensor.
pub fn assert_same(engine: &Named, reference: &Named, what: &str) {
    assert_eq!(engine.keys().collect::<Vec<_>>(), reference.keys().collect::<Vec<_>>());
    for (name, expected) in reference {
        let scale = expected.iter().fold(0.0f64, |scale, value| scale.max(value.abs()));
        for (index, (a, b)) in engine[name].iter().zip(expected).enumerate() {
            assert!((a - b).abs() <= 1e-5 * scale + 1e-9, "{what}, {name}[{index}]: {a} is not {b} (scale {scale})");
        }
    }
}

#[test]
fn objective_gradients_are_the_reference() {
    let networks = [
        NetworkSpec { embedding_size: 3, hidden: vec![6, 5], ..NetworkSpec::default() },
        NetworkSpec {
            embedding_size: 3,
            hidden: vec![6],
            share_embeddings: false,
            pooling: Pooling::SumByGroup,
            ..NetworkSpec::default()
        },
        NetworkSpec { embedding_size: 2, hidden: vec![], pooling: Pooling::SumByGroup, ..NetworkSpec::default() },
    ];
    for network in networks {
        for model in [esmm(), esm2(), naive()] {
            let what = format!("{} with {network:?}", model.name);
            let (engine, reference) =
                both(&TrainPlan { network: network.clone(), ..plan(model) }, &LogShape::default());
            assert_same(&engine, &reference, &what);
        }
    }
}

#[test]
fn objective_gradients_are_the_reference_on_random_trees() {
    for seed in 0..8 {
        let mut random = Random(100 + seed);
        let tree = random_tree(&mut random);
        let events: Vec<WeightedEvent> = tree
            .events
            .iter()
            .filter(|event| event.given.is_none())
            .map(|event| WeightedEvent { event: event.name.clone(), weight: 0.5 + random.uniform() })
            .collect();
        let model = ModelSpec::new("drawn", tree, Objective::entire_space(events));
        let (engine, reference) = both(&plan(model), &LogShape::default());
        assert_same(&engine, &reference, &format!("random tree {seed}"));
    }
}

#[test]
fn a_log_of_dense_features_alone_has_the_reference_gradients() {
    let shape = LogShape { categories: vec![], n_dense: 3, ..LogShape::default() };
    let (engine, reference) = both(&plan(esmm()), &shape);
    assert_same(&engine, &reference, "dense only");
}

#[test]
fn the_reference_gradient_is_a_finite_difference() {
    let plan = plan(esm2());
    let prepared = prepared(&plan.model.tree, &LogShape::default(), 3);
    let weights = named(&some_weights(&trainer(&plan, &prepared)));
    let (_, gradient) = objective(&plan, &prepared, &weights, &rows(), &[]);
    let mut random = Random(5);
    for (name, values) in &weights {
        for _ in 0..3 {
            let index = random.below(values.len());
            let at = |shift: f64| {
                let mut moved = weights.clone();
                moved.get_mut(name).unwrap()[index] += shift;
                objective(&plan, &prepared, &moved, &rows(), &[]).0
            };
            let difference = (at(1e-5) - at(-1e-5)) / 2e-5;
            assert_close(gradient[name][index], difference, 1e-7, &format!("{name}[{index}]"));
        }
    }
}

#[test]
fn unclicked_impressions_have_no_gradient_in_the_click_space_cvr_tower() {
    let mut plan = plan(naive());
    plan.network.share_embeddings = false;
    let prepared = prepared(&plan.model.tree, &LogShape::default(), 3);
    let trainer = trainer(&plan, &prepared);
    let unclicked: Vec<u32> = (0..200).filter(|&row| !prepared.labels[0][row as usize]).collect();
    let of_cvr = |rows: &[u32]| -> Vec<f64> {
        let gradients = named(&pollster::block_on(trainer.gradients(rows)).unwrap());
        gradients.into_iter().filter(|(name, _)| name.contains(".cvr.")).flat_map(|(_, values)| values).collect()
    };
    assert!(of_cvr(&unclicked).iter().all(|&gradient| gradient == 0.0));

    let clicked: Vec<u32> = (0..200).filter(|&row| prepared.labels[0][row as usize]).collect();
    let both: Vec<u32> = clicked.iter().chain(&unclicked).copied().collect();
    assert!(of_cvr(&clicked).iter().any(|&gradient| gradient != 0.0));
    for (alone, mixed) in of_cvr(&clicked).iter().zip(of_cvr(&both)) {
        assert_close(mixed, *alone, 1e-6, "adding unclicked rows moves the CVR gradient");
    }
}

#[test]
fn in_the_entire_space_unclicked_impressions_do_teach_the_cvr_tower() {
    let mut plan = plan(esmm());
    plan.network.share_embeddings = false;
    let prepared = prepared(&plan.model.tree, &LogShape::default(), 3);
    let trainer: Trainer = trainer(&plan, &prepared);
    let unclicked: Vec<u32> = (0..200).filter(|&row| !prepared.labels[0][row as usize]).collect();
    let gradients = named(&pollster::block_on(trainer.gradients(&unclicked)).unwrap());
    assert!(gradients["tower.cvr.0.weight"].iter().any(|&gradient| gradient.abs() > 1e-4));
}

#[test]
fn equal_towers_y3_and_y4_make_esm2_the_same_as_esmm() {
    // With y3 = y4 the mixture y2·y3 + (1−y2)·y4 is y3 whatever y2 is, so pCTCVR is ESMM's and y2 gets no gradient
    // from it.
    let mut plan = plan(esm2());
    plan.model.objective = Objective::entire_space(
        ["ctr", "ctcvr"].map(|event| WeightedEvent { event: event.into(), weight: 1.0 }).to_vec(),
    );
    let prepared_esm2 = prepared(&plan.model.tree, &LogShape::default(), 3);
    let mut trainer_esm2 = trainer(&plan, &prepared_esm2);
    let mut weights = pollster::block_on(trainer_esm2.weights()).unwrap();
    for tensor in 0..weights.tensors.len() {
        if let Some(rest) = weights.tensors[tensor].name.strip_prefix("tower.y4.") {
            weights.tensors[tensor].values = weights.get(&format!("tower.y3.{rest}")).unwrap().values.clone();
        }
    }
    trainer_esm2.set_weights(&weights).unwrap();
    let esm2_gradients = named(&pollster::block_on(trainer_esm2.gradients(&rows())).unwrap());

    let esmm_plan = super::support::plan(esmm());
    let labels = &esmm_plan.model.tree.labels();
    let of_label = |name: &str| {
        let index = plan.model.tree.labels().iter().position(|known| *known == name).unwrap();
        prepared_esm2.labels[index].clone()
    };
    let mut prepared_esmm = prepared_esm2.clone();
    prepared_esmm.labels = labels.iter().map(|name| of_label(name)).collect();
    let mut trainer_esmm = trainer(&esmm_plan, &prepared_esmm);
    for tensor in &mut weights.tensors {
        tensor.name = tensor.name.replace("tower.y1.", "tower.ctr.").replace("tower.y3.", "tower.cvr.");
    }
    trainer_esmm.set_weights(&weights).unwrap();
    let esmm_gradients = named(&pollster::block_on(trainer_esmm.gradients(&rows())).unwrap());

    for layer in 0..3 {
        for kind in ["weight", "bias"] {
            let of = |tower: &str| &esm2_gradients[&format!("tower.{tower}.{layer}.{kind}")];
            let cvr = &esmm_gradients[&format!("tower.cvr.{layer}.{kind}")];
            for (index, expected) in cvr.iter().enumerate() {
                assert_close(of("y3")[index] + of("y4")[index], *expected, 1e-6, "y3 and y4 together are cvr");
                assert!(of("y2")[index].abs() < 1e-6, "y2 is not seen through equal branches");
            }
        }
    }
}

#[test]
fn a_tower_that_no_loss_term_reaches_has_no_gradient() {
    let mut plan = plan(esmm());
    plan.model.objective = Objective::entire_space(vec![WeightedEvent { event: "ctr".into(), weight: 1.0 }]);
    let prepared = prepared(&plan.model.tree, &LogShape::default(), 3);
    let gradients = named(&pollster::block_on(trainer(&plan, &prepared).gradients(&rows())).unwrap());
    assert!(gradients["tower.cvr.0.weight"].iter().all(|&gradient| gradient == 0.0));
    assert!(gradients["tower.ctr.0.weight"].iter().any(|&gradient| gradient != 0.0));
}
