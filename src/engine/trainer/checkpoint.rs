//! A run under way, put aside and gone on with, to the same numbers.

use serde::{Deserialize, Serialize};

use super::Trainer;
use crate::domain::report::EarlyStoppingReport;
use crate::domain::spec::TrainPlan;
use crate::engine::EngineError;
use crate::engine::backend::State;

/// All that a step changes. What a step draws follows from the seed and its number. On another device the run goes on too, to
/// numbers that differ as the devices' do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Steps done.
    pub step: u64,
    pub learning_rate: f64,
    /// Of the run that it belongs to.
    run_crc32: u32,
    state: State,
    /// With early stopping.
    stopping: Option<Stopping>,
}

/// What early stopping has seen, and the best state, which is there as soon as it has seen an epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Stopping {
    report: EarlyStoppingReport,
    best: Option<State>,
}

impl Trainer {
    /// The run as it stands; `None` at its end.
    ///
    /// # Errors
    /// When the device cannot hand its numbers back.
    pub async fn checkpoint(&self) -> Result<Option<Checkpoint>, EngineError> {
        if self.is_finished() {
            return Ok(None);
        }
        let Some(state) = self.backend.state().await? else { return Ok(None) };
        let stopping = match self.early_stopping() {
            Some(report) => Some(Stopping { report: report.clone(), best: self.backend.best_state().await? }),
            None => None,
        };
        let (step, learning_rate, run_crc32) = (self.step, self.learning_rate, self.crc32());
        Ok(Some(Checkpoint { step, learning_rate, run_crc32, state, stopping }))
    }

    /// Goes on from a checkpoint; `false`, and nothing changes, where it is none of this run.
    pub fn go_on(&mut self, checkpoint: Checkpoint) -> bool {
        let Checkpoint { step, learning_rate, run_crc32, state, stopping } = checkpoint;
        let is_known = run_crc32 == self.crc32() && step < self.position().total_steps;
        if !is_known || !self.has_stopping(stopping.as_ref(), &state, step) {
            return false;
        }
        let (report, best) = stopping.map(|Stopping { report, best }| (report, best)).unzip();
        if let Some(best) = best.flatten() {
            if !self.backend.set_state(best) {
                return false;
            }
            self.backend.keep_best();
        }
        // Of the same lengths as the best.
        if !self.backend.set_state(state) {
            return false;
        }
        if let Some((stopper, report)) = self.stopper.as_mut().zip(report) {
            stopper.go_on(report);
        }
        (self.step, self.learning_rate) = (step, learning_rate);
        self.forget_kept();
        true
    }

    /// Whether this is what early stopping can have seen of this run up to a step.
    fn has_stopping(&self, stopping: Option<&Stopping>, state: &State, step: u64) -> bool {
        match (&self.stopper, stopping) {
            (None, None) => true,
            (Some(stopper), Some(Stopping { report, best })) => {
                let is_like_it = |best: &State| best.iter().map(Vec::len).eq(state.iter().map(Vec::len));
                stopper.is_own(report, step)
                    && best.is_some() != report.epochs.is_empty()
                    && best.as_ref().is_none_or(is_like_it)
            }
            _ => false,
        }
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
