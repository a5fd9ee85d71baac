//! Files that are packed: which archive it is, and its text as it comes.

use super::gzip::{self, GzipReader};
use super::inflate::ArchiveLimit;
use super::zip::{self, ZipReader};
use crate::domain::log::LogError;

/// First bytes of a Zstandard file.
pub(super) const ZSTANDARD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Unpacks an archive that is pushed in pieces.
pub(super) enum Archive {
    Gzip(Box<GzipReader>),
    Zip(Box<ZipReader>),
}

impl Archive {
    /// The archive that begins with `head`; `None` when it is none.
    pub(super) fn of(head: &[u8], limit: ArchiveLimit) -> Option<Self> {
        match head {
            head if head.starts_with(&gzip::MAGIC) => Some(Self::Gzip(Box::new(GzipReader::new(limit)))),
            head if head.starts_with(&zip::MAGIC) => Some(Self::Zip(Box::new(ZipReader::new(limit)))),
            _ => None,
        }
    }

    /// Takes a piece of the archive; gives its text to `sink`, in small pieces.
    ///
    /// # Errors
    /// The archive's damage, with its place; that it unpacks to more than its length lets expect; what `sink` says.
    pub(super) fn push(
        &mut self,
        packed: &[u8],
        sink: impl FnMut(&[u8]) -> Result<(), LogError>,
    ) -> Result<(), LogError> {
        match self {
            Self::Gzip(gzip) => gzip.push(packed, sink),
            Self::Zip(zip) => zip.push(packed, sink),
        }
    }

    /// Checks that the archive ended where it should.
    pub(super) fn finish(&self) -> Result<(), LogError> {
        match self {
            Self::Gzip(gzip) => gzip.finish(),
            Self::Zip(zip) => zip.finish(),
        }
    }
}

/// What a gzip or zip archive holds, never more than `limit` bytes; `None` when it is none.
///
/// # Errors
/// The archive's damage, with its place; that it unpacks to more.
pub fn unpack_archive(packed: &[u8], limit: usize) -> Option<Result<Vec<u8>, LogError>> {
    let mut archive = Archive::of(packed, ArchiveLimit::NONE)?;
    let mut unpacked = Vec::new();
    let pushed = archive.push(packed, |text| {
        if unpacked.len() + text.len() > limit {
            return Err(LogError::TooMuchText { rows: 0, limit: limit as u64 });
        }
        unpacked.extend_from_slice(text);
        Ok(())
    });
    Some(pushed.and_then(|()| archive.finish()).map(|()| unpacked))
}
