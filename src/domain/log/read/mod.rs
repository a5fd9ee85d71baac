//! Bytes → table, as they come: [`TableReader`] is pushed pieces of a file and holds columns, never the text.
//!
//! ```text
//! bytes ─gzip?─▶ bytes ─encoding─▶ text ─dialect─▶ records ─▶ columns
//! ```
//! Memory is bounded by [`ReadLimits`], time by the file's length. What the file is, its first 64 KB tell.

mod archive;
mod column;
mod decode;
mod delimited;
mod dialect;
mod dressed;
mod encoding;
mod feature_list;
mod guess;
mod gzip;
mod header;
mod inflate;
mod json;
mod labelled_items;
mod lines;
mod lists;
mod notes;
mod number;
mod numbers;
mod options;
mod sniff;
mod table;
mod text;
mod text_reader;
mod totals;
mod wrapped;
mod zip;

pub use archive::unpack_archive;
pub use encoding::{Encoding, NewDecoder, TextDecoder};
pub use inflate::ArchiveLimit;
pub use lines::Lines;
pub use lists::as_known_lists;
pub use notes::ReadNote;
pub use options::{ReadLimits, ReadOptions, RowSampler, RowsSoFar};

use super::{LogError, Table};
use archive::Archive;
use text_reader::TextReader;

/// Text between two looks at the limits, in bytes.
const PIECE_BYTES: usize = 1 << 16;

/// Magic bytes at the start of a Parquet file.
const PARQUET: &[u8] = b"PAR1";

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReadTable {
    pub table: Table,
    /// Where each row of the file is in it.
    pub lines: Lines,
    /// What its owner should know about how it was read.
    pub notes: Vec<ReadNote>,
    /// Rows of the file, those included that a sampler left out.
    pub rows_read: u64,
}

/// How far a reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadProgress {
    /// Bytes of the file, as it is packed.
    pub bytes: u64,
    /// Rows so far.
    pub rows: u64,
}

/// Reads a file that is pushed in pieces: CSV, TSV and their kin, JSON Lines and other JSON; any of them gzipped, or the one
/// file of a zip archive.
pub struct TableReader {
    container: Container,
    text: TextReader,
    bytes: u64,
}

enum Container {
    /// Fewer bytes than it takes to tell.
    Unknown(Vec<u8>),
    Plain,
    Packed(Archive),
}

impl TableReader {
    pub fn new(options: ReadOptions) -> Self {
        Self { container: Container::Unknown(Vec::new()), text: TextReader::new(options), bytes: 0 }
    }

    /// Takes the next piece of the file, of any length. With a `sampler`, a file may be longer than its limits.
    ///
    /// # Errors
    /// [`LogError`], with the place and the fix. The reader is of no more use then.
    pub fn push(&mut self, bytes: &[u8], mut sampler: Option<&mut (dyn RowSampler + '_)>) -> Result<(), LogError> {
        self.bytes += bytes.len() as u64;
        let held;
        let mut bytes = bytes;
        if let Container::Unknown(head) = &mut self.container {
            head.extend_from_slice(bytes);
            if head.len() < PARQUET.len() {
                return Ok(());
            }
            held = std::mem::take(head);
            bytes = &held;
            self.container = Container::of(bytes, self.text.archive_limit())?;
        }
        let text = &mut self.text;
        let mut push_text = |bytes: &[u8]| text.push(bytes, again(&mut sampler));
        match &mut self.container {
            Container::Packed(archive) => archive.push(bytes, push_text).map_err(|error| match error {
                LogError::TooMuchText { limit, .. } => LogError::TooMuchText { rows: self.text.rows_read(), limit },
                error => error,
            }),
            _ => bytes.chunks(PIECE_BYTES).try_for_each(&mut push_text),
        }
    }

    pub fn progress(&self) -> ReadProgress {
        ReadProgress { bytes: self.bytes, rows: self.text.rows_read() }
    }

    /// The file is over: its table.
    ///
    /// # Errors
    /// [`LogError`], with the place and the fix.
    pub fn finish(mut self, mut sampler: Option<&mut (dyn RowSampler + '_)>) -> Result<ReadTable, LogError> {
        match &mut self.container {
            Container::Unknown(head) => {
                let head = std::mem::take(head);
                self.text.push(&head, again(&mut sampler))?;
            }
            Container::Packed(archive) => archive.finish()?,
            Container::Plain => {}
        }
        self.text.finish(sampler)
    }
}

impl Container {
    fn of(head: &[u8], limit: ArchiveLimit) -> Result<Self, LogError> {
        match needs_own_reader(head) {
            true => Err(LogError::Parquet),
            false => Ok(Archive::of(head, limit).map_or(Self::Plain, Self::Packed)),
        }
    }
}

/// Whether a file is read by the module beside that turns it into text: Parquet, and what Zstandard packs.
fn needs_own_reader(head: &[u8]) -> bool {
    head.starts_with(PARQUET) || head.starts_with(&archive::ZSTANDARD)
}

/// Lends a sampler once more.
fn again<'a>(sampler: &'a mut Option<&mut (dyn RowSampler + '_)>) -> Option<&'a mut (dyn RowSampler + 'a)> {
    match sampler {
        Some(sampler) => Some(&mut **sampler),
        None => None,
    }
}

/// Reads a whole file.
///
/// A column is numbers when every value is a finite number (or a word like `NaN` for a missing one), else text.
/// Values are trimmed of surrounding spaces.
///
/// # Errors
/// [`LogError`] with line and column.
pub fn read_table(bytes: &[u8], options: &ReadOptions) -> Result<ReadTable, LogError> {
    let mut reader = TableReader::new(options.clone());
    reader.push(bytes, None)?;
    reader.finish(None)
}
