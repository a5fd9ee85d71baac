//! Table + roles → impression log, with every oddity of the funnel found and told.
use serde::{Deserialize, Serialize};

use super::{ImpressionLog, LogError, Roles, Table};

/// Something about a log that its owner should know, and what was done about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub kind: FindingKind,
    /// One sentence with counts, columns and rows.
    pub message: String,
    /// One sentence: what to do about it, or what was done.
    pub remedy: String,
    pub columns: Vec<String>,
    /// How many rows it concerns.
    pub rows: usize,
    /// The first few of them (0-based data rows).
    pub first_rows: Vec<usize>,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    ConversionWithoutClick,
    ActionWithoutClick,
    OneClassLabel,
    CountLabel,
    Leakage,
    ConstantColumn,
    NearUniqueColumn,
    MissingValues,
    TooFewRows,
}

/// Gives a table its meaning.
///
/// # Errors
/// When no model could be trained on the result: no rows, no click column, a label that is not binary, …
pub fn assemble(table: &Table, roles: &Roles) -> Result<(ImpressionLog, Vec<Finding>), LogError> {
    let _ = (table, roles);
    todo!()
}
