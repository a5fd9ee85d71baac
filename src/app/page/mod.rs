//! The page's state, and the one function that changes it.
//!
//! [`Page`] is plain data. Whatever happens is a [`Message`]; [`Page::update`] changes the state and returns what the
//! browser is to do as [`Effect`]s. No browser is needed for either: all of it is tested natively. `app::state` shows the
//! state to Leptos, `app::browser` carries out the effects.
//!
//! Invariants: a worker is sent nothing before it is ready; a run starts only on a worker that holds the log on the page;
//! replies about logs and runs that the page no longer waits for change nothing.

mod awaited;
mod changes;
mod checkpoints;
mod device;
mod effect;
mod files;
mod keeping;
mod loading;
mod message;
mod opening;
mod parquet;
mod questions;
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

use std::collections::{HashMap, VecDeque};

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
use crate::protocol::{DeviceKind, LogSource, RequestId, RunId, Session};
use awaited::Awaited;
pub use changes::{EvaluationsKey, evaluations_key, is_running, progress_key};
use device::Gpu;
pub use effect::{Effect, FileHandle, Program, Surroundings, WorkerKey};
use keeping::Keeping;
use loading::Source;
pub use message::{FileContent, Message, Record, WorkerSaid};
use questions::Purpose;
use rows::RowsQueue;
use runs::Waiting;
pub use state::{LogState, Mapping, Pace, PickedImpression, RefusedFile};
pub use watched::Watched;
use workers::Worker;

/// How often the status region may speak of mere progress.
const STATUS_PAUSE_MILLIS: f64 = 5_000.0;

/// Everything that the page knows.
pub struct Page {
    /// What engine workers have said, reduced. Changes about ten times a second while training.
    pub session: Watched<Session>,
    /// The experiment as the rail shows it: what the next Train runs.
    pub spec: Watched<RunSpec>,
    pub tab: Watched<Tab>,
    /// The address by which the user came: what of the page an embed shows.
    pub address: Address,
    pub log_state: Watched<LogState>,
    /// How the log's columns are read, and what has been changed about it.
    pub mapping: Watched<Mapping>,
    pub device: Watched<DeviceState>,
    /// What the user wants; what the workers have come to is in the session.
    pub pace: Watched<Pace>,
    /// The epoch that the user looks back at; none for now. The runs know which evaluation that is.
    pub moment: Watched<Option<f64>>,
    /// The scrubber goes on by itself, moment by moment.
    pub plays: Watched<bool>,
    /// What the status region says.
    pub status: Watched<String>,
    /// What the user has to know now: a mistake, a damaged link.
    pub notice: Watched<Option<String>>,
    /// The generator's controls as the rail shows them: what the next Generate draws.
    pub synth: Watched<SynthSpec>,
    /// How much is kept of a file that is longer.
    pub limit: Watched<RowLimit>,
    /// The model that views of one model are about, by name and seed; none until one is chosen.
    pub chosen: Watched<Option<RunKey>>,
    /// Name of the model that others are compared with.
    pub pinned: Watched<Option<String>>,
    /// The inspected row.
    pub picked: Watched<Option<PickedImpression>>,
    /// What came of the last file that was to be saved.
    pub exported: Watched<String>,
    /// Which rows the user has chosen: by the Rows view, or by a brush elsewhere.
    pub rows_choice: Watched<RowsChoice>,
    /// What engine workers have said about single rows.
    pub rows: Watched<RowsShown>,
    /// The subset of the held-out rows that the Tree is about; none for its other scopes.
    pub subset: Watched<Option<RowsPart>>,
    /// What a worker has said about a subset.
    pub subset_shown: Watched<SubsetShown>,
    /// The runs were started by the page as it opened, not by the user: Train is still to be pressed.
    pub opened_itself: Watched<bool>,
    /// A file of the user's may be kept across a reload.
    pub keeps_log: Watched<bool>,
    /// What is to be said of what this browser keeps.
    pub kept: Watched<String>,
    pub theme: Watched<Theme>,
    /// Grows whenever the colours on screen change: canvases are drawn again then.
    pub palette: Watched<u32>,

    functions: LateFunctions,
    surroundings: Surroundings,
    effects: Vec<Effect>,
    next_number: u32,
    workers: Vec<Worker>,
    /// The log on the page.
    source: Option<Source>,
    /// The file that came last and that no log could be made of yet.
    refused: Option<Source>,
    /// The log that the page waits for.
    pending: Option<(RequestId, Source)>,
    /// Turns the pending log's file into text, when it is Parquet.
    converter: Option<WorkerKey>,
    queue: VecDeque<Waiting>,
    /// Plans of runs that are on a worker: a broken GPU's run starts again on the CPU.
    plans: HashMap<RunId, TrainPlan>,
    adapter: Option<super::device::Adapter>,
    gpu: Gpu,
    /// Questions that are open.
    awaited: Awaited<Purpose>,
    /// Weights of runs that have ended.
    checkpoints: HashMap<RunId, FileHandle>,
    rows_queue: RowsQueue,
    /// The subset of the held-out rows that is asked for next.
    next_subset: Option<(RunId, RowsPart)>,
    /// The log that is awaited is to be trained on at once.
    trains_when_loaded: bool,
    /// The page has opened by itself: when its log is there and nothing was pressed, it trains.
    opens_itself: bool,
    keeping: Keeping,
    said: Status,
    said_at: f64,
}

impl Page {
    /// A page on which nothing has happened yet.
    pub fn new(spec: RunSpec, address: Address, functions: LateFunctions, surroundings: Surroundings) -> Self {
        let (synth, limit) = match &spec.data {
            DataSpec::Generated { synth } => (synth.clone(), RowLimit::default()),
            DataSpec::File { limit, .. } => (SynthSpec::default(), *limit),
        };
        let tab = address.embed.map(|embed| embed.view).or(address.view).unwrap_or(Tab::Story);
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
            pace: Watched::new(Pace::Going),
            moment: Watched::default(),
            plays: Watched::default(),
            status: Watched::default(),
            notice: Watched::default(),
            synth: Watched::new(synth),
            limit: Watched::new(limit),
            chosen: Watched::default(),
            pinned: Watched::default(),
            picked: Watched::default(),
            exported: Watched::default(),
            rows_choice: Watched::default(),
            rows: Watched::default(),
            subset: Watched::default(),
            subset_shown: Watched::default(),
            opened_itself: Watched::default(),
            keeps_log: Watched::default(),
            kept: Watched::default(),
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
            awaited: Awaited::default(),
            checkpoints: HashMap::new(),
            rows_queue: RowsQueue::default(),
            next_subset: None,
            trains_when_loaded: false,
            opens_itself: false,
            keeping: Keeping::default(),
            said: Status::default(),
            said_at: f64::NEG_INFINITY,
        }
    }

    /// Changes the state by what has happened; returns what the browser is to do.
    pub fn update(&mut self, message: Message, surroundings: Surroundings) -> Vec<Effect> {
        self.surroundings = surroundings;
        self.apply(message);
        self.say_status();
        self.keep_changes();
        std::mem::take(&mut self.effects)
    }

    fn apply(&mut self, message: Message) {
        match message {
            Message::Open { record, plays, is_linked } => self.open(record, plays, is_linked),

            Message::Generate => {
                self.notice.set(None);
                self.generate();
            }
            Message::GenerateAndTrain => {
                self.trains_when_loaded = true;
                self.generate();
            }
            Message::Draw(synth) => {
                self.notice.set(None);
                self.synth.set(*synth);
                self.generate();
            }
            Message::OpenFile(file) => {
                self.notice.set(None);
                self.effects.push(Effect::ReadFile { file });
            }
            Message::OpenText(text) => self.open_text(text),
            Message::OpenSample(file) => {
                self.notice.set(None);
                self.ask_sample(file);
            }
            Message::FileRead { file, content } => self.on_file_read(file, content),
            Message::CancelLoad => self.cancel_load(),
            Message::SetRoles { roles, words } => self.reload(*roles, words),
            Message::OpenRoles { roles, name } => self.open_roles(*roles, &name),
            Message::UndoRoles => self.undo_roles(),
            Message::ForgetRefused => self.forget_refused(),
            Message::SetLimit(limit) => self.set_limit(limit),

            Message::SetSpec(spec) => self.set_spec(*spec),
            Message::SetSynth(synth) => self.synth.set(*synth),
            Message::ChooseDevice(choice) => self.choose_device(choice),

            Message::Train => self.train(Pace::Going),
            Message::Step(unit) => self.step(unit),
            Message::Pause => self.pause(),
            Message::Resume => self.resume(),
            Message::Stop => self.stop(),

            Message::Show(tab) => self.tab.set(tab),
            Message::Choose(key) => self.chosen.set(Some(key)),
            Message::Pin(model) => self.pinned.set(Some(model)),
            Message::Inspect(row) => {
                self.subset.set(None);
                self.picked.set(Some(PickedImpression { row, ..Default::default() }));
                self.ask_impression(None);
            }
            Message::LookBack(epoch) => self.look_back(epoch),
            Message::Play(plays) => self.plays.set(plays),
            Message::ChooseRows(choice) => self.rows_choice.set(*choice),
            Message::Brush { run, area } => self.brush(run, area),
            Message::ClearBrush => {
                if let Some(run) = self.rows_choice.run {
                    self.brush(run, None);
                }
            }
            Message::ShowSubset(subset) => self.subset.set(subset),
            Message::ShowTree { run, subset } => self.show_tree(run, subset),

            Message::AskRows(ask) => self.ask_rows(ask),
            Message::AskAlike { row, n, columns } => self.ask_alike(row, n, columns),
            Message::AskWhatIf { row, values } => self.ask_what_if(row, &values),
            Message::AskSubset { run, subset } => self.ask_subset(run, subset),
            Message::AskFlow { run, pauses } => {
                if pauses && self.is_anything_training() {
                    self.pause();
                }
                self.ask_flow(run);
            }
            Message::AskEmbeddings { run, field } => self.ask_embeddings(run, field),

            Message::Export { run, what } => self.export(run, what, files::Then::Save),
            Message::ExportGraph(run) => self.export_graph(run),
            Message::ExportLog { with_truth } => self.export_log(with_truth),
            Message::Save(Some(file)) => self.effects.push(Effect::SaveBytes(file)),
            Message::Save(None) => self.exported.set(text!(page::opening::nothing_to_save).to_owned()),
            Message::Saved(words) => self.exported.set(words),

            Message::KeepLog(keeps) => self.keeps_log.set(keeps),
            Message::DeleteEverything => self.delete_everything(),
            Message::Deleted(words) => self.kept.set(words),

            Message::Notice(words) => self.notice.set(words),
            Message::SetTheme(theme) => {
                self.theme.set(theme);
                *self.palette += 1;
            }
            Message::PaletteChanged => *self.palette += 1,

            Message::AdapterFound(adapter) => self.on_adapter(adapter),
            Message::FromWorker { worker, said } => self.on_worker(worker, said),
            Message::GpuTimeIsUp(worker) => self.on_gpu_time_is_up(worker),
            Message::Recording(bytes) => self.show_recording(&bytes),
            Message::TimeToKeep { is_running } => self.on_time_to_keep(is_running),
        }
    }

    /// A number never given before.
    fn fresh_number(&mut self) -> u32 {
        self.next_number += 1;
        self.next_number
    }

    /// Shows another experiment on the rail. Runs under way go on with its learning rate.
    fn set_spec(&mut self, spec: RunSpec) {
        let rate = spec.training.learning_rate;
        if rate != self.spec.training.learning_rate {
            self.set_learning_rate(rate);
        }
        self.spec.set(spec);
    }

    /// Takes up an experiment that was opened, with its generator and its limit.
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
        self.open_log(LogSource::Generated { synth }, None, None);
    }

    /// Draws the rectangle over a run's predictions anew, or takes it away; Rows follow, and the Tree when it is about it.
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

    /// Speaks in the status region: changes of state at once, mere progress now and then.
    fn say_status(&mut self) {
        let loading = match &*self.log_state {
            LogState::Loading { what, .. } => Some(what.as_str()),
            _ => None,
        };
        // What was kept of a log without its rows is no log to train on.
        let is_there = self.source.is_some() || self.session.runs.iter().any(|run| !run.is_in_memory());
        let log = self.session.log.as_ref().filter(|_| is_there);
        let status = sentence::status(loading, log, &self.session.runs, self.device.active);
        let now = self.surroundings.now;
        let is_due = status.state != self.said.state || now - self.said_at >= STATUS_PAUSE_MILLIS;
        if is_due && status != self.said {
            self.status.set(status.text.clone());
            (self.said, self.said_at) = (status, now);
        }
    }
}
