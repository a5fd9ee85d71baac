//! Questions to the workers, and what is done with their answers.

use super::Page;
use super::effect::{FileHandle, WorkerKey};
use super::files::FilePurpose;
use super::state::AnsweredPreview;
use crate::protocol::{Answer, DeviceKind, Export, Question, Refusal, Request, RequestId, RowsOf};

/// A question that was sent to a worker.
#[derive(Debug)]
pub(super) struct Asked {
    pub question: Question,
    /// Use of the file that an export answers with.
    then: FilePurpose,
    /// The file that it is about.
    about: Option<FileHandle>,
    /// The engine that a race was asked of.
    pub races: Option<DeviceKind>,
}

impl Asked {
    /// Whether it asks for a window of the log's rows, and not for the rows most like one.
    pub fn is_window(&self) -> bool {
        matches!(&self.question, Question::Rows(ask) if matches!(ask.of, RowsOf::Query(_)))
    }

    pub fn is_preview(&self) -> bool {
        matches!(&self.question, Question::Preview(_))
    }

    pub fn is_draft(&self) -> bool {
        matches!(&self.question, Question::Draft(_))
    }

    pub fn is_race(&self) -> bool {
        matches!(&self.question, Question::Race(_))
    }

    pub fn is_alike(&self) -> bool {
        matches!(&self.question, Question::Rows(ask) if matches!(ask.of, RowsOf::Alike { .. }))
    }
}

impl Page {
    /// Asks the worker that has what the question is about.
    pub(super) fn ask(&mut self, question: Question) {
        match question {
            Question::Rows(ask) => match ask.of {
                RowsOf::Query(_) => self.ask_window(*ask),
                RowsOf::Alike { .. } => self.ask_alike(*ask),
            },
            Question::Part { run, part } => self.ask_subset(run, part),
            Question::Export { .. } | Question::ExportLog { .. } => self.ask_file(question, FilePurpose::Save),
            Question::Sample { file } => self.open_sample(vec![file]),
            // Comes with its file, by a message of its own.
            Question::OwnPredictions(_) => {}
            // Without a worker that has the run's model, the earlier answer stays on view.
            question => {
                if let Some(index) = question.run().and_then(|run| self.worker_of_run(run)) {
                    self.ask_worker(index, question);
                }
            }
        }
    }

    /// Sends a question to the worker with this index.
    pub(super) fn ask_worker(&mut self, index: usize, question: Question) -> RequestId {
        self.ask_worker_for_file(index, question, FilePurpose::Save)
    }

    /// As [`Page::ask_worker`], for a question whose answer is a file.
    pub(super) fn ask_worker_for_file(&mut self, index: usize, question: Question, then: FilePurpose) -> RequestId {
        self.send_question(index, question, then, None)
    }

    /// As [`Page::ask_worker`], for a question about a file.
    pub(super) fn ask_worker_about(&mut self, index: usize, question: Question, file: FileHandle) -> RequestId {
        self.send_question(index, question, FilePurpose::Save, Some(file))
    }

    fn send_question(
        &mut self,
        index: usize,
        question: Question,
        then: FilePurpose,
        about: Option<FileHandle>,
    ) -> RequestId {
        let id = self.fresh_number();
        let worker = &self.workers[index];
        let races = matches!(question, Question::Race(_)).then_some(worker.kind);
        let files = about.iter().cloned().collect();
        self.awaited.add(id, worker.key, Asked { question: question.clone(), then, about, races });
        self.post(index, Request::Ask { id, question }, files);
        id
    }

    /// A question that is not waited for any more counts as refused.
    pub(super) fn give_up(&mut self, id: RequestId) {
        if let Some(asked) = self.awaited.take(id) {
            self.on_refused(&asked, text!(page::workers::no_rate));
        }
    }

    pub(super) fn on_answer(&mut self, id: RequestId, answer: Result<Answer, Refusal>, file: Option<FileHandle>) {
        let Some(asked) = self.awaited.take(id) else { return };
        match answer {
            Ok(answer) => self.on_answered(asked, answer, file),
            Err(Refusal(message)) => self.on_refused(&asked, &message),
        }
    }

    /// Handles a lost worker's questions as refused.
    pub(super) fn forget_questions_of(&mut self, worker: WorkerKey, message: &str) {
        for asked in self.awaited.take_all_of(worker) {
            match asked.question {
                // Another worker can answer.
                Question::Rows(_) if asked.is_window() => self.ask_window_again(),
                Question::Preview(_) | Question::Race(_) => {}
                _ => self.on_refused(&asked, message),
            }
        }
    }

    fn on_answered(&mut self, asked: Asked, answer: Answer, file: Option<FileHandle>) {
        match (&asked.question, answer) {
            (Question::Impression { run, row }, Answer::Impression(reading)) => {
                self.on_impression(*run, *row, *reading)
            }
            (Question::WhatIf { run, .. }, Answer::WhatIf { reading, unknown }) => {
                self.rows.what_if.insert(*run, (*reading, unknown));
            }
            (Question::Flow { run }, Answer::Flow(flow)) => self.session.show_flow(*run, *flow),
            (Question::Embeddings { run, .. }, Answer::Embeddings(reading)) => {
                self.session.show_embeddings(*run, *reading);
            }
            (Question::Part { run, .. }, Answer::Part(reading)) => self.on_subset(*run, *reading),
            (Question::Rows(_), Answer::Rows(page)) if asked.is_alike() => self.on_alike(*page),
            (Question::Rows(_), Answer::Rows(page)) => self.on_window(*page),
            (Question::Predictions { run, rows }, Answer::Predictions(events)) => {
                self.rows.add_predictions(*run, rows, &events)
            }
            (Question::Export { run, what: Export::Checkpoint }, Answer::File { name }) => {
                self.on_checkpoint(*run, &name, file)
            }
            (Question::Export { run, what: Export::Snapshot }, Answer::File { .. }) => self.on_snapshot(*run, file),
            (Question::Export { .. } | Question::ExportLog { .. }, Answer::File { name }) => {
                self.on_file(asked.then, &name, file)
            }
            (Question::Preview(of), Answer::Preview(preview)) => {
                self.preview.set(Some(AnsweredPreview { of: (**of).clone(), preview: Some(*preview) }));
            }
            (Question::Draft(ask), Answer::Draft(drafted)) => self.on_drafted(ask, drafted),
            (Question::OwnPredictions(_), Answer::OwnPredictions(runs)) => {
                self.on_own_predictions(asked.about.as_ref().map_or("", |file| file.name.as_str()), runs)
            }
            (Question::Race(_), Answer::Race { rows_per_second }) => {
                if let Some(kind) = asked.races {
                    self.on_raced(kind, rows_per_second);
                    self.dispatch();
                }
            }
            (Question::Sample { .. }, Answer::File { name }) => self.on_sample(&name, file),
            // Both sides are built from one commit: this is a bug.
            _ => self.on_refused(&asked, text!(page::workers::other_build)),
        }
    }

    fn on_refused(&mut self, asked: &Asked, message: &str) {
        let sentence = || format!("{}.", message.trim_end_matches('.'));
        match &asked.question {
            Question::Impression { row, .. } => self.on_impression_refused(*row, message),
            Question::WhatIf { .. } => self.rows.message = Some(message.to_owned()),
            Question::Part { .. } => self.on_subset_refused(message),
            Question::Rows(_) if asked.is_window() => self.on_window_refused(message),
            // Weights to save with the run: it is saved without them.
            Question::Export { what: Export::Checkpoint, .. } => {}
            Question::Export { run, what: Export::Snapshot } => self.on_snapshot(*run, None),
            Question::Export { .. } | Question::ExportLog { .. } => self.exported.set(sentence()),
            Question::Draft(_) => self.on_draft_refused(),
            Question::Race(_) => {
                if let Some(kind) = asked.races {
                    self.on_raced(kind, 0.0);
                    self.dispatch();
                }
            }
            // Not asked again: it would be refused again.
            Question::Preview(of) => {
                self.preview.set(Some(AnsweredPreview { of: (**of).clone(), preview: None }));
            }
            Question::Sample { .. } => self.warn(sentence()),
            Question::OwnPredictions(_) => self.on_own_predictions_refused(asked.about.as_ref(), message),
            // The earlier answer stays on view; without similar rows there is no list of them.
            Question::Flow { .. } | Question::Embeddings { .. } | Question::Rows(_) | Question::Predictions { .. } => {}
        }
    }
}
