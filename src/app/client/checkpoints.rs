//! Weights of runs that have ended: kept with what the runs have shown, and given to a worker again after a reload.
//!
//! Invariants: a run that was kept without weights stays to be looked at; weights that do not fit change nothing.

use std::collections::HashMap;

use js_sys::Array;
use web_sys::{Blob, File};

use leptos::prelude::*;

use super::engines::{Engines, Waiting};
use super::questions::Purpose;
use crate::app::parts::letters;
use crate::protocol::{Export, Question, Request, RunId, RunStatus};

/// Weights of all runs together that are kept. Written whenever a run has ended, so not without end.
const MOST_BYTES: f64 = 64e6;

/// Weights that are kept, by run.
#[derive(Default)]
pub struct CheckpointDesk {
    kept: HashMap<RunId, File>,
}

impl CheckpointDesk {
    pub fn get(&self, run: RunId) -> Option<&File> {
        self.kept.get(&run)
    }

    /// After a reload: what was kept, by runs.
    pub fn bring_back(&mut self, kept: impl Iterator<Item = (RunId, File)>) {
        self.kept = kept.collect();
    }
}

impl Engines {
    /// Asks the worker for the weights of the run that it has just ended.
    pub fn ask_checkpoint(&mut self, index: usize, run: RunId) {
        let question = Question::Export { run, what: Export::Checkpoint };
        self.ask(index, Purpose::Checkpoint { run }, question);
    }

    pub fn on_checkpoint(&mut self, run: RunId, name: &str, bytes: Option<&Blob>) {
        let size = self.checkpoints.kept.values().map(|file| file.size()).sum::<f64>();
        // Trees have none: nothing comes.
        if let Some(bytes) = bytes.filter(|bytes| bytes.size() > 0.0 && size + bytes.size() <= MOST_BYTES)
            && let Ok(file) = File::new_with_blob_sequence(&Array::of1(bytes), name)
        {
            self.checkpoints.kept.insert(run, file);
            self.state.weights_kept.update(|n| *n += 1);
        }
    }

    /// The runs are others from now on.
    pub fn forget_checkpoints(&mut self) {
        self.checkpoints = CheckpointDesk::default();
        self.awaited.forget(|purpose| matches!(purpose, Purpose::Checkpoint { .. }));
    }

    /// Queues the runs that were kept with their weights: each gets a worker that has its model.
    pub fn take_up_kept(&mut self) {
        let Some(letters) = letters() else { return };
        let kept = self.state.session.with_untracked(|session| {
            let (Some(spec), Some(log)) = (&session.trained, &session.log) else { return Vec::new() };
            let plans = (letters.chosen)(spec, log).map(|chosen| chosen.runs).unwrap_or_default();
            let runs = session.runs.iter().filter(|run| run.status == RunStatus::Kept);
            let plan_of = |run: &crate::protocol::Run| {
                let of_run = plans.iter().find(|chosen| chosen.plan.model == run.model && chosen.plan.seed == run.seed);
                of_run.map(|chosen| Waiting { run: run.id, plan: chosen.plan.clone() })
            };
            runs.filter_map(plan_of).collect::<Vec<_>>()
        });
        self.queue.extend(kept.into_iter().filter(|waiting| self.checkpoints.kept.contains_key(&waiting.run)));
    }

    /// What a worker is told to take a run up, with its weights; `None` for a run that is to be trained.
    pub fn taking_up(&self, waiting: &Waiting) -> Option<(Request, File)> {
        let file = self.checkpoints.get(waiting.run)?.clone();
        let step = self.state.session.with_untracked(|session| {
            let run = session.runs.iter().find(|run| run.id == waiting.run && run.status == RunStatus::Kept)?;
            Some(run.latest()?.step)
        })?;
        Some((Request::TakeUp { run: waiting.run, plan: Box::new(waiting.plan.clone()), step }, file))
    }
}
