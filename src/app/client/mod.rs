//! The one owner of the engine workers: requests out, replies in, runs over a pool of workers.
//!
//! Invariants: a worker hears nothing before it is ready; a run starts only on a worker that holds the log on the page;
//! replies about logs that the page no longer waits for change nothing.

mod adapter;
mod checkpoints;
mod engines;
mod files_in;
mod files_out;
mod graphs;
mod keep;
mod keeping;
mod loading;
mod opening;
mod parquet;
mod parts;
mod port;
mod questions;
mod rows;
mod runs;

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::app::exports;
use crate::app::parts::{PartLost, load_graph_writer};
use crate::app::state::{AppState, DeviceChoice, Pace, PickedImpression};
use crate::domain::log::{Roles, RowLimit};
use crate::domain::report::RowsPart;
use crate::domain::spec::{DataSpec, RunSpec};
use crate::domain::synth::SynthSpec;
use crate::protocol::{Export, LogSource, RowsAsk, RunId, StepUnit};
use engines::Engines;
use files_in::Found;
use files_out::Then;
pub use opening::Opening;

/// The page's handle on its engines: `Copy`, provided by context.
#[derive(Clone, Copy)]
pub struct Client(StoredValue<Rc<RefCell<Engines>>, LocalStorage>);

impl Client {
    /// A client that writes to `state`; looks for a GPU adapter at once.
    pub fn new(state: AppState) -> Self {
        let engines = Rc::new_cyclic(|me| RefCell::new(Engines::new(state, me.clone())));
        let client = Self(StoredValue::new_local(engines));
        spawn_local(async move {
            let adapter = adapter::look().await;
            client.with(|engines| engines.set_adapter(adapter));
        });
        client
    }

    /// The client provided by the page's root.
    pub fn get() -> Self {
        expect_context()
    }

    /// Generates a log.
    pub fn generate(&self, synth: SynthSpec) {
        self.with(|engines| engines.open(LogSource::Generated { synth }, None));
    }

    /// Generates a log, and trains on it as soon as it is there.
    pub fn generate_and_train(&self, synth: SynthSpec) {
        self.with(|engines| engines.train_when_loaded = true);
        self.generate(synth);
    }

    /// Shows every run as it was at `epoch`; as it is now without one.
    pub fn look_back(&self, epoch: Option<f64>) {
        self.with(|engines| engines.look_back(epoch));
    }

    /// Opens a file of the user's: a log, or an experiment.
    pub fn open_file(&self, file: web_sys::File) {
        let client = *self;
        self.with(|engines| engines.state.notice.set(None));
        spawn_local(async move {
            match files_in::found_in(&file).await {
                None => client.open_log(file),
                Some(Ok(Found::Experiment(spec))) => client.open_experiment(*spec),
                Some(Ok(Found::Roles(roles))) => client.apply_roles_file(*roles, &file.name()),
                Some(Err(message)) => client.with(|engines| engines.state.notice.set(Some(message))),
            }
        });
    }

    /// Reads the log on the page by the roles of a file.
    pub fn apply_roles_file(&self, roles: Roles, name: &str) {
        self.with(|engines| match engines.has_log() {
            true => engines.reload(roles, text!(client::page::roles_of, name = name)),
            false => {
                let sentence = text!(client::page::roles_without_log, name = name);
                engines.state.notice.set(Some(sentence));
            }
        });
    }

    /// Opens text as if it were a file.
    pub fn open_text(&self, text: &str) {
        let parts = js_sys::Array::of1(&text.into());
        // An experiment's JSON is known by its name.
        let name = if text.trim_start().starts_with('{') { "pasted.json" } else { "pasted.csv" };
        match web_sys::File::new_with_str_sequence(&parts, name) {
            Ok(file) => self.open_file(file),
            Err(_) => self.with(|engines| {
                engines.state.notice.set(Some(text!(client::page::no_room).to_owned()));
            }),
        }
    }

    /// Opens a sample log, which a worker writes.
    pub fn open_sample(&self, file: String) {
        self.with(|engines| {
            engines.state.notice.set(None);
            engines.ask_sample(file);
        });
    }

    fn open_log(&self, file: web_sys::File) {
        self.with(|engines| {
            let limit = engines.state.limit.get_untracked();
            engines.open(LogSource::File { name: file.name(), limit }, Some(file));
        });
    }

    /// Makes this the page's experiment, and draws its log; a file of somebody's own has to be asked for.
    pub fn open_experiment(&self, spec: RunSpec) {
        let data = spec.data.clone();
        self.with(|engines| engines.state.open(spec));
        match data {
            DataSpec::Generated { synth } => self.generate(synth),
            DataSpec::File { name, .. } => self.with(|engines| {
                let asks = text!(client::page::drop_file, name = name);
                engines.state.notice.set(Some(asks));
            }),
        }
    }

    /// Leaves the log that is being read be; the one on the page stays.
    pub fn cancel_load(&self) {
        self.with(Engines::cancel_load);
    }

    /// Reads the log on the page (or the file that waits for roles) again with other roles; `words` say what is changed.
    pub fn set_roles(&self, roles: Roles, words: String) {
        self.with(|engines| engines.reload(roles, words));
    }

    /// Keeps at most so many rows of a longer file; the one on the page is read again where that changes it.
    pub fn set_limit(&self, limit: RowLimit) {
        self.with(|engines| engines.set_limit(limit));
    }

    /// Takes the last change of roles back.
    pub fn undo_roles(&self) {
        self.with(Engines::undo_roles);
    }

    /// Leaves the file that waits for roles be; the log on the page stays.
    pub fn forget_refused(&self) {
        self.with(Engines::forget_refused);
    }

    /// Trains every model with every seed.
    pub fn train(&self) {
        self.with(|engines| engines.train(Pace::Going));
    }

    /// Does one unit of work in every run and holds; starts the runs when there are none under way.
    pub fn step(&self, unit: StepUnit) {
        self.with(|engines| engines.step(unit));
    }

    pub fn pause(&self) {
        self.with(Engines::pause);
    }

    pub fn resume(&self) {
        self.with(Engines::resume);
    }

    /// Ends all runs; what they have learned stays.
    pub fn stop(&self) {
        self.with(Engines::stop);
    }

    /// Takes a row under the glass: every model that is still in memory reads it.
    pub fn pick(&self, row: usize) {
        self.with(|engines| {
            engines.state.part.set(None);
            engines.state.picked.set(Some(PickedImpression { row, ..Default::default() }));
            engines.read_impression(None);
        });
    }

    /// Holds all runs and asks for what flows through one of them on its next batch.
    pub fn hold_and_look(&self, run: RunId) {
        self.with(|engines| {
            if engines.is_anything_training() {
                engines.pause();
            }
            engines.look_at_batch(run);
        });
    }

    /// Asks for what flows through a run on its next batch.
    pub fn look_at_batch(&self, run: RunId) {
        self.with(|engines| engines.look_at_batch(run));
    }

    /// Asks for the embedding map of a run's field.
    pub fn look_at_embeddings(&self, run: RunId, field: usize) {
        self.with(|engines| engines.look_at_embeddings(run, field));
    }

    /// Goes on with another learning rate in every run under way.
    pub fn set_learning_rate(&self, learning_rate: f64) {
        self.with(|engines| engines.set_learning_rate(learning_rate));
    }

    /// Writes a file of a run and saves it; what came of it is in [`AppState::exported`].
    pub fn export(&self, run: RunId, what: Export) {
        self.with(|engines| engines.export(run, what, Then::Save));
    }

    /// The same of the log, with what no real log knows or without.
    pub fn export_log(&self, with_truth: bool) {
        self.with(|engines| engines.export_log(with_truth));
    }

    /// Makes a run's ONNX graph and saves it; what came of it is in [`AppState::exported`].
    pub fn export_graph(&self, run: RunId) {
        let client = *self;
        spawn_local(async move {
            let written = load_graph_writer().await;
            client.with(|engines| match written {
                Ok(write) => engines.export(run, Export::Weights, Then::AskSheet { run, write }),
                Err(PartLost) => engines.say_export(text!(client::files_out::no_writer).to_owned()),
            });
        });
    }

    /// Saves a file that the page has written.
    pub fn save(&self, file: Option<exports::File>) {
        self.with(|engines| match file {
            Some((name, bytes)) => engines.save_bytes(&name, &bytes),
            None => engines.say_export(text!(client::page::nothing_to_save).to_owned()),
        });
    }

    /// Asks for a window on the rows; the answer arrives in [`AppState::rows`].
    pub fn rows(&self, ask: RowsAsk) {
        self.with(|engines| engines.ask_rows(ask));
    }

    /// Asks for the `n` rows most like one.
    pub fn alike(&self, row: u32, n: u32, columns: Vec<u32>) {
        self.with(|engines| engines.ask_alike(row, n, columns));
    }

    /// Asks all models for a row with other feature values; with none, forgets what they have said.
    pub fn what_if(&self, row: usize, values: &[(String, String)]) {
        self.with(|engines| engines.ask_what_if(row, values));
    }

    /// Asks a run's model about a part of the held-out rows; the answer arrives in [`AppState::part_shown`].
    pub fn part(&self, run: RunId, part: RowsPart) {
        self.with(|engines| engines.ask_part(run, part));
    }

    /// Takes another device from the next run on.
    pub fn choose_device(&self, choice: DeviceChoice) {
        self.with(|engines| engines.choose_device(choice));
    }

    fn with<T>(&self, act: impl FnOnce(&mut Engines) -> T) -> T {
        let engines = self.0.get_value();
        act(&mut engines.borrow_mut())
    }
}
