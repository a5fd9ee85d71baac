//! Questions about subsets of the held-out rows, to the worker of the run.
//!
//! Invariant: one subset at a time is asked for; of later requests only the newest is kept.

use super::Page;
use crate::app::rows::SubsetShown;
use crate::domain::report::{PartReading, RowsPart};
use crate::protocol::{Question, RunId};

impl Page {
    /// Asks for a run's predictions over a subset.
    pub(super) fn ask_subset(&mut self, run: RunId, subset: RowsPart) {
        self.next_subset = Some((run, subset));
        self.ask_next_subset();
    }

    pub(super) fn ask_next_subset(&mut self) {
        if self.awaited.has(|asked| matches!(asked.question, Question::Part { .. })) {
            return;
        }
        let Some((run, part)) = self.next_subset.take() else { return };
        match self.worker_of_run(run) {
            Some(index) => _ = self.ask_worker(index, Question::Part { run, part }),
            None if self.recall(run) => self.next_subset = Some((run, part)),
            None => self.show_subset_message(text!(page::subsets::model_gone)),
        }
    }

    pub(super) fn on_subset(&mut self, run: RunId, reading: PartReading) {
        self.subset_shown.set(SubsetShown { newest: Some((run, reading)), message: None });
        self.ask_next_subset();
    }

    pub(super) fn on_subset_refused(&mut self, message: &str) {
        self.show_subset_message(message);
        self.ask_next_subset();
    }

    /// Clears the subset and its open questions, for another log or other runs.
    pub(super) fn forget_subsets(&mut self) {
        self.next_subset = None;
        self.awaited.forget(|asked| matches!(asked.question, Question::Part { .. }));
        self.subset_shown.set(SubsetShown::default());
    }

    fn show_subset_message(&mut self, message: &str) {
        self.subset_shown.set(SubsetShown { newest: None, message: Some(message.to_owned()) });
    }
}
