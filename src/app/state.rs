//! The signals that all components share, provided by context.
//!
//! Invariant: only the client and event handlers write; components read. Derived values are memos, not stored.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::address::Address;
pub use super::address::{Tab, Theme};
pub use super::device::{DeviceChoice, DeviceState};
use super::models::RunKey;
use super::rows::{PartShown, RowsChoice, RowsShown};
use crate::domain::log::{ColumnReport, Roles, RowLimit};
use crate::domain::report::{ImpressionReading, PredictionBox, RowsPart};
use crate::domain::spec::{DataSpec, RunSpec};
use crate::domain::synth::SynthSpec;
use crate::protocol::{DeviceKind, LoadProgress, RunId, Session, StepUnit};

/// Everything that components share. `Copy`: pass it around, or take it from context.
#[derive(Clone, Copy)]
pub struct AppState {
    /// What engine workers have said, reduced. Changes about ten times a second while training: read it in memos.
    pub session: RwSignal<Session>,
    /// The experiment as the rail shows it: what the next Train runs.
    pub spec: RwSignal<RunSpec>,
    pub tab: RwSignal<Tab>,
    /// The address by which the reader came: what of the page an embed shows.
    pub address: StoredValue<Address>,
    pub log_state: RwSignal<LogState>,
    /// How the log's columns are read, and what has been changed about it.
    pub mapping: RwSignal<Mapping>,
    pub device: RwSignal<DeviceState>,
    /// What the user wants; what the workers have come to is in the session.
    pub pace: RwSignal<Pace>,
    /// The epoch that the reader looks back at; none for now. The runs know which evaluation that is.
    pub moment: RwSignal<Option<f64>>,
    /// The scrubber goes on by itself, moment by moment.
    pub plays: RwSignal<bool>,
    /// What the status region says.
    pub status: RwSignal<String>,
    /// What the user has to know now: a mistake, a damaged link.
    pub notice: RwSignal<Option<String>>,
    /// The generator's controls as the rail shows them: what the next Generate draws.
    pub synth: RwSignal<SynthSpec>,
    /// How much is kept of a file that is longer.
    pub limit: RwSignal<RowLimit>,
    /// The model that views of one model are about, by name and seed; none until one is chosen.
    pub chosen: RwSignal<Option<RunKey>>,
    /// Name of the model that others are compared with.
    pub pinned: RwSignal<Option<String>>,
    /// The impression under the glass, when one is picked.
    pub picked: RwSignal<Option<PickedImpression>>,
    /// What came of the last file that was to be saved.
    pub exported: RwSignal<String>,
    /// Which rows the reader has chosen: by the Rows view, or by a brush elsewhere.
    pub rows_choice: RwSignal<RowsChoice>,
    /// What engine workers have said about single rows.
    pub rows: RwSignal<RowsShown>,
    /// The part of the held-out rows that the Tree is about; none for its other scopes.
    pub part: RwSignal<Option<RowsPart>>,
    /// What a worker has said about a part.
    pub part_shown: RwSignal<PartShown>,
    /// The runs were started by the page as it opened, not by the reader: Train is still to be pressed.
    pub opened_itself: RwSignal<bool>,
    /// A file of the reader's may be kept across a reload.
    pub keeps_log: RwSignal<bool>,
    /// Grows whenever the weights of a run have come that are to be kept.
    pub weights_kept: RwSignal<u32>,
    /// What is to be said of what this browser keeps.
    pub kept: RwSignal<String>,
    pub theme: RwSignal<Theme>,
    /// Grows whenever the colours on screen change: canvases redraw on it.
    pub palette: RwSignal<u32>,
}

/// Where the loading of a log stands. The log itself is in [`Session::log`] and stays there when a load fails.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum LogState {
    #[default]
    Idle,
    Loading {
        /// `Reading a.csv`
        what: String,
        /// How far it is; files alone say so.
        progress: Option<LoadProgress>,
    },
    Failed {
        message: String,
    },
}

/// How a log's columns are read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mapping {
    /// Roles, rules and repairs that were given; what they leave open is inferred.
    pub given: Roles,
    /// What was changed, in words, in order: each can be undone, the last one first.
    pub changes: Vec<String>,
    /// The file that came last and cannot be made a log with these roles.
    pub refused: Option<RefusedFile>,
}

/// A file that was read, and of which other roles could make a log.
#[derive(Debug, Clone, PartialEq)]
pub struct RefusedFile {
    pub name: String,
    pub message: String,
    pub columns: Vec<ColumnReport>,
    pub head: Vec<Vec<String>>,
}

/// How the user wants the runs to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    Going,
    /// One unit of work, then a hold.
    Stepping(StepUnit),
    Holding,
}

/// One impression and what the models that are still in memory say about it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PickedImpression {
    pub row: usize,
    pub readings: BTreeMap<RunId, ImpressionReading>,
    /// Why a reading is missing.
    pub message: Option<String>,
}

impl AppState {
    /// A page on which nothing has happened yet.
    pub fn new(spec: RunSpec, address: Address) -> Self {
        let (synth, limit) = match &spec.data {
            DataSpec::Generated { synth } => (synth.clone(), RowLimit::default()),
            DataSpec::File { limit, .. } => (SynthSpec::default(), *limit),
        };
        Self {
            session: RwSignal::new(Session::default()),
            spec: RwSignal::new(spec),
            tab: RwSignal::new(address.embed.map(|embed| embed.view).or(address.view).unwrap_or(Tab::Story)),
            address: StoredValue::new(address),
            log_state: RwSignal::new(LogState::default()),
            mapping: RwSignal::new(Mapping::default()),
            device: RwSignal::new(DeviceState {
                choice: DeviceChoice::Auto,
                active: DeviceKind::Cpu,
                reason: String::new(),
                trying: false,
            }),
            pace: RwSignal::new(Pace::Going),
            moment: RwSignal::new(None),
            plays: RwSignal::new(false),
            status: RwSignal::new(String::new()),
            notice: RwSignal::new(None),
            synth: RwSignal::new(synth),
            limit: RwSignal::new(limit),
            chosen: RwSignal::new(None),
            pinned: RwSignal::new(None),
            picked: RwSignal::new(None),
            exported: RwSignal::new(String::new()),
            rows_choice: RwSignal::new(RowsChoice::default()),
            rows: RwSignal::new(RowsShown::default()),
            part: RwSignal::new(None),
            part_shown: RwSignal::new(PartShown::default()),
            opened_itself: RwSignal::new(false),
            keeps_log: RwSignal::new(false),
            weights_kept: RwSignal::new(0),
            kept: RwSignal::new(String::new()),
            theme: RwSignal::new(Theme::System),
            palette: RwSignal::new(0),
        }
    }

    /// Shows another experiment on the rail.
    pub fn open(&self, spec: RunSpec) {
        match &spec.data {
            DataSpec::Generated { synth } => self.synth.set(synth.clone()),
            DataSpec::File { limit, .. } => self.limit.set(*limit),
        }
        self.pinned.set(None);
        self.spec.set(spec);
    }

    /// Draws the rectangle over a run's predictions anew, or takes it away; Rows follow, and the Tree when it is about it.
    pub fn brush(&self, run: RunId, area: Option<PredictionBox>) {
        self.rows_choice.update(|choice| choice.brush(run, area));
        if self.part.with_untracked(|part| matches!(part, Some(RowsPart::Brush(_)))) {
            self.part.set(area.map(RowsPart::Brush));
        }
    }

    /// The state provided by the page's root.
    pub fn get() -> Self {
        expect_context()
    }
}
