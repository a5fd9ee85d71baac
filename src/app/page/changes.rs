//! When what is drawn of the session is out of date: cheaper to compare than the session, and rarer to change.

use crate::domain::report::LogSummary;
use crate::protocol::{Run, RunId, RunStatus, Session};

/// How often loss curves are drawn anew in one run.
const REDRAWS: f64 = 60.0;

/// Changes when another log comes and when a run is added, evaluated, looked back at or ended; not with every step.
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

/// Changes when a run is added or evaluated and as each moves on by a share of its epochs: the key of loss curves.
pub fn progress_key(session: &Session) -> Vec<(RunId, usize, u64)> {
    let moved = |run: &Run| run.progress.map_or(0, |p| (p.epoch / p.epochs.max(1) as f64 * REDRAWS) as u64);
    session.runs.iter().map(|run| (run.id, run.evaluations.len(), moved(run))).collect()
}

/// Whether any run is still to say something.
pub fn is_running(runs: &[Run]) -> bool {
    runs.iter().any(|run| !run.status.is_ended() && run.status != RunStatus::Held)
}
