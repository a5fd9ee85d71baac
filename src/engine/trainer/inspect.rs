//! What a run can be asked between steps: logits, weights, gradients. None of it moves the run, but for given weights.

use super::Trainer;
use crate::domain::features::EncodedLog;
use crate::domain::objective::{Predicted, Readouts};
use crate::engine::backend::StepInputs;
use crate::engine::batch::NetworkInputs;
use crate::engine::sem::SemLayout;
use crate::engine::{EngineError, Weights};

/// Rows of a forward pass without gradients.
pub(in crate::engine) const ROWS_PER_CHUNK: usize = 4096;

/// `[towers, rows]` as `[rows, towers]`.
pub(in crate::engine) fn by_row(by_tower: &[f32], n_rows: usize) -> Vec<f32> {
    let n_towers = by_tower.len() / n_rows.max(1);
    let logit = |index: usize| by_tower[index % n_towers * n_rows + index / n_towers];
    (0..by_tower.len()).map(logit).collect()
}

impl Trainer {
    /// Logits of rows of the log, without dropout.
    ///
    /// # Shapes
    /// - returns `[rows, questions]`, row-major, questions in the tree's order
    ///
    /// # Errors
    /// As [`Trainer::predict`].
    pub async fn logits(&self, rows: &[u32]) -> Result<Vec<f32>, EngineError> {
        Ok(self.predict(rows).await?.logits)
    }

    /// The tree's logits for rows of the log, without dropout, and what is to be said of them.
    ///
    /// # Errors
    /// When the device cannot hand them back, or when they are not finite.
    pub async fn predict(&self, rows: &[u32]) -> Result<Predicted, EngineError> {
        Ok(self.readouts.read(&self.tower_logits(rows).await?))
    }

    /// Logits of impressions that the log need not have, encoded as it was; without dropout.
    ///
    /// # Shapes
    /// - returns `[rows, questions]`, row-major, questions in the tree's order
    ///
    /// # Errors
    /// As [`Trainer::predict`].
    pub async fn logits_of(&self, encoded: &EncodedLog) -> Result<Vec<f32>, EngineError> {
        let mut by_row = Vec::with_capacity(encoded.n_rows * self.towers.len());
        if encoded.n_rows > 0 {
            let inputs = NetworkInputs::of_encoded(&self.run.layout, encoded);
            by_row = self.by_row(&self.backend.logits(&inputs).await?, encoded.n_rows)?;
        }
        Ok(self.readouts.read(&by_row).logits)
    }

    /// `[towers, rows]` as `[rows, towers]`.
    pub(super) fn by_row(&self, by_tower: &[f32], n_rows: usize) -> Result<Vec<f32>, EngineError> {
        if by_tower.iter().any(|logit| !logit.is_finite()) {
            return Err(self.divergence_at(self.step));
        }
        Ok(by_row(by_tower, n_rows))
    }

    /// How the tree's logits are read off the towers'.
    pub fn readouts(&self) -> &Readouts {
        &self.readouts
    }

    /// Logits of every tower, `[rows, towers]`, row-major.
    ///
    /// # Errors
    /// As [`Trainer::predict`].
    pub async fn tower_logits(&self, rows: &[u32]) -> Result<Vec<f32>, EngineError> {
        let mut by_row = Vec::with_capacity(rows.len() * self.towers.len());
        for rows in rows.chunks(ROWS_PER_CHUNK) {
            let inputs = self.run.log.inputs(&self.run.layout, rows);
            by_row.extend(self.by_row(&self.backend.logits(&inputs).await?, rows.len())?);
        }
        Ok(by_row)
    }

    /// The weights, read back.
    ///
    /// # Errors
    /// When the device cannot hand them back.
    pub async fn weights(&self) -> Result<Weights, EngineError> {
        Ok(self.weight_map().name(&self.backend.weights().await?))
    }

    /// The embeddings of a field, `[vocabulary, size]`, row-major; `field` is its place among the encoded ones. Where each tower
    /// has tables of its own, the last tower's, which is furthest down the funnel, and its name. `None` without such a field.
    ///
    /// # Errors
    /// When the device cannot hand them back.
    pub async fn embeddings(&self, field: usize) -> Result<Option<(Vec<f32>, Option<&str>)>, EngineError> {
        let SemLayout { fields, copies, rows_per_copy, embedding_size, .. } = &self.run.layout;
        let Some(field) = fields.iter().find(|known| known.column == field) else { return Ok(None) };
        let table = self.backend.weights().await?.table;
        let first = (copies - 1) * rows_per_copy + field.offset;
        let values = table[first * embedding_size..][..field.vocabulary_size * embedding_size].to_vec();
        let tower = if *copies > 1 { self.towers.last().map(String::as_str) } else { None };
        Ok(Some((values, tower)))
    }

    /// Goes on from given weights, with the optimiser's moments at 0.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub fn set_weights(&mut self, weights: &Weights) -> Result<(), EngineError> {
        let merged = self.weight_map().merge(weights)?;
        self.backend.set_weights(merged);
        self.forget_kept();
        Ok(())
    }

    /// Gradient of the objective over `rows` with respect to every weight, under the weights' names; no dropout, nothing
    /// moves. A weight that the objective does not reach has the gradient 0.
    ///
    /// # Errors
    /// When the device cannot hand it back.
    pub async fn gradients(&self, rows: &[u32]) -> Result<Weights, EngineError> {
        let inputs = StepInputs { rows: rows.to_vec(), draws: self.draws(rows), masks: Vec::new() };
        let gradients = self.backend.gradients(inputs).await?;
        Ok(self.weight_map().name(&gradients))
    }
}
