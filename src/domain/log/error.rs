//! What can be wrong with a log from outside.

/// Why a log cannot be used: each message names the place and the fix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    #[error("the file is empty; a log needs a header line and one line per impression")]
    Empty,
}
