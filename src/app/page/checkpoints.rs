//! Models that outlast their workers and the page, saved with the runs' evaluations: weights and trees of ended runs, which a worker
//! loads again after a reload, or when one is asked for that has given its worker to a later run; and snapshots of runs that train,
//! which go on from there.
//!
//! Invariants: a run that was saved without weights is still shown; weights that do not fit change nothing; a run without a
//! snapshot, or one that does not fit, begins again, to the same numbers. Runs that a page cannot bear are not begun again
//! for ever.

use super::effect::FileHandle;
use super::runs::QueuedRun;
use super::{Notice, Page};
use crate::app::planned_runs::PlannedRun;
use crate::protocol::{DeviceKind, Export, MOST_KEPT_BYTES, Question, Request, Run, RunId, RunStatus};

/// Runs go on by themselves after so many reloads: it may be them that end the page.
const MOST_RELOADS: u32 = 5;

impl Page {
    /// Asks the worker for the weights of the run that has just ended.
    pub(super) fn ask_checkpoint(&mut self, index: usize, run: RunId) {
        // What is there is a snapshot.
        self.checkpoints.remove(&run);
        self.ask_worker(index, Question::Export { run, what: Export::Checkpoint });
    }

    /// Asks for snapshots of the runs that train.
    pub(super) fn ask_snapshots(&mut self) {
        for index in 0..self.workers.len() {
            if let Some(run) = self.workers[index].state.training_run() {
                self.ask_worker(index, Question::Export { run, what: Export::Snapshot });
            }
        }
    }

    pub(super) fn awaits_snapshots(&self) -> bool {
        self.awaited.has(|asked| matches!(asked.question, Question::Export { what: Export::Snapshot, .. }))
    }

    /// Keeps a snapshot, unless the run has ended meanwhile, and saves the state with the last of them. Where the worker made none,
    /// perhaps since it is lost, the one before stays.
    pub(super) fn on_snapshot(&mut self, run: RunId, snapshot: Option<FileHandle>) {
        if snapshot.is_some() && self.session.run(run).is_some_and(|run| !run.status.is_ended()) {
            self.checkpoints.remove(&run);
            self.on_checkpoint(run, "snapshot", snapshot);
            self.snapshots += 1;
        }
        if !self.awaits_snapshots() {
            self.save();
        }
    }

    /// The snapshot that a run goes on from.
    pub(super) fn snapshot(&self, run: RunId) -> Option<&FileHandle> {
        let is_unfinished = self.session.run(run).is_some_and(Run::is_unfinished);
        self.checkpoints.get(&run).filter(|_| is_unfinished)
    }

    /// Whether a run goes on from a snapshot that the CPU has made: only there it comes to the same numbers.
    pub(super) fn goes_on_on_cpu(&self, run: RunId) -> bool {
        let progress = self.session.run(run).and_then(|run| run.progress.as_ref());
        self.snapshot(run).is_some() && progress.is_none_or(|progress| progress.device == DeviceKind::Cpu)
    }

    pub(super) fn on_checkpoint(&mut self, run: RunId, name: &str, weights: Option<FileHandle>) {
        let kept: u64 = self.checkpoints.values().map(|file| file.bytes).sum();
        if let Some(weights) = weights
            && weights.bytes > 0
            && kept + weights.bytes <= MOST_KEPT_BYTES
        {
            self.checkpoints.insert(run, weights.named(name));
        }
    }

    /// Drops the weights of the runs before.
    pub(super) fn forget_checkpoints(&mut self) {
        self.checkpoints.clear();
        let is_one = |what| matches!(what, Export::Checkpoint | Export::Snapshot);
        self.awaited.forget(|asked| matches!(asked.question, Question::Export { what, .. } if is_one(what)));
    }

    /// Queues the restored runs that have weights: each gets a worker that loads its model. Those that were training when the page
    /// was reloaded go on.
    pub(super) fn queue_saved_runs(&mut self) {
        let (Some(spec), Some(log)) = (&self.session.trained, &self.session.log) else { return };
        let plans = (self.functions.plan_runs)(spec, log).map(|chosen| chosen.runs).unwrap_or_default();
        let plan_of = |run: &Run| queued_again(run, &plans);
        let has_weights = |run: &&Run| run.status == RunStatus::Kept && self.checkpoints.contains_key(&run.id);
        let kept: Vec<QueuedRun> = self.session.runs.iter().filter(has_weights).filter_map(plan_of).collect();
        self.queue.extend(kept);
        let Some(reloads) = self.restored_reloads.take().filter(|reloads| *reloads < MOST_RELOADS) else { return };
        let is_unfinished = |run: &&Run| run.status == RunStatus::Unfinished;
        let unfinished: Vec<QueuedRun> = self.session.runs.iter().filter(is_unfinished).filter_map(plan_of).collect();
        if !unfinished.is_empty() {
            self.reloads = reloads + 1;
            self.notice.set(Some(Notice::News(text!(page::keeping::goes_on).to_owned())));
        }
        unfinished.into_iter().rev().for_each(|queued| self.restart(queued));
    }

    /// Request to load a restored run, with its weights; `None` for a run that is to be trained.
    pub(super) fn take_up_request(&self, queued: &QueuedRun) -> Option<(Request, FileHandle)> {
        let weights = self.checkpoints.get(&queued.run)?.clone();
        let step = self.session.run(queued.run).filter(|run| run.has_learned())?.latest()?.step;
        Some((Request::TakeUp { run: queued.run, plan: Box::new(queued.plan.clone()), step }, weights))
    }

    /// Sees to it that a worker has the model of a run that has ended; `false` where its weights are not kept.
    pub(super) fn recall(&mut self, run: RunId) -> bool {
        let is_on_its_way = self.workers.iter().any(|worker| worker.state.lost_run() == Some(run));
        if is_on_its_way || self.queue.iter().any(|queued| queued.run == run) {
            return true;
        }
        let Some(ended) = self.session.run(run).filter(|run| run.has_learned()) else { return false };
        let (Some(spec), Some(log), true) =
            (&self.session.trained, &self.session.log, self.checkpoints.contains_key(&run) && self.source.is_some())
        else {
            return false;
        };
        let plans = (self.functions.plan_runs)(spec, log).map(|chosen| chosen.runs).unwrap_or_default();
        let Some(queued) = queued_again(ended, &plans) else { return false };
        self.queue.push_front(queued);
        self.dispatch();
        true
    }

    /// Drops weights with which no worker has the model back, so that they are not tried for ever.
    pub(super) fn give_up_weights(&mut self, run: RunId) {
        self.checkpoints.remove(&run);
    }
}

/// A run with its plan, which is that of its model and seed.
fn queued_again(run: &Run, plans: &[PlannedRun]) -> Option<QueuedRun> {
    let of_run = plans.iter().find(|chosen| chosen.plan.model == run.model && chosen.plan.seed == run.seed);
    of_run.map(|chosen| QueuedRun { run: run.id, plan: chosen.plan.clone() })
}
