//! Keys of drawings of the session: cheaper to compare than the session, and changing less often.

use crate::domain::report::LogSummary;
use crate::protocol::{Run, RunId, RunStatus, Session};

/// Redraws of the loss curves in one run.
const REDRAWS: f64 = 60.0;

/// The session's keys when it was last drawn, and how often they have changed.
#[derive(Debug, Default)]
pub struct SessionKeys {
    evaluations: EvaluationsKey,
    progress: ProgressKey,
    changes: KeyChanges,
}

/// Number of changes of each key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeyChanges {
    pub evaluations: u32,
    pub progress: u32,
}

impl SessionKeys {
    /// Compares the keys with those of the session now; returns the number of changes so far.
    pub fn follow(&mut self, session: &Session) -> KeyChanges {
        let evaluations = evaluations_key(session);
        if self.evaluations != evaluations {
            self.evaluations = evaluations;
            self.changes.evaluations += 1;
        }
        let progress = progress_key(session);
        if self.progress != progress {
            self.progress = progress;
            self.changes.progress += 1;
        }
        self.changes
    }
}

/// The key of drawings of evaluations: changes with the log, and when a run is added, evaluated, shown at another epoch or
/// ended; not with every step.
#[derive(Debug, Clone, PartialEq, Default)]
struct EvaluationsKey {
    log: Option<(String, u32, LogSummary)>,
    runs: Vec<(RunId, usize, bool, bool)>,
}

/// The key of loss curves: changes when a run is added or evaluated, and with each share of its epochs.
type ProgressKey = Vec<(RunId, usize, u64)>;

fn evaluations_key(session: &Session) -> EvaluationsKey {
    let shown = |run: &Run| run.looked_at.map_or(run.evaluations.len(), |index| index + 1);
    EvaluationsKey {
        log: session.log.as_ref().map(|log| (log.name.clone(), log.crc32, log.summary)),
        runs: (session.runs.iter())
            .map(|run| (run.id, shown(run), run.status.is_ended(), run.is_in_memory()))
            .collect(),
    }
}

fn progress_key(session: &Session) -> ProgressKey {
    let moved = |run: &Run| run.progress.map_or(0, |p| (p.epoch / p.epochs.max(1) as f64 * REDRAWS) as u64);
    session.runs.iter().map(|run| (run.id, run.evaluations.len(), moved(run))).collect()
}

/// Whether any run is queued or trains.
pub fn is_running(runs: &[Run]) -> bool {
    runs.iter().any(|run| !run.status.is_ended() && run.status != RunStatus::Held)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixtures::{evaluation, run};
    use crate::protocol::LoadedLog;

    #[test]
    fn each_key_changes_with_what_its_drawings_show_and_not_with_every_step() {
        let mut keys = SessionKeys::default();
        let mut session = Session::default();
        let mut check = |session: &Session, evaluations, progress, why: &str| {
            assert_eq!(keys.follow(session), KeyChanges { evaluations, progress }, "{why}");
        };
        check(&session, 0, 0, "nothing yet");
        session.log = Some(LoadedLog::default());
        check(&session, 1, 0, "a log");
        session.runs.push(run(1, "esmm", 1, evaluation(&[])));
        check(&session, 2, 1, "a run");
        let epoch = |session: &mut Session, epoch| session.runs[0].progress.as_mut().unwrap().epoch = epoch;
        epoch(&mut session, 0.5);
        check(&session, 2, 2, "half an epoch");
        epoch(&mut session, 0.501);
        check(&session, 2, 2, "a step");
        session.look_back(Some(0.0));
        session.runs[0].evaluations.push(evaluation(&[]));
        check(&session, 2, 3, "an evaluation while an earlier one is shown");
        session.look_back(None);
        check(&session, 3, 3, "the newest is shown");
        session.runs[0].status = RunStatus::Stopped;
        check(&session, 4, 3, "an end");
    }
}
