//! The page's state, and the one function that changes it.
//!
//! [`Page`] is plain data. Every event is a [`Message`]; [`Page::update`] changes the state and returns [`Effect`]s for the
//! browser. Neither needs a browser: all of it is tested natively. `app::state` shows the state to Leptos, `app::browser`
//! carries out the effects.
//!
//! Invariants: a worker is sent nothing before it is ready; a run starts only on a worker that holds the log on the page;
//! replies about logs and runs that the page no longer waits for change nothing.

mod awaited;
mod changes;
mod checkpoints;
mod device;
mod drafts;
mod effect;
mod files;
mod loading;
mod message;
mod moments;
mod opening;
mod own_predictions;
mod parquet;
mod patience;
mod persistence;
mod questions;
mod race;
mod rows;
mod runs;
mod schedule;
mod state;
mod subsets;
#[cfg(test)]
mod tests;
mod watched;
mod worker_state;
mod workers;

use std::collections::{HashMap, HashSet, VecDeque};

use super::address::{Address, Tab, Theme};
use super::device::{DeviceChoice, DeviceState};
use super::late_functions::LateFunctions;
use super::models::RunKey;
use super::rows::{RowsChoice, RowsShown, SubsetShown};
use super::sentence::{self, Status};
use crate::domain::log::RowLimit;
use crate::domain::report::{PredictionBox, RowsPart};
use crate::domain::spec::{DataSpec, RunSpec, TrainPlan};
use crate::domain::synth::SynthSpec;
use crate::protocol::{DeviceKind, LogSource, Question, RequestId, RunId, Session};
use awaited::Awaited;
pub use changes::{SessionKeys, is_running};
use device::Gpu;
use drafts::Drafting;
pub use drafts::Drafts;
pub use effect::{Effect, FileHandle, Program, Surroundings, WorkerKey};
use files::FilePurpose;
use loading::Source;
pub use message::{FileContent, Message, Record, StorageUsage, WorkerEvent};
use opening::Opening;
use persistence::Persistence;
use questions::Asked;
use race::Race;
use rows::RowsQueue;
use runs::QueuedRun;
pub use state::{AnsweredPreview, InspectedRow, LogState, Mapping, Notice, RefusedFile, TrainingMode};
pub use watched::Watched;
use workers::Worker;

/// Time between two status texts that differ in progress only.
const STATUS_PAUSE_MILLIS: f64 = 5_000.0;
/// Two presses within this time are one.
const DOUBLE_CLICK_MILLIS: f64 = 400.0;

/// Everything that the page knows.
pub struct Page {
    /// Log and runs, reduced from the workers' replies. Changes about ten times a second while training.
    pub session: Watched<Session>,
    /// The experiment as the rail shows it: what the next Train runs.
    pub spec: Watched<RunSpec>,
    pub tab: Watched<Tab>,
    /// The address by which the user came: what of the page an embed shows.
    pub address: Address,
    pub log_state: Watched<LogState>,
    /// Roles of the log's columns, and the changes of roles and assembly.
    pub mapping: Watched<Mapping>,
    pub device: Watched<DeviceState>,
    /// Mode that the user chose; each run's status is in the session.
    pub mode: Watched<TrainingMode>,
    /// Epoch that is shown; none for the newest. The runs know which evaluation that is.
    pub moment: Watched<Option<f64>>,
    /// The scrubber plays.
    pub plays: Watched<bool>,
    /// Text of the status region.
    pub status: Watched<String>,
    pub notice: Watched<Option<Notice>>,
    /// The generator's controls as the rail shows them: what the next Generate draws.
    pub synth: Watched<SynthSpec>,
    /// What a log will be like, as a worker answered last, and of which controls.
    pub preview: Watched<Option<AnsweredPreview>>,
    /// Maximum size of a log; of a longer file a sample is read.
    pub limit: Watched<RowLimit>,
    /// Model of the views of one model, by name and seed; none until one is chosen.
    pub chosen: Watched<Option<RunKey>>,
    /// Name of the model that others are compared with.
    pub pinned: Watched<Option<String>>,
    /// The inspected row.
    pub inspected: Watched<Option<InspectedRow>>,
    /// Result of the last export, as text.
    pub exported: Watched<String>,
    /// Query for the rows: from the Rows view, or a brush elsewhere.
    pub rows_choice: Watched<RowsChoice>,
    /// Answers about single rows.
    pub rows: Watched<RowsShown>,
    /// Subset of the held-out rows that the Tree shows; none for its other scopes.
    pub subset: Watched<Option<RowsPart>>,
    /// Answer about a subset.
    pub subset_shown: Watched<SubsetShown>,
    /// Draft runs that the Story shows in place of the session's; none while no control moves.
    pub drafts: Watched<Option<Drafts>>,
    /// The page started the runs as it opened: the user has not pressed Train yet.
    pub opened_itself: Watched<bool>,
    /// The log's file is stored for a reload.
    pub keeps_log: Watched<bool>,
    /// Result of the last write to the browser's storage, as text.
    pub storage_message: Watched<String>,
    pub theme: Watched<Theme>,
    /// Counts changes of the colours: canvases are redrawn.
    pub palette: Watched<u32>,

    functions: LateFunctions,
    surroundings: Surroundings,
    effects: Vec<Effect>,
    next_number: u32,
    workers: Vec<Worker>,
    /// Source of the log on the page.
    source: Option<Source>,
    /// Newest file, when no log could be made of it yet.
    refused: Option<Source>,
    /// Log that is being loaded.
    pending: Option<(RequestId, Source)>,
    /// Worker that converts one of the pending log's files, which is Parquet, to text.
    converter: Option<(WorkerKey, usize)>,
    queue: VecDeque<QueuedRun>,
    /// Plans of runs that are on a worker: a broken GPU's run starts again on the CPU.
    plans: HashMap<RunId, TrainPlan>,
    adapter: Option<super::device::Adapter>,
    gpu: Gpu,
    gpu_losses: u32,
    /// Questions that are open.
    awaited: Awaited<Asked>,
    /// Weights of runs that have ended.
    checkpoints: HashMap<RunId, FileHandle>,
    /// Snapshots of runs under way that have come.
    snapshots: u32,
    /// Reloads after which these runs have gone on, and those of the saved state until its log is there.
    reloads: u32,
    restored_reloads: Option<u32>,
    rows_queue: RowsQueue,
    /// Next subset of the held-out rows to ask for.
    next_subset: Option<(RunId, RowsPart)>,
    /// Files to be asked for when a worker has the run's model again.
    waiting_files: Vec<(RunId, Question, FilePurpose)>,
    /// The files of a sample log that have come, of so many.
    sample: (Vec<FileHandle>, usize),
    /// Training starts as soon as the pending log is loaded.
    trains_when_loaded: bool,
    drafting: Drafting,
    race: Option<Race>,
    opening: Opening,
    /// Number of the newest wait for the next moment while playing.
    next_moment: u32,
    /// Training starts when the first log is loaded and the user has pressed nothing.
    opens_itself: bool,
    persistence: Persistence,
    /// The clock beats.
    is_watching: bool,
    /// Runs and loads that were given to another worker.
    retried: HashSet<u32>,
    /// When Train was pressed last.
    trained_at: f64,
    last_status: Status,
    last_status_at: f64,
}

impl Page {
    pub fn new(spec: RunSpec, address: Address, functions: LateFunctions, surroundings: Surroundings) -> Self {
        let (synth, limit) = match &spec.data {
            DataSpec::Generated { synth } => (synth.clone(), RowLimit::default()),
            DataSpec::File { limit, .. } => (SynthSpec::default(), *limit),
        };
        let tab = address.shown();
        let theme = address.theme.unwrap_or_default();
        let device =
            DeviceState { choice: DeviceChoice::Auto, active: DeviceKind::Cpu, reason: String::new(), trying: false };
        Self {
            session: Watched::default(),
            spec: Watched::new(spec),
            tab: Watched::new(tab),
            address,
            log_state: Watched::default(),
            mapping: Watched::default(),
            device: Watched::new(device),
            mode: Watched::new(TrainingMode::Running),
            moment: Watched::default(),
            plays: Watched::default(),
            status: Watched::default(),
            notice: Watched::default(),
            synth: Watched::new(synth),
            preview: Watched::default(),
            limit: Watched::new(limit),
            chosen: Watched::default(),
            pinned: Watched::default(),
            inspected: Watched::default(),
            exported: Watched::default(),
            rows_choice: Watched::default(),
            rows: Watched::default(),
            subset: Watched::default(),
            subset_shown: Watched::default(),
            drafts: Watched::default(),
            opened_itself: Watched::default(),
            keeps_log: Watched::default(),
            storage_message: Watched::default(),
            theme: Watched::new(theme),
            palette: Watched::default(),
            functions,
            surroundings,
            effects: Vec::new(),
            next_number: 1,
            workers: Vec::new(),
            source: None,
            refused: None,
            pending: None,
            converter: None,
            queue: VecDeque::new(),
            plans: HashMap::new(),
            adapter: None,
            gpu: Gpu::Untried,
            gpu_losses: 0,
            awaited: Awaited::default(),
            checkpoints: HashMap::new(),
            snapshots: 0,
            reloads: 0,
            restored_reloads: None,
            rows_queue: RowsQueue::default(),
            next_subset: None,
            waiting_files: Vec::new(),
            sample: (Vec::new(), 0),
            trains_when_loaded: false,
            next_moment: 0,
            drafting: Drafting::default(),
            race: None,
            opening: Opening::Unannounced,
            opens_itself: false,
            persistence: Persistence::default(),
            is_watching: false,
            retried: HashSet::new(),
            trained_at: f64::NEG_INFINITY,
            last_status: Status::default(),
            last_status_at: f64::NEG_INFINITY,
        }
    }

    /// Applies a message; returns the effects for the browser.
    pub fn update(&mut self, message: Message, surroundings: Surroundings) -> Vec<Effect> {
        self.surroundings = surroundings;
        if let Some(message) = self.hold_until_open(message) {
            self.apply(message);
        }
        self.ask_drafts();
        self.replace_drafts();
        self.ask_preview();
        self.watch_workers();
        self.update_device();
        self.update_status();
        self.schedule_save();
        std::mem::take(&mut self.effects)
    }

    fn warn(&mut self, words: String) {
        self.notice.set(Some(Notice::Trouble(words)));
    }

    fn apply(&mut self, message: Message) {
        match message {
            Message::Opening { is_linked } => self.await_opening(is_linked),
            Message::Open { record, plays, is_linked } => self.open(record, plays, is_linked),

            Message::Generate => {
                self.notice.set(None);
                self.generate();
            }
            Message::GenerateAndTrain => {
                self.generate();
                self.trains_when_loaded = true;
            }
            Message::Draw(synth) => {
                self.notice.set(None);
                self.synth.set(*synth);
                self.generate();
            }
            Message::OpenFiles(files) => {
                self.notice.set(None);
                self.effects.push(Effect::ReadFiles { files });
            }
            Message::AddFiles(files) => self.add_files(files),
            Message::OpenText(text) => self.open_text(text),
            Message::OpenSample(files) => self.open_sample(files),
            Message::FilesRead(files) => self.on_files_read(files),
            Message::OpenPredictions(file) => self.open_predictions(file),
            Message::CloseOwnPredictions => self.close_own_predictions(),
            Message::CancelLoad => self.cancel_load(),
            Message::SetRoles { roles, words } => self.reload(*roles, words),
            Message::OpenRoles { roles, name } => self.open_roles(*roles, &name),
            Message::SetAssembly { assembly, words } => self.set_assembly(*assembly, words),
            Message::UndoChange => self.undo_change(),
            Message::ForgetRefused => self.forget_refused(),
            Message::SetLimit(limit) => self.set_limit(limit),

            Message::SetSpec(spec) => self.set_spec(*spec),
            Message::SetSynth(synth) => self.synth.set(*synth),
            Message::ChooseDevice(choice) => self.choose_device(choice),

            Message::TryOut => self.try_out(),
            Message::Settle => self.settle(),
            Message::Settled(number) => self.on_settled(number),

            Message::Train => {
                self.trained_at = self.surroundings.now;
                self.forget_drafts();
                self.train(TrainingMode::Running);
            }
            Message::Step(unit) => self.step(unit),
            // The second press of a double click on Train, whose place Pause has taken.
            Message::Pause if (0.0..DOUBLE_CLICK_MILLIS).contains(&(self.surroundings.now - self.trained_at)) => {}
            Message::Pause => self.pause(),
            Message::PauseTraining => self.pause_training(),
            Message::Resume => self.resume(),
            Message::Stop => self.stop(),

            Message::Show(tab) => self.tab.set(tab),
            Message::Choose(key) => self.chosen.set(Some(key)),
            Message::Pin(model) => self.pinned.set(Some(model)),
            Message::Inspect(row) => {
                self.subset.set(None);
                self.inspected.set(Some(InspectedRow { row, ..Default::default() }));
                self.ask_impression(None);
            }
            Message::LookBack(epoch) => {
                self.plays.set(false);
                self.look_back(epoch);
            }
            Message::Play(plays) => self.play(plays),
            Message::ChooseRows(choice) => self.rows_choice.set(*choice),
            Message::Brush { run, area } => self.brush(run, area),
            Message::ClearBrush => {
                if let Some(run) = self.rows_choice.run {
                    self.brush(run, None);
                }
            }
            Message::ShowSubset(subset) => self.subset.set(subset),
            Message::ShowTree { run, subset } => self.show_tree(run, subset),

            Message::Ask(question) => self.ask(question),
            Message::AskWhatIf { row, values } => self.ask_what_if(row, &values),

            Message::ExportGraph(run) => self.export_graph(run),
            Message::Save(Some(file)) => self.effects.push(Effect::SaveBytes(file)),
            Message::Save(None) => self.exported.set(text!(page::opening::nothing_to_save).to_owned()),
            Message::Saved(words) => self.exported.set(words),

            Message::KeepLog(keeps) => self.keeps_log.set(keeps),
            Message::DeleteEverything => self.delete_everything(),
            Message::Stored(Ok(usage)) => self.on_stored(usage),
            Message::Stored(Err(reason)) => self.on_not_stored(&reason),
            Message::Deleted(result) => self.on_deleted(result),

            Message::Notice(words) => self.notice.set(words.map(Notice::Trouble)),
            Message::SetTheme(theme) => {
                self.theme.set(theme);
                *self.palette += 1;
            }
            Message::PaletteChanged => *self.palette += 1,

            Message::AdapterFound(adapter) => self.on_adapter(adapter),
            Message::FromWorker { worker, event } => self.on_worker(worker, event),
            Message::GpuTimeIsUp(worker) => self.on_gpu_time_is_up(worker),
            Message::Beat => self.on_beat(),
            Message::StopTimeIsUp { worker, run } => self.on_stop_time_is_up(worker, run),
            Message::RaceTimeIsUp(id) => self.give_up(id),
            Message::Recording(bytes) => self.show_recording(&bytes),
            Message::NextMoment(number) => self.on_next_moment(number),
            Message::SaveDue => self.on_save_due(),
        }
    }

    /// A new unique number.
    fn fresh_number(&mut self) -> u32 {
        self.next_number += 1;
        self.next_number
    }

    /// Replaces the experiment. Runs under way continue with its learning rate.
    fn set_spec(&mut self, spec: RunSpec) {
        let rate = spec.training.learning_rate;
        if rate != self.spec.training.learning_rate {
            self.set_learning_rate(rate);
        }
        self.spec.set(spec);
    }

    /// Replaces the experiment by an opened one, with its generator and its limit.
    fn open_spec(&mut self, spec: RunSpec) {
        match &spec.data {
            DataSpec::Generated { synth } => self.synth.set(synth.clone()),
            DataSpec::File { limit, .. } => self.limit.set(*limit),
        }
        self.pinned.set(None);
        self.spec.set(spec);
    }

    fn generate(&mut self) {
        let synth = self.synth.clone();
        self.open_log(LogSource::Generated { synth }, Vec::new(), None);
    }

    /// Asks a worker what a log of the controls will be like, one question at a time; drafts go first.
    fn ask_preview(&mut self) {
        let is_known = self.preview.as_ref().is_some_and(|preview| preview.of == *self.synth);
        if is_known || self.is_drafting() || self.awaited.has(Asked::is_preview) || self.synth.validate().is_err() {
            return;
        }
        let is_free = |worker: &Worker| worker.kind == DeviceKind::Cpu && worker.state.is_ready_to_answer();
        if let Some(index) = self.workers.iter().position(is_free) {
            self.ask_worker(index, Question::Preview(Box::new(self.synth.clone())));
        }
    }

    /// Sets or clears the rectangle over a run's predictions, for Rows, and for the Tree when it shows the rectangle.
    fn brush(&mut self, run: RunId, area: Option<PredictionBox>) {
        self.rows_choice.brush(run, area);
        if matches!(*self.subset, Some(RowsPart::Brush(_))) {
            self.subset.set(area.map(RowsPart::Brush));
        }
    }

    fn show_tree(&mut self, run: RunId, subset: RowsPart) {
        let key = self.session.run(run).map(|run| RunKey { model: run.model.name.clone(), seed: Some(run.seed) });
        self.chosen.set(key);
        self.subset.set(Some(subset));
        self.tab.set(Tab::Tree);
    }

    /// Updates the status region: changes of state at once, progress at intervals.
    fn update_status(&mut self) {
        let loading = match &*self.log_state {
            LogState::Loading { what, .. } => Some(what.as_str()),
            _ => None,
        };
        // A log that was restored without its rows cannot be trained on.
        let is_there = self.source.is_some() || self.session.runs.iter().any(|run| !run.is_in_memory());
        let log = if is_there { self.session.log.as_ref() } else { None };
        let status = sentence::status(loading, log, &self.session.runs, self.device.active);
        let now = self.surroundings.now;
        let is_due = status.state != self.last_status.state || now - self.last_status_at >= STATUS_PAUSE_MILLIS;
        if is_due && status != self.last_status {
            self.status.set(status.text.clone());
            (self.last_status, self.last_status_at) = (status, now);
        }
    }
}
