//! The log on the device, and which rows and ids a step takes from it.

use burn::tensor::{Int, Tensor};

use super::EngineError;
use super::device::{EngineDevice, InMemory};
use super::objective::{BatchWaits, TargetLabels};
use super::random::Purpose;
use super::sem::{Field, SemLayout};
use super::tape::Taped;
use crate::domain::behavior::BehaviorTree;
use crate::domain::features::{EncodedLog, Prepared};
use crate::domain::log::Wait;
use crate::domain::objective::Target;

/// Labels and dense inputs, put on the device once; ids kept on the host, where a batch's distinct ones are found.
#[derive(Debug)]
pub(crate) struct DeviceLog {
    n_places: usize,
    /// `[n_rows, places]` in pooled order: rows of one copy of the embedding table.
    ids: Vec<u32>,
    /// `[targets, n_rows]`: 0 or 1.
    labels: Tensor<2>,
    /// `[conditional targets, n_rows]`: 1 where the label is observed. Absent when no target is conditional.
    conditions: Option<Tensor<2>>,
    /// `[n_rows, n_dense + n_weights]`: dense inputs, then the places' weights. Absent without either.
    dense: Option<Tensor<2>>,
    /// `[delay, has delay, elapsed][n_rows]` in days, for an objective with a delayed event.
    waits: Option<Tensor<2>>,
    /// `[n_rows]`: how much each row counts; absent where all count alike.
    weights: Option<Tensor<1>>,
}

impl DeviceLog {
    pub(crate) fn new(
        device: &EngineDevice,
        layout: &SemLayout,
        prepared: &Prepared,
        tree: &BehaviorTree,
        targets: &[Target],
    ) -> Self {
        let n_rows = prepared.encoded.n_rows;
        let (labels, conditions) = target_columns(prepared, tree, targets);
        let n_conditions = conditions.len() / n_rows.max(1);
        let width = layout.n_dense + layout.n_weights();
        let dense = (width > 0).then(|| device.floats(dense_and_weights(layout, &prepared.encoded), [n_rows, width]));
        Self {
            n_places: layout.n_places(),
            ids: table_ids(layout, &prepared.encoded),
            labels: device.floats(labels, [targets.len(), n_rows]),
            conditions: (n_conditions > 0).then(|| device.floats(conditions, [n_conditions, n_rows])),
            dense,
            waits: (!prepared.waits.is_empty()).then(|| device.floats(wait_rows(&prepared.waits), [3, n_rows])),
            weights: (!prepared.weights.is_empty())
                .then(|| device.floats(prepared.weights.iter().map(|&weight| weight as f32).collect(), [n_rows])),
        }
    }

    /// Gathers how much `rows` count.
    pub(crate) fn weights(&self, rows: &Tensor<1, Int>) -> Option<Tensor<1>> {
        Some(self.weights.clone()?.select(0, rows.clone()))
    }

    /// Gathers how long the delayed event of `rows` took.
    pub(crate) fn waits(&self, rows: &Tensor<1, Int>) -> Option<BatchWaits> {
        let [batch] = rows.dims();
        let waits = self.waits.clone()?.select(1, rows.clone());
        let row = |index: usize| waits.clone().narrow(0, index, 1).reshape([batch]);
        Some(BatchWaits { delay: row(0), has_delay: row(1), elapsed: row(2) })
    }

    /// Gathers the labels of `rows`, target by target.
    pub(crate) fn labels(&self, rows: &Tensor<1, Int>, targets: &[Target]) -> Vec<TargetLabels> {
        let [batch] = rows.dims();
        let labels = self.labels.clone().select(1, rows.clone());
        let conditions = self.conditions.clone().map(|conditions| conditions.select(1, rows.clone()));
        let column = |of: &Tensor<2>, index: usize| of.clone().narrow(0, index, 1).reshape([batch]);
        let mut n_conditions = 0;
        let batch_labels = targets.iter().enumerate().map(|(index, target)| {
            let condition = conditions.as_ref().filter(|_| target.is_conditional()).map(|conditions| {
                n_conditions += 1;
                column(conditions, n_conditions - 1)
            });
            TargetLabels { label: column(&labels, index), condition }
        });
        batch_labels.collect()
    }

    /// Gathers what an objective is told of `rows`, in memory.
    pub(crate) fn columns(&self, rows: &Tensor<1, Int>, targets: &[Target]) -> BatchColumns {
        let [batch] = rows.dims();
        let gathered = |of: &Tensor<2>| InMemory::of(of.clone().select(1, rows.clone()));
        let labels = gathered(&self.labels);
        let conditions = self.conditions.as_ref().map(gathered);
        let mut conditions = conditions.iter().flat_map(|conditions| conditions.numbers().chunks_exact(batch));
        let labels = targets.iter().zip(labels.numbers().chunks_exact(batch)).map(|(target, label)| TargetLabels {
            label: Taped::constant_of(label.to_vec()),
            condition: match target.is_conditional() {
                true => conditions.next().map(|condition| Taped::constant_of(condition.to_vec())),
                false => None,
            },
        });
        let labels = labels.collect();
        let waits = self.waits.as_ref().map(|waits| {
            let waits = gathered(waits);
            let row = |index: usize| Taped::constant_of(waits.numbers()[index * batch..][..batch].to_vec());
            BatchWaits { delay: row(0), has_delay: row(1), elapsed: row(2) }
        });
        let weights = self.weights(rows).map(|weights| Taped::constant_of(InMemory::of(weights).numbers().to_vec()));
        BatchColumns { labels, waits, weights }
    }

    /// Gathers the dense inputs of `rows`, `[rows, n_dense + n_weights]`.
    pub(crate) fn dense(&self, rows: &Tensor<1, Int>) -> Option<Tensor<2>> {
        self.dense.clone().map(|dense| dense.select(0, rows.clone()))
    }

    /// Table rows of the fields of log row `row`, in one copy of the table.
    pub(crate) fn ids_of(&self, row: u32) -> &[u32] {
        &self.ids[row as usize * self.n_places..][..self.n_places]
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
    pub(crate) fn of_all(log: &DeviceLog, layout: &SemLayout, rows: &[u32]) -> Self {
        Self { rows: rows.to_vec(), unique: Vec::new(), inverse: all_ids(log, layout, rows) }
    }
}

/// Finds a batch's distinct table rows in time that does not depend on the table's size.
#[derive(Debug)]
pub(crate) struct DistinctIds {
    /// By table row of one copy: batch that used it last, and its position there.
    last_use: Vec<(u64, u32)>,
    batch: u64,
}

impl DistinctIds {
    pub(crate) fn new(layout: &SemLayout) -> Self {
        Self { last_use: vec![(0, 0); layout.rows_per_copy], batch: 0 }
    }

    /// Distinct table rows of `rows` and where each id is among them.
    pub(crate) fn find(&mut self, log: &DeviceLog, layout: &SemLayout, rows: &[u32]) -> BatchIndices {
        self.batch += 1;
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
pub(crate) fn all_ids(log: &DeviceLog, layout: &SemLayout, rows: &[u32]) -> Vec<i32> {
    let mut ids: Vec<i32> = rows.iter().flat_map(|&row| log.ids_of(row)).map(|&id| id as i32).collect();
    repeat_for_copies(&mut ids, layout.copies, layout.rows_per_copy);
    ids
}

/// Table rows, for all copies, and dense inputs of impressions that the log does not have.
pub(crate) fn inputs_of(
    device: &EngineDevice,
    layout: &SemLayout,
    encoded: &EncodedLog,
) -> (Vec<i32>, Option<Tensor<2>>) {
    let mut ids: Vec<i32> = table_ids(layout, encoded).into_iter().map(|id| id as i32).collect();
    repeat_for_copies(&mut ids, layout.copies, layout.rows_per_copy);
    let width = layout.n_dense + layout.n_weights();
    (ids, (width > 0).then(|| device.floats(dense_and_weights(layout, encoded), [encoded.n_rows, width])))
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
