//! A PRED.csv of a model from elsewhere, beside the worker's log.

use super::load::WorkerLog;
use super::page::SourceFile;
use crate::domain::log::{SplitSpec, split};
use crate::domain::metrics::Bootstrap;
use crate::domain::report::evaluate_own_predictions;
use crate::domain::spec::{ModelSpec, Objective};
use crate::protocol::OwnRun;

/// A longer file is not read: it is held in memory whole.
const MOST_BYTES: u64 = 1_000_000_000;

/// What the file says of the rows that are held out.
///
/// # Errors
/// In a sentence, with the line.
pub async fn read(by: &SplitSpec, log: &WorkerLog, file: Option<&impl SourceFile>) -> Result<Vec<OwnRun>, String> {
    let file = file.ok_or(text!(worker::file_lost))?;
    if file.size() > MOST_BYTES {
        return Err(text!(worker::predictions_too_large, megabytes = MOST_BYTES / 1_000_000));
    }
    let bytes = file.piece(0, file.size()).await.ok_or(text!(worker::file_unreadable))?;
    let log = &log.opened.log;
    let held_out = split(log, by).map_err(|error| error.to_string())?.eval;
    let own = evaluate_own_predictions(log, &held_out, &bytes, Bootstrap::default());
    let own = own.map_err(|error| error.to_string())?.into_iter();
    let run = |own: crate::domain::report::OwnPredictions| OwnRun {
        model: ModelSpec::new(&own.model, own.tree, Objective::entire_space(Vec::new())),
        seed: own.seed,
        evaluation: own.evaluation,
        notes: own.notes,
    };
    Ok(own.map(run).collect())
}
