//! Gzip as it comes: any number of members, unpacked piece by piece into one small buffer.
//!
//! Sizes that an archive claims for itself are not believed: memory is the buffer's, and the caller bounds the output.

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

use crate::domain::log::LogError;

/// Longest header that is read; real ones hold a file name.
const MAX_HEADER_BYTES: usize = 1 << 16;
const OUTPUT_BYTES: usize = 1 << 16;
const TRAILER_BYTES: usize = 8;

/// First bytes of a gzip file.
pub const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Unpacks a gzip file that is pushed in pieces.
pub(super) struct GzipReader {
    stage: Stage,
    /// Header or trailer bytes that are not complete yet.
    held: Vec<u8>,
    inflater: Box<InflateState>,
    output: Vec<u8>,
    crc32: crc32fast::Hasher,
    member_bytes: u32,
    /// Packed bytes taken so far.
    at: u64,
    /// Bytes given to the sink so far, and how many may be.
    unpacked: u64,
    limit: ArchiveLimit,
}

/// How much an archive may unpack to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchiveLimit {
    /// Bytes that any archive may unpack to.
    pub least_bytes: u64,
    /// Bytes for each packed one beyond that. Logs come to 5 to 50.
    pub expansion: u64,
}

impl Default for ArchiveLimit {
    fn default() -> Self {
        Self { least_bytes: 64 << 20, expansion: 200 }
    }
}

impl ArchiveLimit {
    const NONE: Self = Self { least_bytes: u64::MAX, expansion: 0 };

    fn of(self, packed: u64) -> u64 {
        self.least_bytes.max(packed.saturating_mul(self.expansion))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Header,
    Body,
    Trailer,
    /// A member ended: another one may follow, or zeros that pad a tape block.
    Between,
}

impl GzipReader {
    pub(super) fn new(limit: ArchiveLimit) -> Self {
        Self {
            stage: Stage::Header,
            held: Vec::new(),
            inflater: InflateState::new_boxed(DataFormat::Raw),
            output: vec![0; OUTPUT_BYTES],
            crc32: crc32fast::Hasher::new(),
            member_bytes: 0,
            at: 0,
            unpacked: 0,
            limit,
        }
    }

    /// Takes a piece of the archive; gives its text to `sink`, in small pieces.
    ///
    /// # Errors
    /// The archive's damage, with its place; that it unpacks to more than its length lets expect; what `sink` says.
    pub(super) fn push(
        &mut self,
        mut packed: &[u8],
        mut sink: impl FnMut(&[u8]) -> Result<(), LogError>,
    ) -> Result<(), LogError> {
        while !packed.is_empty() {
            let before = packed.len();
            match self.stage {
                Stage::Header => self.take_header(&mut packed)?,
                Stage::Body => self.take_body(&mut packed, &mut sink)?,
                Stage::Trailer => self.take_trailer(&mut packed)?,
                Stage::Between => self.take_between(&mut packed),
            }
            self.at += (before - packed.len()) as u64;
        }
        Ok(())
    }

    /// Checks that the archive ended where it should.
    pub(super) fn finish(&self) -> Result<(), LogError> {
        if self.stage == Stage::Between {
            return Ok(());
        }
        Err(self.damaged(text!(reading::gzip::ends)))
    }

    fn damaged(&self, reason: &'static str) -> LogError {
        LogError::Gzip { byte: self.at, reason }
    }

    fn take_header(&mut self, packed: &mut &[u8]) -> Result<(), LogError> {
        let held_before = self.held.len();
        self.held.extend_from_slice(&packed[..packed.len().min(MAX_HEADER_BYTES + 1 - held_before)]);
        let starts_well = self.held.iter().zip([MAGIC[0], MAGIC[1], 8]).all(|(held, expected)| *held == expected);
        if !starts_well {
            return Err(self.damaged(text!(reading::gzip::no_gzip)));
        }
        match header_length(&self.held) {
            Some(length) => {
                *packed = &packed[length - held_before..];
                self.held.clear();
                self.inflater.reset(DataFormat::Raw);
                self.crc32.reset();
                (self.stage, self.member_bytes) = (Stage::Body, 0);
                Ok(())
            }
            None if self.held.len() > MAX_HEADER_BYTES => Err(self.damaged(text!(reading::gzip::header))),
            None => {
                *packed = &[];
                Ok(())
            }
        }
    }

    fn take_body(
        &mut self,
        packed: &mut &[u8],
        sink: &mut impl FnMut(&[u8]) -> Result<(), LogError>,
    ) -> Result<(), LogError> {
        let mut at = self.at;
        loop {
            let result = inflate(&mut self.inflater, packed, &mut self.output, MZFlush::None);
            *packed = &packed[result.bytes_consumed..];
            let text = &self.output[..result.bytes_written];
            at += result.bytes_consumed as u64;
            self.unpacked += text.len() as u64;
            let limit = self.limit.of(at);
            if self.unpacked > limit {
                return Err(LogError::TooMuchText { rows: 0, limit });
            }
            self.crc32.update(text);
            self.member_bytes = self.member_bytes.wrapping_add(text.len() as u32);
            if !text.is_empty() {
                sink(text)?;
            }
            match result.status {
                Ok(MZStatus::StreamEnd) => {
                    self.stage = Stage::Trailer;
                    return Ok(());
                }
                // Nothing moves without more input: the next piece brings it.
                Ok(_) | Err(MZError::Buf) if packed.is_empty() && result.bytes_written < OUTPUT_BYTES => return Ok(()),
                Ok(_) if result.bytes_consumed + result.bytes_written > 0 => {}
                _ => return Err(self.damaged(text!(reading::gzip::data))),
            }
        }
    }

    fn take_trailer(&mut self, packed: &mut &[u8]) -> Result<(), LogError> {
        let taken = packed.len().min(TRAILER_BYTES - self.held.len());
        self.held.extend_from_slice(&packed[..taken]);
        *packed = &packed[taken..];
        if let [a, b, c, d, e, f, g, h] = self.held[..] {
            let is_whole = u32::from_le_bytes([a, b, c, d]) == self.crc32.clone().finalize()
                && u32::from_le_bytes([e, f, g, h]) == self.member_bytes;
            if !is_whole {
                return Err(self.damaged(text!(reading::gzip::checksum)));
            }
            self.held.clear();
            self.stage = Stage::Between;
        }
        Ok(())
    }

    fn take_between(&mut self, packed: &mut &[u8]) {
        match packed.iter().position(|&byte| byte != 0) {
            Some(start) => {
                *packed = &packed[start..];
                self.stage = Stage::Header;
            }
            None => *packed = &[],
        }
    }
}

/// A whole archive, unpacked; never more than `limit` bytes.
///
/// # Errors
/// The archive's damage, with its place; that it unpacks to more.
pub fn unpack_gzip(packed: &[u8], limit: usize) -> Result<Vec<u8>, LogError> {
    let mut reader = GzipReader::new(ArchiveLimit::NONE);
    let mut unpacked = Vec::new();
    reader.push(packed, |text| {
        if unpacked.len() + text.len() > limit {
            return Err(LogError::TooMuchText { rows: 0, limit: limit as u64 });
        }
        unpacked.extend_from_slice(text);
        Ok(())
    })?;
    reader.finish()?;
    Ok(unpacked)
}

/// Length of a member's header, once it is whole. Source: RFC 1952, section 2.3.
fn header_length(bytes: &[u8]) -> Option<usize> {
    const FIXED: usize = 10;
    let flags = *bytes.get(3)?;
    let mut at = FIXED;
    if flags & 0x04 != 0 {
        let [low, high] = [*bytes.get(at)?, *bytes.get(at + 1)?];
        at += 2 + usize::from(u16::from_le_bytes([low, high]));
    }
    for text_flag in [0x08, 0x10] {
        if flags & text_flag != 0 {
            at += 1 + bytes.get(at..)?.iter().position(|&byte| byte == 0)?;
        }
    }
    if flags & 0x02 != 0 {
        at += 2;
    }
    (bytes.len() >= at).then_some(at)
}
