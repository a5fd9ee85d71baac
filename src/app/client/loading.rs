//! Logs in: on the page first, on each further worker when it is needed.

use leptos::prelude::*;

use super::engines::{Engines, Source};
use super::questions::Purpose;
use crate::app::state::{LogState, Mapping, Pace, RefusedFile, Tab};
use crate::app::worker_state::Phase;
use crate::domain::log::{FindingKind, Roles, RowLimit};
use crate::domain::spec::DataSpec;
use crate::protocol::{DeviceKind, LoadedLog, LogSource, Reply, Request, RequestId, RunId};

impl Engines {
    /// Opens a log that is new to the page.
    pub fn open(&mut self, source: LogSource, file: Option<web_sys::File>) {
        self.open_by(source, file, None);
    }

    /// Opens a log that is new to the page, by roles that are known.
    pub fn open_by(&mut self, source: LogSource, file: Option<web_sys::File>, roles: Option<Roles>) {
        let origin = self.fresh_id();
        self.load(Source { source, file, roles, changes: Vec::new(), origin, serial: 0 });
    }

    /// Keeps at most so many rows of a longer file; the one on the page is read again where that changes it.
    pub fn set_limit(&mut self, limit: RowLimit) {
        self.state.limit.set(limit);
        let is_changed = self.state.session.with_untracked(|session| {
            session.log.as_ref().is_some_and(|log| {
                let is_sampled = log.findings.iter().any(|finding| finding.kind == FindingKind::Sampled);
                is_sampled || log.summary.rows > limit.rows
            })
        });
        let Some(mut source) = self.source.clone().filter(|source| source.file.is_some()) else { return };
        if let LogSource::File { limit: old, .. } = &mut source.source {
            *old = limit;
        }
        if is_changed {
            source.origin = self.fresh_id();
            self.load(source);
        } else {
            self.source = Some(source);
            self.state.spec.update(|spec| {
                if let DataSpec::File { limit: old, .. } = &mut spec.data {
                    *old = limit;
                }
            });
        }
    }

    /// Makes this the page's log, once a worker has read it. The log in place stays until then.
    pub fn load(&mut self, mut source: Source) {
        source.serial = self.fresh_id();
        self.forget_pending();
        // A sample that was asked for before comes too late.
        self.awaited.forget(|purpose| matches!(purpose, Purpose::Sample));
        let what = match &source.source {
            LogSource::Generated { .. } => text!(client::loading::generating).to_owned(),
            LogSource::File { name, .. } => text!(client::loading::reading, name = name),
        };
        self.state.log_state.set(LogState::Loading { what, progress: None });
        match self.idle_worker(source.origin) {
            Ok(index) => {
                let id = self.give_log(index, &source, None);
                self.pending = Some((id, source));
            }
            Err(message) => self.state.log_state.set(LogState::Failed { message }),
        }
        self.say_status();
    }

    /// Whether there is a log, or a file that waits for roles.
    pub fn has_log(&self) -> bool {
        self.refused.is_some() || self.source.is_some()
    }

    /// Reads the page's log, or the file that waits for roles, again with these.
    pub fn reload(&mut self, roles: Roles, words: String) {
        if let Some(mut source) = self.refused.clone().or_else(|| self.source.clone()) {
            source.changes.push((words, source.roles.replace(roles)));
            self.load(source);
        }
    }

    /// Takes the last change of roles back.
    pub fn undo_roles(&mut self) {
        if let Some(mut source) = self.refused.clone().or_else(|| self.source.clone())
            && let Some((_, before)) = source.changes.pop()
        {
            source.roles = before;
            self.load(source);
        }
    }

    /// Sends a log to a worker, on which it is to start a run, if any; returns the request's id.
    pub fn give_log(&mut self, index: usize, source: &Source, next: Option<RunId>) -> RequestId {
        let id = self.fresh_id();
        let worker = &mut self.workers[index];
        worker.state.load(id, source.serial, source.origin, next);
        let request =
            Request::Load { id, origin: source.origin, source: source.source.clone(), roles: source.roles.clone() };
        worker.post(request, source.file.clone());
        id
    }

    /// Leaves the log that is being read be; the one on the page stays.
    pub fn cancel_load(&mut self) {
        self.forget_pending();
        self.state.log_state.set(LogState::Idle);
        self.say_status();
    }

    /// Nobody waits for the pending log any more: its worker is free as soon as it has heard so.
    fn forget_pending(&mut self) {
        self.converter = None;
        let Some((id, _)) = self.pending.take() else { return };
        let is_loading = |worker: &&mut super::engines::Engine| matches!(worker.state.phase(), Phase::Loading { request, .. } if *request == id);
        if let Some(worker) = self.workers.iter_mut().find(is_loading) {
            worker.post(Request::CancelLoad { id }, None);
        }
    }

    /// A CPU worker that neither trains nor reads; one that knows the log's file before others.
    fn idle_worker(&mut self, origin: u32) -> Result<usize, String> {
        let is_idle = |worker: &super::engines::Engine| {
            worker.kind == DeviceKind::Cpu && !worker.state.is_taken() && !worker.state.is_loading()
        };
        let knows = self.workers.iter().position(|worker| is_idle(worker) && worker.state.origin() == Some(origin));
        if let Some(index) = knows {
            return Ok(index);
        }
        // One without a model first, so that the comparison on the page can still be asked if this log is refused.
        let without_model = self.workers.iter().position(|worker| is_idle(worker) && worker.state.keeps().is_none());
        match without_model.or_else(|| self.workers.iter().position(is_idle)) {
            Some(index) => Ok(index),
            None => self.start_worker(DeviceKind::Cpu),
        }
    }

    pub fn on_load_reply(&mut self, index: usize, reply: Reply) {
        let worker = &mut self.workers[index];
        match reply {
            Reply::Loaded { id, log } => {
                let next = worker.state.on_loaded(id);
                if self.pending.as_ref().is_some_and(|(pending, _)| *pending == id)
                    && let Some((_, source)) = self.pending.take()
                {
                    self.adopt(source, *log);
                }
                if let Some(run) = next {
                    self.start_or_give_log(index, run);
                }
                self.dispatch();
            }
            Reply::LoadFailed { id, message } => self.on_load_failed(index, id, message),
            Reply::LoadNeedsRoles { id, message, columns, head } => {
                if let Some((_, source)) = self.pending.as_ref().filter(|(pending, _)| *pending == id) {
                    self.refuse(
                        source.clone(),
                        RefusedFile { name: String::new(), message: message.clone(), columns, head },
                    );
                }
                self.on_load_failed(index, id, message);
            }
            Reply::LoadCancelled { id } => {
                worker.state.on_load_failed(id);
                self.dispatch();
            }
            Reply::LoadNeedsParquet { id } => {
                worker.state.on_load_failed(id);
                self.convert_parquet(id);
            }
            Reply::LoadProgress { id, progress }
                if self.pending.as_ref().is_some_and(|(pending, _)| *pending == id) =>
            {
                self.state.log_state.update(|log| {
                    if let LogState::Loading { progress: slot, .. } = log {
                        *slot = Some(progress);
                    }
                });
            }
            _ => {}
        }
    }

    /// The page's log is this one from now on; runs on the old one mean nothing any more.
    fn adopt(&mut self, source: Source, log: LoadedLog) {
        self.stop();
        self.queue.clear();
        self.forget_rows();
        for worker in &mut self.workers {
            worker.state.forget_model();
        }
        let data = match (&source.source, &source.file) {
            (LogSource::Generated { synth }, _) => DataSpec::Generated { synth: synth.clone() },
            (LogSource::File { name, limit }, file) => DataSpec::File {
                name: name.clone(),
                bytes: file.as_ref().map_or(0, |file| file.size() as u64),
                crc32: log.crc32,
                roles: source.roles.clone(),
                limit: *limit,
            },
        };
        let is_another_file = self.state.spec.with_untracked(|spec| is_another_file(&spec.data, &data));
        // A sentence that is there stays: it may be about the link by which the reader came.
        if is_another_file {
            let sentence = text!(client::loading::other_file);
            self.state.notice.set(Some(sentence.to_owned()));
        }
        // What came by hand is looked at first; what a link or a change of roles brought is known.
        if source.file.is_some() && source.changes.is_empty() && !self.train_when_loaded {
            self.state.tab.set(Tab::Data);
        }
        self.show_mapping(&source, None);
        self.refused = None;
        self.state.picked.set(None);
        self.state.log_state.set(LogState::Idle);
        let reply = Reply::Loaded { id: 0, log: Box::new(log) };
        let takes_over = self.takes_over();
        self.state.session.update(|session| {
            // Runs that were recorded or kept stay on view when this is their log.
            if takes_over || !session.is_recalled_for(&data) {
                session.start_over(None, Vec::new());
            }
            session.apply(reply);
        });
        self.state.spec.update(|spec| spec.data = data);
        self.source = Some(source);
        if std::mem::take(&mut self.train_when_loaded) || takes_over {
            self.train(Pace::Going);
            self.state.opened_itself.set(takes_over);
        } else {
            self.take_up_kept();
        }
    }

    /// The file that came cannot be made a log; the reader may say how its columns are to be read.
    fn refuse(&mut self, source: Source, file: RefusedFile) {
        let name = match &source.source {
            LogSource::File { name, .. } => name.clone(),
            LogSource::Generated { .. } => String::new(),
        };
        self.show_mapping(&source, Some(RefusedFile { name, ..file }));
        self.refused = Some(source);
        self.state.tab.set(Tab::Data);
    }

    /// Leaves the file that waits for roles be; the log on the page stays.
    pub fn forget_refused(&mut self) {
        self.refused = None;
        if let Some(source) = self.source.clone() {
            self.show_mapping(&source, None);
        }
        self.state.log_state.set(LogState::Idle);
    }

    fn show_mapping(&self, source: &Source, refused: Option<RefusedFile>) {
        let changes = source.changes.iter().map(|(words, _)| words.clone()).collect();
        self.state.mapping.set(Mapping { given: source.roles.clone().unwrap_or_default(), changes, refused });
    }

    /// A worker could not read a log. A further worker that cannot read what the first one could loses its run.
    fn on_load_failed(&mut self, index: usize, id: RequestId, message: String) {
        let lost = self.workers[index].state.on_load_failed(id);
        self.on_page_load_failed(id, message.clone());
        if let Some(run) = lost {
            let reply = Reply::Failed { run, message };
            self.state.session.update(|session| {
                session.apply(reply);
            });
            self.dispatch();
        }
    }

    /// The page's own load came to nothing, when it was that.
    pub fn on_page_load_failed(&mut self, id: RequestId, message: String) {
        if self.pending.as_ref().is_some_and(|(pending, _)| *pending == id) {
            self.pending = None;
            self.train_when_loaded = false;
            self.state.log_state.set(LogState::Failed { message });
            self.say_status();
        }
    }
}

/// Whether a file came where a link had asked for another one.
fn is_another_file(asked: &DataSpec, got: &DataSpec) -> bool {
    match (asked, got) {
        (DataSpec::File { name, crc32, .. }, DataSpec::File { name: got_name, crc32: got_crc32, .. }) => {
            name == got_name && *crc32 != 0 && crc32 != got_crc32
        }
        _ => false,
    }
}
