//! Questions to the workers: asked, answered, refused.

use leptos::prelude::*;
use web_sys::Blob;

use super::engines::Engines;
use super::files_out::Then;
use crate::protocol::{Answer, Question, Refusal, RequestId, RunId};

/// What an answer is for.
pub enum Purpose {
    /// The picked row, as a run's model reads it.
    Impression {
        run: RunId,
        row: usize,
    },
    WhatIf {
        run: RunId,
    },
    Flow {
        run: RunId,
    },
    Embeddings {
        run: RunId,
    },
    /// The part of the held-out rows that the Tree and the Towers are about.
    Part {
        run: RunId,
    },
    /// The rows in sight.
    Window,
    /// The rows most like the picked one.
    Alike,
    Predictions {
        run: RunId,
        rows: Vec<u32>,
    },
    /// A file to take away.
    File(Then),
    /// A sample log, which is opened.
    Sample,
    /// Weights to be kept with what the run has shown.
    Checkpoint {
        run: RunId,
    },
}

impl Engines {
    /// Asks the worker with this index.
    pub fn ask(&mut self, index: usize, purpose: Purpose, question: Question) {
        let id = self.fresh_id();
        let worker = &mut self.workers[index];
        self.awaited.add(id, worker.key, purpose);
        worker.post(crate::protocol::Request::Ask { id, question }, None);
    }

    pub fn on_answer(&mut self, id: RequestId, answer: Result<Answer, Refusal>, file: Option<Blob>) {
        let Some(purpose) = self.awaited.take(id) else { return };
        match answer {
            Ok(answer) => self.on_answered(purpose, answer, file),
            Err(Refusal(message)) => self.on_refused(purpose, &message),
        }
    }

    /// Its worker is gone: none of its questions will be answered.
    pub fn forget_worker(&mut self, worker: u32, message: &str) {
        for purpose in self.awaited.take_all_of(worker) {
            match purpose {
                // Another worker may know.
                Purpose::Window => self.ask_window_again(),
                purpose => self.on_refused(purpose, message),
            }
        }
    }

    fn on_answered(&mut self, purpose: Purpose, answer: Answer, file: Option<Blob>) {
        let state = self.state;
        match (purpose, answer) {
            (Purpose::Impression { run, row }, Answer::Impression(reading)) => self.on_impression(run, row, *reading),
            (Purpose::WhatIf { run }, Answer::WhatIf { reading, unknown }) => {
                state.rows.update(|shown| drop(shown.what_if.insert(run, (*reading, unknown))));
            }
            (Purpose::Flow { run }, Answer::Flow(flow)) => {
                state.session.update(|session| session.show_flow(run, *flow));
            }
            (Purpose::Embeddings { run }, Answer::Embeddings(reading)) => {
                state.session.update(|session| session.show_embeddings(run, *reading));
            }
            (Purpose::Part { run }, Answer::Part(reading)) => self.on_part(run, *reading),
            (Purpose::Window, Answer::Rows(page)) => self.on_window(*page),
            (Purpose::Alike, Answer::Rows(page)) => self.on_alike(*page),
            (Purpose::Predictions { run, rows }, Answer::Predictions(events)) => {
                state.rows.update(|shown| shown.hear(run, &rows, &events));
            }
            (Purpose::File(then), Answer::File { name }) => self.on_file(then, &name, file),
            (Purpose::Sample, Answer::File { name }) => self.on_sample(&name, file),
            (Purpose::Checkpoint { run }, Answer::File { name }) => self.on_checkpoint(run, &name, file.as_ref()),
            // Both sides are built from one commit: this is a fault of ours, said as one.
            (purpose, _) => self.on_refused(purpose, text!(client::engines::other_build)),
        }
    }

    fn on_refused(&mut self, purpose: Purpose, message: &str) {
        match purpose {
            Purpose::Impression { row, .. } => self.on_impression_refused(row, message),
            Purpose::WhatIf { .. } => self.say_of_rows(Some(message.to_owned())),
            Purpose::Part { .. } => self.on_part_refused(message),
            Purpose::Window => self.on_window_refused(message),
            Purpose::File(_) => self.say_export(format!("{}.", message.trim_end_matches('.'))),
            Purpose::Sample => self.state.notice.set(Some(format!("{}.", message.trim_end_matches('.')))),
            // What was there before stays on view, and without rows most like one there is no list of them.
            Purpose::Flow { .. }
            | Purpose::Embeddings { .. }
            | Purpose::Alike
            | Purpose::Predictions { .. }
            | Purpose::Checkpoint { .. } => {}
        }
    }
}
