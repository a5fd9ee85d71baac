//! Weights of ended runs: saved with the runs' evaluations, and loaded by a worker again after a reload.
//!
//! Invariants: a run that was saved without weights is still shown; weights that do not fit change nothing.

use super::Page;
use super::effect::FileHandle;
use super::runs::QueuedRun;
use crate::protocol::{Export, Question, Request, Run, RunId, RunStatus};

/// Maximum size of all weights. They are written whenever a run has ended.
const MAX_BYTES: u64 = 64_000_000;

impl Page {
    /// Asks the worker for the weights of the run that has just ended.
    pub(super) fn ask_checkpoint(&mut self, index: usize, run: RunId) {
        self.ask_worker(index, Question::Export { run, what: Export::Checkpoint });
    }

    pub(super) fn on_checkpoint(&mut self, run: RunId, name: &str, weights: Option<FileHandle>) {
        let kept: u64 = self.checkpoints.values().map(|file| file.bytes).sum();
        // Boosted trees have no weights.
        if let Some(weights) = weights
            && weights.bytes > 0
            && kept + weights.bytes <= MAX_BYTES
        {
            self.checkpoints.insert(run, weights.named(name));
        }
    }

    /// Drops the weights of the runs before.
    pub(super) fn forget_checkpoints(&mut self) {
        self.checkpoints.clear();
        self.awaited.forget(|asked| matches!(asked.question, Question::Export { what: Export::Checkpoint, .. }));
    }

    /// Queues the restored runs that have weights: each gets a worker that loads its model.
    pub(super) fn queue_saved_runs(&mut self) {
        let (Some(spec), Some(log)) = (&self.session.trained, &self.session.log) else { return };
        let plans = (self.functions.plan_runs)(spec, log).map(|chosen| chosen.runs).unwrap_or_default();
        let plan_of = |run: &Run| {
            let of_run = plans.iter().find(|chosen| chosen.plan.model == run.model && chosen.plan.seed == run.seed);
            of_run.map(|chosen| QueuedRun { run: run.id, plan: chosen.plan.clone() })
        };
        let has_weights = |run: &&Run| run.status == RunStatus::Kept && self.checkpoints.contains_key(&run.id);
        let kept: Vec<QueuedRun> = self.session.runs.iter().filter(has_weights).filter_map(plan_of).collect();
        self.queue.extend(kept);
    }

    /// Request to load a restored run, with its weights; `None` for a run that is to be trained.
    pub(super) fn take_up_request(&self, queued: &QueuedRun) -> Option<(Request, FileHandle)> {
        let weights = self.checkpoints.get(&queued.run)?.clone();
        let run = self.session.run(queued.run)?;
        if run.status != RunStatus::Kept {
            return None;
        }
        let step = run.latest()?.step;
        Some((Request::TakeUp { run: queued.run, plan: Box::new(queued.plan.clone()), step }, weights))
    }
}
