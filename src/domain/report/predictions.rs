//! Logits of an evaluation and PRED.csv.
use crate::domain::behavior::BehaviorTree;
use crate::domain::features::Split;
use crate::domain::log::ImpressionLog;

/// One run's logits for every row of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    pub model: String,
    pub seed: u64,
    pub tree: BehaviorTree,
    /// `[n_rows, questions]`.
    pub logits: Vec<f32>,
}

/// PRED.csv: one line per run and row.
pub fn write_predictions_csv(log: &ImpressionLog, split: &Split, runs: &[Predictions]) -> Vec<u8> {
    let _ = (log, split, runs);
    todo!()
}
