//! How the page opens: with what this tab had before a reload; or with a recording that plays until the engine is there,
//! and then a live run of the same experiment.
//!
//! Invariants: nothing starts by itself once the user has pressed anything, or when the user wants nothing to move; the
//! recording never takes the place of anything live.

use super::Page;
use super::effect::Effect;
use super::message::Record;
use crate::app::keeping::Recalled;
use crate::domain::spec::DataSpec;
use crate::protocol::RunStatus;

impl Page {
    /// Brings back what the tab had, or draws the experiment's log and plays the recording.
    pub(super) fn open(&mut self, record: Option<Record>, plays: bool, is_linked: bool) {
        let is_new = record.is_none();
        if record.is_some_and(|record| self.bring_back(record)) {
            return;
        }
        // What could not be read has been said; the page then opens without anything that moves.
        match &self.spec.data {
            DataSpec::Generated { .. } => self.generate(),
            DataSpec::File { name, .. } if is_linked => {
                let asks = text!(start::drop_file, name = name);
                self.notice.set(Some(asks));
            }
            DataSpec::File { .. } => {}
        }
        if is_new && plays {
            self.opens_itself = !self.surroundings.wants_stillness;
            self.effects.push(Effect::FetchRecording);
        }
    }

    /// Shows the recording, where nothing is yet and the experiment is still the recorded one.
    pub(super) fn show_recording(&mut self, bytes: &[u8]) {
        if !self.session.runs.is_empty() {
            return;
        }
        let Ok(Recalled { spec, trained, log, runs }) = self.recalled(bytes, &RunStatus::Recorded) else { return };
        if *self.spec != spec {
            return;
        }
        let session = &mut *self.session;
        if session.log.is_none() {
            session.log = log;
        }
        session.start_over(trained, runs);
        if !self.surroundings.wants_stillness {
            self.look_back(Some(0.0));
            self.plays.set(true);
        }
    }

    /// Whether a live run is to take the recording's place, now that the log is there.
    pub(super) fn takes_over(&mut self) -> bool {
        std::mem::take(&mut self.opens_itself) && !self.surroundings.has_pressed
    }

    /// Shows every run as it was at `epoch`; as it is now without one.
    pub(super) fn look_back(&mut self, epoch: Option<f64>) {
        self.moment.set(epoch);
        self.session.look_back(epoch);
    }
}
