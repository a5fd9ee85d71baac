//! What the page knows of its runs: a plain state and the reducer that replies pass through.
//!
//! Invariant: replies of unknown or ended runs change nothing. Nothing derivable is stored.

use super::{LoadedLog, Progress, Reply, RunId};
use crate::domain::report::{CurvePoint, Evaluation};
use crate::domain::spec::ModelSpec;

/// Everything that engine workers have said, reduced.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Session {
    pub log: Option<LoadedLog>,
    /// In the order in which they were started.
    pub runs: Vec<Run>,
}

/// One model trained with one seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub id: RunId,
    pub model: ModelSpec,
    pub seed: u64,
    pub status: RunStatus,
    pub progress: Option<Progress>,
    /// Training losses, in step order.
    pub curve: Vec<CurvePoint>,
    /// In step order; the last one is the current state of the model.
    pub evaluations: Vec<Evaluation>,
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq)]
pub enum RunStatus {
    /// Waits for a worker.
    Queued,
    Training,
    /// Paused, or stepped and waiting.
    Held,
    Finished {
        seconds: f64,
    },
    Stopped,
    Failed {
        message: String,
    },
}

impl RunStatus {
    /// Whether the run will say no more.
    pub fn is_ended(&self) -> bool {
        matches!(self, Self::Finished { .. } | Self::Stopped | Self::Failed { .. })
    }
}

impl Run {
    /// A run that waits for a worker.
    pub fn queued(id: RunId, model: ModelSpec, seed: u64) -> Self {
        Self { id, model, seed, status: RunStatus::Queued, progress: None, curve: Vec::new(), evaluations: Vec::new() }
    }

    /// The newest evaluation.
    pub fn latest(&self) -> Option<&Evaluation> {
        self.evaluations.last()
    }
}

impl Session {
    /// The run called `id`.
    pub fn run(&self, id: RunId) -> Option<&Run> {
        self.runs.iter().find(|run| run.id == id)
    }

    /// Applies what a worker said. Returns whether anything changed.
    pub fn apply(&mut self, reply: &Reply) -> bool {
        if let Reply::Loaded { log, .. } = reply {
            self.log = Some((**log).clone());
            return true;
        }
        let (Reply::Progress { run: id, .. }
        | Reply::Evaluated { run: id, .. }
        | Reply::Held { run: id }
        | Reply::Finished { run: id, .. }
        | Reply::Stopped { run: id }
        | Reply::Failed { run: id, .. }) = reply
        else {
            return false;
        };
        match self.runs.iter_mut().find(|run| run.id == *id) {
            Some(run) if !run.status.is_ended() => run.apply(reply),
            _ => false,
        }
    }
}

impl Run {
    fn apply(&mut self, reply: &Reply) -> bool {
        match reply {
            Reply::Progress { progress, curve, .. } => {
                self.progress = Some(*progress);
                self.curve.extend(curve.iter().cloned());
                if self.status == RunStatus::Queued {
                    self.status = RunStatus::Training;
                }
            }
            Reply::Evaluated { evaluation, .. } => self.evaluations.push((**evaluation).clone()),
            Reply::Held { .. } => self.status = RunStatus::Held,
            Reply::Finished { seconds, .. } => self.status = RunStatus::Finished { seconds: *seconds },
            Reply::Stopped { .. } => self.status = RunStatus::Stopped,
            Reply::Failed { message, .. } => self.status = RunStatus::Failed { message: message.clone() },
            _ => return false,
        }
        true
    }
}
