//! Parts of the page's state.

use std::collections::BTreeMap;

use crate::domain::assembly::AssemblyReport;
use crate::domain::log::{ColumnReport, Roles};
use crate::domain::report::ImpressionReading;
use crate::domain::synth::{Preview, SynthSpec};
use crate::protocol::{LoadProgress, RunId, StepUnit};

/// What the page has to say, until it is dismissed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A mistake, a damaged link.
    Trouble(String),
    /// That all goes on.
    News(String),
}

impl Notice {
    pub fn words(&self) -> &str {
        match self {
            Self::Trouble(words) | Self::News(words) => words,
        }
    }
}

/// Progress of loading a log. The log is in [`crate::protocol::Session::log`] and stays there when a load fails.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum LogState {
    #[default]
    Idle,
    Loading {
        /// `Reading a.csv`
        what: String,
        /// Of files only.
        progress: Option<LoadProgress>,
    },
    Failed {
        message: String,
    },
}

/// What a worker answered of a log to come.
#[derive(Debug, Clone, PartialEq)]
pub struct AnsweredPreview {
    /// The generator's controls that it was asked about.
    pub of: SynthSpec,
    /// None where it was refused.
    pub preview: Option<Preview>,
}

/// Roles of a log's columns.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mapping {
    /// Roles, rules and repairs that were set; the others are inferred.
    pub given: Roles,
    /// Changes of the roles and the assembly in words, in order; the last one can be undone.
    pub changes: Vec<String>,
    /// Newest file, if no log can be made of it with these roles.
    pub refused: Option<RefusedFile>,
}

/// A file that needs other roles to be a log.
#[derive(Debug, Clone, PartialEq)]
pub struct RefusedFile {
    pub name: String,
    pub message: String,
    pub columns: Vec<ColumnReport>,
    pub head: Vec<Vec<String>>,
    /// How its tables were to become rows.
    pub assembly: Option<AssemblyReport>,
}

/// How the runs are to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrainingMode {
    Running,
    /// One unit of work, then a pause.
    Stepping(StepUnit),
    Paused,
}

/// A held-out row, with the predictions of the models in memory.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InspectedRow {
    pub row: usize,
    pub readings: BTreeMap<RunId, ImpressionReading>,
    /// Why a reading is missing.
    pub message: Option<String>,
}
