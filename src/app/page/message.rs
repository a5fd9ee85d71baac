//! Messages to the page.

use super::effect::{FileHandle, WorkerKey};
use crate::app::address::{Tab, Theme};
use crate::app::device::{Adapter, DeviceChoice};
use crate::app::exports;
use crate::app::models::RunKey;
use crate::app::rows::RowsChoice;
use crate::domain::assembly::Assembly;
use crate::domain::log::{Roles, RowLimit};
use crate::domain::report::{PredictionBox, RowsPart};
use crate::domain::spec::RunSpec;
use crate::domain::synth::SynthSpec;
use crate::protocol::{Question, Reply, RequestId, RunId, StepUnit};

/// An event from the user, the browser or a worker.
#[derive(Debug, PartialEq)]
pub enum Message {
    /// [`Message::Open`] follows once the browser's storage is read: what needs a log waits for it.
    Opening {
        is_linked: bool,
    },
    /// The page opens, with the state that this tab had before a reload.
    Open {
        record: Option<Record>,
        /// The address is empty: the recording plays.
        plays: bool,
        /// The address holds an experiment.
        is_linked: bool,
    },

    // The log.
    /// Generate the log that the generator's controls describe.
    Generate,
    GenerateAndTrain,
    /// Set the generator's controls, and generate that log.
    Draw(Box<SynthSpec>),
    /// Files of the user's: the tables of a log, an experiment or roles.
    OpenFiles(Vec<FileHandle>),
    /// Further tables of the log.
    AddFiles(Vec<FileHandle>),
    OpenText(String),
    /// Open the sample log in these files.
    OpenSample(Vec<String>),
    FilesRead(Vec<(FileHandle, FileContent)>),
    /// Predictions of a model from elsewhere, to stand beside the runs.
    OpenPredictions(FileHandle),
    CloseOwnPredictions,
    CancelLoad,
    /// Reload the refused file, or else the log, with these roles; `words` describe the change.
    SetRoles {
        roles: Box<Roles>,
        words: String,
    },
    /// As [`Message::SetRoles`], from a file of this name.
    OpenRoles {
        roles: Box<Roles>,
        name: String,
    },
    /// Make the rows of the tables in this way; `words` describe the change.
    SetAssembly {
        assembly: Box<Assembly>,
        words: String,
    },
    /// Undo the last change of the roles, the assembly or the tables.
    UndoChange,
    ForgetRefused,
    SetLimit(RowLimit),

    // The experiment.
    SetSpec(Box<RunSpec>),
    SetSynth(Box<SynthSpec>),
    ChooseDevice(DeviceChoice),

    /// A control of the experiment moves: draft runs follow it.
    TryOut,
    /// It was let go: the comparison is trained in full.
    Settle,
    /// No control has moved again since this [`Message::Settle`].
    Settled(u32),

    // Training.
    /// Train every model with every seed.
    Train,
    /// Do one unit of work in every run and pause; starts the runs when none is under way.
    Step(StepUnit),
    Pause,
    /// Pause if anything trains.
    PauseTraining,
    Resume,
    Stop,

    // What is shown.
    Show(Tab),
    /// Set the model of the views of one model.
    Choose(RunKey),
    /// Set the model that others are compared with.
    Pin(String),
    /// Inspect a held-out row: every loaded model is asked for its predictions.
    Inspect(usize),
    /// Stop playing, and show every run as it was at this epoch; `None`: as it is now.
    LookBack(Option<f64>),
    /// Start or stop playing the scrubber.
    Play(bool),
    ChooseRows(Box<RowsChoice>),
    /// Set or clear the rectangle over a run's predictions.
    Brush {
        run: RunId,
        area: Option<PredictionBox>,
    },
    ClearBrush,
    /// Set the subset of rows that the Tree shows.
    ShowSubset(Option<RowsPart>),
    /// Show the tree of a run over a subset of the rows.
    ShowTree {
        run: RunId,
        subset: RowsPart,
    },

    // Questions to the workers; the answers change the state.
    /// Ask the worker that has what the question is about.
    Ask(Question),
    /// Ask every model about the row with other feature values; without any, clear the answers.
    AskWhatIf {
        row: usize,
        values: Vec<(String, String)>,
    },

    // Files to take away.
    ExportGraph(RunId),
    /// Save a file that the page has written; none when there is nothing to write.
    Save(Option<exports::File>),
    /// Result of a save, as text; empty for none.
    Saved(String),

    // The browser's storage.
    KeepLog(bool),
    DeleteEverything,
    /// The page's state was stored, with what the browser says of its storage; or why not.
    Stored(Result<Option<StorageUsage>, String>),
    /// Everything stored was deleted, or why not.
    Deleted(Result<(), String>),

    // The frame.
    Notice(Option<String>),
    SetTheme(Theme),
    /// The system's colours have changed.
    PaletteChanged,

    // From the browser and the workers.
    AdapterFound(Adapter),
    FromWorker {
        worker: WorkerKey,
        event: WorkerEvent,
    },
    /// The GPU engine's time to start has passed.
    GpuTimeIsUp(WorkerKey),
    /// Time to look for workers that do not answer.
    Beat,
    /// The time for this run to stop has passed.
    StopTimeIsUp {
        worker: WorkerKey,
        run: RunId,
    },
    /// The time for this answer of the race is up.
    RaceTimeIsUp(RequestId),
    Recording(Vec<u8>),
    /// The time of the shown moment has passed while playing.
    NextMoment(u32),
    /// A scheduled save is due.
    SaveDue,
}

/// An event of a worker.
#[derive(Debug, PartialEq)]
pub enum WorkerEvent {
    /// A reply, with the file that came beside it.
    Reply(Box<Reply>, Option<FileHandle>),
    /// The worker could not be started, or crashed; its last event.
    Broken(String),
    /// The browser gave it no more memory; its last event.
    OutOfMemory,
}

/// Detected content of a file.
#[derive(Debug, PartialEq)]
pub enum FileContent {
    Table,
    Experiment(Box<RunSpec>),
    Roles(Box<Roles>),
    /// A PRED.csv.
    Predictions,
    /// An experiment or roles that cannot be read, and why.
    Unreadable(String),
}

/// Bytes that the browser has stored of this site, and allows it to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StorageUsage {
    pub used: u64,
    pub allowed: u64,
}

/// State that the browser stored before a reload.
#[derive(Debug, PartialEq)]
pub struct Record {
    pub bytes: Vec<u8>,
    /// The log's files, if the user wanted them stored.
    pub files: Vec<FileHandle>,
    /// Weights of the runs, in their order.
    pub weights: Vec<Option<FileHandle>>,
}
