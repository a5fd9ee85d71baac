//! Gzip as it comes: any number of members.

use super::inflate::{ArchiveLimit, Inflated, Inflater};
use crate::domain::log::LogError;

/// Longest header that is read; real ones hold a file name.
const MAX_HEADER_BYTES: usize = 1 << 16;
const TRAILER_BYTES: usize = 8;

/// First bytes of a gzip file.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Unpacks a gzip file that is pushed in pieces.
pub(super) struct GzipReader {
    stage: Stage,
    /// Header or trailer bytes that are not complete yet.
    held: Vec<u8>,
    inflater: Inflater,
    /// Packed bytes taken so far.
    at: u64,
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
        Self { stage: Stage::Header, held: Vec::new(), inflater: Inflater::new(limit), at: 0 }
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
                Stage::Body => match self.inflater.push(&mut packed, self.at, &mut sink)? {
                    Inflated::Open => {}
                    Inflated::Ended => self.stage = Stage::Trailer,
                    Inflated::Damaged => return Err(self.damaged(text!(reading::gzip::data))),
                },
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
                self.inflater.begin();
                self.stage = Stage::Body;
                Ok(())
            }
            None if self.held.len() > MAX_HEADER_BYTES => Err(self.damaged(text!(reading::gzip::header))),
            None => {
                *packed = &[];
                Ok(())
            }
        }
    }

    fn take_trailer(&mut self, packed: &mut &[u8]) -> Result<(), LogError> {
        let taken = packed.len().min(TRAILER_BYTES - self.held.len());
        self.held.extend_from_slice(&packed[..taken]);
        *packed = &packed[taken..];
        if let [a, b, c, d, e, f, g, h] = self.held[..] {
            let (crc32, length) = self.inflater.sum();
            let is_whole =
                u32::from_le_bytes([a, b, c, d]) == crc32 && u32::from_le_bytes([e, f, g, h]) == length as u32;
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
