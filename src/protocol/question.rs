//! What the page asks a worker about the log and the run that it holds. Asking changes nothing.

use serde::{Deserialize, Serialize};

use super::{DraftAsk, Drafted, RowsAsk, RowsPage, RunId};
use crate::domain::log::SplitSpec;
use crate::domain::report::{
    EmbeddingReading, Evaluation, EventRows, FlowReading, ImpressionReading, PartReading, RowsPart,
};
use crate::domain::spec::{ModelSpec, TrainPlan};
use crate::domain::synth::{Preview, SynthSpec};

/// A question. The last run of a worker can be asked until the next one starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Question {
    /// One impression through the run's model.
    Impression { run: RunId, row: usize },
    /// One impression through the run's model, with other values of some features: feature and value as people write it.
    WhatIf { run: RunId, row: usize, values: Vec<(String, String)> },
    /// What flows through the run's network on its next batch (its last one, when it is finished).
    Flow { run: RunId },
    /// Where the values of one embedded field lie, by its place in the log; the first one where there is no such field.
    Embeddings { run: RunId, field: usize },
    /// The run's tree over a part of its held-out rows, by its newest evaluation.
    Part { run: RunId, part: RowsPart },
    /// Some of the log's rows, as they were chosen and ordered.
    Rows(Box<RowsAsk>),
    /// What the run's model says of these rows.
    Predictions { run: RunId, rows: Vec<u32> },
    /// A file of the run.
    Export { run: RunId, what: Export },
    /// The log as a file; text that a spreadsheet would calculate is as it is in the log, or inert.
    ExportLog { with_truth: bool, is_inert: bool },
    /// A sample log as a file, by its name in the manifest.
    Sample { file: String },
    /// What a log of these settings will be like.
    Preview(Box<SynthSpec>),
    /// One model of a draft; of neither the worker's log nor its run.
    Draft(Box<DraftAsk>),
    /// What a PRED.csv, which comes beside the message, says of the worker's log where it is held out like this.
    OwnPredictions(#[serde(with = "super::wire::as_json")] SplitSpec),
    /// How fast such a run trains here on the worker's log.
    Race(#[serde(with = "super::wire::as_json")] Box<TrainPlan>),
}

impl Question {
    /// The run that it is about; `None` for the log.
    pub fn run(&self) -> Option<RunId> {
        match self {
            Self::Impression { run, .. }
            | Self::WhatIf { run, .. }
            | Self::Flow { run }
            | Self::Embeddings { run, .. }
            | Self::Part { run, .. }
            | Self::Predictions { run, .. }
            | Self::Export { run, .. } => Some(*run),
            Self::Rows(ask) => ask.run,
            Self::ExportLog { .. }
            | Self::Sample { .. }
            | Self::Preview(_)
            | Self::Draft(_)
            | Self::OwnPredictions(_)
            | Self::Race(_) => None,
        }
    }
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
    /// What a run has learned, for [`super::Request::TakeUp`]: weights in the writing of [`super::wire`], trees as JSON.
    Checkpoint,
    /// What a network that trains on the CPU, or trees, need to go on after a reload: comes beside [`super::Request::Train`] then. In
    /// the writing of [`super::wire`]; empty where there is none.
    Snapshot,
}

/// The answer to the question of the same name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    Impression(Box<ImpressionReading>),
    WhatIf {
        reading: Box<ImpressionReading>,
        /// Edited features whose value no training row had: the model knows it as "unknown" alone.
        unknown: Vec<String>,
    },
    Flow(Box<FlowReading>),
    Embeddings(Box<EmbeddingReading>),
    Part(Box<PartReading>),
    Rows(Box<RowsPage>),
    /// One for each event of the model.
    Predictions(Vec<EventRows>),
    Preview(Box<Preview>),
    Draft(Drafted),
    OwnPredictions(Vec<OwnRun>),
    /// In training rows.
    Race {
        rows_per_second: f64,
    },
    /// Of an export or a sample: the bytes travel beside the message.
    File {
        name: String,
    },
}

/// What a model from elsewhere predicts, as a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OwnRun {
    /// By its file's name for it. Its tree has the events that are predicted; no tower answers its questions.
    #[serde(with = "super::wire::as_json")]
    pub model: ModelSpec,
    /// Absent where the file says none.
    pub seed: Option<u64>,
    pub evaluation: Evaluation,
    /// What of the file was left aside, and what speaks against its numbers: one sentence each.
    pub notes: Vec<String>,
}

/// Why a question was not answered, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal(pub String);
