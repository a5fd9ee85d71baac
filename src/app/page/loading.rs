//! Loading of logs: on one worker first, on each further worker when a run needs it.

use super::Page;
use super::effect::{Effect, FileHandle};
use super::message::FileContent;
use super::runs::MAX_CPU_WORKERS;
use super::state::{LogState, Mapping, RefusedFile, TrainingMode};
use super::worker_state::Phase;
use super::workers::Worker;
use crate::app::address::Tab;
use crate::app::order::sort_few;
use crate::domain::assembly::Assembly;
use crate::domain::log::{FindingKind, Roles, RowLimit};
use crate::domain::spec::{DataSpec, RunSpec};
use crate::protocol::{DeviceKind, LoadedLog, LogSource, Reply, Request, RequestId, RunId};

/// Source of a log, for sending it to any worker.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub given: Given,
    /// Changes since the files were opened, in words, each with what was given before it.
    pub changes: Vec<(String, Given)>,
    /// Tells one load from the next.
    pub serial: u32,
}

/// What a log is made of, and how.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub source: LogSource,
    /// In the order of their names in `source`.
    pub files: Vec<FileHandle>,
    pub roles: Option<Roles>,
    /// Tells the rows of one log from the next, however they are read.
    pub origin: u32,
}

impl Source {
    /// The files' names; empty for a generated log.
    pub fn name(&self) -> String {
        self.given.source.name()
    }

    /// What a load of it is doing.
    pub fn words(&self) -> String {
        match &self.given.source {
            LogSource::Generated { .. } => text!(page::loading::generating).to_owned(),
            LogSource::Files { .. } => text!(page::loading::reading, name = self.name()),
        }
    }

    fn set_limit(&mut self, new: RowLimit) {
        if let LogSource::Files { limit, .. } = &mut self.given.source {
            *limit = new;
        }
    }

    /// Fixes the assembly that was proposed: roles that are set later do not change it.
    fn set_assembly(&mut self, new: Option<Assembly>) {
        if let LogSource::Files { assembly, .. } = &mut self.given.source {
            *assembly = new.or(assembly.take());
        }
    }

    /// Changes what is given, which can be undone.
    fn change(&mut self, words: String, change: impl FnOnce(&mut Given)) {
        self.changes.push((words, self.given.clone()));
        change(&mut self.given);
    }
}

impl Given {
    /// Tables in files, by their names.
    fn of_files(files: Vec<FileHandle>, limit: RowLimit, assembly: Option<Assembly>) -> Self {
        let names = files.iter().map(|file| file.name.clone()).collect();
        Self { source: LogSource::Files { names, limit, assembly }, files, roles: None, origin: 0 }
    }
}

impl Page {
    /// Opens files by their detected content: the tables among them are one log.
    pub(super) fn on_files_read(&mut self, files: Vec<(FileHandle, FileContent)>) {
        let mut tables = Vec::new();
        for (file, content) in files {
            match content {
                FileContent::Table => tables.push(file),
                FileContent::Experiment(spec) => self.open_experiment(*spec),
                FileContent::Roles(roles) => self.open_roles(*roles, &file.name),
                FileContent::Predictions => self.open_predictions(file),
                FileContent::Unreadable(message) => self.warn(message),
            }
        }
        if !tables.is_empty() {
            self.open_tables(tables);
        }
    }

    /// Opens tables as a log, with the roles and the assembly of the experiment that was made on files of these names.
    pub(super) fn open_tables(&mut self, mut files: Vec<FileHandle>) {
        sort_few(&mut files, |a, b| a.name < b.name);
        let given = Given::of_files(files, *self.limit, None);
        let name = given.source.name();
        let is_open = self.source.as_ref().is_some_and(|source| source.name() == name);
        let of_experiment = match &self.spec.data {
            DataSpec::File { name: asked, roles, assembly, .. } if *asked == name && !is_open => {
                (roles.is_some() || assembly.is_some()).then(|| (roles.clone(), assembly.clone()))
            }
            _ => None,
        };
        let mut source = Source { given, changes: Vec::new(), serial: 0 };
        source.given.origin = self.fresh_number();
        if let Some((roles, of_tables)) = of_experiment {
            source.change(text!(page::opening::as_experiment).to_owned(), |given| given.roles = roles);
            source.set_assembly(of_tables);
        }
        self.load(source);
    }

    /// Adds tables to those of the log; one of the same name is replaced.
    pub(super) fn add_files(&mut self, files: Vec<FileHandle>) {
        let Some(mut source) = self.refused_or_source().filter(|source| !source.given.files.is_empty()) else {
            return self.open_tables(files);
        };
        let names = files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>().join(", ");
        let origin = self.fresh_number();
        let limit = *self.limit;
        source.change(text!(page::opening::added, names = names), |given| {
            given.files.retain(|file| !files.iter().any(|new| new.name == file.name));
            given.files.extend(files);
            let roles = given.roles.take();
            *given = Given { roles, origin, ..Given::of_files(std::mem::take(&mut given.files), limit, None) };
        });
        self.load(source);
    }

    /// The refused files, or else the log's.
    fn refused_or_source(&self) -> Option<Source> {
        self.refused.clone().or_else(|| self.source.clone())
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
                self.warn(asks);
            }
        }
    }

    /// Reloads the log with the roles of a file.
    pub(super) fn open_roles(&mut self, roles: Roles, name: &str) {
        if self.refused.is_none() && self.source.is_none() {
            return self.warn(text!(page::opening::roles_without_log, name = name));
        }
        self.reload(roles, text!(page::opening::roles_of, name = name));
    }

    /// Loads a new log, with known roles if any.
    pub(super) fn open_log(&mut self, source: LogSource, files: Vec<FileHandle>, roles: Option<Roles>) {
        let origin = self.fresh_number();
        self.load(Source { given: Given { source, files, roles, origin }, changes: Vec::new(), serial: 0 });
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
        if source.given.files.is_empty() {
            return;
        }
        source.set_limit(limit);
        if is_changed {
            source.given.origin = self.fresh_number();
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
        self.forget_drafts();
        self.forget_pending();
        self.trains_when_loaded = false;
        // An earlier request for a sample is outdated.
        self.forget_sample();
        self.log_state.set(LogState::Loading { what: source.words(), progress: None });
        let index = self.worker_to_load(source.given.origin);
        let id = self.send_log(index, &source, None);
        self.pending = Some((id, source));
    }

    /// Reloads the refused files, or else the log, with new roles.
    pub(super) fn reload(&mut self, roles: Roles, words: String) {
        if let Some(mut source) = self.refused_or_source() {
            source.change(words, |given| given.roles = Some(roles));
            self.load(source);
        }
    }

    /// Reloads the refused files, or else the log, with another assembly.
    pub(super) fn set_assembly(&mut self, new: Assembly, words: String) {
        if let Some(mut source) = self.refused_or_source() {
            source.change(words, |given| {
                if let LogSource::Files { assembly, .. } = &mut given.source {
                    *assembly = Some(new);
                }
            });
            self.load(source);
        }
    }

    /// Undoes the last change of the roles, the assembly or the tables.
    pub(super) fn undo_change(&mut self) {
        if let Some(mut source) = self.refused_or_source()
            && let Some((_, before)) = source.changes.pop()
        {
            source.given = before;
            self.load(source);
        }
    }

    /// Sends a log to a worker, with the run to start on it, if any; returns the request's id.
    pub(super) fn send_log(&mut self, index: usize, source: &Source, next: Option<RunId>) -> RequestId {
        let id = self.fresh_number();
        let Given { source: log, files, roles, origin } = source.given.clone();
        self.workers[index].state.load(id, source.serial, origin, next);
        self.post(index, Request::Load { id, origin, source: log, roles }, files);
        id
    }

    /// Cancels the pending load; the current log stays.
    pub(super) fn cancel_load(&mut self) {
        self.forget_drafts();
        self.cancel_pending();
    }

    /// As [`Page::cancel_load`], for another load to come.
    pub(super) fn cancel_pending(&mut self) {
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
            self.post(index, Request::CancelLoad { id }, Vec::new());
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
                self.ask_what_waits();
            }
            Reply::LoadFailed { id, message } => self.on_load_failed(index, id, message),
            Reply::LoadNeedsRoles { id, message, columns, head, assembly } => {
                if let Some((pending, mut source)) = self.pending.clone()
                    && pending == id
                {
                    let name = source.name();
                    source.set_assembly(assembly.as_ref().map(|report| report.assembly.clone()));
                    self.refuse(source, RefusedFile { name, message: message.clone(), columns, head, assembly });
                }
                self.on_load_failed(index, id, message);
            }
            Reply::LoadCancelled { id } => {
                self.workers[index].state.on_load_failed(id);
                self.dispatch();
            }
            Reply::LoadNeedsParquet { id, file } => {
                self.workers[index].state.on_load_failed(id);
                self.start_converter(id, file as usize);
                self.dispatch();
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
    fn adopt(&mut self, mut source: Source, log: LoadedLog) {
        source.set_assembly(log.assembly.as_ref().map(|report| report.assembly.clone()));
        self.abandon();
        self.queue.clear();
        self.forget_rows();
        for worker in &mut self.workers {
            worker.state.forget_model();
        }
        let Given { source: of, files, roles, .. } = &source.given;
        let data = match of {
            LogSource::Generated { synth } => DataSpec::Generated { synth: synth.clone() },
            LogSource::Files { limit, assembly, .. } => DataSpec::File {
                name: of.name(),
                bytes: files.iter().map(|file| file.bytes).sum(),
                crc32: log.crc32,
                roles: roles.clone(),
                limit: *limit,
                assembly: assembly.clone(),
            },
        };
        // An earlier notice stays otherwise: it may be about the link.
        if is_another_file(&self.spec.data, &data) {
            self.warn(text!(page::loading::other_file).to_owned());
        }
        // A file that the user opened is shown first; one from a link or with new roles is known.
        if !source.given.files.is_empty() && source.changes.is_empty() && !self.trains_when_loaded {
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
        self.mapping.set(Mapping { given: source.given.roles.clone().unwrap_or_default(), changes, refused });
    }

    /// Handles a load that failed. On a further worker the run that waited for the log fails.
    fn on_load_failed(&mut self, index: usize, id: RequestId, message: String) {
        let lost = self.workers[index].state.on_load_failed(id);
        self.on_page_load_failed(id, message.clone());
        if let Some(run) = lost {
            self.plans.remove(&run);
            self.session.apply(Reply::Failed { run, message });
        }
        self.dispatch();
        self.ask_what_waits();
    }

    /// Sends the page's pending log to another worker, once; `false` if that is not it, or was done.
    pub(super) fn load_again(&mut self, id: RequestId) -> bool {
        let is_first = self.is_pending(id) && self.retried.insert(id);
        let Some((_, source)) = self.pending.take_if(|_| is_first) else { return false };
        let trains = self.trains_when_loaded;
        self.load(source);
        self.trains_when_loaded = trains;
        // The second load is the last.
        self.retried.extend(self.pending.as_ref().map(|(id, _)| *id));
        true
    }

    /// Shows the failure of the pending load.
    pub(super) fn on_page_load_failed(&mut self, id: RequestId, message: String) {
        if self.is_pending(id) {
            self.pending = None;
            self.trains_when_loaded = false;
            self.forget_drafts();
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
