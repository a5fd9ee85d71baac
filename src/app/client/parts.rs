//! Parts of the held-out rows: asked of the worker that keeps the run.
//!
//! Invariant: one part at a time is asked for; of what is wanted meanwhile the newest alone waits.

use leptos::prelude::*;

use super::engines::Engines;
use crate::app::rows::PartShown;
use crate::domain::report::{PartReading, RowsPart};
use crate::protocol::{Request, RequestId, RunId};

/// The question that is open, and the one that waits.
#[derive(Default)]
pub struct PartsDesk {
    awaited: Option<RequestId>,
    waits: Option<(RunId, RowsPart)>,
}

impl Engines {
    /// Asks what a run's model says of a part.
    pub fn ask_part(&mut self, run: RunId, part: RowsPart) {
        self.parts.waits = Some((run, part));
        self.ask_waiting_part();
    }

    fn ask_waiting_part(&mut self) {
        if self.parts.awaited.is_some() {
            return;
        }
        let Some((run, part)) = self.parts.waits.take() else { return };
        let id = self.fresh_id();
        match self.workers.iter_mut().find(|worker| worker.keeps == Some(run)) {
            Some(worker) => {
                worker.post(Request::Part { id, run, part }, None);
                self.parts.awaited = Some(id);
            }
            None => self.say_of_part(text!(client::parts::model_gone)),
        }
    }

    pub fn on_part(&mut self, id: RequestId, run: RunId, reading: PartReading) {
        if self.parts.awaited.take_if(|awaited| *awaited == id).is_some() {
            self.state.part_shown.set(PartShown { newest: Some((run, reading)), message: None });
            self.ask_waiting_part();
        }
    }

    /// Whether the refusal was about a part.
    pub fn on_part_refused(&mut self, id: RequestId, message: &str) -> bool {
        let is_part = self.parts.awaited.take_if(|awaited| *awaited == id).is_some();
        if is_part {
            self.say_of_part(message);
            self.ask_waiting_part();
        }
        is_part
    }

    /// Nothing is awaited any more: the log is another, or a worker is gone.
    pub fn forget_parts(&mut self) {
        self.parts = PartsDesk::default();
        self.state.part_shown.set(PartShown::default());
    }

    fn say_of_part(&self, message: &str) {
        self.state.part_shown.set(PartShown { newest: None, message: Some(message.to_owned()) });
    }
}
