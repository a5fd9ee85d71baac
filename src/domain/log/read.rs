//! Bytes → table: delimited text, with typed errors by line and column.
use super::{LogError, Table};

/// How to read delimited text; `None` means: find out.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    pub delimiter: Option<u8>,
}

/// Reads CSV or TSV.
///
/// # Errors
/// [`LogError`] with line and column.
pub fn read_delimited(bytes: &[u8], options: &ReadOptions) -> Result<Table, LogError> {
    let _ = (bytes, options);
    todo!()
}
