//! The log on the device.

use burn::tensor::{Int, Tensor};

use super::BurnDevice;
use crate::domain::objective::Target;
use crate::engine::batch::RunLog;
use crate::engine::objective::{BatchWaits, TargetLabels};

/// Labels and dense inputs, put on the device once; ids stay in memory, where a batch's distinct ones are found.
#[derive(Debug)]
pub(crate) struct DeviceLog {
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
    pub(crate) fn new(device: &BurnDevice, log: &RunLog, n_targets: usize) -> Self {
        let n_rows = log.n_rows;
        let by_row = |values: &Vec<f32>| device.floats(values.clone(), [values.len() / n_rows.max(1), n_rows]);
        let some = |values: &'_ Vec<f32>| (!values.is_empty()).then(|| values.clone());
        Self {
            labels: device.floats(log.labels.clone(), [n_targets, n_rows]),
            conditions: some(&log.conditions).as_ref().map(by_row),
            dense: some(&log.dense).map(|dense| {
                let width = dense.len() / n_rows.max(1);
                device.floats(dense, [n_rows, width])
            }),
            waits: some(&log.waits).as_ref().map(by_row),
            weights: some(&log.weights).map(|weights| device.floats(weights, [n_rows])),
        }
    }

    /// Gathers how much `rows` count.
    pub(crate) fn weights(&self, rows: &Tensor<1, Int>) -> Option<Tensor<1>> {
        Some(self.weights.clone()?.select(0, rows.clone()))
    }

    /// Gathers how long the delayed event of `rows` took.
    pub(crate) fn waits(&self, rows: &Tensor<1, Int>) -> Option<BatchWaits<Tensor<1>>> {
        let [batch] = rows.dims();
        let waits = self.waits.clone()?.select(1, rows.clone());
        let row = |index: usize| waits.clone().narrow(0, index, 1).reshape([batch]);
        Some(BatchWaits { delay: row(0), has_delay: row(1), elapsed: row(2) })
    }

    /// Gathers the labels of `rows`, target by target.
    pub(crate) fn labels(&self, rows: &Tensor<1, Int>, targets: &[Target]) -> Vec<TargetLabels<Tensor<1>>> {
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

    /// Gathers the dense inputs of `rows`, `[rows, n_dense + n_weights]`.
    pub(crate) fn dense(&self, rows: &Tensor<1, Int>) -> Option<Tensor<2>> {
        self.dense.clone().map(|dense| dense.select(0, rows.clone()))
    }
}
