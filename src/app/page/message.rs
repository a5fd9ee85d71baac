//! What can happen to the page.

use super::effect::{FileHandle, WorkerKey};
use crate::app::address::{Tab, Theme};
use crate::app::device::{Adapter, DeviceChoice};
use crate::app::exports;
use crate::app::models::RunKey;
use crate::app::rows::RowsChoice;
use crate::domain::log::{Roles, RowLimit};
use crate::domain::report::{PredictionBox, RowsPart};
use crate::domain::spec::RunSpec;
use crate::domain::synth::SynthSpec;
use crate::protocol::{Export, Reply, RowsAsk, RunId, StepUnit};

/// What the user did, or what the browser or a worker says.
#[derive(Debug, PartialEq)]
pub enum Message {
    /// The page opens, with what this tab had before it was reloaded.
    Open {
        record: Option<Record>,
        /// The address asks for nothing: the recording plays.
        plays: bool,
        /// The address holds an experiment.
        is_linked: bool,
    },

    // The log.
    /// Draw the log that the generator's controls describe.
    Generate,
    GenerateAndTrain,
    /// Set the generator's controls, and draw that log.
    Draw(Box<SynthSpec>),
    /// A file of the user's: a log, an experiment or roles.
    OpenFile(FileHandle),
    OpenText(String),
    OpenSample(String),
    FileRead {
        file: FileHandle,
        content: FileContent,
    },
    CancelLoad,
    /// Read the log on the page, or the file that waits for roles, with these; `words` say what is changed.
    SetRoles {
        roles: Box<Roles>,
        words: String,
    },
    /// As [`Message::SetRoles`], from a file of this name.
    OpenRoles {
        roles: Box<Roles>,
        name: String,
    },
    UndoRoles,
    /// Drop the file that waits for roles.
    ForgetRefused,
    SetLimit(RowLimit),

    // The experiment.
    SetSpec(Box<RunSpec>),
    SetSynth(Box<SynthSpec>),
    ChooseDevice(DeviceChoice),

    // Training.
    /// Train every model with every seed.
    Train,
    /// Do one unit of work in every run and hold; starts the runs when none is under way.
    Step(StepUnit),
    Pause,
    Resume,
    Stop,

    // What is looked at.
    Show(Tab),
    /// The model that views of one model are about.
    Choose(RunKey),
    /// The model that others are compared with.
    Pin(String),
    /// Inspect a held-out row: every loaded model is asked for its predictions.
    Inspect(usize),
    /// Show every run as it was at this epoch; as it is now without one.
    LookBack(Option<f64>),
    /// The time goes on by itself, or no longer.
    Play(bool),
    ChooseRows(Box<RowsChoice>),
    /// Draw the rectangle over a run's predictions, or take it away.
    Brush {
        run: RunId,
        area: Option<PredictionBox>,
    },
    ClearBrush,
    /// The rows that the Tree is about.
    ShowSubset(Option<RowsPart>),
    /// Show the tree of a run over a subset of the rows.
    ShowTree {
        run: RunId,
        subset: RowsPart,
    },

    // Questions to the workers; the answers change the state.
    AskRows(RowsAsk),
    /// The `n` rows most like one.
    AskAlike {
        row: u32,
        n: u32,
        columns: Vec<u32>,
    },
    /// Every model, for the row with other feature values; without any, what was said is forgotten.
    AskWhatIf {
        row: usize,
        values: Vec<(String, String)>,
    },
    AskSubset {
        run: RunId,
        subset: RowsPart,
    },
    /// What flows through a run's network on its next batch.
    AskFlow {
        run: RunId,
        /// Pause the runs first.
        pauses: bool,
    },
    AskEmbeddings {
        run: RunId,
        field: usize,
    },

    // Files to take away.
    Export {
        run: RunId,
        what: Export,
    },
    ExportGraph(RunId),
    ExportLog {
        with_truth: bool,
    },
    /// Save a file that the page has written; none where there is nothing to write.
    Save(Option<exports::File>),
    /// What came of a file that was to be saved; empty to say nothing.
    Saved(String),

    // What this browser keeps.
    KeepLog(bool),
    DeleteEverything,
    /// What came of it.
    Deleted(String),

    // The frame.
    Notice(Option<String>),
    SetTheme(Theme),
    /// The system's colours have changed.
    PaletteChanged,

    // From the browser and the workers.
    AdapterFound(Adapter),
    FromWorker {
        worker: WorkerKey,
        said: WorkerSaid,
    },
    /// The GPU engine has had its time to start.
    GpuTimeIsUp(WorkerKey),
    Recording(Vec<u8>),
    /// It is time to write what outlasts a reload.
    TimeToKeep {
        is_running: bool,
    },
}

/// What comes out of a worker.
#[derive(Debug, PartialEq)]
pub enum WorkerSaid {
    /// A reply, with the file that came beside it.
    Reply(Box<Reply>, Option<FileHandle>),
    /// The worker could not be started, or broke down; it says no more.
    Broken(String),
}

/// What a file of the user's turned out to be.
#[derive(Debug, PartialEq)]
pub enum FileContent {
    Log,
    Experiment(Box<RunSpec>),
    Roles(Box<Roles>),
    /// An experiment or roles that cannot be read, and why.
    Unreadable(String),
}

/// What the browser kept of this tab before it was reloaded.
#[derive(Debug, PartialEq)]
pub struct Record {
    pub bytes: Vec<u8>,
    /// The log's file, where the user wanted it kept.
    pub file: Option<FileHandle>,
    /// Weights of the runs, in their order.
    pub weights: Vec<Option<FileHandle>>,
}
