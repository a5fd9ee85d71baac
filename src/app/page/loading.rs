//! Logs: on the page first, on each further worker when it is needed.

use super::Page;
use super::effect::{Effect, FileHandle};
use super::message::FileContent;
use super::questions::Purpose;
use super::runs::MAX_CPU_WORKERS;
use super::state::{LogState, Mapping, Pace, RefusedFile};
use super::worker_state::Phase;
use super::workers::Worker;
use crate::app::address::Tab;
use crate::domain::log::{FindingKind, Roles, RowLimit};
use crate::domain::spec::{DataSpec, RunSpec};
use crate::protocol::{DeviceKind, LoadedLog, LogSource, Reply, Request, RequestId, RunId};

/// Where the log on the page comes from, so that any worker can be given it.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub source: LogSource,
    pub file: Option<FileHandle>,
    pub roles: Option<Roles>,
    /// What was changed about the roles since the file came, in words, each with the roles before it.
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
}

impl Page {
    /// A file of the user's has been looked into.
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

    /// Makes this the page's experiment, and draws its log; a file of somebody's own has to be asked for.
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

    /// Reads the log on the page by the roles of a file.
    pub(super) fn open_roles(&mut self, roles: Roles, name: &str) {
        if self.refused.is_none() && self.source.is_none() {
            return self.notice.set(Some(text!(page::opening::roles_without_log, name = name)));
        }
        self.reload(roles, text!(page::opening::roles_of, name = name));
    }

    /// Opens a log that is new to the page, by roles that are known where there are any.
    pub(super) fn open_log(&mut self, source: LogSource, file: Option<FileHandle>, roles: Option<Roles>) {
        let origin = self.fresh_number();
        self.load(Source { source, file, roles, changes: Vec::new(), origin, serial: 0 });
    }

    /// Keeps at most so many rows of a longer file; the one on the page is read again where that changes it.
    pub(super) fn set_limit(&mut self, limit: RowLimit) {
        self.limit.set(limit);
        let is_changed = self.session.log.as_ref().is_some_and(|log| {
            let is_sampled = log.findings.iter().any(|finding| finding.kind == FindingKind::Sampled);
            is_sampled || log.summary.rows > limit.rows
        });
        let Some(mut source) = self.source.clone().filter(|source| source.file.is_some()) else { return };
        if let LogSource::File { limit: old, .. } = &mut source.source {
            *old = limit;
        }
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

    /// Makes this the page's log, once a worker has read it. The log in place stays until then.
    pub(super) fn load(&mut self, mut source: Source) {
        source.serial = self.fresh_number();
        self.forget_pending();
        // A sample that was asked for before comes too late.
        self.awaited.forget(|purpose| matches!(purpose, Purpose::Sample));
        let what = match &source.source {
            LogSource::Generated { .. } => text!(page::loading::generating).to_owned(),
            LogSource::File { name, .. } => text!(page::loading::reading, name = name),
        };
        self.log_state.set(LogState::Loading { what, progress: None });
        let index = self.worker_to_load(source.origin);
        let id = self.give_log(index, &source, None);
        self.pending = Some((id, source));
    }

    /// Reads the page's log, or the file that waits for roles, again with these.
    pub(super) fn reload(&mut self, roles: Roles, words: String) {
        if let Some(mut source) = self.refused.clone().or_else(|| self.source.clone()) {
            source.changes.push((words, source.roles.replace(roles)));
            self.load(source);
        }
    }

    /// Takes the last change of roles back.
    pub(super) fn undo_roles(&mut self) {
        if let Some(mut source) = self.refused.clone().or_else(|| self.source.clone())
            && let Some((_, before)) = source.changes.pop()
        {
            source.roles = before;
            self.load(source);
        }
    }

    /// Sends a log to a worker, on which it is to start a run, if any; returns the request's id.
    pub(super) fn give_log(&mut self, index: usize, source: &Source, next: Option<RunId>) -> RequestId {
        let id = self.fresh_number();
        self.workers[index].state.load(id, source.serial, source.origin, next);
        let request =
            Request::Load { id, origin: source.origin, source: source.source.clone(), roles: source.roles.clone() };
        self.post(index, request, source.file.clone());
        id
    }

    /// Drops the log that is being read; the one on the page stays.
    pub(super) fn cancel_load(&mut self) {
        self.forget_pending();
        self.trains_when_loaded = false;
        self.log_state.set(LogState::Idle);
    }

    /// Nobody waits for the pending log any more: its worker is free as soon as it has heard so.
    fn forget_pending(&mut self) {
        self.end_converter();
        let Some((id, _)) = self.pending.take() else { return };
        let reads_it =
            |worker: &Worker| matches!(worker.state.phase(), Phase::Loading { request, .. } if *request == id);
        if let Some(index) = self.workers.iter().position(reads_it) {
            self.post(index, Request::CancelLoad { id }, None);
        }
    }

    /// The CPU worker that reads the page's next log: an idle one, which knows the log's file or else has no model, so
    /// that the comparison on the page can still be asked if the log is refused; or a new one, as long as there may be more;
    /// or one whose load nobody waits for any more.
    fn worker_to_load(&mut self, origin: u32) -> usize {
        let workers = &self.workers;
        let position = |wanted: &dyn Fn(&Worker) -> bool| {
            workers
                .iter()
                .position(|worker| worker.kind == DeviceKind::Cpu && !worker.state.is_taken() && wanted(worker))
        };
        let is_idle = |worker: &Worker| !worker.state.is_loading();
        let idle = position(&|worker| is_idle(worker) && worker.state.origin() == Some(origin))
            .or_else(|| position(&|worker| is_idle(worker) && worker.state.keeps().is_none()))
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
                    self.start_or_give_log(index, run);
                }
                self.dispatch();
            }
            Reply::LoadFailed { id, message } => self.on_load_failed(index, id, message),
            Reply::LoadNeedsRoles { id, message, columns, head } => {
                if let Some((_, source)) = self.pending.clone().filter(|(pending, _)| *pending == id) {
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
        // A sentence that is there stays: it may be about the link by which the user came.
        if is_another_file(&self.spec.data, &data) {
            self.notice.set(Some(text!(page::loading::other_file).to_owned()));
        }
        // What came by hand is looked at first; what a link or a change of roles brought is known.
        if source.file.is_some() && source.changes.is_empty() && !self.trains_when_loaded {
            self.tab.set(Tab::Data);
        }
        self.show_mapping(&source, None);
        self.refused = None;
        self.picked.set(None);
        self.log_state.set(LogState::Idle);
        let takes_over = self.takes_over();
        // Runs that were recorded or kept stay on view when this is their log.
        if takes_over || !self.session.is_recalled_for(&data) {
            self.session.start_over(None, Vec::new());
        }
        self.session.log = Some(log);
        self.spec.data = data;
        self.source = Some(source);
        if std::mem::take(&mut self.trains_when_loaded) || takes_over {
            self.train(Pace::Going);
            self.opened_itself.set(takes_over);
        } else {
            self.take_up_kept();
        }
    }

    /// The file that came cannot be made a log; the user may say how its columns are to be read.
    fn refuse(&mut self, source: Source, file: RefusedFile) {
        self.show_mapping(&source, Some(file));
        self.refused = Some(source);
        self.tab.set(Tab::Data);
    }

    /// Drops the file that waits for roles; the log on the page stays.
    pub(super) fn forget_refused(&mut self) {
        self.refused = None;
        if let Some(source) = self.source.clone() {
            self.show_mapping(&source, None);
        }
        self.log_state.set(LogState::Idle);
    }

    fn show_mapping(&mut self, source: &Source, refused: Option<RefusedFile>) {
        let changes = source.changes.iter().map(|(words, _)| words.clone()).collect();
        self.mapping.set(Mapping { given: source.roles.clone().unwrap_or_default(), changes, refused });
    }

    /// A worker could not read a log. A further worker that cannot read what the first one could loses its run.
    fn on_load_failed(&mut self, index: usize, id: RequestId, message: String) {
        let lost = self.workers[index].state.on_load_failed(id);
        self.on_page_load_failed(id, message.clone());
        if let Some(run) = lost {
            self.session.apply(Reply::Failed { run, message });
            self.dispatch();
        }
    }

    /// The page's own load came to nothing, when it was that.
    pub(super) fn on_page_load_failed(&mut self, id: RequestId, message: String) {
        if self.is_pending(id) {
            self.pending = None;
            self.trains_when_loaded = false;
            self.log_state.set(LogState::Failed { message });
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
