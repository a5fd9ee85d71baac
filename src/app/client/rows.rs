//! Single rows: a window on the log's, asked of one worker, and what each model says of them, asked of its own.
//!
//! Invariant: one window at a time is asked for; of what is wanted meanwhile the newest alone waits.

use leptos::prelude::*;

use super::engines::{Engine, Engines};
use super::questions::Purpose;
use crate::app::rows::{RowsChoice, RowsShown};
use crate::app::state::Tab;
use crate::protocol::{Question, RowsAsk, RowsOf, RowsPage, RunId};

/// The window on the rows.
#[derive(Default)]
pub struct RowsDesk {
    /// The window that the page shows or awaits.
    newest: Option<RowsAsk>,
    /// It has not been asked for yet.
    waits: bool,
    /// Grows as models move on.
    stamp: u32,
}

impl Engines {
    /// Asks for a window on the rows; its stamp is the desk's.
    pub fn ask_rows(&mut self, ask: RowsAsk) {
        self.rows.newest = Some(ask);
        self.rows.waits = true;
        self.ask_newest();
    }

    /// The window that is shown or wanted, once more.
    pub fn ask_window_again(&mut self) {
        self.rows.waits = self.rows.newest.is_some();
        self.ask_newest();
    }

    fn ask_newest(&mut self) {
        if self.awaited.has(|purpose| matches!(purpose, Purpose::Window)) || !std::mem::take(&mut self.rows.waits) {
            return;
        }
        let Some(newest) = self.rows.newest.clone() else { return };
        let ask = RowsAsk { stamp: self.rows.stamp, ..newest };
        let Some(index) = self.holder(ask.run) else {
            let gone = text!(client::rows::model_gone);
            return self.say_of_rows(ask.run.map(|_| gone.to_owned()));
        };
        self.ask(index, Purpose::Window, Question::Rows(Box::new(ask)));
    }

    /// Asks for the `n` rows most like one.
    pub fn ask_alike(&mut self, row: u32, n: u32, columns: Vec<u32>) {
        self.state.rows.update(|shown| shown.alike = RowsPage::default());
        self.awaited.forget(|purpose| matches!(purpose, Purpose::Alike));
        let Some(index) = self.holder(None) else { return };
        let ask = RowsAsk { of: RowsOf::Alike { row, n }, run: None, stamp: 0, start: 0, count: n, columns };
        self.ask(index, Purpose::Alike, Question::Rows(Box::new(ask)));
    }

    /// Asks every model about a row with these values of its features; without any, forgets what was said.
    pub fn ask_what_if(&mut self, row: usize, values: &[(String, String)]) {
        self.awaited.forget(|purpose| matches!(purpose, Purpose::WhatIf { .. }));
        self.state.rows.update(|shown| {
            shown.message = None;
            if values.is_empty() {
                shown.what_if.clear();
            }
        });
        if values.is_empty() {
            return;
        }
        for (index, run) in self.keepers() {
            self.ask(index, Purpose::WhatIf { run }, Question::WhatIf { run, row, values: values.to_vec() });
        }
    }

    /// A worker with the page's log, an idle one first; of a run, the one that keeps it.
    pub fn holder(&self, run: Option<RunId>) -> Option<usize> {
        let serial = self.source.as_ref()?.serial;
        let holds = |worker: &Engine| worker.state.log() == Some(serial);
        let place = |wanted: &dyn Fn(&Engine) -> bool| self.workers.iter().position(|w| holds(w) && wanted(w));
        match run {
            Some(run) => place(&|worker| worker.state.keeps() == Some(run)),
            None => place(&|worker| !worker.state.is_taken()).or_else(|| place(&|_| true)),
        }
    }

    fn keepers(&self) -> Vec<(usize, RunId)> {
        self.workers.iter().enumerate().filter_map(|(index, worker)| Some((index, worker.state.keeps()?))).collect()
    }

    /// Another log: nothing is awaited of the one before.
    pub fn forget_rows(&mut self) {
        self.rows = RowsDesk { stamp: self.rows.stamp + 1, ..RowsDesk::default() };
        self.awaited.forget(|purpose| {
            use Purpose::{Alike, Impression, Predictions, WhatIf, Window};
            matches!(purpose, Window | Alike | Predictions { .. } | WhatIf { .. } | Impression { .. })
        });
        self.state.rows.set(RowsShown::default());
        self.state.rows_choice.set(RowsChoice::default());
        self.state.part.set(None);
        self.forget_parts();
    }

    /// A model has moved on: what it says of the rows in sight is asked again.
    pub fn rows_moved_on(&mut self, run: RunId) {
        self.rows.stamp += 1;
        // The view asks anew when it is turned to.
        if self.state.tab.get_untracked() != Tab::Rows {
            return;
        }
        if self.rows.newest.as_ref().is_some_and(|ask| ask.run == Some(run)) {
            self.ask_window_again();
        }
        let rows = self.state.rows.with_untracked(|shown| {
            let in_sight = shown.page.iter().flat_map(|page| &page.rows).chain(&shown.alike.rows);
            in_sight.copied().collect::<Vec<u32>>()
        });
        self.ask_predictions(&rows, Some(run));
    }

    fn ask_predictions(&mut self, rows: &[u32], only: Option<RunId>) {
        if rows.is_empty() {
            return;
        }
        for (index, run) in self.keepers().into_iter().filter(|(_, run)| only.is_none_or(|only| only == *run)) {
            let rows = rows.to_vec();
            let purpose = Purpose::Predictions { run, rows: rows.clone() };
            self.ask(index, purpose, Question::Predictions { run, rows });
        }
    }

    pub fn on_window(&mut self, page: RowsPage) {
        self.ask_predictions(&page.rows, None);
        self.state.rows.update(|shown| {
            shown.message = None;
            shown.page = Some(page);
        });
        self.ask_newest();
    }

    pub fn on_window_refused(&mut self, message: &str) {
        self.say_of_rows(Some(message.to_owned()));
        self.ask_newest();
    }

    pub fn on_alike(&mut self, page: RowsPage) {
        self.ask_predictions(&page.rows, None);
        self.state.rows.update(|shown| shown.alike = page);
    }

    pub fn say_of_rows(&self, message: Option<String>) {
        self.state.rows.update(|shown| shown.message = message);
    }
}
