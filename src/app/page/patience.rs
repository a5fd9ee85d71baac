//! Workers that do not answer: noticed by beats of a clock, and replaced.
//!
//! Beats are counted, not time: a page that the browser has frozen counts none, and neither do its workers work then.

use super::effect::{Effect, WorkerKey};
use super::state::LogState;
use super::worker_state::Phase;
use super::workers::Worker;
use super::{Message, Page};
use crate::protocol::{DeviceKind, Reply, RunId, RunStatus};

const BEAT_MILLIS: u32 = 5_000;
/// Beats in which an engine is to arrive and start: a slow network has a minute for less than a megabyte.
const BEATS_TO_START: usize = 12;
/// Beats after which the user is told that it is waited for.
const BEATS_TO_TELL: usize = 2;
/// Beats until a run's first message, which comes after its first step, of whatever size.
const BEATS_TO_BEGIN: usize = 60;
/// Beats between two messages of a worker that trains a log of no length, or reads one.
const BEATS_TO_TRAIN: usize = 6;
const BEATS_TO_LOAD: usize = 24;
/// Epochs of the run's own that its end may take: output biases, evaluation, bootstrap.
const EPOCHS_TO_END: f64 = 4.0;
/// Beats of silence after which a worker that has not stopped is not waited for when there is more to train.
const BEATS_TO_REPLACE: usize = 2;
/// Of a longer log a beat more for so many rows: what a slow phone may take over an evaluation of them.
const ROWS_PER_BEAT: usize = 50_000;
/// Time for a run to stop, before Train is given back without it.
const STOP_MILLIS: u32 = 1_000;

impl Page {
    /// Has the clock beat while a worker owes the page something.
    pub(super) fn watch_workers(&mut self) {
        if !self.is_watching && self.workers.iter().any(|worker| self.beats_allowed(worker).is_some()) {
            self.is_watching = true;
            self.effects.push(Effect::Wait { millis: BEAT_MILLIS, message: Box::new(Message::Beat) });
        }
    }

    pub(super) fn on_beat(&mut self) {
        self.is_watching = false;
        let allowed: Vec<Option<usize>> = self.workers.iter().map(|worker| self.beats_allowed(worker)).collect();
        for (worker, allowed) in self.workers.iter_mut().zip(&allowed) {
            worker.silent_beats = if allowed.is_some() { worker.silent_beats + 1 } else { 0 };
        }
        self.tell_what_is_awaited();
        for (index, allowed) in allowed.into_iter().enumerate().rev() {
            if allowed.is_some_and(|allowed| self.workers[index].silent_beats > allowed) {
                self.replace(index, self.workers[index].silent_beats * BEAT_MILLIS as usize / 1000);
            }
        }
    }

    /// Says that a log waits for an engine that has not arrived.
    fn tell_what_is_awaited(&mut self) {
        let Some((pending, _)) = &self.pending else { return };
        let is_late = self.workers.iter().any(|worker| {
            let is_its = matches!(worker.state.phase(), Phase::Loading { request, .. } if request == pending);
            is_its && !worker.state.is_started() && worker.silent_beats >= BEATS_TO_TELL
        });
        if is_late {
            let what = text!(page::workers::awaited).to_owned();
            self.log_state.set(LogState::Loading { what, progress: None });
        }
    }

    /// Says what a log's load does, when the engine that it waited for has come.
    pub(super) fn tell_what_is_loaded(&mut self, index: usize) {
        let Some((pending, source)) = &self.pending else { return };
        if matches!(self.workers[index].state.phase(), Phase::Loading { request, .. } if request == pending) {
            let what = source.words();
            self.log_state.set(LogState::Loading { what, progress: None });
        }
    }

    /// Beats for which a worker may be silent; `None` when it owes nothing.
    fn beats_allowed(&self, worker: &Worker) -> Option<usize> {
        let rows = self.session.log.as_ref().map_or(0, |log| log.summary.rows).max(self.synth.rows);
        let longer = rows / ROWS_PER_BEAT;
        if !worker.state.is_started() {
            // The GPU engine's start has a limit of its own.
            return (worker.kind == DeviceKind::Cpu).then_some(BEATS_TO_START);
        }
        match worker.state.phase() {
            Phase::Loading { .. } => Some(BEATS_TO_LOAD + longer),
            Phase::Ending { .. } => Some(BEATS_TO_TRAIN + longer),
            Phase::Training { run } => {
                let run = self.session.run(*run).filter(|run| run.status != RunStatus::Held)?;
                let Some(progress) = run.progress else { return Some(BEATS_TO_BEGIN + longer) };
                let epoch_seconds = progress.train_rows as f64 / progress.rows_per_second.max(1.0);
                let to_end = EPOCHS_TO_END * epoch_seconds * 1000.0 / f64::from(BEAT_MILLIS);
                Some(BEATS_TO_TRAIN + longer + to_end as usize)
            }
            Phase::Idle | Phase::Trained { .. } => {
                self.awaited.has_of(worker.key, |_| true).then_some(BEATS_TO_TRAIN + longer)
            }
        }
    }

    /// Gives the runs that are told to stop some time for it.
    pub(super) fn await_stop(&mut self) {
        for worker in &self.workers {
            if let Some(run) = worker.state.training_run() {
                let message = Box::new(Message::StopTimeIsUp { worker: worker.key, run });
                self.effects.push(Effect::Wait { millis: STOP_MILLIS, message });
            }
        }
    }

    /// A run that has not stopped counts as stopped. Its worker may still answer, and then has its model.
    pub(super) fn on_stop_time_is_up(&mut self, key: WorkerKey, run: RunId) {
        let worker = self.workers.iter().find(|worker| worker.key == key);
        if worker.is_some_and(|worker| worker.state.training_run() == Some(run)) {
            self.session.apply(Reply::Stopped { run });
        }
    }

    /// Whether a worker still has a run that counts as stopped.
    pub(super) fn is_overdue(&self, worker: &Worker) -> bool {
        let run = worker.state.training_run().and_then(|run| self.session.run(run));
        // One with a plan is taken up again.
        run.is_some_and(|run| run.status == RunStatus::Stopped && !self.plans.contains_key(&run.id))
    }

    /// Whether any run is under way, as far as the user has been told.
    pub(super) fn is_any_under_way(&self) -> bool {
        self.workers.iter().any(|worker| worker.state.is_busy() && !self.is_overdue(worker))
    }

    /// Ends the workers that were to stop, have not, and are silent: others take their places. What a GPU does may take long.
    pub(super) fn end_overdue(&mut self) {
        for index in (0..self.workers.len()).rev() {
            let worker = &self.workers[index];
            let is_silent = worker.kind == DeviceKind::Cpu && worker.silent_beats >= BEATS_TO_REPLACE;
            if is_silent && self.is_overdue(worker) {
                self.replace(index, worker.silent_beats * BEAT_MILLIS as usize / 1000);
            }
        }
    }
}
