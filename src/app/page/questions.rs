//! Questions to the workers, and their answers.

use super::Page;
use super::effect::{FileHandle, WorkerKey};
use super::files::FilePurpose;
use crate::protocol::{Answer, Question, Refusal, Request, RequestId, RunId};

/// Purpose of a question.
pub(super) enum Purpose {
    /// A run's predictions for the inspected row.
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
    /// The subset of the held-out rows that the Tree and the Towers show.
    Subset {
        run: RunId,
    },
    /// The visible rows.
    Window,
    /// The rows most like the inspected one.
    Alike,
    Predictions {
        run: RunId,
        rows: Vec<u32>,
    },
    /// An exported file.
    File(FilePurpose),
    /// A sample log to open.
    Sample,
    /// Weights to save with the run.
    Checkpoint {
        run: RunId,
    },
}

impl Page {
    /// Sends a question to the worker with this index.
    pub(super) fn ask(&mut self, index: usize, purpose: Purpose, question: Question) {
        let id = self.fresh_number();
        self.awaited.add(id, self.workers[index].key, purpose);
        self.post(index, Request::Ask { id, question }, None);
    }

    pub(super) fn on_answer(&mut self, id: RequestId, answer: Result<Answer, Refusal>, file: Option<FileHandle>) {
        let Some(purpose) = self.awaited.take(id) else { return };
        match answer {
            Ok(answer) => self.on_answered(purpose, answer, file),
            Err(Refusal(message)) => self.on_refused(purpose, &message),
        }
    }

    /// Handles a lost worker's questions as refused.
    pub(super) fn forget_questions_of(&mut self, worker: WorkerKey, message: &str) {
        for purpose in self.awaited.take_all_of(worker) {
            match purpose {
                // Another worker can answer.
                Purpose::Window => self.ask_window_again(),
                purpose => self.on_refused(purpose, message),
            }
        }
    }

    fn on_answered(&mut self, purpose: Purpose, answer: Answer, file: Option<FileHandle>) {
        match (purpose, answer) {
            (Purpose::Impression { run, row }, Answer::Impression(reading)) => self.on_impression(run, row, *reading),
            (Purpose::WhatIf { run }, Answer::WhatIf { reading, unknown }) => {
                self.rows.what_if.insert(run, (*reading, unknown));
            }
            (Purpose::Flow { run }, Answer::Flow(flow)) => self.session.show_flow(run, *flow),
            (Purpose::Embeddings { run }, Answer::Embeddings(reading)) => self.session.show_embeddings(run, *reading),
            (Purpose::Subset { run }, Answer::Part(reading)) => self.on_subset(run, *reading),
            (Purpose::Window, Answer::Rows(page)) => self.on_window(*page),
            (Purpose::Alike, Answer::Rows(page)) => self.on_alike(*page),
            (Purpose::Predictions { run, rows }, Answer::Predictions(events)) => {
                self.rows.add_predictions(run, &rows, &events)
            }
            (Purpose::File(then), Answer::File { name }) => self.on_file(then, &name, file),
            (Purpose::Sample, Answer::File { name }) => self.on_sample(&name, file),
            (Purpose::Checkpoint { run }, Answer::File { name }) => self.on_checkpoint(run, &name, file),
            // Both sides are built from one commit: this is a bug.
            (purpose, _) => self.on_refused(purpose, text!(page::workers::other_build)),
        }
    }

    fn on_refused(&mut self, purpose: Purpose, message: &str) {
        let sentence = || format!("{}.", message.trim_end_matches('.'));
        match purpose {
            Purpose::Impression { row, .. } => self.on_impression_refused(row, message),
            Purpose::WhatIf { .. } => self.rows.message = Some(message.to_owned()),
            Purpose::Subset { .. } => self.on_subset_refused(message),
            Purpose::Window => self.on_window_refused(message),
            Purpose::File(_) => self.exported.set(sentence()),
            Purpose::Sample => self.notice.set(Some(sentence())),
            // The earlier answer stays on view; without similar rows there is no list of them.
            Purpose::Flow { .. }
            | Purpose::Embeddings { .. }
            | Purpose::Alike
            | Purpose::Predictions { .. }
            | Purpose::Checkpoint { .. } => {}
        }
    }
}
