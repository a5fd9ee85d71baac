//! Ten training steps of every objective against PyTorch in float64: `tests/golden/objectives_ten_steps.py` and the JSON
//! it wrote, a second implementation from the papers' equations.

use std::collections::BTreeMap;

use esmm_playground::domain::spec::{
    ModelSpec, NetworkSpec, Objective, Schedule, TrainPlan, TrainingSpec, model_names, model_preset,
};
use esmm_playground::engine::{NamedTensor, Weights};
use serde::Deserialize;

use super::golden::{Log, Settings, Values, prepared};
use super::support::{assert_close, plan, trainer};

#[derive(Deserialize)]
struct Golden {
    settings: Settings,
    log: Log,
    randomness: Randomness,
    runs: Vec<Run>,
}

/// Uniform numbers and row orders that the script drew from its own ChaCha8.
#[derive(Deserialize)]
struct Randomness {
    batches: Vec<Vec<u32>>,
    /// One for each row of the log.
    rows: Vec<f32>,
    /// One for each row of a step's batch.
    steps: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct Run {
    model: String,
    objective: Objective,
    start: BTreeMap<String, Values>,
    curve: Vec<BTreeMap<String, f64>>,
    end: BTreeMap<String, Values>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../golden/objectives_ten_steps.json")).unwrap()
}

fn plan_of(settings: &Settings, run: &Run) -> TrainPlan {
    let model = ModelSpec { objective: run.objective.clone(), ..model_preset(&run.model).unwrap() };
    TrainPlan {
        network: NetworkSpec {
            embedding_size: settings.embedding_size,
            hidden: settings.hidden.clone(),
            ..NetworkSpec::default()
        },
        training: TrainingSpec {
            learning_rate: settings.learning_rate,
            schedule: Schedule::Constant,
            embedding_decay: Some(0.0),
            batch_size: Some(settings.batch_size),
            lazy_embeddings: false,
            ..TrainingSpec::default()
        },
        seed: settings.seed,
        ..plan(model)
    }
}

#[test]
fn ten_steps_of_every_objective_are_those_of_pytorch() {
    let golden = golden();
    for run in &golden.runs {
        let what = format!("{} with {:?}", run.model, run.objective);
        let plan = plan_of(&golden.settings, run);
        let prepared = prepared(&golden.settings, &golden.log, &plan.model.tree.labels());
        let mut trainer = trainer(&plan, &prepared);
        let tensors = run.start.iter().map(|(name, values)| NamedTensor {
            name: name.clone(),
            shape: values.shape(),
            values: values.flat().iter().map(|&value| value as f32).collect(),
        });
        trainer.set_weights(&Weights { tensors: tensors.collect() }).unwrap();
        for (batch, of_step) in golden.randomness.batches.iter().zip(&golden.randomness.steps) {
            assert_eq!(trainer.next_batch(), batch.as_slice(), "the order of seed {}", golden.settings.seed);
            let of_rows: Vec<f32> = batch.iter().map(|&row| golden.randomness.rows[row as usize]).collect();
            let drawn = trainer.draws(batch);
            assert!(drawn.is_empty() || drawn == of_rows || drawn == *of_step, "{what}: {drawn:?}");
            trainer.step().unwrap();
        }
        let curve = pollster::block_on(trainer.take_losses()).unwrap();
        assert_eq!(curve.len(), run.curve.len());
        for (point, expected) in curve.iter().zip(&run.curve) {
            let losses: Vec<&String> = point.losses.keys().filter(|key| key.starts_with("loss.")).collect();
            assert_eq!(losses, expected.keys().collect::<Vec<_>>(), "{what}");
            for (name, loss) in expected {
                assert_close(point.losses[name], *loss, 1e-5, &format!("{what}, step {}, {name}", point.step));
            }
        }
        let weights = pollster::block_on(trainer.weights()).unwrap();
        assert_eq!(weights.tensors.len(), run.end.len(), "{what}");
        for (name, expected) in &run.end {
            for (a, b) in weights.get(name).unwrap().values.iter().zip(expected.flat()) {
                assert_close(f64::from(*a), b, 1e-4, &format!("{what}, {name} after ten steps"));
            }
        }
    }
}

#[test]
fn every_model_that_is_a_network_has_golden_steps() {
    let golden = golden();
    // Trees of the reader's own and the trees of other presets train by the objectives below.
    let kinds: Vec<&str> = golden.runs.iter().map(|run| run.objective.kind()).collect();
    for name in model_names() {
        let kind = model_preset(name).unwrap().objective.kind();
        let is_network = kind != "boosted_trees";
        assert!(!is_network || kinds.contains(&kind), "{name}: {kind}");
    }
}
