//! What the page and an engine worker say to each other: one enum each way.
//!
//! Messages travel as bytes ([`wire`]); beside them a file of the user's on the way in, a byte buffer on the way out.
//! The page sends nothing before [`Reply::Ready`]. Replies carry the id of the request or run that they answer;
//! the page drops those it no longer waits for. Both sides are built from one commit; [`VERSION`] tells when not.

mod loaded;
mod rows;
mod saved;
mod session;
pub mod wire;

pub use loaded::LoadedLog;
pub use rows::{HELD_OUT, RowsAsk, RowsOf, RowsPage, predicted, truth};
pub use saved::{SAVED_VERSION, Saved, SavedError, SavedRun};
pub use session::{Before, Run, RunStatus, Session};

use serde::{Deserialize, Serialize};

use crate::domain::log::{ColumnReport, Roles, RowLimit};
use crate::domain::report::{
    CurvePoint, EarlyStoppingReport, EmbeddingReading, Evaluation, EventRows, FlowReading, ImpressionReading,
    PartReading, RowsPart,
};
use crate::domain::spec::TrainPlan;
use crate::domain::synth::SynthSpec;

/// Version of this protocol.
pub const VERSION: u32 = 8;

/// Identifies one training run for the life of the page.
pub type RunId = u32;
/// Identifies one request that is not about a run.
pub type RequestId = u32;

/// From the page to a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "a handful of requests exist at a time, and none is kept")]
pub enum Request {
    /// Make this log the worker's log. `LogSource::File` comes with the file beside the message: the worker reads it
    /// piece by piece, so that its bytes never pass through the page.
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
    /// Train one model on the worker's log. One run at a time per worker.
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
    /// One impression through the run's model. The last run of the worker is kept until the next one starts.
    Impression {
        id: RequestId,
        run: RunId,
        row: usize,
    },
    /// What flows through the run's network on its next batch (its last one, when it is finished). Moves nothing.
    Batch {
        run: RunId,
    },
    /// Where the values of one embedded field lie, by its place in the log; the first one where there is no such field.
    Embeddings {
        run: RunId,
        field: usize,
    },
    /// The run's tree over a part of its held-out rows, by its newest evaluation.
    Part {
        id: RequestId,
        run: RunId,
        part: RowsPart,
    },
    /// Go on with another learning rate from the next step on.
    SetLearningRate {
        run: RunId,
        learning_rate: f64,
    },
    /// Some of the log's rows, as the reader has chosen and ordered them.
    Rows {
        id: RequestId,
        ask: Box<RowsAsk>,
    },
    /// What the run's model says of these rows.
    Predictions {
        id: RequestId,
        run: RunId,
        rows: Vec<u32>,
    },
    /// One impression through the run's model, with other values of some features: feature and value as people write it.
    WhatIf {
        id: RequestId,
        run: RunId,
        row: usize,
        values: Vec<(String, String)>,
    },
    /// A sample log as a file, by its name in the manifest; answered as an export is.
    Sample {
        id: RequestId,
        file: String,
    },
    /// Files of the run.
    Export {
        id: RequestId,
        run: RunId,
        what: Export,
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
    File {
        name: String,
        /// A longer file is sampled.
        limit: RowLimit,
    },
}

/// What a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepUnit {
    Batch,
    Epoch,
}

/// A file made from a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Export {
    /// PRED.csv
    Predictions,
    /// safetensors, or the trees as JSON
    Weights,
    /// JSON: RunSpec and fitted encoders beside the weights
    WeightsSpec,
    /// The log as CSV (generated logs: with the truth).
    Log,
    /// The same without what no real log knows.
    LogWithoutTruth,
    /// A network's weights for [`Request::TakeUp`], in the writing of [`wire`].
    Checkpoint,
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
    /// The worker has the model of a run that ended before; `false`: it could not be had.
    TakenUp {
        run: RunId,
        is_there: bool,
    },
    Impression {
        id: RequestId,
        run: RunId,
        reading: Box<ImpressionReading>,
    },
    /// What flows through the run's network on one batch.
    Batch {
        run: RunId,
        flow: Box<FlowReading>,
    },
    /// The embedding map of one field.
    Embeddings {
        run: RunId,
        reading: Box<EmbeddingReading>,
    },
    Part {
        id: RequestId,
        run: RunId,
        reading: Box<PartReading>,
    },
    Rows {
        id: RequestId,
        page: Box<RowsPage>,
    },
    Predictions {
        id: RequestId,
        run: RunId,
        rows: Vec<u32>,
        /// One for each event of the model.
        events: Vec<EventRows>,
    },
    WhatIf {
        id: RequestId,
        run: RunId,
        reading: Box<ImpressionReading>,
        /// Edited features whose value no training row had: the model knows it as "unknown" alone.
        unknown: Vec<String>,
    },
    /// The bytes travel beside the message.
    Exported {
        id: RequestId,
        file_name: String,
    },
    /// A request could not be answered.
    Refused {
        id: RequestId,
        message: String,
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

/// How far the reading of a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadProgress {
    /// Bytes of the file, as it is packed.
    pub bytes: u64,
    pub total_bytes: u64,
    /// Rows so far.
    pub rows: u64,
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
