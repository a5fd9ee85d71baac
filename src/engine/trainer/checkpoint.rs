//! A run under way, put aside and gone on with, to the same numbers.

use serde::{Deserialize, Serialize};

use super::Trainer;
use crate::domain::spec::TrainPlan;

/// All that a step changes. What a step draws follows from the seed and its number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Steps done.
    pub step: u64,
    pub learning_rate: f64,
    /// Of the run that it belongs to.
    run_crc32: u32,
    /// Parameters and moments, part by part.
    state: Vec<Vec<f32>>,
}

impl Trainer {
    /// The run as it stands. `None` on a GPU, whose moments are not in memory; with early stopping, whose best state is
    /// another; and at the end of the run.
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        if self.stopper.is_some() || self.is_finished() {
            return None;
        }
        let state = self.backend.state()?;
        Some(Checkpoint { step: self.step, learning_rate: self.learning_rate, run_crc32: self.crc32(), state })
    }

    /// Goes on from a checkpoint; `false`, and nothing changes, where it is none of this run on this device.
    pub fn go_on(&mut self, checkpoint: Checkpoint) -> bool {
        let Checkpoint { step, learning_rate, run_crc32, state } = checkpoint;
        let is_known = run_crc32 == self.crc32() && step < self.position().total_steps && self.stopper.is_none();
        if !is_known || !self.backend.set_state(state) {
            return false;
        }
        (self.step, self.learning_rate) = (step, learning_rate);
        self.forget_kept();
        true
    }

    /// Of the plan and the rows that are trained on.
    fn crc32(&self) -> u32 {
        crc32_of(self.plan(), self.order.rows())
    }
}

/// Of a run: its plan, and the rows that it trains on.
pub fn crc32_of(plan: &TrainPlan, rows: &[u32]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&serde_json::to_vec(plan).unwrap_or_default());
    rows.iter().for_each(|row| hasher.update(&row.to_le_bytes()));
    hasher.finalize()
}
