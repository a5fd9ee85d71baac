//! Small logs, trees and plans, made by hand.

use std::collections::BTreeMap;

use esmm_playground::domain::behavior::{BehaviorTree, Event, Question};
use esmm_playground::domain::features::{
    DenseEncoder, EncodedLog, FieldEncoder, FieldEncoding, FittedFeatures, Prepared,
};
use esmm_playground::domain::log::{FeatureGroup, Split, SplitSpec, Wait};
use esmm_playground::domain::spec::{
    FeatureSpec, ModelSpec, NetworkSpec, Objective, Schedule, TrainPlan, TrainingSpec, WeightedEvent,
};
use esmm_playground::engine::{EngineDevice, Trainer};

/// A seeded generator for tests (SplitMix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

pub fn question(name: &str, label: &str, yes: Option<&str>, no: Option<&str>) -> Question {
    let owned = |next: Option<&str>| next.map(str::to_owned);
    Question { name: name.into(), label: label.into(), yes: owned(yes), no: owned(no) }
}

pub fn event(name: &str, answers: &[&str], given: Option<&str>) -> Event {
    let answers: BTreeMap<String, bool> = answers.iter().map(|label| ((*label).to_owned(), true)).collect();
    Event { name: name.into(), answers, given: given.map(str::to_owned) }
}

pub fn esmm_tree() -> BehaviorTree {
    BehaviorTree {
        questions: vec![question("ctr", "click", Some("cvr"), None), question("cvr", "conversion", None, None)],
        events: vec![
            event("ctr", &["click"], None),
            event("cvr", &["conversion"], Some("ctr")),
            event("ctcvr", &["click", "conversion"], None),
        ],
    }
}

pub fn esm2_tree() -> BehaviorTree {
    BehaviorTree {
        questions: vec![
            question("y1", "click", Some("y2"), None),
            question("y2", "action", Some("y3"), Some("y4")),
            question("y3", "conversion", None, None),
            question("y4", "conversion", None, None),
        ],
        events: vec![
            event("ctr", &["click"], None),
            event("cvr", &["conversion"], Some("y1")),
            event("ctavr", &["click", "action"], None),
            event("ctcvr", &["click", "conversion"], None),
        ],
    }
}

fn weighted(events: &[&str]) -> Vec<WeightedEvent> {
    events.iter().map(|event| WeightedEvent { event: (*event).to_owned(), weight: 1.0 }).collect()
}

pub fn esmm() -> ModelSpec {
    let objective = Objective::entire_space(weighted(&["ctr", "ctcvr"]));
    ModelSpec::new("esmm", esmm_tree(), objective)
}

pub fn esm2() -> ModelSpec {
    let objective = Objective::entire_space(weighted(&["ctr", "ctavr", "ctcvr"]));
    ModelSpec::new("esm2", esm2_tree(), objective)
}

pub fn naive() -> ModelSpec {
    let objective = Objective::ClickSpace { events: weighted(&["ctr", "cvr"]) };
    ModelSpec::new("naive", esmm_tree(), objective)
}

pub fn plan(model: ModelSpec) -> TrainPlan {
    TrainPlan {
        features: FeatureSpec::default(),
        split: SplitSpec::default(),
        network: NetworkSpec { embedding_size: 4, hidden: vec![8, 6], ..NetworkSpec::default() },
        training: TrainingSpec {
            batch_size: Some(32),
            epochs: Some(3),
            learning_rate: 0.01,
            schedule: Schedule::Constant,
            embedding_decay: Some(0.0),
            ..TrainingSpec::default()
        },
        model,
        seed: 7,
    }
}

/// Shape of a made-up log.
pub struct LogShape {
    pub rows: usize,
    pub train_rows: usize,
    /// Categories of each field; fields take the groups user, item, context in turn.
    pub categories: Vec<usize>,
    pub n_dense: usize,
}

impl Default for LogShape {
    fn default() -> Self {
        Self { rows: 240, train_rows: 200, categories: vec![12, 7, 5, 4], n_dense: 1 }
    }
}

/// How long the outcome of a row took, by hand: known in four of five rows.
pub fn wait(row: usize) -> Wait {
    Wait {
        delay_days: (!row.is_multiple_of(5)).then_some((row % 7) as f64 / 2.0),
        elapsed_days: (row % 11) as f64 / 1.5,
    }
}

/// A log whose labels depend on its features; conversions and actions only after clicks.
pub fn prepared(tree: &BehaviorTree, shape: &LogShape, seed: u64) -> Prepared {
    let mut random = Random(seed);
    let groups = [FeatureGroup::User, FeatureGroup::Item, FeatureGroup::Context];
    let fields = shape.categories.iter().enumerate().map(|(index, &n)| FieldEncoder {
        name: format!("field_{index}"),
        group: groups[index % 3],
        encoding: FieldEncoding::Vocabulary { values: (0..n).map(|value| value.to_string()).collect() },
    });
    let dense = (0..shape.n_dense).map(|index| DenseEncoder {
        name: format!("dense_{index}"),
        mean: 0.0,
        std: 1.0,
        log1p: false,
    });
    let fitted = FittedFeatures { fields: fields.collect(), dense: dense.collect() };
    let mut encoded = EncodedLog { n_rows: shape.rows, ..EncodedLog::default() };
    let names = tree.labels();
    let mut labels = vec![Vec::new(); names.len()];
    for _ in 0..shape.rows {
        let ids: Vec<u32> = shape.categories.iter().map(|&n| random.below(n + 2) as u32).collect();
        let appeal = if ids.first().is_some_and(|id| id % 3 == 0) { 0.6 } else { 0.25 };
        let is_clicked = random.uniform() < appeal;
        for (name, label) in names.iter().zip(&mut labels) {
            let is_yes = match *name {
                "click" => is_clicked,
                _ => is_clicked && random.uniform() < appeal,
            };
            label.push(is_yes);
        }
        encoded.ids.extend(ids);
        encoded.dense.extend((0..shape.n_dense).map(|_| (2.0 * random.uniform() - 1.0) as f32));
    }
    let split = Split {
        train: (0..shape.train_rows as u32).collect(),
        eval: (shape.train_rows as u32..shape.rows as u32).collect(),
        ..Split::default()
    };
    Prepared { split, fitted, encoded, labels, waits: (0..shape.rows).map(wait).collect(), weights: Vec::new() }
}

pub fn trainer(plan: &TrainPlan, prepared: &Prepared) -> Trainer {
    Trainer::new(&EngineDevice::cpu(), plan, prepared).unwrap()
}

/// `|a − b| ≤ tolerance · max(1, |b|)`
pub fn assert_close(a: f64, b: f64, tolerance: f64, what: &str) {
    assert!((a - b).abs() <= tolerance * b.abs().max(1.0), "{what}: {a} is not {b}");
}
