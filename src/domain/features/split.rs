//! Which rows are trained on and which are held out.
use crate::domain::log::ImpressionLog;
use crate::domain::spec::SplitSpec;

/// Rows by use, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    pub train: Vec<u32>,
    pub eval: Vec<u32>,
}

/// Why a log cannot be split.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    #[error("{rows} rows are too few to train on one part and evaluate on another; at least {needed} are needed")]
    TooFewRows { rows: usize, needed: usize },
}

/// Splits a log.
///
/// # Errors
/// When a part would be empty, or the log lacks what `spec.by` asks for.
pub fn split(log: &ImpressionLog, spec: &SplitSpec) -> Result<Split, SplitError> {
    let _ = (log, spec);
    todo!()
}
