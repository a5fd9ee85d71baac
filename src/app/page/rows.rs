//! Single rows: a window on the log's, asked of one worker, and what each model says of them, asked of its own.
//!
//! Invariant: one window at a time is asked for; of those wanted meanwhile the newest alone waits.

use super::Page;
use super::questions::Purpose;
use super::workers::Worker;
use crate::app::address::Tab;
use crate::app::rows::{RowsChoice, RowsShown};
use crate::protocol::{Question, RowsAsk, RowsOf, RowsPage, RunId};

/// The window on the rows.
#[derive(Default)]
pub(super) struct RowsQueue {
    /// The window that the page shows or awaits.
    newest: Option<RowsAsk>,
    /// It has not been asked for yet.
    waits: bool,
    /// Grows as models move on.
    stamp: u32,
}

impl Page {
    /// Asks for a window on the rows; its stamp is the queue's.
    pub(super) fn ask_rows(&mut self, ask: RowsAsk) {
        self.rows_queue.newest = Some(ask);
        self.rows_queue.waits = true;
        self.ask_newest_window();
    }

    /// Asks once more for the window that is shown or wanted.
    pub(super) fn ask_window_again(&mut self) {
        self.rows_queue.waits = self.rows_queue.newest.is_some();
        self.ask_newest_window();
    }

    fn ask_newest_window(&mut self) {
        if self.awaited.has(|purpose| matches!(purpose, Purpose::Window)) || !std::mem::take(&mut self.rows_queue.waits)
        {
            return;
        }
        let Some(newest) = self.rows_queue.newest.clone() else { return };
        let ask = RowsAsk { stamp: self.rows_queue.stamp, ..newest };
        let Some(index) = self.holder(ask.run) else {
            self.rows.message = ask.run.map(|_| text!(page::rows::model_gone).to_owned());
            return;
        };
        self.ask(index, Purpose::Window, Question::Rows(Box::new(ask)));
    }

    /// Asks for the `n` rows most like one.
    pub(super) fn ask_alike(&mut self, row: u32, n: u32, columns: Vec<u32>) {
        self.rows.alike = RowsPage::default();
        self.awaited.forget(|purpose| matches!(purpose, Purpose::Alike));
        let Some(index) = self.holder(None) else { return };
        let ask = RowsAsk { of: RowsOf::Alike { row, n }, run: None, stamp: 0, start: 0, count: n, columns };
        self.ask(index, Purpose::Alike, Question::Rows(Box::new(ask)));
    }

    /// Asks every model about a row with these values of its features; without any, forgets what was said.
    pub(super) fn ask_what_if(&mut self, row: usize, values: &[(String, String)]) {
        self.awaited.forget(|purpose| matches!(purpose, Purpose::WhatIf { .. }));
        self.rows.message = None;
        if values.is_empty() {
            self.rows.what_if.clear();
            return;
        }
        for (index, run) in self.keepers(None) {
            self.ask(index, Purpose::WhatIf { run }, Question::WhatIf { run, row, values: values.to_vec() });
        }
    }

    /// A worker with the page's log, an idle one first; of a run, the one that keeps it.
    pub(super) fn holder(&self, run: Option<RunId>) -> Option<usize> {
        let serial = self.source.as_ref()?.serial;
        let holds = |worker: &Worker| worker.state.log() == Some(serial);
        let position = |wanted: &dyn Fn(&Worker) -> bool| self.workers.iter().position(|w| holds(w) && wanted(w));
        match run {
            Some(run) => position(&|worker| worker.state.keeps() == Some(run)),
            None => position(&|worker| !worker.state.is_taken()).or_else(|| position(&|_| true)),
        }
    }

    /// The workers that keep a model, by index, and its run; of one run alone, where it is given.
    pub(super) fn keepers(&self, only: Option<RunId>) -> Vec<(usize, RunId)> {
        let keepers =
            self.workers.iter().enumerate().filter_map(|(index, worker)| Some((index, worker.state.keeps()?)));
        keepers.filter(|(_, run)| only.is_none_or(|only| only == *run)).collect()
    }

    /// Another log: nothing is awaited of the one before.
    pub(super) fn forget_rows(&mut self) {
        self.rows_queue = RowsQueue { stamp: self.rows_queue.stamp + 1, ..RowsQueue::default() };
        self.awaited.forget(|purpose| {
            use Purpose::{Alike, Impression, Predictions, WhatIf, Window};
            matches!(purpose, Window | Alike | Predictions { .. } | WhatIf { .. } | Impression { .. })
        });
        self.rows.set(RowsShown::default());
        self.rows_choice.set(RowsChoice::default());
        self.subset.set(None);
        self.forget_subsets();
    }

    /// A model has moved on: what it says of the rows in sight is asked again.
    pub(super) fn on_model_moved(&mut self, run: RunId) {
        self.rows_queue.stamp += 1;
        // The view asks anew when it is turned to.
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
        if rows.is_empty() {
            return;
        }
        for (index, run) in self.keepers(only) {
            let rows = rows.to_vec();
            let purpose = Purpose::Predictions { run, rows: rows.clone() };
            self.ask(index, purpose, Question::Predictions { run, rows });
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
