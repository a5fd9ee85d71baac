//! Keys of drawings of the session: cheaper to compare than the session, and changing less often.

use crate::domain::report::LogSummary;
use crate::protocol::{Run, RunId, RunStatus, Session};

/// Redraws of the loss curves in one run.
const REDRAWS: f64 = 60.0;

/// Changes with the log, and when a run is added, evaluated, shown at another epoch or ended; not with every step.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EvaluationsKey {
    log: Option<(String, u32, LogSummary)>,
    runs: Vec<(RunId, usize, bool, bool)>,
}

/// The key of drawings of evaluations.
pub fn evaluations_key(session: &Session) -> EvaluationsKey {
    let shown = |run: &Run| run.looked_at.map_or(run.evaluations.len(), |index| index + 1);
    EvaluationsKey {
        log: session.log.as_ref().map(|log| (log.name.clone(), log.crc32, log.summary)),
        runs: (session.runs.iter())
            .map(|run| (run.id, shown(run), run.status.is_ended(), run.is_in_memory()))
            .collect(),
    }
}

/// The key of loss curves: changes when a run is added or evaluated, and with each share of its epochs.
pub fn progress_key(session: &Session) -> Vec<(RunId, usize, u64)> {
    let moved = |run: &Run| run.progress.map_or(0, |p| (p.epoch / p.epochs.max(1) as f64 * REDRAWS) as u64);
    session.runs.iter().map(|run| (run.id, run.evaluations.len(), moved(run))).collect()
}

/// Whether any run is queued or trains.
pub fn is_running(runs: &[Run]) -> bool {
    runs.iter().any(|run| !run.status.is_ended() && run.status != RunStatus::Held)
}
