//! The log as a run sees it, and which rows and ids a step takes from it.

use super::EngineError;
use super::objective::{BatchWaits, TargetLabels};
use super::random::Purpose;
use super::sem::{Field, SemLayout};
use super::tape::Taped;
use crate::domain::behavior::BehaviorTree;
use crate::domain::features::{EncodedLog, Prepared};
use crate::domain::log::Wait;
use crate::domain::objective::Target;

/// Ids, dense inputs and labels of every row of the log.
#[derive(Debug)]
pub(crate) struct RunLog {
    n_places: usize,
    pub n_rows: usize,
    /// `[n_rows, places]` in pooled order: rows of one copy of the embedding table.
    ids: Vec<u32>,
    /// `[targets, n_rows]`: 0 or 1.
    pub labels: Vec<f32>,
    /// `[conditional targets, n_rows]`: 1 where the label is observed.
    pub conditions: Vec<f32>,
    /// `[n_rows, n_dense + n_weights]`: dense inputs, then the places' weights.
    pub dense: Vec<f32>,
    /// `[delay, has delay, elapsed][n_rows]` in days, for an objective with a delayed event; else empty.
    pub waits: Vec<f32>,
    /// `[n_rows]`: how much each row counts; empty where all count alike.
    pub weights: Vec<f32>,
}

impl RunLog {
    pub(crate) fn new(layout: &SemLayout, prepared: &Prepared, tree: &BehaviorTree, targets: &[Target]) -> Self {
        let (labels, conditions) = target_columns(prepared, tree, targets);
        Self {
            n_places: layout.n_places(),
            n_rows: prepared.encoded.n_rows,
            ids: table_ids(layout, &prepared.encoded),
            labels,
            conditions,
            dense: dense_and_weights(layout, &prepared.encoded),
            waits: if prepared.waits.is_empty() { Vec::new() } else { wait_rows(&prepared.waits) },
            weights: prepared.weights.iter().map(|&weight| weight as f32).collect(),
        }
    }

    /// What an objective is told of `rows`.
    pub(crate) fn columns(&self, rows: &[u32], targets: &[Target]) -> BatchColumns {
        let gathered = |column: &[f32]| Taped::constant_of(rows.iter().map(|&row| column[row as usize]).collect());
        let mut conditions = self.conditions.chunks_exact(self.n_rows);
        let labels = targets.iter().zip(self.labels.chunks_exact(self.n_rows)).map(|(target, label)| TargetLabels {
            label: gathered(label),
            condition: if target.is_conditional() { conditions.next().map(gathered) } else { None },
        });
        let labels = labels.collect();
        let waits = (!self.waits.is_empty()).then(|| {
            let column = |index: usize| gathered(&self.waits[index * self.n_rows..][..self.n_rows]);
            BatchWaits { delay: column(0), has_delay: column(1), elapsed: column(2) }
        });
        let weights = (!self.weights.is_empty()).then(|| gathered(&self.weights));
        BatchColumns { labels, waits, weights }
    }

    /// Dense inputs of `rows` and their places' weights, `[rows, n_dense + n_weights]`.
    pub(crate) fn dense_of(&self, rows: &[u32]) -> Vec<f32> {
        let width = self.dense.len() / self.n_rows.max(1);
        rows.iter().flat_map(|&row| &self.dense[row as usize * width..][..width]).copied().collect()
    }

    /// Table rows of the fields of log row `row`, in one copy of the table.
    pub(crate) fn ids_of(&self, row: u32) -> &[u32] {
        &self.ids[row as usize * self.n_places..][..self.n_places]
    }

    /// Inputs of `rows`.
    pub(crate) fn inputs(&self, layout: &SemLayout, rows: &[u32]) -> NetworkInputs {
        NetworkInputs { n_rows: rows.len(), ids: all_ids(self, layout, rows), dense: self.dense_of(rows) }
    }
}

/// What a forward pass starts from.
#[derive(Debug, Clone)]
pub(crate) struct NetworkInputs {
    pub n_rows: usize,
    /// `[copies · rows · places]`: rows of the table.
    pub ids: Vec<i32>,
    /// `[rows, n_dense + n_weights]`
    pub dense: Vec<f32>,
}

impl NetworkInputs {
    /// Inputs of impressions that the log does not have.
    pub(crate) fn of_encoded(layout: &SemLayout, encoded: &EncodedLog) -> Self {
        let mut ids: Vec<i32> = table_ids(layout, encoded).into_iter().map(|id| id as i32).collect();
        repeat_for_copies(&mut ids, layout.copies, layout.rows_per_copy);
        Self { n_rows: encoded.n_rows, ids, dense: dense_and_weights(layout, encoded) }
    }
}

/// Delays, whether they are known, and the days elapsed, one after the other.
fn wait_rows(waits: &[Wait]) -> Vec<f32> {
    let delays = waits.iter().map(|wait| wait.delay_days.unwrap_or_default() as f32);
    let has_delay = waits.iter().map(|wait| if wait.delay_days.is_some() { 1.0 } else { 0.0 });
    let elapsed = waits.iter().map(|wait| wait.elapsed_days as f32);
    delays.chain(has_delay).chain(elapsed).collect()
}

/// Ids as rows of one copy of the table, in pooled field order; a field with several values has several places.
fn table_ids(layout: &SemLayout, encoded: &EncodedLog) -> Vec<u32> {
    let n_columns = encoded.ids.len() / encoded.n_rows.max(1);
    let mut ids = Vec::with_capacity(encoded.n_rows * layout.n_places());
    for (row, singles) in encoded.ids.chunks_exact(n_columns.max(1)).enumerate() {
        for field in &layout.fields {
            let single = [singles[field.column]];
            let values = values_of(encoded, field, row).unwrap_or(&single);
            // Places without a value repeat the first: they weigh nothing, and no other row of the table is touched.
            let places = (0..field.width).map(|place| values.get(place).unwrap_or(&values[0]));
            ids.extend(places.map(|id| id + field.offset as u32));
        }
    }
    ids
}

/// The ids of a field with several values; `None` for others.
fn values_of<'a>(encoded: &'a EncodedLog, field: &Field, row: usize) -> Option<&'a [u32]> {
    let list = encoded.lists.iter().find(|list| list.field == field.column)?;
    Some(list.row(row)).filter(|values| !values.is_empty())
}

/// Dense inputs, and behind them how much each place counts in its field's pool.
fn dense_and_weights(layout: &SemLayout, encoded: &EncodedLog) -> Vec<f32> {
    if !layout.has_lists() {
        return encoded.dense.clone();
    }
    let n_rows = encoded.n_rows;
    let mut rows = Vec::with_capacity(n_rows * (layout.n_dense + layout.n_weights()));
    for row in 0..n_rows {
        rows.extend_from_slice(&encoded.dense[row * layout.n_dense..][..layout.n_dense]);
        for field in &layout.fields {
            let n_values = values_of(encoded, field, row).map_or(1, <[u32]>::len).min(field.width);
            let weight = if field.is_mean { 1.0 / n_values as f32 } else { 1.0 };
            rows.extend((0..field.width).map(|place| if place < n_values { weight } else { 0.0 }));
        }
    }
    rows
}

/// Label columns of every target, and condition columns of the conditional ones, one after the other.
fn target_columns(prepared: &Prepared, tree: &BehaviorTree, targets: &[Target]) -> (Vec<f32>, Vec<f32>) {
    let (mut labels, mut conditions) = (Vec::new(), Vec::new());
    for target in targets {
        for label in target.labels(tree, &prepared.labels) {
            labels.push(if label == Some(true) { 1.0 } else { 0.0 });
            if target.is_conditional() {
                conditions.push(if label.is_some() { 1.0 } else { 0.0 });
            }
        }
    }
    (labels, conditions)
}

/// What an objective is told of a batch, in memory.
#[derive(Debug)]
pub(crate) struct BatchColumns {
    pub labels: Vec<TargetLabels<Taped>>,
    pub waits: Option<BatchWaits<Taped>>,
    pub weights: Option<Taped>,
}

/// What a step uploads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BatchIndices {
    /// Rows of the log.
    pub rows: Vec<u32>,
    /// Rows of the embedding table that the batch uses, each once, in order of first use. All copies. Empty when all are
    /// fetched.
    pub unique: Vec<i32>,
    /// `[copies · rows · fields]`: position in `unique`, or row of the table where that is empty.
    pub inverse: Vec<i32>,
}

impl BatchIndices {
    /// Of a step that fetches the whole table: no row stands for several places.
    pub(crate) fn of_all(log: &RunLog, layout: &SemLayout, rows: &[u32]) -> Self {
        Self { rows: rows.to_vec(), unique: Vec::new(), inverse: all_ids(log, layout, rows) }
    }
}

/// Finds a batch's distinct table rows in time that does not depend on the table's size.
#[derive(Debug)]
pub(crate) struct DistinctIds {
    /// By table row of one copy: batch that used it last, and its position there.
    last_use: Vec<(u32, u32)>,
    batch: u32,
}

impl DistinctIds {
    pub(crate) fn new(layout: &SemLayout) -> Self {
        Self { last_use: vec![(0, 0); layout.rows_per_copy], batch: 0 }
    }

    /// Distinct table rows of `rows` and where each id is among them.
    pub(crate) fn find(&mut self, log: &RunLog, layout: &SemLayout, rows: &[u32]) -> BatchIndices {
        self.batch = self.batch.wrapping_add(1);
        if self.batch == 0 {
            // Once in four thousand million batches the numbers are given out again.
            self.last_use.fill((0, 0));
            self.batch = 1;
        }
        // Nothing waits for what is read here, so it comes from memory side by side; below, each would be waited for.
        let ids = rows.iter().flat_map(|&row| log.ids_of(row));
        std::hint::black_box(ids.fold(0, |all: u32, &id| all ^ self.last_use[id as usize].0));
        let mut unique: Vec<i32> = Vec::new();
        let mut inverse = Vec::with_capacity(layout.copies * rows.len() * layout.n_places());
        for &row in rows {
            for &id in log.ids_of(row) {
                let (batch, position) = &mut self.last_use[id as usize];
                if *batch != self.batch {
                    (*batch, *position) = (self.batch, unique.len() as u32);
                    unique.push(id as i32);
                }
                inverse.push(*position as i32);
            }
        }
        repeat_for_copies(&mut unique, layout.copies, layout.rows_per_copy);
        let n_unique = unique.len() / layout.copies;
        repeat_for_copies(&mut inverse, layout.copies, n_unique);
        BatchIndices { rows: rows.to_vec(), unique, inverse }
    }
}

/// Table rows of `rows`, undeduplicated, for all copies: `[copies · rows · fields]`.
pub(crate) fn all_ids(log: &RunLog, layout: &SemLayout, rows: &[u32]) -> Vec<i32> {
    let mut ids: Vec<i32> = rows.iter().flat_map(|&row| log.ids_of(row)).map(|&id| id as i32).collect();
    repeat_for_copies(&mut ids, layout.copies, layout.rows_per_copy);
    ids
}

fn repeat_for_copies(indices: &mut Vec<i32>, copies: usize, stride: usize) {
    let length = indices.len();
    for copy in 1..copies {
        let shift = (copy * stride) as i32;
        indices.extend_from_within(..length);
        indices[copy * length..].iter_mut().for_each(|index| *index += shift);
    }
}

/// Training rows, shuffled anew for each epoch from the seed and the epoch's number. The last, smaller batch is kept.
#[derive(Debug)]
pub(crate) struct EpochOrder {
    train: Vec<u32>,
    order: Vec<u32>,
    epoch: Option<u64>,
    seed: u64,
    batch_size: usize,
}

impl EpochOrder {
    pub(crate) fn new(train: &[u32], seed: u64, batch_size: usize) -> Result<Self, EngineError> {
        if train.is_empty() {
            return Err(EngineError::NoTrainingRow);
        }
        Ok(Self { train: train.to_vec(), order: Vec::new(), epoch: None, seed, batch_size: batch_size.max(1) })
    }

    /// Log rows that are trained on.
    pub(crate) fn rows(&self) -> &[u32] {
        &self.train
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.train.len()
    }

    pub(crate) fn steps_per_epoch(&self) -> u64 {
        self.train.len().div_ceil(self.batch_size) as u64
    }

    /// Rows trained on after `steps` steps.
    pub(crate) fn rows_seen(&self, steps: u64) -> u64 {
        let epochs = steps / self.steps_per_epoch();
        let rest = (steps % self.steps_per_epoch()) * self.batch_size as u64;
        epochs * self.train.len() as u64 + rest
    }

    /// Log rows of the step after `steps` steps.
    pub(crate) fn rows_of_step(&mut self, steps: u64) -> &[u32] {
        let epoch = steps / self.steps_per_epoch();
        if self.epoch != Some(epoch) {
            self.order.clone_from(&self.train);
            Purpose::Shuffle { epoch }.stream(self.seed).shuffle(&mut self.order);
            self.epoch = Some(epoch);
        }
        let start = (steps % self.steps_per_epoch()) as usize * self.batch_size;
        &self.order[start..(start + self.batch_size).min(self.order.len())]
    }
}
