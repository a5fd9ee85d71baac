//! What flows through the network, against the gradients and weights that the trainer hands out by name.

use esmm_playground::domain::report::FlowReading;
use esmm_playground::domain::spec::{ModelSpec, model_preset};
use esmm_playground::engine::{Trainer, Weights};

use crate::support::{LogShape, assert_close, esm2, esmm, naive, plan, prepared, trainer};

/// A trainer that has made a few steps, and rows to look at.
fn moved(model: ModelSpec, shares: bool) -> (Trainer, Vec<u32>) {
    let tree = model.tree.clone();
    let mut plan = plan(model);
    plan.network.share_embeddings = shares;
    let mut trainer = trainer(&plan, &prepared(&tree, &LogShape::default(), 3));
    (0..4).for_each(|_| trainer.step().unwrap());
    (trainer, (0..150).collect())
}

fn flow(trainer: &Trainer, rows: &[u32]) -> FlowReading {
    pollster::block_on(trainer.flow(rows)).unwrap()
}

fn norm(weights: &Weights, is_counted: impl Fn(&str) -> bool) -> f64 {
    let tensors = weights.tensors.iter().filter(|tensor| is_counted(&tensor.name));
    tensors.flat_map(|tensor| &tensor.values).map(|&value| f64::from(value) * f64::from(value)).sum::<f64>().sqrt()
}

#[test]
fn what_reaches_the_tables_is_the_gradient_of_the_whole_loss() {
    for (model, shares) in [(naive(), true), (esmm(), true), (esm2(), true), (esmm(), false), (esm2(), false)] {
        let name = format!("{}, shared: {shares}", model.name);
        let (trainer, rows) = moved(model, shares);
        let reading = flow(&trainer, &rows);
        let gradients = pollster::block_on(trainer.gradients(&rows)).unwrap();
        assert_eq!(reading.is_shared, shares);
        assert_eq!(reading.embeddings.len(), if shares { 1 } else { reading.towers.len() });
        let all = reading.embeddings.iter().map(|part| part * part).sum::<f64>().sqrt();
        assert_close(all, norm(&gradients, |tensor| tensor.starts_with("embedding.")), 1e-5, &name);
        assert!(all > 0.0, "{name}");
    }
}

#[test]
fn a_term_alone_gives_the_gradients_of_its_model_by_tower_and_field() {
    let mut model = esmm();
    model.objective.events_mut()[0].weight = 0.0;
    model.objective.events_mut()[1].weight = 2.0;
    let (trainer, rows) = moved(model, false);
    let reading = flow(&trainer, &rows);
    let gradients = pollster::block_on(trainer.gradients(&rows)).unwrap();
    let [term] = reading.terms.as_slice() else { panic!("{:?}", reading.terms) };
    assert_eq!((term.name.as_str(), term.weight), ("ctcvr", 2.0));
    for (tower, of) in reading.towers.iter().enumerate() {
        let named = norm(&gradients, |tensor| tensor.starts_with(&format!("tower.{}.", of.name)));
        assert_close(term.towers[tower], named, 1e-5, &of.name);
        for (field, of_field) in reading.fields.iter().enumerate() {
            let table = format!("embedding.{}.{}.weight", of.name, of_field.name);
            assert_close(term.through[tower][field], norm(&gradients, |tensor| tensor == table), 1e-5, &table);
        }
        assert_close(term.through_tower(tower), term.embeddings[tower], 1e-9, &of.name);
    }
}

#[test]
fn the_purchase_signal_goes_where_the_papers_say() {
    let reaches = |reading: &FlowReading| -> Vec<(String, Vec<bool>)> {
        let of = |term: &esmm_playground::domain::report::TermFlow| {
            (term.name.clone(), term.towers.iter().map(|&norm| norm > 0.0).collect())
        };
        reading.terms.iter().map(of).collect()
    };
    let expected = |terms: &[(&str, &[bool])]| -> Vec<(String, Vec<bool>)> {
        terms.iter().map(|(name, towers)| ((*name).to_owned(), towers.to_vec())).collect()
    };
    for (model, terms) in [
        (naive(), &[("ctr", &[true, false][..]), ("cvr", &[false, true])][..]),
        (esmm(), &[("ctr", &[true, false][..]), ("ctcvr", &[true, true])]),
        (
            esm2(),
            &[
                ("ctr", &[true, false, false, false][..]),
                ("ctavr", &[true, true, false, false]),
                ("ctcvr", &[true, true, true, true]),
            ],
        ),
        (
            model_preset("escm2_dr").unwrap(),
            &[
                ("ctr", &[true, false, false][..]),
                ("cvr", &[false, true, true]),
                ("imputation", &[false, false, true]),
                ("ctcvr", &[true, true, false]),
            ],
        ),
    ] {
        let (trainer, rows) = moved(model, true);
        let mut found = reaches(&flow(&trainer, &rows));
        let mut terms = expected(terms);
        found.sort();
        terms.sort();
        assert_eq!(found, terms);
    }
}

#[test]
fn activations_and_probabilities_are_means_over_the_rows() {
    let (mut trainer, rows) = moved(esmm(), true);
    let mut weights = pollster::block_on(trainer.weights()).unwrap();
    for tensor in &mut weights.tensors {
        match tensor.name.as_str() {
            // Every unit of ctr's first layer says 5 but the first, which is never awake.
            "tower.ctr.0.weight" | "tower.cvr.2.weight" => tensor.values.fill(0.0),
            "tower.ctr.0.bias" => {
                tensor.values.fill(5.0);
                tensor.values[0] = -1.0;
            }
            "tower.cvr.2.bias" => tensor.values.fill((0.25f32 / 0.75).ln()),
            _ => {}
        }
    }
    trainer.set_weights(&weights).unwrap();
    let reading = flow(&trainer, &rows);
    let [ctr, cvr] = reading.towers.as_slice() else { panic!("two towers") };
    for (&found, expected) in ctr.layers[0].iter().zip([0.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0]) {
        assert_close(f64::from(found), expected, 1e-6, "a unit");
    }
    assert_eq!(ctr.dead_share(0), Some(0.125));
    assert_close(ctr.mean_activation(0).unwrap(), 35.0 / 8.0, 1e-6, "a layer");
    assert_eq!(ctr.layers[1].len(), 6);
    assert_close(cvr.mean_p, 0.25, 1e-6, "a tower that says one thing");
    assert_close(reading.events["ctcvr"], 0.25 * ctr.mean_p, 1e-6, "the product");
    assert_close(reading.events["cvr"], 0.25, 1e-6, "pCVR");
}

#[test]
fn looking_moves_nothing_and_a_batch_is_the_next_one() {
    let (mut trainer, _) = moved(esmm(), true);
    let before = pollster::block_on(trainer.weights()).unwrap();
    let rows = trainer.batch_under_glass();
    assert_eq!(rows, trainer.next_batch());
    let reading = flow(&trainer, &rows);
    assert_eq!((reading.step, reading.rows), (4, 32));
    assert_eq!(pollster::block_on(trainer.weights()).unwrap(), before);
    // The loss that it tells is the one that the step then reports.
    pollster::block_on(trainer.take_losses()).unwrap();
    trainer.step().unwrap();
    let losses = pollster::block_on(trainer.take_losses()).unwrap().remove(0).losses;
    for term in &reading.terms {
        assert_close(term.loss, losses[&format!("loss.{}", term.name)], 1e-6, &term.name);
    }
}

#[test]
fn another_learning_rate_acts_from_the_next_step_on() {
    let (mut steady, _) = moved(esmm(), true);
    let (mut changed, _) = moved(esmm(), true);
    let before = pollster::block_on(steady.weights()).unwrap();
    changed.set_learning_rate(0.0);
    steady.step().unwrap();
    changed.step().unwrap();
    assert_eq!(pollster::block_on(changed.weights()).unwrap(), before, "a rate of 0 moves nothing");
    assert_ne!(pollster::block_on(steady.weights()).unwrap(), before);
    changed.set_learning_rate(0.01);
    changed.step().unwrap();
    assert_ne!(pollster::block_on(changed.weights()).unwrap(), before);
}
