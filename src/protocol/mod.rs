//! What the page and an engine worker say to each other: one enum each way.
//!
//! Messages travel as bytes ([`wire`]); beside them a file of the user's on the way in, a byte buffer on the way out.
//! The page sends nothing before [`Reply::Ready`]. Replies carry the id of the request or run that they answer;
//! the page drops those it no longer waits for. Both sides are built from one commit; [`VERSION`] tells when not.

mod draft;
mod loaded;
mod question;
mod rows;
mod saved;
mod session;
pub mod wire;

pub use draft::{DraftAsk, DraftRun, Drafted};
pub use loaded::LoadedLog;
pub use question::{Answer, Export, OwnRun, Question, Refusal};
pub use rows::{HELD_OUT, RowsAsk, RowsOf, RowsPage, predicted, truth};
pub use saved::{OLDEST_VERSION, SAVED_VERSION, Saved, SavedAs, SavedError, SavedRun};
pub use session::{Before, Run, RunStatus, Session};

use serde::{Deserialize, Serialize};

use crate::domain::assembly::{Assembly, AssemblyReport};
use crate::domain::log::{ColumnReport, Roles, RowLimit};
use crate::domain::report::{CurvePoint, EarlyStoppingReport, Evaluation};
use crate::domain::spec::TrainPlan;
use crate::domain::synth::SynthSpec;

/// Version of this protocol.
pub const VERSION: u32 = 16;

/// What a worker's last error says when the browser gives it no more memory.
pub const OUT_OF_MEMORY: &str = "esmm-out-of-memory";

/// Bytes of all that is kept of runs for a reload: more would be written every few seconds.
pub const MOST_KEPT_BYTES: u64 = 64_000_000;

/// Identifies one training run for the life of the page.
pub type RunId = u32;
/// Identifies one request that is not about a run.
pub type RequestId = u32;

/// From the page to a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "a handful of requests exist at a time, and none is kept")]
pub enum Request {
    /// Make this log the worker's log. `LogSource::Files` comes with the files beside the message: the worker reads them
    /// piece by piece, so that their bytes never pass through the page.
    ///
    /// A log of the same `origin` has the same rows, however they are read: the worker that has it need not read the file
    /// again.
    Load {
        id: RequestId,
        origin: u32,
        source: LogSource,
        #[serde(with = "wire::as_json")]
        roles: Option<Roles>,
    },
    /// Leave that file be; the worker keeps the log it has.
    CancelLoad {
        id: RequestId,
    },
    /// Train one model on the worker's log. One run at a time per worker. With an [`Export::Snapshot`] of the run beside the message
    /// it goes on from there, which [`Reply::GoesOn`] says.
    Train {
        run: RunId,
        #[serde(with = "wire::as_json")]
        plan: Box<TrainPlan>,
        /// Do one unit of work, then hold, as [`Request::Step`] does: sent apart, it would come after the first batches.
        step: Option<StepUnit>,
    },
    /// Hold the run after the batch under way; state is kept.
    Pause {
        run: RunId,
    },
    Resume {
        run: RunId,
    },
    /// Do one unit of work, then hold.
    Step {
        run: RunId,
        unit: StepUnit,
    },
    /// End the run; what it has learned so far is evaluated and kept.
    Stop {
        run: RunId,
    },
    /// End the run without an evaluation: others take its place.
    Abandon {
        run: RunId,
    },
    /// Go on with another learning rate from the next step on.
    SetLearningRate {
        run: RunId,
        learning_rate: f64,
    },
    /// Answered by a [`Reply::Answer`] of the same id. [`Question::OwnPredictions`] comes with its file beside the message.
    Ask {
        id: RequestId,
        question: Question,
    },
    /// Have the model of a run that ended before, by its [`Export::Checkpoint`], which comes beside the message. Trains nothing.
    TakeUp {
        run: RunId,
        #[serde(with = "wire::as_json")]
        plan: Box<TrainPlan>,
        /// The step at which it ended.
        step: u64,
    },
}

/// Where a worker's log comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant, reason = "one exists at a time; warned of on 64-bit platforms alone")]
pub enum LogSource {
    Generated {
        synth: SynthSpec,
    },
    Files {
        /// In the order of the files beside the message.
        names: Vec<String>,
        /// A longer file is sampled.
        limit: RowLimit,
        /// How their tables become rows; proposed when absent.
        assembly: Option<Assembly>,
    },
}

impl LogSource {
    /// What the log is called by its files; empty for a generated one.
    pub fn name(&self) -> String {
        const SHOWN: usize = 3;
        let Self::Files { names, .. } = self else { return String::new() };
        let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(" + ");
        match names.len().saturating_sub(SHOWN) {
            0 => shown,
            more => text!(worker::and_more, shown = shown, more = more),
        }
    }
}

/// What a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepUnit {
    Batch,
    Epoch,
}

/// From a worker to the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// First message of a worker: it listens, on this device.
    Ready {
        protocol: u32,
        device: DeviceReport,
    },
    Loaded {
        id: RequestId,
        log: Box<LoadedLog>,
    },
    /// How far the reading of a file is. A few times a second.
    LoadProgress {
        id: RequestId,
        progress: LoadProgress,
    },
    /// The file is Parquet, which the Parquet reader turns into text first; the worker keeps the log it had.
    LoadNeedsParquet {
        id: RequestId,
        /// Which of the files.
        file: u32,
    },
    /// The Parquet reader's answer to a load: the file as CSV, beside the message.
    Converted {
        id: RequestId,
        rows: u64,
    },
    /// The file was read, but no log could be made of it with the roles at hand: why, and its columns to choose roles by.
    /// The worker keeps the log it had.
    LoadNeedsRoles {
        id: RequestId,
        message: String,
        #[serde(with = "wire::as_json")]
        columns: Vec<ColumnReport>,
        /// As in [`LoadedLog::head`].
        head: Vec<Vec<String>>,
        /// As in [`LoadedLog::assembly`].
        assembly: Option<AssemblyReport>,
    },
    /// Left be, as asked; the worker keeps the log it had.
    LoadCancelled {
        id: RequestId,
    },
    /// The log could not be loaded; the worker keeps the one it had.
    LoadFailed {
        id: RequestId,
        message: String,
    },
    /// The run's numbers are moving. At most about ten a second.
    Progress {
        run: RunId,
        progress: Progress,
        curve: Vec<CurvePoint>,
    },
    /// An evaluation of the whole held-out set: after each epoch, and when held or stopped.
    Evaluated {
        run: RunId,
        evaluation: Box<Evaluation>,
    },
    /// What early stopping saw at an epoch's end.
    EarlyStopping {
        run: RunId,
        report: Box<EarlyStoppingReport>,
    },
    Held {
        run: RunId,
    },
    Finished {
        run: RunId,
        seconds: f64,
    },
    /// Stopped before its end, as asked; its last evaluation stands.
    Stopped {
        run: RunId,
    },
    /// The run cannot go on: what happened, and what to try.
    Failed {
        run: RunId,
        message: String,
    },
    /// A run that was given an [`Export::Snapshot`] goes on after this step, 0 where that was none of its own: what it has told of
    /// later steps it will tell again.
    GoesOn {
        run: RunId,
        step: u64,
    },
    /// The worker has the model of a run that ended before; `false`: it could not be had.
    TakenUp {
        run: RunId,
        is_there: bool,
    },
    /// To [`Request::Ask`]; a file's bytes travel beside the message.
    Answer {
        id: RequestId,
        answer: Result<Answer, Refusal>,
    },
}

/// What a worker computes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceReport {
    pub kind: DeviceKind,
    /// Adapter's name, or for a GPU worker that cannot train the reason why.
    pub detail: String,
    /// `false`: the worker cannot train (no adapter, no device, failed warm-up step).
    pub usable: bool,
}

/// The two engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceKind {
    Cpu,
    Webgpu,
}

/// How far the reading of a log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LoadProgress {
    /// Bytes of the files, as they are packed.
    pub bytes: u64,
    pub total_bytes: u64,
    /// Rows so far.
    pub rows: u64,
    /// Steps of the assembly that are done, and of how many, once the files are read.
    pub steps: Option<(u32, u32)>,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    pub step: u64,
    pub total_steps: u64,
    pub epoch: f64,
    pub epochs: usize,
    pub rows_per_second: f64,
    /// Spent training so far; pauses and evaluations are left out.
    pub seconds: f64,
    /// Rows that the run trains on.
    pub train_rows: usize,
    /// What it trains on.
    pub device: DeviceKind,
}
