//! Deflate as it comes: unpacked piece by piece into one small buffer, within a limit.
//!
//! Sizes that an archive claims for itself are not believed: memory is the buffer's, and the output is bounded.

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

use crate::domain::log::LogError;

const OUTPUT_BYTES: usize = 1 << 16;

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
    pub(super) const NONE: Self = Self { least_bytes: u64::MAX, expansion: 0 };

    /// Bytes that so many packed ones may unpack to.
    pub fn of(self, packed: u64) -> u64 {
        self.least_bytes.max(packed.saturating_mul(self.expansion))
    }
}

/// How far a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inflated {
    /// It goes on with the next piece.
    Open,
    Ended,
    Damaged,
}

/// Unpacks one stream after the other; counts and checks what comes out.
pub(super) struct Inflater {
    state: Box<InflateState>,
    output: Vec<u8>,
    crc32: crc32fast::Hasher,
    /// Bytes of the current stream.
    stream_bytes: u64,
    /// Bytes of all streams, and how many may be.
    unpacked: u64,
    limit: ArchiveLimit,
}

impl Inflater {
    pub(super) fn new(limit: ArchiveLimit) -> Self {
        Self {
            state: InflateState::new_boxed(DataFormat::Raw),
            output: vec![0; OUTPUT_BYTES],
            crc32: crc32fast::Hasher::new(),
            stream_bytes: 0,
            unpacked: 0,
            limit,
        }
    }

    /// Another stream begins.
    pub(super) fn begin(&mut self) {
        self.state.reset(DataFormat::Raw);
        self.crc32.reset();
        self.stream_bytes = 0;
    }

    /// Checksum and length of what came out of the current stream.
    pub(super) fn sum(&self) -> (u32, u64) {
        (self.crc32.clone().finalize(), self.stream_bytes)
    }

    /// Takes packed bytes, of which `at` came before; gives what they hold to `sink`, in small pieces.
    ///
    /// # Errors
    /// That it unpacks to more than its length lets expect; what `sink` says.
    pub(super) fn push(
        &mut self,
        packed: &mut &[u8],
        mut at: u64,
        sink: &mut impl FnMut(&[u8]) -> Result<(), LogError>,
    ) -> Result<Inflated, LogError> {
        loop {
            let result = inflate(&mut self.state, packed, &mut self.output, MZFlush::None);
            *packed = &packed[result.bytes_consumed..];
            at += result.bytes_consumed as u64;
            let output = std::mem::take(&mut self.output);
            let given = self.give(&output[..result.bytes_written], at, sink);
            self.output = output;
            given?;
            match result.status {
                Ok(MZStatus::StreamEnd) => return Ok(Inflated::Ended),
                // Nothing moves without more input: the next piece brings it.
                Ok(_) | Err(MZError::Buf) if packed.is_empty() && result.bytes_written < OUTPUT_BYTES => {
                    return Ok(Inflated::Open);
                }
                Ok(_) if result.bytes_consumed + result.bytes_written > 0 => {}
                _ => return Ok(Inflated::Damaged),
            }
        }
    }

    /// Gives bytes that are not packed to `sink`, as those that come out of a stream.
    ///
    /// # Errors
    /// As [`Inflater::push`].
    pub(super) fn give(
        &mut self,
        bytes: &[u8],
        at: u64,
        sink: &mut impl FnMut(&[u8]) -> Result<(), LogError>,
    ) -> Result<(), LogError> {
        self.unpacked += bytes.len() as u64;
        let limit = self.limit.of(at);
        if self.unpacked > limit {
            return Err(LogError::TooMuchText { rows: 0, limit });
        }
        self.crc32.update(bytes);
        self.stream_bytes += bytes.len() as u64;
        if bytes.is_empty() { Ok(()) } else { sink(bytes) }
    }
}
