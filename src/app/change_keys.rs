//! What the views share: cheap change keys, so that a drawing is made only when its numbers are new.

use leptos::prelude::*;

use crate::app::state::AppState;
use crate::protocol::{Run, RunId, RunStatus};

/// Changes when a run is added, evaluated, looked back at or ended, and not with every step: what drawings of evaluations watch.
pub fn evaluations_key(state: AppState) -> Memo<Vec<(RunId, usize, bool)>> {
    Memo::new(move |_| {
        state.session.with(|session| {
            let shown = |run: &Run| run.looked_at.map_or(run.evaluations.len(), |index| index + 1);
            session.runs.iter().map(|run| (run.id, shown(run), run.status.is_ended())).collect()
        })
    })
}

/// Changes as [`evaluations_key`] does and, besides, as each run moves on by a share of its epochs: for loss curves.
pub fn progress_key(state: AppState, redraws_per_run: f64) -> Memo<Vec<(RunId, usize, u64)>> {
    Memo::new(move |_| {
        state.session.with(|session| {
            let moved =
                |run: &Run| run.progress.map_or(0, |p| (p.epoch / p.epochs.max(1) as f64 * redraws_per_run) as u64);
            session.runs.iter().map(|run| (run.id, run.evaluations.len(), moved(run))).collect()
        })
    })
}

/// Whether any run is still to say something.
pub fn is_running(runs: &[Run]) -> bool {
    runs.iter().any(|run| !run.status.is_ended() && run.status != RunStatus::Held)
}
