//! State machine of one worker, without a browser; the page drives it and sends its messages.
//!
//! Invariants: nothing is sent before the worker is ready; a worker loads or trains, never both; a load that fails restores
//! the state before it.

use crate::protocol::{Request, RequestId, RunId};

/// A request, and the files beside it, each an `F`.
pub type Message<F> = (Request, Vec<F>);

/// The page's record of one worker.
#[derive(Debug)]
pub struct WorkerState<F> {
    /// Messages to send when the worker is ready; `None` once it is.
    outbox: Option<Vec<Message<F>>>,
    /// Serial of the loaded log.
    log: Option<u32>,
    /// Origin of the log that was sent last, whatever its roles.
    origin: Option<u32>,
    phase: Phase,
}

/// Activity of a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    Idle,
    /// It loads a log.
    Loading {
        request: RequestId,
        /// Serial of that log.
        log: u32,
        /// The run to start on the log.
        next: Option<RunId>,
        /// State to restore if the load fails.
        before: Before,
    },
    /// It trains a run, or has paused it.
    Training {
        run: RunId,
    },
    /// It stops a run that is not needed any more.
    Ending {
        run: RunId,
    },
    /// A run has ended; its model answers questions.
    Trained {
        run: RunId,
    },
}

/// State of a worker before a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    log: Option<u32>,
    model: Option<RunId>,
}

impl<F> Default for WorkerState<F> {
    fn default() -> Self {
        Self { outbox: Some(Vec::new()), log: None, origin: None, phase: Phase::Idle }
    }
}

impl<F> WorkerState<F> {
    /// The message to send now; `None` if it was queued until the worker is ready.
    pub fn post(&mut self, request: Request, files: Vec<F>) -> Option<Message<F>> {
        match &mut self.outbox {
            Some(outbox) => {
                outbox.push((request, files));
                None
            }
            None => Some((request, files)),
        }
    }

    /// Marks the worker as ready; returns the queued messages, in order.
    pub fn on_ready(&mut self) -> Vec<Message<F>> {
        self.outbox.take().unwrap_or_default()
    }

    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// Serial of the loaded log.
    pub fn log(&self) -> Option<u32> {
        self.log
    }

    /// Origin of the log that was sent last.
    pub fn origin(&self) -> Option<u32> {
        self.origin
    }

    /// The run whose model the worker has.
    pub fn model(&self) -> Option<RunId> {
        match self.phase {
            Phase::Training { run } | Phase::Trained { run } => Some(run),
            Phase::Idle | Phase::Loading { .. } | Phase::Ending { .. } => None,
        }
    }

    /// The run that is under way and can be controlled.
    pub fn training_run(&self) -> Option<RunId> {
        match self.phase {
            Phase::Training { run } => Some(run),
            _ => None,
        }
    }

    pub fn is_loading(&self) -> bool {
        matches!(self.phase, Phase::Loading { .. })
    }

    /// Whether it has said that it is ready.
    pub fn is_started(&self) -> bool {
        self.outbox.is_none()
    }

    /// Whether it has started, and answers within a slice of training.
    pub fn is_ready_to_answer(&self) -> bool {
        self.is_started() && !self.is_loading()
    }

    /// Whether the worker has a run: under way, waiting for the log, or stopping.
    pub fn is_busy(&self) -> bool {
        match self.phase {
            Phase::Training { .. } | Phase::Ending { .. } => true,
            Phase::Loading { next, .. } => next.is_some(),
            Phase::Idle | Phase::Trained { .. } => false,
        }
    }

    /// Begins a load, with the run to start on it, if any; drops the model and the log before.
    pub fn load(&mut self, request: RequestId, log: u32, origin: u32, next: Option<RunId>) {
        debug_assert!(!matches!(self.phase, Phase::Training { .. } | Phase::Ending { .. }), "it trains");
        let before = match self.phase {
            // A load that is replaced has changed nothing.
            Phase::Loading { before, .. } => before,
            _ => Before { log: self.log.take(), model: self.model() },
        };
        self.origin = Some(origin);
        self.phase = Phase::Loading { request, log, next, before };
    }

    /// Ends a load; returns the run that can start now.
    pub fn on_loaded(&mut self, answered: RequestId) -> Option<RunId> {
        match &mut self.phase {
            Phase::Loading { request, log, next, .. } if *request == answered => {
                self.log = Some(*log);
                let next = *next;
                self.phase = Phase::Idle;
                next
            }
            // The worker had finished a load before it received the one that replaced it: what it had before is gone.
            Phase::Loading { before, .. } => {
                *before = Before { log: None, model: None };
                None
            }
            _ => None,
        }
    }

    /// Ends a failed load and restores the state before; returns the run that cannot start.
    pub fn on_load_failed(&mut self, answered: RequestId) -> Option<RunId> {
        match self.phase {
            Phase::Loading { request, next, before, .. } if request == answered => {
                self.log = before.log;
                self.phase = before.model.map_or(Phase::Idle, |run| Phase::Trained { run });
                next
            }
            _ => None,
        }
    }

    /// Begins a run on the loaded log, or the restoring of an ended one; drops the model before.
    pub fn train(&mut self, run: RunId) {
        self.phase = Phase::Training { run };
    }

    /// Removes and returns the run that waits for the log.
    pub fn drop_next(&mut self) -> Option<RunId> {
        match &mut self.phase {
            Phase::Loading { next, .. } => next.take(),
            _ => None,
        }
    }

    /// Drops the model of earlier runs.
    pub fn forget_model(&mut self) {
        match &mut self.phase {
            Phase::Training { run } => self.phase = Phase::Ending { run: *run },
            Phase::Trained { .. } => self.phase = Phase::Idle,
            Phase::Loading { before, .. } => before.model = None,
            Phase::Idle | Phase::Ending { .. } => {}
        }
    }

    /// Ends a run; `true` if its model stays.
    pub fn on_run_ended(&mut self, ended: RunId) -> bool {
        match self.phase {
            Phase::Training { run } if run == ended => {
                self.phase = Phase::Trained { run };
                true
            }
            Phase::Ending { run } if run == ended => {
                self.phase = Phase::Idle;
                false
            }
            _ => false,
        }
    }

    /// Ends a failed run, which leaves no model.
    pub fn on_run_failed(&mut self, failed: RunId) {
        if matches!(self.phase, Phase::Training { run } | Phase::Ending { run } if run == failed) {
            self.phase = Phase::Idle;
        }
    }

    /// Ends the restoring of a run, which succeeded if `is_there`.
    pub fn on_taken_up(&mut self, taken: RunId, is_there: bool) {
        if self.on_run_ended(taken) && !is_there {
            self.phase = Phase::Idle;
        }
    }

    /// The run that is lost if the worker crashes.
    pub fn lost_run(&self) -> Option<RunId> {
        match self.phase {
            Phase::Training { run } => Some(run),
            Phase::Loading { next, .. } => next,
            Phase::Idle | Phase::Ending { .. } | Phase::Trained { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: u32 = 40;
    const NEXT_LOG: u32 = 41;

    fn ready() -> WorkerState<&'static str> {
        let mut worker = WorkerState::default();
        worker.on_ready();
        worker
    }

    /// A worker with [`LOG`].
    fn idle() -> WorkerState<&'static str> {
        let mut worker = ready();
        worker.load(1, LOG, 9, None);
        assert_eq!((worker.on_loaded(1), worker.log()), (None, Some(LOG)));
        worker
    }

    fn keeping(run: RunId) -> WorkerState<&'static str> {
        let mut worker = idle();
        worker.train(run);
        assert!(worker.on_run_ended(run));
        worker
    }

    #[test]
    fn messages_wait_until_the_worker_is_ready_and_keep_their_order_and_files() {
        let mut worker = WorkerState::default();
        assert_eq!(worker.post(Request::CancelLoad { id: 1 }, vec!["a.csv"]), None);
        assert_eq!(worker.post(Request::Pause { run: 2 }, vec![]), None);
        let sent = worker.on_ready();
        assert_eq!(sent, [(Request::CancelLoad { id: 1 }, vec!["a.csv"]), (Request::Pause { run: 2 }, vec![])]);
        assert_eq!(worker.post(Request::Resume { run: 2 }, vec![]), Some((Request::Resume { run: 2 }, vec![])));
        assert!(worker.on_ready().is_empty(), "nothing is sent twice");
    }

    #[test]
    fn a_run_starts_when_its_log_is_there_and_its_model_is_kept() {
        let mut worker = ready();
        worker.load(1, LOG, 9, Some(7));
        assert!(worker.is_busy() && worker.is_loading() && worker.model().is_none());
        assert_eq!(worker.on_loaded(1), Some(7));
        worker.train(7);
        assert_eq!((worker.training_run(), worker.model()), (Some(7), Some(7)));
        assert!(worker.on_run_ended(7));
        assert_eq!((worker.training_run(), worker.model(), worker.is_busy()), (None, Some(7), false));
    }

    #[test]
    fn a_refused_or_cancelled_load_leaves_the_log_and_the_model_that_were_there() {
        let mut worker = keeping(7);
        worker.load(2, NEXT_LOG, 10, None);
        assert_eq!((worker.log(), worker.model()), (None, None), "while it loads it can be asked about neither");
        assert_eq!(worker.on_load_failed(2), None);
        assert_eq!((worker.log(), worker.model()), (Some(LOG), Some(7)));
    }

    #[test]
    fn a_load_in_place_of_a_load_restores_what_was_there_before_both() {
        let mut worker = keeping(7);
        worker.load(2, NEXT_LOG, 10, None);
        worker.load(3, NEXT_LOG + 1, 11, None);
        assert_eq!(worker.on_load_failed(2), None);
        assert!(worker.is_loading(), "an answer to the load that was replaced");
        worker.on_load_failed(3);
        assert_eq!((worker.log(), worker.model()), (Some(LOG), Some(7)));
    }

    #[test]
    fn a_load_that_had_finished_before_it_was_replaced_has_taken_the_place_of_the_log_before() {
        let mut worker = keeping(7);
        worker.load(2, NEXT_LOG, 10, None);
        worker.load(3, NEXT_LOG + 1, 11, None);
        assert_eq!(worker.on_loaded(2), None);
        worker.on_load_failed(3);
        assert_eq!((worker.log(), worker.model()), (None, None));
    }

    #[test]
    fn a_run_that_failed_leaves_no_model_to_ask() {
        let mut worker = idle();
        worker.train(7);
        worker.on_run_failed(7);
        assert_eq!((worker.phase(), worker.model(), worker.log()), (&Phase::Idle, None, Some(LOG)));
    }

    #[test]
    fn answers_to_another_load_change_nothing() {
        let mut worker = keeping(7);
        worker.load(2, NEXT_LOG, 10, Some(8));
        assert_eq!((worker.on_loaded(1), worker.on_load_failed(1)), (None, None));
        assert!(worker.is_loading());
        assert_eq!(worker.on_loaded(2), Some(8));
        assert_eq!(worker.on_load_failed(2), None, "an answer after the answer");
        assert_eq!(worker.log(), Some(NEXT_LOG));
    }

    #[test]
    fn a_stop_during_a_load_leaves_the_log_to_be_read_and_starts_nothing() {
        let mut worker = ready();
        worker.load(1, LOG, 9, Some(7));
        assert_eq!(worker.drop_next(), Some(7));
        assert_eq!(worker.drop_next(), None, "a run is stopped once");
        assert!(!worker.is_busy());
        assert_eq!((worker.on_loaded(1), worker.log(), worker.phase()), (None, Some(LOG), &Phase::Idle));
    }

    #[test]
    fn a_run_whose_log_cannot_be_read_is_known_to_be_lost() {
        let mut worker = ready();
        worker.load(1, LOG, 9, Some(7));
        assert_eq!(worker.on_load_failed(1), Some(7));
        assert_eq!((worker.phase(), worker.log()), (&Phase::Idle, None));
    }

    #[test]
    fn a_run_of_the_comparison_before_ends_without_being_kept() {
        let mut worker = idle();
        worker.train(7);
        worker.forget_model();
        assert_eq!((worker.training_run(), worker.model(), worker.is_busy()), (None, None, true));
        assert_eq!(worker.lost_run(), None, "nobody waits for it");
        assert!(!worker.on_run_ended(7));
        assert_eq!(worker.phase(), &Phase::Idle);
    }

    #[test]
    fn a_new_comparison_during_a_load_forgets_the_model_that_a_failed_load_would_restore() {
        let mut worker = keeping(7);
        worker.load(2, NEXT_LOG, 10, None);
        worker.forget_model();
        worker.on_load_failed(2);
        assert_eq!((worker.log(), worker.model()), (Some(LOG), None));
    }

    #[test]
    fn a_crash_loses_the_run_under_way_or_the_one_that_waits_and_no_other() {
        let mut training = idle();
        training.train(7);
        let mut waiting = ready();
        waiting.load(1, LOG, 9, Some(8));
        for (worker, lost) in [(training, Some(7)), (waiting, Some(8)), (keeping(9), None), (idle(), None)] {
            assert_eq!(worker.lost_run(), lost);
        }
    }

    #[test]
    fn a_run_is_taken_up_again_or_cannot_be_had() {
        for (is_there, keeps) in [(true, Some(7)), (false, None)] {
            let mut worker = idle();
            worker.train(7);
            worker.on_taken_up(7, is_there);
            assert_eq!((worker.model(), worker.is_busy()), (keeps, false));
        }
    }

    #[test]
    fn what_is_said_of_another_run_changes_nothing() {
        let mut worker = idle();
        worker.train(7);
        assert!(!worker.on_run_ended(6));
        worker.on_taken_up(6, false);
        assert_eq!(worker.training_run(), Some(7));
    }
}
