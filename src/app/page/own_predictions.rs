//! Predictions of a model from elsewhere, as runs beside those that are trained here.
//!
//! Invariants: they are of the log on the page and of the rows that its runs are evaluated on, or they are not shown; a file
//! that is refused changes nothing.

use super::effect::FileHandle;
use super::{Notice, Page};
use crate::protocol::{OwnRun, Question};

impl Page {
    /// Has a worker hold a file against the log.
    pub(super) fn open_predictions(&mut self, file: FileHandle) {
        let log_is_there = self.source.is_some() && self.pending.is_none();
        let Some(index) = self.worker_with_log(None).filter(|_| log_is_there) else {
            return self.warn(text!(page::own_predictions::no_log, name = file.name));
        };
        // The rows on view: those that the next Train would hold out may be others.
        let split = self.session.trained.as_ref().unwrap_or(&self.spec).split.clone();
        self.notice.set(Some(Notice::News(text!(page::own_predictions::reading, name = file.name))));
        self.ask_worker_about(index, Question::OwnPredictions(split), file);
    }

    pub(super) fn on_own_predictions(&mut self, file: &str, runs: Vec<OwnRun>) {
        if self.session.trained.is_none() {
            let spec = self.spec.clone();
            self.session.trained = Some(spec);
        }
        let first = self.next_number + 1;
        self.next_number += runs.len() as u32;
        let notice = (self.functions.add_own_runs)(&mut self.session, file, runs, first);
        self.notice.set(Some(notice));
        self.forget_drafts();
    }

    pub(super) fn on_own_predictions_refused(&mut self, file: Option<&FileHandle>, message: &str) {
        let name = file.map_or("", |file| file.name.as_str());
        self.warn(text!(page::own_predictions::refused, name = name, message = message.trim_end_matches('.')));
    }

    pub(super) fn close_own_predictions(&mut self) {
        let spec = self.spec.clone();
        self.session.take_from_file(&spec);
        self.notice.set(None);
    }
}
