//! Opening of the page: with the state before a reload; or with a recording that plays until the engine is ready, and then
//! a live run of the same experiment.
//!
//! Invariants: nothing starts by itself once the user has pressed anything, or when the user prefers no animation; the
//! recording never replaces live runs; what the user does before the browser's storage is read is done after it.

use super::effect::Effect;
use super::message::Record;
use super::{Message, Page};
use crate::app::saved_state::RestoredState;
use crate::domain::spec::DataSpec;
use crate::protocol::RunStatus;

/// Time after which the page opens without the browser's storage, which then does not answer.
const LONGEST_OPENING_MILLIS: u32 = 10_000;

/// How far the page has opened.
pub(super) enum Opening {
    Unannounced,
    /// The browser's storage is being read; with what the user did meanwhile.
    Awaited(Vec<Message>),
    Done,
}

impl Page {
    pub(super) fn await_opening(&mut self, is_linked: bool) {
        self.opening = Opening::Awaited(Vec::new());
        let message = Box::new(Message::Open { record: None, plays: false, is_linked });
        self.effects.push(Effect::Wait { millis: LONGEST_OPENING_MILLIS, message });
    }

    /// The message, unless it waits for the page to open: what is restored or generated then would replace its log.
    pub(super) fn hold_until_open(&mut self, message: Message) -> Option<Message> {
        let needs_log = matches!(
            message,
            Message::Generate
                | Message::GenerateAndTrain
                | Message::Draw(_)
                | Message::OpenFiles(_)
                | Message::OpenText(_)
                | Message::OpenSample(_)
                | Message::Settle
                | Message::Train
                | Message::Step(_)
        );
        match &mut self.opening {
            Opening::Awaited(held) if needs_log => held.push(message),
            _ => return Some(message),
        }
        None
    }

    /// Opens the page, once; then does what the user did before.
    pub(super) fn open(&mut self, record: Option<Record>, plays: bool, is_linked: bool) {
        let held = match std::mem::replace(&mut self.opening, Opening::Done) {
            Opening::Done => return,
            Opening::Unannounced => Vec::new(),
            Opening::Awaited(held) => held,
        };
        self.begin(record, plays, is_linked);
        held.into_iter().for_each(|message| self.apply(message));
    }

    /// Restores the saved state, or generates the experiment's log and plays the recording.
    fn begin(&mut self, record: Option<Record>, plays: bool, is_linked: bool) {
        let is_new = record.is_none();
        if record.is_some_and(|record| self.restore(record)) {
            return;
        }
        // After saved state that could not be read, the recording does not play.
        match &self.spec.data {
            DataSpec::Generated { .. } => self.generate(),
            DataSpec::File { name, .. } if is_linked => {
                let asks = text!(start::drop_file, name = name);
                self.warn(asks);
            }
            DataSpec::File { .. } => {}
        }
        if is_new && plays {
            self.opens_itself = !self.surroundings.wants_stillness;
            self.effects.push(Effect::FetchRecording);
        }
    }

    /// Shows the recording if there are no runs and the experiment is the recorded one.
    pub(super) fn show_recording(&mut self, bytes: &[u8]) {
        if !self.session.runs.is_empty() {
            return;
        }
        let Ok(RestoredState { spec, trained, log, runs, .. }) = self.read_saved(bytes, &RunStatus::Recorded) else {
            return;
        };
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
            self.play(true);
        }
    }

    /// Whether a live run is to replace the recording, now that the log is loaded.
    pub(super) fn takes_over(&mut self) -> bool {
        std::mem::take(&mut self.opens_itself) && !self.surroundings.has_pressed
    }
}
