//! State saved for a reload: the experiment, the runs' evaluations, curves and weights, and on request the log's file.
//!
//! Invariants: nothing is saved before the user has pressed anything, nor after everything was deleted; rows of a file are
//! saved only with it; saved state that cannot be read gives a notice and changes nothing.

use super::Page;
use super::effect::{Effect, FileHandle};
use super::message::{Message, Record, StorageUsage};
use super::state::TrainingMode;
use crate::app::exports::size;
use crate::app::saved_state::RestoredState;
use crate::domain::spec::DataSpec;
use crate::protocol::{LogSource, Run, RunId, RunStatus, SavedError};

/// Delay of a save, since many changes come at once.
const SAVE_DELAY_MILLIS: u32 = 2_000;
/// Delay while runs are under way, so that workers are not interrupted.
const SAVE_DELAY_WHILE_RUNNING_MILLIS: u32 = 8_000;
/// Delay once runs have begun: a reload is to find that they had.
const SAVE_DELAY_OF_NEW_RUNS_MILLIS: u32 = 500;

/// Progress of saving.
#[derive(Default)]
pub(super) struct Persistence {
    /// Key of the state that was saved last or is about to be.
    seen: Option<Changes>,
    /// A save is scheduled.
    is_due: bool,
    /// A save is scheduled while runs are under way.
    is_due_while_running: bool,
    /// Everything was deleted: nothing is saved any more.
    is_disabled: bool,
    /// The last save failed, and the user was told.
    is_refused: bool,
}

/// Key of the saved state.
#[derive(PartialEq)]
struct Changes {
    runs: Vec<(RunId, usize, bool)>,
    spec: u32,
    keeps_log: bool,
    checkpoints: usize,
    snapshots: u32,
}

impl Page {
    /// Schedules a save if anything has changed.
    pub(super) fn schedule_save(&mut self) {
        if !self.surroundings.has_pressed {
            return;
        }
        let of_run = |run: &Run| (run.id, run.evaluations.len(), run.status.is_ended());
        let now = Changes {
            runs: self.session.runs.iter().map(of_run).collect(),
            spec: self.spec.changes(),
            keeps_log: *self.keeps_log,
            checkpoints: self.checkpoints.len(),
            snapshots: self.snapshots,
        };
        if self.persistence.seen.as_ref() == Some(&now) {
            return;
        }
        let is_running = now.runs.iter().any(|(_, _, is_ended)| !is_ended);
        let first = |changes: &Changes| changes.runs.first().map(|(run, ..)| *run);
        let has_begun = self.persistence.seen.as_ref().is_none_or(|seen| first(seen) != first(&now));
        self.persistence.seen = Some(now);
        let persistence = &mut self.persistence;
        let (is_due, millis) = match (is_running, has_begun) {
            (true, false) => (&mut persistence.is_due_while_running, SAVE_DELAY_WHILE_RUNNING_MILLIS),
            (true, true) => (&mut persistence.is_due, SAVE_DELAY_OF_NEW_RUNS_MILLIS),
            (false, _) => (&mut persistence.is_due, SAVE_DELAY_MILLIS),
        };
        if !std::mem::replace(is_due, true) {
            self.effects.push(Effect::Wait { millis, message: Box::new(Message::SaveDue) });
        }
    }

    pub(super) fn on_save_due(&mut self) {
        // A save that is scheduled for later too saves what has changed by then.
        (self.persistence.is_due, self.persistence.is_due_while_running) = (false, false);
        if self.may_save() && self.goes_on() {
            self.ask_snapshots();
        }
        if !self.awaits_snapshots() {
            self.save();
        }
    }

    fn may_save(&self) -> bool {
        self.address.embed.is_none() && !self.persistence.is_disabled && self.surroundings.has_pressed
    }

    /// Whether runs train that are to go on after a reload.
    fn goes_on(&self) -> bool {
        *self.mode == TrainingMode::Running && self.session.runs.iter().any(|run| !run.status.is_ended())
    }

    pub(super) fn save(&mut self) {
        if !self.may_save() {
            return;
        }
        let source = self.source.as_ref().filter(|_| *self.keeps_log);
        let files = source.map(|source| source.given.files.clone()).unwrap_or_default();
        let rows_may_stay = !files.is_empty() || matches!(self.spec.data, DataSpec::Generated { .. });
        // In the order of the runs that are saved.
        let saved = self.session.runs.iter().filter(|run| run.is_worth_saving());
        let weights = saved.map(|run| self.checkpoints.get(&run.id).cloned()).collect();
        let reloads = self.goes_on().then_some(self.reloads);
        match (self.functions.save_state)(&self.session, &self.spec, rows_may_stay, reloads) {
            Ok(bytes) => self.effects.push(Effect::StoreState { bytes, files, weights }),
            Err(error) => self.on_not_stored(&error.to_string()),
        }
    }

    pub(super) fn on_stored(&mut self, usage: Option<StorageUsage>) {
        self.persistence.is_refused = false;
        self.storage_message.set(usage.map_or_else(String::new, |StorageUsage { used, allowed }| {
            text!(page::keeping::usage, used = size(used), allowed = size(allowed))
        }));
    }

    /// The form of the storage is closed: a user who counts on a reload is told once, on the bar.
    pub(super) fn on_not_stored(&mut self, reason: &str) {
        let reason = reason.trim_end_matches('.');
        self.storage_message.set(text!(page::keeping::keeps_nothing, reason = reason));
        if !std::mem::replace(&mut self.persistence.is_refused, true) {
            self.warn(text!(page::keeping::keeps_nothing_of_this, reason = reason));
        }
    }

    pub(super) fn on_deleted(&mut self, result: Result<(), String>) {
        self.storage_message.set(match result {
            Ok(()) => text!(page::keeping::deleted).to_owned(),
            Err(reason) => text!(page::keeping::not_deleted, reason = reason.trim_end_matches('.')),
        });
    }

    pub(super) fn delete_everything(&mut self) {
        self.persistence.is_disabled = true;
        self.effects.push(Effect::DeleteStored);
    }

    /// Restores the saved state; `false` if it cannot be read.
    pub(super) fn restore(&mut self, record: Record) -> bool {
        match self.read_saved(&record.bytes, &RunStatus::Kept) {
            Ok(restored) => {
                let runs = restored.runs.iter().map(|run| run.id);
                self.checkpoints =
                    runs.zip(record.weights).filter_map(|(run, weights)| Some((run, weights?))).collect();
                self.show_restored(restored, record.files);
                true
            }
            Err(error) => {
                self.warn(text!(page::keeping::left_aside, error = error.to_string()));
                false
            }
        }
    }

    pub(super) fn read_saved(&mut self, bytes: &[u8], status: &RunStatus) -> Result<RestoredState, SavedError> {
        let first = self.fresh_number();
        let restored = (self.functions.restore)(bytes, first, status)?;
        self.next_number += restored.runs.len() as u32;
        Ok(restored)
    }

    fn show_restored(&mut self, restored: RestoredState, files: Vec<FileHandle>) {
        let RestoredState { spec, trained, log, runs, reloads, left_aside } = restored;
        self.restored_reloads = reloads;
        let data = spec.data.clone();
        self.open_spec(spec);
        let session = &mut *self.session;
        (session.log, session.runs, session.trained) = (log, runs, trained);
        match data {
            DataSpec::Generated { .. } => self.generate(),
            DataSpec::File { name, .. } if files.is_empty() => {
                self.warn(text!(page::keeping::file_missing, name = name));
            }
            DataSpec::File { roles, limit, assembly, .. } => {
                self.keeps_log.set(true);
                let names = files.iter().map(|file| file.name.clone()).collect();
                self.open_log(LogSource::Files { names, limit, assembly }, files, roles);
            }
        }
        if let Some(error) = left_aside {
            self.warn(text!(page::keeping::runs_left_aside, error = error.to_string()));
        }
    }
}
