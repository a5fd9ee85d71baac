//! What outlasts a reload: the experiment, the runs' evaluations, curves and weights, and the log's file when the reader says so.
//!
//! Invariants: nothing is kept before the reader has pressed anything, nor after everything was deleted; rows of a file are
//! kept only with it; what was kept and cannot be read is said in a sentence and changes nothing.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::engines::Engines;
use super::{Client, keep};
use crate::app::address::Address;
use crate::app::keeping::Recalled;
use crate::app::parts::letters;
use crate::app::state::AppState;
use crate::domain::spec::DataSpec;
use crate::protocol::{LogSource, Run, RunStatus, SavedError};

/// Changes are written this late, since many come at once; later while runs are under way, which have better to do.
const LATE: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(8)];

impl Client {
    /// Keeps what changes from now on.
    pub fn keep_up(&self, state: AppState) {
        let client = *self;
        let is_due = StoredValue::new([false; 2]);
        let moved = Memo::new(move |_| {
            state.session.with(|session| {
                let of_run = |run: &Run| (run.id, run.evaluations.len(), run.status.is_ended());
                session.runs.iter().map(of_run).collect::<Vec<_>>()
            })
        });
        Effect::new(move |_| {
            let is_running = moved.with(|runs| runs.iter().any(|(_, _, is_ended)| !is_ended));
            state.spec.with(|_| ());
            state.keeps_log.get();
            state.weights_kept.get();
            let which = usize::from(is_running);
            if is_due.with_value(|due| due[which]) {
                return;
            }
            is_due.update_value(|due| due[which] = true);
            let write = move || {
                is_due.update_value(|due| due[which] = false);
                client.with(|engines| engines.keep());
            };
            set_timeout(write, LATE[which]);
        });
    }

    /// Puts back what was kept; whether it could be read.
    pub(super) fn bring_back(&self, record: keep::Record) -> bool {
        self.with(|engines| match engines.recalled(&record.bytes, &RunStatus::Kept) {
            Some(Ok(recalled)) => {
                let runs = recalled.runs.iter().map(|run| run.id);
                let weights = runs.zip(record.weights).filter_map(|(run, weights)| Some((run, weights?)));
                engines.checkpoints.bring_back(weights);
                engines.bring_back(recalled, record.file);
                true
            }
            Some(Err(error)) => {
                let words = text!(client::keeping::left_aside, error = error.to_string());
                engines.state.notice.set(Some(words));
                false
            }
            None => false,
        })
    }

    /// Deletes all that this page has put into the browser, and keeps nothing more.
    pub fn delete_everything(&self) {
        let client = *self;
        self.with(|engines| engines.keeps_nothing = true);
        spawn_local(async move {
            let words = match keep::delete_everything().await {
                Ok(()) => text!(client::keeping::deleted).to_owned(),
                Err(reason) => text!(client::keeping::not_deleted, reason = reason.trim_end_matches('.')),
            };
            client.with(|engines| engines.state.kept.set(words));
        });
    }
}

impl Engines {
    /// What is in saved bytes; nothing before the part that reads is there.
    pub fn recalled(&mut self, bytes: &[u8], status: &RunStatus) -> Option<Result<Recalled, SavedError>> {
        let first = self.fresh_id();
        let recalled = (letters()?.recall)(bytes, first, status);
        if let Ok(recalled) = &recalled {
            self.skip_ids(recalled.runs.len());
        }
        Some(recalled)
    }

    fn bring_back(&mut self, recalled: Recalled, file: Option<web_sys::File>) {
        let Recalled { spec, trained, log, runs } = recalled;
        let data = spec.data.clone();
        self.state.open(spec);
        self.state.session.update(|session| (session.log, session.runs, session.trained) = (log, runs, trained));
        match (data, file) {
            (DataSpec::Generated { synth }, _) => self.open(LogSource::Generated { synth }, None),
            (DataSpec::File { roles, limit, .. }, Some(file)) => {
                self.state.keeps_log.set(true);
                let source = LogSource::File { name: file.name(), limit };
                self.open_by(source, Some(file), roles);
            }
            (DataSpec::File { name, .. }, None) => {
                self.state.notice.set(Some(text!(client::keeping::file_missing, name = name)))
            }
        }
        self.say_status();
    }

    /// Writes what there is.
    fn keep(&self) {
        let Some(letters) = letters() else { return };
        let is_embed = self.state.address.with_value(|address| address.embed.is_some());
        if is_embed || self.keeps_nothing || !keep::has_pressed() {
            return;
        }
        let file = self.source.as_ref().and_then(|source| source.file.clone());
        let kept_file = file.clone().filter(|_| self.state.keeps_log.get_untracked());
        let bytes = self.state.session.with_untracked(|session| {
            self.state.spec.with_untracked(|spec| {
                let rows_may_stay = kept_file.is_some() || matches!(spec.data, DataSpec::Generated { .. });
                (letters.keep)(session, spec, rows_may_stay)
            })
        });
        // In the order of the runs that are kept: those that have been evaluated.
        let weights: Vec<_> = self.state.session.with_untracked(|session| {
            let kept = session.runs.iter().filter(|run| run.latest().is_some());
            kept.map(|run| self.checkpoints.get(run.id).cloned()).collect()
        });
        let hash = web_sys::window().and_then(|window| window.location().hash().ok()).unwrap_or_default();
        let link = Address::parse(&hash).link.unwrap_or_default();
        let state = self.state;
        spawn_local(async move {
            let written = match bytes {
                Ok(bytes) => keep::write(&link, &bytes, kept_file.as_ref(), &weights).await,
                Err(error) => Err(error.to_string()),
            };
            if let Err(reason) = written {
                state.kept.set(text!(client::keeping::keeps_nothing, reason = reason.trim_end_matches('.')));
            }
        });
    }
}
