//! Parquet → CSV: a module of its own, loaded only when a Parquet file is opened.
//!
//! The text goes through the same reader as any other log, so a Parquet file and its CSV are the same log. Types that
//! text does not have are written in the forms that the reader knows: dates as 2024-01-31, times as 2024-01-31 13:05:00.25,
//! lists joined by `\x01`.
//!
//! What Zstandard packs comes this way as well, since its decoder would make the engines too large: the text is given as it is.
//!
//! What is read: flat columns, columns within objects (`user.age`), lists of plain values; snappy, gzip, lz4, zstd or no
//! compression. A column of anything else has cells that say so, and the reader leaves it out.

mod cells;
mod columns;
mod convert;
mod pages;
mod zstandard;

/// The reader's own worker.
#[cfg(target_arch = "wasm32")]
pub mod worker;

pub use convert::to_csv;

use bytes::Bytes;

use crate::domain::log::{ArchiveLimit, LogError, unpack_archive};

/// Magic bytes at the start of a file.
pub const MAGIC: &[u8] = b"PAR1";

/// Why a Parquet file cannot be read: each message names the place and the fix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParquetError {
    #[error("{}", words!(parquet::damaged, reason = .reason))]
    Damaged { reason: String },
    #[error("{}", words!(parquet::zstandard))]
    Zstandard,
    #[error("{}", words!(parquet::codec, column = .column, codec = .codec))]
    Codec { column: String, codec: String },
    #[error("{}", words!(parquet::too_many_columns, columns = .columns, limit = .limit))]
    TooManyColumns { columns: usize, limit: usize },
    #[error("{}", words!(parquet::no_rows))]
    NoRows,
    #[error("{0}")]
    Log(#[from] LogError),
    #[error("{0}")]
    Sink(String),
}

/// Largest file that is read, in bytes: its index is at the end, so all of it is in memory.
pub const MAX_FILE_BYTES: usize = 1 << 30;

/// Whether a file that the log reader leaves to this one is text already, once it is unpacked.
pub fn is_packed_text(bytes: &[u8]) -> bool {
    bytes.starts_with(&zstandard::MAGIC)
}

/// The file itself, out of a gzip or zip archive if it is in one.
///
/// # Errors
/// When the archive is damaged or unpacks to more than [`MAX_FILE_BYTES`].
pub fn unpacked(bytes: Vec<u8>) -> Result<Bytes, ParquetError> {
    match unpack_archive(&bytes, MAX_FILE_BYTES) {
        Some(unpacked) => Ok(unpacked?.into()),
        None => Ok(bytes.into()),
    }
}

/// Gives a file as text, piece by piece: Parquet as CSV, and the text that Zstandard packs as it is. Returns the rows, where
/// they were counted.
///
/// # Errors
/// As [`to_csv`]; that an archive unpacks to more than `limit`.
pub fn to_text(
    bytes: Bytes,
    limit: ArchiveLimit,
    sink: impl FnMut(&[u8]) -> Result<(), ParquetError>,
) -> Result<u64, ParquetError> {
    match is_packed_text(&bytes) {
        true => zstandard::unpack(&bytes, limit, sink),
        false => to_csv(bytes, sink),
    }
}

impl From<::parquet::errors::ParquetError> for ParquetError {
    fn from(error: ::parquet::errors::ParquetError) -> Self {
        Self::Damaged { reason: error.to_string() }
    }
}
