//! Single rows: a window of the log, from one worker, and each model's predictions for it, from the model's worker.
//!
//! Invariant: one window at a time is asked for; of later requests only the newest is kept.

use super::Page;
use super::questions::Asked;
use super::workers::Worker;
use crate::app::address::Tab;
use crate::app::rows::{RowsChoice, RowsShown};
use crate::protocol::{Question, RowsAsk, RowsPage, RunId};

/// Requests for windows.
#[derive(Default)]
pub(super) struct RowsQueue {
    /// The newest request, answered or not.
    newest: Option<RowsAsk>,
    /// It has not been sent yet.
    waits: bool,
    /// Counts changes of the models.
    stamp: u32,
}

impl Page {
    /// Asks for a window; its stamp is set by the queue.
    pub(super) fn ask_window(&mut self, ask: RowsAsk) {
        self.rows_queue.newest = Some(ask);
        self.rows_queue.waits = true;
        self.ask_newest_window();
    }

    /// Asks for the newest window again.
    pub(super) fn ask_window_again(&mut self) {
        self.rows_queue.waits = self.rows_queue.newest.is_some();
        self.ask_newest_window();
    }

    /// Asks for the newest window that waits, once no other is awaited and a worker has the log.
    pub(super) fn ask_newest_window(&mut self) {
        if self.awaited.has(Asked::is_window) || !std::mem::take(&mut self.rows_queue.waits) {
            return;
        }
        let Some(newest) = self.rows_queue.newest.clone() else { return };
        let ask = RowsAsk { stamp: self.rows_queue.stamp, ..newest };
        let Some(index) = self.worker_with_log(ask.run) else {
            let is_gone = ask.run.is_some_and(|run| !self.recall(run));
            self.rows_queue.waits = !is_gone;
            self.rows.message = is_gone.then(|| text!(page::rows::model_gone).to_owned());
            return;
        };
        self.ask_worker(index, Question::Rows(Box::new(ask)));
    }

    /// Asks for the rows most similar to one.
    pub(super) fn ask_alike(&mut self, ask: RowsAsk) {
        self.rows.alike = RowsPage::default();
        self.awaited.forget(Asked::is_alike);
        if let Some(index) = self.worker_with_log(None) {
            self.ask_worker(index, Question::Rows(Box::new(ask)));
        }
    }

    /// Asks every model about a row with these feature values; without any, clears the answers.
    pub(super) fn ask_what_if(&mut self, row: usize, values: &[(String, String)]) {
        self.awaited.forget(|asked| matches!(asked.question, Question::WhatIf { .. }));
        self.rows.message = None;
        if values.is_empty() {
            self.rows.what_if.clear();
            return;
        }
        for (index, run) in self.workers_with_models(None) {
            self.ask_worker(index, Question::WhatIf { run, row, values: values.to_vec() });
        }
    }

    /// Index of a worker with the page's log, an idle one first; with `run`, of the one that has its model.
    pub(super) fn worker_with_log(&self, run: Option<RunId>) -> Option<usize> {
        let serial = self.source.as_ref()?.serial;
        let holds = |worker: &Worker| worker.state.log() == Some(serial);
        let position = |wanted: &dyn Fn(&Worker) -> bool| self.workers.iter().position(|w| holds(w) && wanted(w));
        match run {
            Some(run) => position(&|worker| worker.state.model() == Some(run)),
            None => position(&|worker| !worker.state.is_busy()).or_else(|| position(&|_| true)),
        }
    }

    /// Indices of the workers with a model, and its run; with `only`, of that run alone.
    pub(super) fn workers_with_models(&self, only: Option<RunId>) -> Vec<(usize, RunId)> {
        let workers_with_models =
            self.workers.iter().enumerate().filter_map(|(index, worker)| Some((index, worker.state.model()?)));
        workers_with_models.filter(|(_, run)| only.is_none_or(|only| only == *run)).collect()
    }

    /// Clears the rows of the log before, and their open questions.
    pub(super) fn forget_rows(&mut self) {
        self.rows_queue = RowsQueue { stamp: self.rows_queue.stamp + 1, ..RowsQueue::default() };
        self.awaited.forget(|asked| {
            use Question::{Impression, Predictions, Rows, WhatIf};
            matches!(asked.question, Rows(_) | Predictions { .. } | WhatIf { .. } | Impression { .. })
        });
        self.rows.set(RowsShown::default());
        self.rows_choice.set(RowsChoice::default());
        self.subset.set(None);
        self.forget_subsets();
    }

    /// Asks for the visible rows' predictions again after a model has changed.
    pub(super) fn on_model_changed(&mut self, run: RunId) {
        self.rows_queue.stamp += 1;
        // The Rows view asks when it is opened.
        if *self.tab != Tab::Rows {
            return;
        }
        if self.rows_queue.newest.as_ref().is_some_and(|ask| ask.run == Some(run)) {
            self.ask_window_again();
        }
        let in_sight = self.rows.page.iter().flat_map(|page| &page.rows).chain(&self.rows.alike.rows);
        let rows: Vec<u32> = in_sight.copied().collect();
        self.ask_predictions(&rows, Some(run));
    }

    fn ask_predictions(&mut self, rows: &[u32], only: Option<RunId>) {
        let in_workers = self.workers_with_models(None).into_iter().map(|(_, run)| run).collect();
        if self.rows.asked != in_workers {
            self.rows.asked = in_workers;
        }
        if rows.is_empty() {
            return;
        }
        for (index, run) in self.workers_with_models(only) {
            self.ask_worker(index, Question::Predictions { run, rows: rows.to_vec() });
        }
    }

    pub(super) fn on_window(&mut self, page: RowsPage) {
        self.ask_predictions(&page.rows, None);
        let shown = &mut *self.rows;
        (shown.message, shown.page) = (None, Some(page));
        self.ask_newest_window();
    }

    pub(super) fn on_window_refused(&mut self, message: &str) {
        self.rows.message = Some(message.to_owned());
        self.ask_newest_window();
    }

    pub(super) fn on_alike(&mut self, page: RowsPage) {
        self.ask_predictions(&page.rows, None);
        self.rows.alike = page;
    }
}
