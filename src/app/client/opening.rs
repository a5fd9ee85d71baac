//! How the page opens: with a recording that plays until the engine is there, and then a live run of the same experiment.
//!
//! Invariants: nothing starts by itself once the reader has pressed anything, or when the reader wants nothing to move;
//! the recording never takes the place of anything live.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::engines::Engines;
use super::{Client, keep};
use crate::app::keeping::Recalled;
use crate::protocol::RunStatus;

/// What a page opens with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// What this tab had before it was reloaded may come back.
    pub recalls: bool,
    /// Else the recording plays.
    pub plays: bool,
}

impl Client {
    /// Brings back what the tab had, or begins: `first_log` draws the experiment's log.
    pub fn open(&self, opening: Opening, link: String, first_log: impl FnOnce() + 'static) {
        let client = *self;
        spawn_local(async move {
            let record = if opening.recalls { keep::record().await.filter(|record| record.link == link) } else { None };
            let is_new = record.is_none();
            if record.is_some_and(|record| client.bring_back(record)) {
                return;
            }
            // What could not be read has been said; the page then opens without anything that moves.
            first_log();
            if is_new && opening.plays {
                client.open_with_recording();
            }
        });
    }

    /// Fetches the recording and plays it; with the engine there before it, a live run has begun.
    fn open_with_recording(&self) {
        self.with(|engines| engines.opens_itself = !keep::wants_stillness());
        let client = *self;
        spawn_local(async move {
            let Some(bytes) = keep::recording().await else { return };
            client.with(|engines| engines.show_recording(&bytes));
        });
    }
}

impl Engines {
    /// Puts the recording on view, where nothing is yet and the experiment is still the recorded one.
    fn show_recording(&mut self, bytes: &[u8]) {
        if self.state.session.with_untracked(|session| !session.runs.is_empty()) {
            return;
        }
        let Some(Ok(recalled)) = self.recalled(bytes, &RunStatus::Recorded) else { return };
        let Recalled { spec, trained, log, runs } = recalled;
        if self.state.spec.with_untracked(|known| *known != spec) {
            return;
        }
        self.state.session.update(|session| {
            if session.log.is_none() {
                session.log = log;
            }
            session.start_over(trained, runs);
        });
        if !keep::wants_stillness() {
            self.look_back(Some(0.0));
            self.state.plays.set(true);
        }
        self.say_status();
    }

    /// Whether a live run is to take the recording's place, now that the log is there.
    pub fn takes_over(&mut self) -> bool {
        std::mem::take(&mut self.opens_itself) && !keep::has_pressed()
    }

    /// Shows every run as it was at `epoch`; as it is now without one.
    pub fn look_back(&mut self, epoch: Option<f64>) {
        self.state.moment.set(epoch);
        self.state.session.update(|session| session.look_back(epoch));
    }
}
