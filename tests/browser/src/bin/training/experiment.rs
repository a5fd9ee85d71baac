//! What both sides train: two networks on generated logs, as an experiment for this project's engine, and as numbers and encoded
//! rows for its peers.

use browser_tests::Step;
use browser_tests::specs::experiment;
use esmm_playground::domain::features::Prepared;
use esmm_playground::domain::log::OpenedLog;
use esmm_playground::domain::spec::{DataSpec, Pooling, RunSpec, TrainPlan, spec_preset};
use esmm_playground::domain::synth::{SynthSpec, generate};
use serde_json::{Value, json};
use std::path::Path;

/// A network that is trained, the rows of a step, and the log.
pub struct Contest {
    pub name: &'static str,
    /// Preset of an experiment, whose network and learning rate are taken.
    preset: &'static str,
    batch_size: usize,
    log: fn() -> SynthSpec,
}

/// The networks of the report: of the paper on a log of eight fields with 18 000 values, and of the page on its first log.
pub const CONTESTS: [Contest; 2] = [
    Contest { name: "paper", preset: "esmm_paper", batch_size: 1024, log: long_vocabularies },
    Contest { name: "page", preset: "default", batch_size: 256, log: SynthSpec::default },
];

fn long_vocabularies() -> SynthSpec {
    SynthSpec {
        items: 20_000,
        user_segments: [12_000, 200],
        item_segments: [8_000, 300],
        numerical_features: 4,
        ..SynthSpec::default()
    }
}

/// Names of the files in a contest's folder, which the peers read.
pub const EXPERIMENT: &str = "experiment.json";
const NETWORK: &str = "network.json";
const ROWS: &str = "rows.bin";
const LABELS: &str = "labels.bin";

impl Contest {
    /// ESMM with this network on its log, or on one like it of `most_rows`, with plain Adam: no decay of embeddings, which the
    /// peers do not have.
    ///
    /// # Errors
    /// When the preset is missing.
    pub fn experiment(&self, most_rows: usize) -> Step<RunSpec> {
        let preset = spec_preset(self.preset).ok_or_else(|| format!("there is no preset {:?}", self.preset))?;
        let log = (self.log)();
        let mut spec = experiment(SynthSpec { rows: log.rows.min(most_rows), ..log }, &["esmm"]);
        spec.network = preset.network;
        spec.training = preset.training;
        spec.training.batch_size = Some(self.batch_size);
        spec.training.embedding_decay = Some(0.0);
        Ok(spec)
    }

    /// Writes what the native engine and the peers read into `folder`; returns what [`NETWORK`] says.
    ///
    /// - `experiment.json`: the RunSpec
    /// - `network.json`: sizes of the network and of the files
    /// - `rows.bin`: `[train_rows, n_fields]` little-endian u32, rows of the one embedding table; fields of a group lie together
    /// - `labels.bin`: `[train_rows, 2]` bytes, click and purchase
    ///
    /// # Errors
    /// When the log has what the peers' networks have no input for, or a file cannot be written.
    pub fn write(&self, most_rows: usize, folder: &Path) -> Step<Value> {
        let spec = self.experiment(most_rows)?;
        let plan = spec.plan(&spec.models[0], 1);
        let prepared = prepared(&spec, &plan)?;
        let fields = &prepared.fitted.fields;
        if !prepared.encoded.lists.is_empty() || !prepared.fitted.dense.is_empty() {
            return Err("the peers' networks have embedded fields of one value alone".to_owned());
        }
        let mut order: Vec<usize> = (0..fields.len()).collect();
        order.sort_by_key(|&field| fields[field].group);
        let same_group =
            |a: &usize, b: &usize| plan.network.pooling == Pooling::SumByGroup && fields[*a].group == fields[*b].group;
        let groups: Vec<usize> = order.chunk_by(same_group).map(<[usize]>::len).collect();
        let sizes: Vec<usize> = order.iter().map(|&field| fields[field].vocabulary_size()).collect();
        let network = json!({
            "name": self.name,
            "embedding_size": plan.network.embedding_size,
            "hidden": plan.network.hidden,
            "fields": order.iter().map(|&field| &fields[field].name).collect::<Vec<_>>(),
            "vocabulary_sizes": sizes,
            "table_rows": sizes.iter().sum::<usize>(),
            "fields_by_pooled_group": groups,
            "batch_size": self.batch_size,
            "train_rows": prepared.split.train.len(),
            "learning_rate": plan.training.learning_rate,
            "beta1": plan.training.beta1,
            "beta2": plan.training.beta2,
            "epsilon": plan.training.epsilon,
        });
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            std::fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))
        };
        write(EXPERIMENT, spec.to_json().as_bytes())?;
        write(NETWORK, network.to_string().as_bytes())?;
        write(ROWS, &table_rows(&prepared, &order, &sizes))?;
        write(LABELS, &labels(&prepared))?;
        Ok(network)
    }
}

fn prepared(spec: &RunSpec, plan: &TrainPlan) -> Step<Prepared> {
    let DataSpec::Generated { synth } = &spec.data else { return Err("the log is a generated one".to_owned()) };
    let generated = generate(synth);
    let opened = OpenedLog::from_table(generated.table, Some(generated.roles)).map_err(|error| error.to_string())?;
    Prepared::new(&opened.log, plan).map_err(|error| error.to_string())
}

/// The training rows' ids as rows of one table in which the fields follow each other in `order`.
fn table_rows(prepared: &Prepared, order: &[usize], sizes: &[usize]) -> Vec<u8> {
    let n_fields = order.len();
    let mut bytes = Vec::with_capacity(prepared.split.train.len() * n_fields * 4);
    for &row in &prepared.split.train {
        let ids = &prepared.encoded.ids[row as usize * n_fields..][..n_fields];
        let mut offset = 0;
        for (&field, &size) in order.iter().zip(sizes) {
            bytes.extend((offset + ids[field]).to_le_bytes());
            offset += size as u32;
        }
    }
    bytes
}

/// Click and purchase of the training rows; a purchase without a click is none.
fn labels(prepared: &Prepared) -> Vec<u8> {
    let [click, conversion] = [&prepared.labels[0], &prepared.labels[1]];
    let of_row = |&row: &u32| {
        let (click, conversion) = (click[row as usize], conversion[row as usize]);
        [u8::from(click), u8::from(click && conversion)]
    };
    prepared.split.train.iter().flat_map(of_row).collect()
}
