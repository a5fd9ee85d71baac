//! What outlasts a reload: the experiment, the runs' evaluations, curves and weights, and the log's file when the user says so.
//!
//! Invariants: nothing is kept before the user has pressed anything, nor after everything was deleted; rows of a file are
//! kept only with it; what was kept and cannot be read is said in a sentence and changes nothing.

use super::Page;
use super::effect::{Effect, FileHandle};
use super::message::{Message, Record};
use crate::app::keeping::Recalled;
use crate::domain::spec::DataSpec;
use crate::protocol::{LogSource, Run, RunId, RunStatus, SavedError};

/// Changes are written this late, since many come at once.
const LATE_MILLIS: u32 = 2_000;
/// And this late while runs are under way, so that workers are not interrupted.
const LATE_WHILE_RUNNING_MILLIS: u32 = 8_000;

/// What has been written, and when the next is.
#[derive(Default)]
pub(super) struct Keeping {
    /// The state that was last written or is about to be.
    seen: Option<Changes>,
    /// A writing is due soon.
    is_due: bool,
    /// A writing is due while runs are under way.
    is_due_while_running: bool,
    /// Everything was deleted: nothing is kept any more.
    is_over: bool,
}

/// What has to change for the kept state to be out of date.
#[derive(PartialEq)]
struct Changes {
    runs: Vec<(RunId, usize, bool)>,
    spec: u32,
    keeps_log: bool,
    checkpoints: usize,
}

impl Page {
    /// Has what has changed written, a while later.
    pub(super) fn keep_changes(&mut self) {
        let of_run = |run: &Run| (run.id, run.evaluations.len(), run.status.is_ended());
        let now = Changes {
            runs: self.session.runs.iter().map(of_run).collect(),
            spec: self.spec.changes(),
            keeps_log: *self.keeps_log,
            checkpoints: self.checkpoints.len(),
        };
        if self.keeping.seen.as_ref() == Some(&now) {
            return;
        }
        let is_running = now.runs.iter().any(|(_, _, is_ended)| !is_ended);
        self.keeping.seen = Some(now);
        let (is_due, millis) = match is_running {
            true => (&mut self.keeping.is_due_while_running, LATE_WHILE_RUNNING_MILLIS),
            false => (&mut self.keeping.is_due, LATE_MILLIS),
        };
        if !std::mem::replace(is_due, true) {
            let message = Box::new(Message::TimeToKeep { is_running });
            self.effects.push(Effect::Wait { millis, message });
        }
    }

    pub(super) fn on_time_to_keep(&mut self, is_running: bool) {
        match is_running {
            true => self.keeping.is_due_while_running = false,
            false => self.keeping.is_due = false,
        }
        if self.address.embed.is_some() || self.keeping.is_over || !self.surroundings.has_pressed {
            return;
        }
        let file = self.source.as_ref().and_then(|source| source.file.clone()).filter(|_| *self.keeps_log);
        let rows_may_stay = file.is_some() || matches!(self.spec.data, DataSpec::Generated { .. });
        // In the order of the runs that are kept: those that have been evaluated.
        let kept = self.session.runs.iter().filter(|run| run.latest().is_some());
        let weights = kept.map(|run| self.checkpoints.get(&run.id).cloned()).collect();
        match (self.functions.keep)(&self.session, &self.spec, rows_may_stay) {
            Ok(bytes) => self.effects.push(Effect::Keep { bytes, file, weights }),
            Err(error) => {
                let reason = error.to_string();
                self.kept.set(text!(page::keeping::keeps_nothing, reason = reason.trim_end_matches('.')));
            }
        }
    }

    pub(super) fn delete_everything(&mut self) {
        self.keeping.is_over = true;
        self.effects.push(Effect::DeleteKept);
    }

    /// Puts back what was kept; whether it could be read.
    pub(super) fn bring_back(&mut self, record: Record) -> bool {
        match self.recalled(&record.bytes, &RunStatus::Kept) {
            Ok(recalled) => {
                let runs = recalled.runs.iter().map(|run| run.id);
                self.checkpoints =
                    runs.zip(record.weights).filter_map(|(run, weights)| Some((run, weights?))).collect();
                self.show_kept(recalled, record.file);
                true
            }
            Err(error) => {
                self.notice.set(Some(text!(page::keeping::left_aside, error = error.to_string())));
                false
            }
        }
    }

    /// What is in saved bytes.
    pub(super) fn recalled(&mut self, bytes: &[u8], status: &RunStatus) -> Result<Recalled, SavedError> {
        let first = self.fresh_number();
        let recalled = (self.functions.recall)(bytes, first, status)?;
        self.next_number += recalled.runs.len() as u32;
        Ok(recalled)
    }

    fn show_kept(&mut self, recalled: Recalled, file: Option<FileHandle>) {
        let Recalled { spec, trained, log, runs } = recalled;
        let data = spec.data.clone();
        self.open_spec(spec);
        let session = &mut *self.session;
        (session.log, session.runs, session.trained) = (log, runs, trained);
        match (data, file) {
            (DataSpec::Generated { .. }, _) => self.generate(),
            (DataSpec::File { roles, limit, .. }, Some(file)) => {
                self.keeps_log.set(true);
                let source = LogSource::File { name: file.name.clone(), limit };
                self.open_log(source, Some(file), roles);
            }
            (DataSpec::File { name, .. }, None) => {
                self.notice.set(Some(text!(page::keeping::file_missing, name = name)));
            }
        }
    }
}
