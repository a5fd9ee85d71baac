//! What Zstandard packs: text for the reader, or a Parquet file.

use std::io::Read;

use ruzstd::decoding::StreamingDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};

use super::{MAX_FILE_BYTES, ParquetError, to_csv};
use crate::domain::log::{ArchiveLimit, LogError};

/// First bytes of a file, and of each frame in it.
pub(super) const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

const PIECE_BYTES: usize = 1 << 16;

/// Gives the text in `packed` to `sink`, piece by piece; returns the rows where they were counted.
///
/// # Errors
/// The file's damage; that it unpacks to more than `limit`; what `sink` says.
pub(super) fn unpack(
    packed: &[u8],
    limit: ArchiveLimit,
    mut sink: impl FnMut(&[u8]) -> Result<(), ParquetError>,
) -> Result<u64, ParquetError> {
    // Parquet is read from its end: all of it is needed.
    let mut parquet: Option<Vec<u8>> = None;
    let mut is_begun = false;
    frames(packed, limit, |text| {
        if !std::mem::replace(&mut is_begun, true) && text.starts_with(super::MAGIC) {
            parquet = Some(Vec::new());
        }
        let Some(file) = &mut parquet else { return sink(text) };
        if file.len() + text.len() > MAX_FILE_BYTES {
            return Err(LogError::TooMuchText { rows: 0, limit: MAX_FILE_BYTES as u64 }.into());
        }
        file.extend_from_slice(text);
        Ok(())
    })?;
    parquet.map_or(Ok(0), |file| to_csv(file.into(), sink))
}

/// Gives what all frames hold to `sink`.
fn frames(
    packed: &[u8],
    limit: ArchiveLimit,
    mut sink: impl FnMut(&[u8]) -> Result<(), ParquetError>,
) -> Result<(), ParquetError> {
    let mut rest = packed;
    let mut unpacked = 0;
    let mut piece = vec![0; PIECE_BYTES];
    while !rest.is_empty() {
        let mut frame = match StreamingDecoder::new(&mut rest) {
            Ok(frame) => frame,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                rest = rest.get(length as usize..).ok_or(ParquetError::Zstandard)?;
                continue;
            }
            Err(_) => return Err(ParquetError::Zstandard),
        };
        loop {
            let length = frame.read(&mut piece).map_err(|_| ParquetError::Zstandard)?;
            if length == 0 {
                break;
            }
            unpacked += length as u64;
            let most = limit.of((packed.len() - frame.get_ref().len()) as u64);
            if unpacked > most {
                return Err(LogError::TooMuchText { rows: 0, limit: most }.into());
            }
            sink(&piece[..length])?;
        }
    }
    Ok(())
}
