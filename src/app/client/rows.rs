//! Single rows: a window on the log's, asked of one worker, and what each model says of them, asked of its own.
//!
//! Invariant: one window at a time is asked for; of what is wanted meanwhile the newest alone waits.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::engines::{Engine, Engines};
use crate::app::rows::{RowsChoice, RowsShown};
use crate::app::state::Tab;
use crate::protocol::{Reply, Request, RequestId, RowsAsk, RowsOf, RowsPage, RunId};

/// Questions about single rows that are open.
#[derive(Default)]
pub struct RowsDesk {
    awaited: Option<RequestId>,
    /// The window that the page shows or awaits.
    newest: Option<RowsAsk>,
    waits: bool,
    alike: Option<RequestId>,
    predictions: BTreeMap<RequestId, RunId>,
    what_ifs: BTreeMap<RequestId, RunId>,
    /// Grows as models move on.
    stamp: u32,
}

impl Engines {
    /// Asks for a window on the rows; its stamp is the desk's.
    pub fn ask_rows(&mut self, ask: RowsAsk) {
        self.rows.newest = Some(ask);
        self.rows.waits = true;
        if self.rows.awaited.is_none() {
            self.ask_newest();
        }
    }

    fn ask_newest(&mut self) {
        if !std::mem::take(&mut self.rows.waits) {
            return;
        }
        let Some(newest) = self.rows.newest.clone() else { return };
        let ask = RowsAsk { stamp: self.rows.stamp, ..newest };
        let Some(index) = self.holder(ask.run) else {
            let gone = text!(client::rows::model_gone);
            return self.say_of_rows(ask.run.map(|_| gone.to_owned()));
        };
        let id = self.fresh_id();
        self.rows.awaited = Some(id);
        self.workers[index].post(Request::Rows { id, ask: Box::new(ask) }, None);
    }

    /// Asks for the `n` rows most like one.
    pub fn ask_alike(&mut self, row: u32, n: u32, columns: Vec<u32>) {
        self.state.rows.update(|shown| shown.alike = RowsPage::default());
        let Some(index) = self.holder(None) else { return };
        let id = self.fresh_id();
        self.rows.alike = Some(id);
        let ask = RowsAsk { of: RowsOf::Alike { row, n }, run: None, stamp: 0, start: 0, count: n, columns };
        self.workers[index].post(Request::Rows { id, ask: Box::new(ask) }, None);
    }

    /// Asks every model about a row with these values of its features; without any, forgets what was said.
    pub fn ask_what_if(&mut self, row: usize, values: &[(String, String)]) {
        self.rows.what_ifs.clear();
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
            let id = self.fresh_id();
            self.rows.what_ifs.insert(id, run);
            self.workers[index].post(Request::WhatIf { id, run, row, values: values.to_vec() }, None);
        }
    }

    /// A worker with the page's log, an idle one first; of a run, the one that keeps it.
    fn holder(&self, run: Option<RunId>) -> Option<usize> {
        let serial = self.source.as_ref()?.serial;
        let holds = |worker: &Engine| worker.holds == Some(serial) && worker.loading.is_none();
        let place = |wanted: &dyn Fn(&Engine) -> bool| self.workers.iter().position(|w| holds(w) && wanted(w));
        match run {
            Some(run) => place(&|worker| worker.keeps == Some(run)),
            None => place(&|worker| worker.training.is_none()).or_else(|| place(&|_| true)),
        }
    }

    fn keepers(&self) -> Vec<(usize, RunId)> {
        self.workers.iter().enumerate().filter_map(|(index, worker)| Some((index, worker.keeps?))).collect()
    }

    /// Another log: nothing is awaited of the one before.
    pub fn forget_rows(&mut self) {
        self.rows = RowsDesk { stamp: self.rows.stamp + 1, ..RowsDesk::default() };
        self.state.rows.set(RowsShown::default());
        self.state.rows_choice.set(RowsChoice::default());
        self.state.part.set(None);
        self.forget_parts();
    }

    /// A worker is gone, and with it perhaps an answer: what is shown is asked for again.
    pub fn rows_lost(&mut self) {
        self.rows.awaited = None;
        self.rows.waits = self.rows.newest.is_some();
        self.ask_newest();
    }

    /// A model has moved on: what it says of the rows in sight is asked again.
    pub fn rows_moved_on(&mut self, run: RunId) {
        self.rows.stamp += 1;
        // The view asks anew when it is turned to.
        if self.state.tab.get_untracked() != Tab::Rows {
            return;
        }
        if self.rows.newest.as_ref().is_some_and(|ask| ask.run == Some(run)) {
            self.rows.waits = true;
            if self.rows.awaited.is_none() {
                self.ask_newest();
            }
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
            let id = self.fresh_id();
            self.rows.predictions.insert(id, run);
            self.workers[index].post(Request::Predictions { id, run, rows: rows.to_vec() }, None);
        }
    }

    pub fn on_rows_reply(&mut self, reply: Reply) {
        match reply {
            Reply::Rows { id, page } if self.rows.awaited == Some(id) => {
                self.rows.awaited = None;
                self.ask_predictions(&page.rows, None);
                self.state.rows.update(|shown| {
                    shown.message = None;
                    shown.page = Some(*page);
                });
                self.ask_newest();
            }
            Reply::Rows { id, page } if self.rows.alike == Some(id) => {
                self.rows.alike = None;
                self.ask_predictions(&page.rows, None);
                self.state.rows.update(|shown| shown.alike = *page);
            }
            Reply::Predictions { id, run, rows, events } if self.rows.predictions.remove(&id).is_some() => {
                self.state.rows.update(|shown| shown.hear(run, &rows, &events));
            }
            Reply::WhatIf { id, run, reading, unknown } if self.rows.what_ifs.remove(&id).is_some() => {
                self.state.rows.update(|shown| drop(shown.what_if.insert(run, (*reading, unknown))));
            }
            _ => {}
        }
    }

    /// Whether the refusal was about single rows.
    pub fn on_rows_refused(&mut self, id: RequestId, message: &str) -> bool {
        if self.rows.awaited.take_if(|awaited| *awaited == id).is_some() {
            self.say_of_rows(Some(message.to_owned()));
            self.ask_newest();
            return true;
        }
        if self.rows.what_ifs.remove(&id).is_some() {
            self.say_of_rows(Some(message.to_owned()));
            return true;
        }
        self.rows.alike.take_if(|alike| *alike == id).is_some() || self.rows.predictions.remove(&id).is_some()
    }

    fn say_of_rows(&self, message: Option<String>) {
        self.state.rows.update(|shown| shown.message = message);
    }
}
