//! How a file is read: its dialect if known, how much of it is kept, and who chooses when that is less than all.

use super::column::ColumnBuilder;

/// How to read a file; `None` means: find out.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    pub delimiter: Option<u8>,
    pub limits: ReadLimits,
}

/// Bounds on what a file may ask for, so that none can fill the memory or never end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLimits {
    pub columns: usize,
    /// Rows kept in memory. More need a sampler.
    pub rows: usize,
    /// Memory of the columns, in bytes.
    pub table_bytes: usize,
    /// One row, in bytes.
    pub record_bytes: usize,
    /// The file's text, unpacked, in bytes.
    pub text_bytes: u64,
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self { columns: 4096, rows: 20_000_000, table_bytes: 1 << 30, record_bytes: 1 << 20, text_bytes: 16 << 30 }
    }
}

/// Chooses the rows that stay when a log is longer than its limits.
///
/// It is asked whenever the rows in memory pass the limit, and once more at the end when it was asked before. A sample
/// without bias needs one thing: whether a row stays must not depend on when it is asked about. A threshold on a hash of
/// [`RowsSoFar::source`] that only ever falls does it, and is at the end each row's chance to be there.
pub trait RowSampler {
    /// Which rows stay, one answer a row.
    fn thin(&mut self, rows: &RowsSoFar<'_>) -> Vec<bool>;
}

/// The rows in memory, while the file is still being read.
pub struct RowsSoFar<'a> {
    pub(super) names: &'a [String],
    pub(super) columns: &'a [ColumnBuilder],
    pub(super) sources: &'a [u64],
}

impl RowsSoFar<'_> {
    /// Names of the columns, in file order.
    pub fn names(&self) -> &[String] {
        self.names
    }

    pub fn n_rows(&self) -> usize {
        self.sources.len()
    }

    /// Which row of the file this is, 0-based.
    pub fn source(&self, row: usize) -> u64 {
        self.sources[row]
    }

    /// A field as the file has it, without surrounding spaces; empty where missing.
    pub fn field(&self, column: usize, row: usize) -> String {
        self.columns[column].field(row)
    }
}
