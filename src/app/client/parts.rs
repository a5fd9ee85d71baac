//! Parts of the held-out rows: asked of the worker that keeps the run.
//!
//! Invariant: one part at a time is asked for; of what is wanted meanwhile the newest alone waits.

use leptos::prelude::*;

use super::engines::Engines;
use super::questions::Purpose;
use crate::app::rows::PartShown;
use crate::domain::report::{PartReading, RowsPart};
use crate::protocol::{Question, RunId};

/// The part that is asked for next.
#[derive(Default)]
pub struct PartsDesk {
    waits: Option<(RunId, RowsPart)>,
}

impl Engines {
    /// Asks what a run's model says of a part.
    pub fn ask_part(&mut self, run: RunId, part: RowsPart) {
        self.parts.waits = Some((run, part));
        self.ask_waiting_part();
    }

    fn ask_waiting_part(&mut self) {
        if self.awaited.has(|purpose| matches!(purpose, Purpose::Part { .. })) {
            return;
        }
        let Some((run, part)) = self.parts.waits.take() else { return };
        match self.keeper(run) {
            Some(index) => self.ask(index, Purpose::Part { run }, Question::Part { run, part }),
            None => self.say_of_part(text!(client::parts::model_gone)),
        }
    }

    pub fn on_part(&mut self, run: RunId, reading: PartReading) {
        self.state.part_shown.set(PartShown { newest: Some((run, reading)), message: None });
        self.ask_waiting_part();
    }

    pub fn on_part_refused(&mut self, message: &str) {
        self.say_of_part(message);
        self.ask_waiting_part();
    }

    /// Nothing is awaited any more: the log or the runs are others.
    pub fn forget_parts(&mut self) {
        self.parts = PartsDesk::default();
        self.awaited.forget(|purpose| matches!(purpose, Purpose::Part { .. }));
        self.state.part_shown.set(PartShown::default());
    }

    fn say_of_part(&self, message: &str) {
        self.state.part_shown.set(PartShown { newest: None, message: Some(message.to_owned()) });
    }
}
