//! Parts of the page's state.

use std::collections::BTreeMap;

use crate::domain::log::{ColumnReport, Roles};
use crate::domain::report::ImpressionReading;
use crate::protocol::{LoadProgress, RunId, StepUnit};

/// Where the loading of a log stands. The log itself is in [`crate::protocol::Session::log`] and stays there when a load fails.
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
