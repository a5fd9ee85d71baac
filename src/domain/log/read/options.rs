//! How a file is read: its dialect if known, how much of it is kept, and who chooses when that is less than all.

use std::ops::Range;

use super::column::ColumnBuilder;
use super::encoding::{Encoding, NewDecoder};
use super::inflate::ArchiveLimit;
use crate::domain::log::{Column, Table};

/// How to read a file; `None` means: find out.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    pub delimiter: Option<u8>,
    pub encoding: Option<Encoding>,
    /// Who decodes what is not Unicode; without it, such text is refused.
    pub decoders: Option<NewDecoder>,
    pub limits: ReadLimits,
    /// JSON: name of a list (`events`, `session.events`) whose items become rows, each with the other fields of its record.
    pub unroll: Option<String>,
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
    /// A packed file's text, by the packed length: an archive of nothing else than repetition ends here, and at once.
    pub archive: ArchiveLimit,
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self {
            columns: 4096,
            rows: 20_000_000,
            table_bytes: 1 << 30,
            record_bytes: 1 << 20,
            text_bytes: 16 << 30,
            archive: ArchiveLimit::default(),
        }
    }
}

/// Chooses the rows that stay when a log is longer than its limits.
///
/// It is asked whenever the rows in memory pass the limit, and has the last word when the file is over. A sample without
/// bias needs one thing: whether a row stays must not depend on when it is asked about. A threshold on a hash of
/// [`RowsSoFar::source`] that only ever falls does it, and is at the end each row's chance to be there.
pub trait RowSampler {
    /// Which rows are still needed, one answer a row.
    fn thin(&mut self, rows: &RowsSoFar<'_>) -> Vec<bool>;

    /// Which rows are the sample, now that the file is over; `None` when all of them are.
    fn last_word(&mut self, rows: &RowsSoFar<'_>) -> Option<Vec<bool>>;
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

    /// Some of the columns, by index, of some of the rows.
    pub fn table(&self, columns: &[usize], rows: Range<usize>) -> Table {
        let column = |&index: &usize| Column {
            name: self.names[index].clone(),
            values: self.columns[index].values_of(rows.clone()),
        };
        Table { n_rows: rows.len(), columns: columns.iter().map(column).collect(), ..Table::default() }
    }

    /// A field as the file has it, without surrounding spaces; empty where missing.
    pub fn field(&self, column: usize, row: usize) -> String {
        self.columns[column].field(row)
    }
}
