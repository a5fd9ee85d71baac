//! Ten training steps against PyTorch in float64: `tests/golden/esmm_ten_steps.py` and the JSON it wrote.

use std::collections::BTreeMap;

use esmm_playground::domain::features::{
    DenseEncoder, EncodedLog, FieldEncoder, FieldEncoding, FittedFeatures, Prepared,
};
use esmm_playground::domain::log::{FeatureGroup, Split, Wait};
use esmm_playground::domain::spec::{NetworkSpec, Schedule, TrainPlan, TrainingSpec};
use esmm_playground::engine::{NamedTensor, Weights};
use serde::Deserialize;

use super::support::{assert_close, esm2, esmm, plan, trainer};

#[derive(Deserialize)]
struct Golden {
    settings: Settings,
    log: Log,
    batches: Vec<Vec<u32>>,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
pub struct Settings {
    pub embedding_size: usize,
    pub hidden: Vec<usize>,
    rows: usize,
    train_rows: usize,
    pub batch_size: usize,
    vocabularies: Vec<usize>,
    pub learning_rate: f64,
    pub seed: u64,
}

#[derive(Deserialize)]
pub struct Log {
    ids: Vec<Vec<u32>>,
    dense: Vec<Vec<f32>>,
    click: Vec<u8>,
    action: Vec<u8>,
    conversion: Vec<u8>,
    /// Days; of logs without times none.
    #[serde(default)]
    elapsed: Vec<f64>,
    /// Days from the click to the conversion, where that is known.
    #[serde(default)]
    delay: Vec<Option<f64>>,
}

#[derive(Deserialize)]
struct Run {
    model: String,
    lazy: bool,
    start: BTreeMap<String, Values>,
    curve: Vec<BTreeMap<String, f64>>,
    end: BTreeMap<String, Values>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub enum Values {
    Vector(Vec<f64>),
    Matrix(Vec<Vec<f64>>),
}

impl Values {
    pub fn shape(&self) -> Vec<usize> {
        match self {
            Self::Vector(values) => vec![values.len()],
            Self::Matrix(rows) => vec![rows.len(), rows[0].len()],
        }
    }

    pub fn flat(&self) -> Vec<f64> {
        match self {
            Self::Vector(values) => values.clone(),
            Self::Matrix(rows) => rows.concat(),
        }
    }
}

pub fn prepared(settings: &Settings, log: &Log, labels: &[&str]) -> Prepared {
    let fields = settings.vocabularies.iter().enumerate().map(|(index, &n)| FieldEncoder {
        name: format!("field_{index}"),
        group: FeatureGroup::User,
        encoding: FieldEncoding::Vocabulary { values: (2..n).map(|id| id.to_string()).collect() },
    });
    let dense = DenseEncoder { name: "dense_0".into(), mean: 0.0, std: 1.0, log1p: false };
    let column = |name: &str| match name {
        "click" => &log.click,
        "action" => &log.action,
        _ => &log.conversion,
    };
    let waits = log.delay.iter().zip(&log.elapsed);
    let waits = waits.map(|(&delay_days, &elapsed_days)| Wait { delay_days, elapsed_days });
    let (rows, train_rows) = (settings.rows as u32, settings.train_rows as u32);
    Prepared {
        split: Split { train: (0..train_rows).collect(), eval: (train_rows..rows).collect(), ..Split::default() },
        fitted: FittedFeatures { fields: fields.collect(), dense: vec![dense] },
        encoded: EncodedLog {
            n_rows: rows as usize,
            ids: log.ids.concat(),
            dense: log.dense.concat(),
            ..EncodedLog::default()
        },
        labels: labels.iter().map(|name| column(name).iter().map(|&label| label == 1).collect()).collect(),
        waits: waits.collect(),
        weights: Vec::new(),
    }
}

#[test]
fn ten_steps_are_those_of_pytorch() {
    let golden: Golden = serde_json::from_str(include_str!("../golden/esmm_ten_steps.json")).unwrap();
    assert_eq!(golden.runs.len(), 4);
    for run in &golden.runs {
        let settings = &golden.settings;
        let model = if run.model == "esmm" { esmm() } else { esm2() };
        let plan = TrainPlan {
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
                lazy_embeddings: run.lazy,
                ..TrainingSpec::default()
            },
            seed: settings.seed,
            ..plan(model)
        };
        let prepared = prepared(settings, &golden.log, &plan.model.tree.labels());
        let mut trainer = trainer(&plan, &prepared);
        let tensors = run.start.iter().map(|(name, values)| NamedTensor {
            name: name.clone(),
            shape: values.shape(),
            values: values.flat().iter().map(|&value| value as f32).collect(),
        });
        trainer.set_weights(&Weights { tensors: tensors.collect() }).unwrap();
        for batch in &golden.batches {
            assert_eq!(trainer.next_batch(), batch.as_slice(), "the order of seed {}", settings.seed);
            trainer.step().unwrap();
        }
        let what = format!("{}, lazy {}", run.model, run.lazy);
        let curve = pollster::block_on(trainer.take_losses()).unwrap();
        assert_eq!(curve.len(), 10);
        for (point, expected) in curve.iter().zip(&run.curve) {
            assert_eq!(point.losses.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
            for (name, loss) in expected {
                assert_close(point.losses[name], *loss, 1e-5, &format!("{what}, step {}, {name}", point.step));
            }
        }
        let weights = pollster::block_on(trainer.weights()).unwrap();
        assert_eq!(weights.tensors.len(), run.end.len());
        for (name, expected) in &run.end {
            for (a, b) in weights.get(name).unwrap().values.iter().zip(expected.flat()) {
                assert_close(f64::from(*a), b, 1e-4, &format!("{what}, {name} after ten steps"));
            }
        }
    }
}
