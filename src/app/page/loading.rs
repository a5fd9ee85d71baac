//! Loading of logs: on one worker first, on each further worker when a run needs it.

use super::Page;
use super::effect::{Effect, FileHandle};
use super::message::FileContent;
use super::runs::MAX_CPU_WORKERS;
use super::state::{LogState, Mapping, RefusedFile, TrainingMode};
use super::worker_state::Phase;
use super::workers::Worker;
use crate::app::address::Tab;
use crate::domain::log::{FindingKind, Roles, RowLimit};
use crate::domain::spec::{DataSpec, RunSpec};
use crate::protocol::{DeviceKind, LoadedLog, LogSource, Reply, Request, RequestId, RunId};

/// Source of a log, for sending it to any worker.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub source: LogSource,
    pub file: Option<FileHandle>,
    pub roles: Option<Roles>,
    /// Changes of the roles since the file was opened, in words, each with the roles before it.
    pub changes: Vec<(String, Option<Roles>)>,
    /// Tells one log from the next, however its columns are read.
    pub origin: u32,
    /// Tells one load from the next.
    pub serial: u32,
}

impl Source {
    /// The file's name; none of a generated log.
    pub fn name(&self) -> &str {
        match &self.source {
            LogSource::File { name, .. } => name,
            LogSource::Generated { .. } => "",
        }
    }

    fn set_limit(&mut self, new: RowLimit) {
        if let LogSource::File { limit, .. } = &mut self.source {
            *limit = new;
        }
    }
}

impl Page {
    /// Opens a file by its detected content.
    pub(super) fn on_file_read(&mut self, file: FileHandle, content: FileContent) {
        match content {
            FileContent::Log => self.open_log_file(file),
            FileContent::Experiment(spec) => self.open_experiment(*spec),
            FileContent::Roles(roles) => self.open_roles(*roles, &file.name),
            FileContent::Unreadable(message) => self.notice.set(Some(message)),
        }
    }

    pub(super) fn open_log_file(&mut self, file: FileHandle) {
        let source = LogSource::File { name: file.name.clone(), limit: *self.limit };
        self.open_log(source, Some(file), None);
    }

    /// Opens text as if it were a file.
    pub(super) fn open_text(&mut self, text: String) {
        // An experiment's JSON is known by its name.
        let name = if text.trim_start().starts_with('{') { "pasted.json" } else { "pasted.csv" };
        self.effects.push(Effect::MakeFile { name: name.to_owned(), text });
    }

    /// Replaces the experiment and generates its log; a log file has to be dropped by the user.
    fn open_experiment(&mut self, spec: RunSpec) {
        self.open_spec(spec);
        match &self.spec.data {
            DataSpec::Generated { .. } => self.generate(),
            DataSpec::File { name, .. } => {
                let asks = text!(page::opening::drop_file, name = name);
                self.notice.set(Some(asks));
            }
        }
    }

    /// Reloads the log with the roles of a file.
    pub(super) fn open_roles(&mut self, roles: Roles, name: &str) {
        if self.refused.is_none() && self.source.is_none() {
            return self.notice.set(Some(text!(page::opening::roles_without_log, name = name)));
        }
        self.reload(roles, text!(page::opening::roles_of, name = name));
    }

    /// Loads a new log, with known roles if any.
    pub(super) fn open_log(&mut self, source: LogSource, file: Option<FileHandle>, roles: Option<Roles>) {
        let origin = self.fresh_number();
        self.load(Source { source, file, roles, changes: Vec::new(), origin, serial: 0 });
    }

    /// Sets the maximum size of a log; reloads the file if that changes it.
    pub(super) fn set_limit(&mut self, limit: RowLimit) {
        self.limit.set(limit);
        let is_changed = self.session.log.as_ref().is_some_and(|log| {
            let is_sampled = log.findings.iter().any(|finding| finding.kind == FindingKind::Sampled);
            is_sampled || log.summary.rows > limit.rows
        });
        if let Some(refused) = &mut self.refused {
            refused.set_limit(limit);
        }
        let Some(mut source) = self.source.clone() else { return };
        if source.file.is_none() {
            return;
        }
        source.set_limit(limit);
        if is_changed {
            source.origin = self.fresh_number();
            self.load(source);
            return;
        }
        self.source = Some(source);
        if let DataSpec::File { limit: old, .. } = &mut self.spec.data {
            *old = limit;
        }
    }

    /// Loads a log on a worker. The current log stays until that has succeeded.
    pub(super) fn load(&mut self, mut source: Source) {
        source.serial = self.fresh_number();
        self.forget_pending();
        self.trains_when_loaded = false;
        // An earlier request for a sample is outdated.
        self.forget_sample();
        let what = match &source.source {
            LogSource::Generated { .. } => text!(page::loading::generating).to_owned(),
            LogSource::File { name, .. } => text!(page::loading::reading, name = name),
        };
        self.log_state.set(LogState::Loading { what, progress: None });
        let index = self.worker_to_load(source.origin);
        let id = self.send_log(index, &source, None);
        self.pending = Some((id, source));
    }

    /// Reloads the refused file, or else the log, with new roles.
    pub(super) fn reload(&mut self, roles: Roles, words: String) {
        if let Some(mut source) = self.refused.clone().or_else(|| self.source.clone()) {
            source.changes.push((words, source.roles.replace(roles)));
            self.load(source);
        }
    }

    /// Undoes the last change of roles.
    pub(super) fn undo_roles(&mut self) {
        if let Some(mut source) = self.refused.clone().or_else(|| self.source.clone())
            && let Some((_, before)) = source.changes.pop()
        {
            source.roles = before;
            self.load(source);
        }
    }

    /// Sends a log to a worker, with the run to start on it, if any; returns the request's id.
    pub(super) fn send_log(&mut self, index: usize, source: &Source, next: Option<RunId>) -> RequestId {
        let id = self.fresh_number();
        self.workers[index].state.load(id, source.serial, source.origin, next);
        let request =
            Request::Load { id, origin: source.origin, source: source.source.clone(), roles: source.roles.clone() };
        self.post(index, request, source.file.clone());
        id
    }

    /// Cancels the pending load; the current log stays.
    pub(super) fn cancel_load(&mut self) {
        self.forget_pending();
        self.trains_when_loaded = false;
        self.log_state.set(LogState::Idle);
    }

    /// Cancels the pending load on its worker.
    fn forget_pending(&mut self) {
        self.end_converter();
        let Some((id, _)) = self.pending.take() else { return };
        let index = self
            .workers
            .iter()
            .position(|worker| matches!(worker.state.phase(), Phase::Loading { request, .. } if *request == id));
        if let Some(index) = index {
            self.post(index, Request::CancelLoad { id }, None);
        }
    }

    /// The CPU worker for the next log: an idle one that has read the log's file; else one without a model, so that the current
    /// runs can still answer questions if the log is refused; else one with a model; else a new one, up to the limit; else one
    /// whose load was cancelled.
    fn worker_to_load(&mut self, origin: u32) -> usize {
        let workers = &self.workers;
        let position = |wanted: &dyn Fn(&Worker) -> bool| {
            workers
                .iter()
                .position(|worker| worker.kind == DeviceKind::Cpu && !worker.state.is_busy() && wanted(worker))
        };
        let is_idle = |worker: &Worker| !worker.state.is_loading();
        let idle = position(&|worker| is_idle(worker) && worker.state.origin() == Some(origin))
            .or_else(|| position(&|worker| is_idle(worker) && worker.state.model().is_none()))
            .or_else(|| position(&is_idle));
        let n_cpu = workers.iter().filter(|worker| worker.kind == DeviceKind::Cpu).count();
        let found = idle.or_else(|| position(&|_| n_cpu >= MAX_CPU_WORKERS));
        found.unwrap_or_else(|| self.start_worker(DeviceKind::Cpu))
    }

    /// Whether the page waits for the answer to this load.
    fn is_pending(&self, id: RequestId) -> bool {
        self.pending.as_ref().is_some_and(|(pending, _)| *pending == id)
    }

    pub(super) fn on_load_reply(&mut self, index: usize, reply: Reply) {
        match reply {
            Reply::Loaded { id, log } => {
                let next = self.workers[index].state.on_loaded(id);
                if self.is_pending(id)
                    && let Some((_, source)) = self.pending.take()
                {
                    self.adopt(source, *log);
                }
                if let Some(run) = next {
                    self.start_or_send_log(index, run);
                }
                self.dispatch();
            }
            Reply::LoadFailed { id, message } => self.on_load_failed(index, id, message),
            Reply::LoadNeedsRoles { id, message, columns, head } => {
                if let Some((pending, source)) = self.pending.clone()
                    && pending == id
                {
                    let name = source.name().to_owned();
                    self.refuse(source, RefusedFile { name, message: message.clone(), columns, head });
                }
                self.on_load_failed(index, id, message);
            }
            Reply::LoadCancelled { id } => {
                self.workers[index].state.on_load_failed(id);
                self.dispatch();
            }
            Reply::LoadNeedsParquet { id } => {
                self.workers[index].state.on_load_failed(id);
                self.start_converter(id);
            }
            Reply::LoadProgress { id, progress: now } if self.is_pending(id) => {
                if let LogState::Loading { progress, .. } = &mut *self.log_state {
                    *progress = Some(now);
                }
                return;
            }
            _ => return,
        }
        self.ask_newest_window();
    }

    /// Makes a loaded log the page's log; ends the runs on the old one.
    fn adopt(&mut self, source: Source, log: LoadedLog) {
        self.stop();
        self.queue.clear();
        self.forget_rows();
        for worker in &mut self.workers {
            worker.state.forget_model();
        }
        let data = match &source.source {
            LogSource::Generated { synth } => DataSpec::Generated { synth: synth.clone() },
            LogSource::File { name, limit } => DataSpec::File {
                name: name.clone(),
                bytes: source.file.as_ref().map_or(0, |file| file.bytes),
                crc32: log.crc32,
                roles: source.roles.clone(),
                limit: *limit,
            },
        };
        // An earlier notice stays otherwise: it may be about the link.
        if is_another_file(&self.spec.data, &data) {
            self.notice.set(Some(text!(page::loading::other_file).to_owned()));
        }
        // A file that the user opened is shown first; one from a link or with new roles is known.
        if source.file.is_some() && source.changes.is_empty() && !self.trains_when_loaded {
            self.tab.set(Tab::Data);
        }
        self.show_mapping(&source, None);
        self.refused = None;
        self.inspected.set(None);
        self.log_state.set(LogState::Idle);
        let takes_over = self.takes_over();
        // Recorded or restored runs stay on view when this is their log.
        if takes_over || !self.session.is_recalled_for(&data) {
            self.session.start_over(None, Vec::new());
        }
        self.session.log = Some(log);
        self.spec.data = data;
        self.source = Some(source);
        if std::mem::take(&mut self.trains_when_loaded) || takes_over {
            self.train(TrainingMode::Running);
            self.opened_itself.set(takes_over);
        } else {
            self.queue_saved_runs();
        }
    }

    /// Shows a file of which no log could be made, so that the user can set its roles.
    fn refuse(&mut self, source: Source, file: RefusedFile) {
        self.show_mapping(&source, Some(file));
        self.refused = Some(source);
        self.tab.set(Tab::Data);
    }

    /// Drops the refused file; the log stays.
    pub(super) fn forget_refused(&mut self) {
        self.refused = None;
        if let Some(source) = self.source.clone() {
            self.show_mapping(&source, None);
        }
        if self.pending.is_none() {
            self.log_state.set(LogState::Idle);
        }
    }

    fn show_mapping(&mut self, source: &Source, refused: Option<RefusedFile>) {
        let changes = source.changes.iter().map(|(words, _)| words.clone()).collect();
        self.mapping.set(Mapping { given: source.roles.clone().unwrap_or_default(), changes, refused });
    }

    /// Handles a load that failed. On a further worker the run that waited for the log fails.
    fn on_load_failed(&mut self, index: usize, id: RequestId, message: String) {
        let lost = self.workers[index].state.on_load_failed(id);
        self.on_page_load_failed(id, message.clone());
        if let Some(run) = lost {
            self.plans.remove(&run);
            self.session.apply(Reply::Failed { run, message });
            self.dispatch();
        }
    }

    /// Shows the failure of the pending load.
    pub(super) fn on_page_load_failed(&mut self, id: RequestId, message: String) {
        if self.is_pending(id) {
            self.pending = None;
            self.trains_when_loaded = false;
            self.log_state.set(LogState::Failed { message });
        }
    }
}

/// Whether a file differs from the one of the same name in the link.
fn is_another_file(asked: &DataSpec, got: &DataSpec) -> bool {
    match (asked, got) {
        (DataSpec::File { name, crc32, .. }, DataSpec::File { name: got_name, crc32: got_crc32, .. }) => {
            name == got_name && *crc32 != 0 && crc32 != got_crc32
        }
        _ => false,
    }
}
