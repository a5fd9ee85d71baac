//! Weights of runs that have ended: kept with what the runs have shown, and given to a worker again after a reload.
//!
//! Invariants: a run that was kept without weights stays to be looked at; weights that do not fit change nothing.

use super::Page;
use super::effect::FileHandle;
use super::questions::Purpose;
use super::runs::Waiting;
use crate::protocol::{Export, Question, Request, Run, RunId, RunStatus};

/// Weights of all runs together that are kept. Written whenever a run has ended, so not without end.
const MOST_BYTES: u64 = 64_000_000;

impl Page {
    /// Asks the worker for the weights of the run that it has just ended.
    pub(super) fn ask_checkpoint(&mut self, index: usize, run: RunId) {
        let question = Question::Export { run, what: Export::Checkpoint };
        self.ask(index, Purpose::Checkpoint { run }, question);
    }

    pub(super) fn on_checkpoint(&mut self, run: RunId, name: &str, weights: Option<FileHandle>) {
        let kept: u64 = self.checkpoints.values().map(|file| file.bytes).sum();
        // Trees have none: nothing comes.
        if let Some(weights) = weights.filter(|file| file.bytes > 0 && kept + file.bytes <= MOST_BYTES) {
            self.checkpoints.insert(run, weights.named(name));
        }
    }

    /// The runs are others from now on.
    pub(super) fn forget_checkpoints(&mut self) {
        self.checkpoints.clear();
        self.awaited.forget(|purpose| matches!(purpose, Purpose::Checkpoint { .. }));
    }

    /// Queues the runs that were kept with their weights: each gets a worker that has its model.
    pub(super) fn take_up_kept(&mut self) {
        let (Some(spec), Some(log)) = (&self.session.trained, &self.session.log) else { return };
        let plans = (self.functions.chosen)(spec, log).map(|chosen| chosen.runs).unwrap_or_default();
        let plan_of = |run: &Run| {
            let of_run = plans.iter().find(|chosen| chosen.plan.model == run.model && chosen.plan.seed == run.seed);
            of_run.map(|chosen| Waiting { run: run.id, plan: chosen.plan.clone() })
        };
        let has_weights = |run: &&Run| run.status == RunStatus::Kept && self.checkpoints.contains_key(&run.id);
        let kept: Vec<Waiting> = self.session.runs.iter().filter(has_weights).filter_map(plan_of).collect();
        self.queue.extend(kept);
    }

    /// What a worker is told to take a run up, with its weights; `None` for a run that is to be trained.
    pub(super) fn taking_up(&self, waiting: &Waiting) -> Option<(Request, FileHandle)> {
        let weights = self.checkpoints.get(&waiting.run)?.clone();
        let run = self.session.run(waiting.run).filter(|run| run.status == RunStatus::Kept)?;
        let step = run.latest()?.step;
        Some((Request::TakeUp { run: waiting.run, plan: Box::new(waiting.plan.clone()), step }, weights))
    }
}
