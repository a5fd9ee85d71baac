//! A file of the user's, piece by piece: never more of it in memory than one piece.

use crate::domain::log::{LogReader, ReadTable, Roles, RowLimit};
use crate::protocol::{LoadProgress, Reply, RequestId};

use super::load::LoadStop;
use super::page::{Page, SourceFile};

/// Between two pieces the page's messages are read: a piece is parsed in less than a tenth of a second.
const PIECE_BYTES: u64 = 1 << 21;
/// Pause between two messages of progress.
const PROGRESS_MILLIS: f64 = 100.0;

/// Reads a file as it comes, and no more of it than `limit`; its table, and the checksum of its bytes.
pub async fn read(
    id: RequestId,
    file: &impl SourceFile,
    roles: Option<&Roles>,
    limit: RowLimit,
    page: &impl Page,
) -> Result<(ReadTable, u32), LoadStop> {
    let mut reader = LogReader::new(None, roles, limit);
    let mut crc32 = crc32fast::Hasher::new();
    let size = file.size();
    let mut sent_at = f64::NEG_INFINITY;
    let mut start = 0;
    let mut coming = file.piece(start, PIECE_BYTES);
    while start < size {
        let piece = coming.await.ok_or_else(unreadable)?;
        start += PIECE_BYTES;
        // The browser fetches the next piece while this one is parsed.
        coming = file.piece(start, PIECE_BYTES);
        if page.takes_cancel(id) {
            return Err(LoadStop::Cancelled);
        }
        crc32.update(&piece);
        reader.push(&piece)?;
        let now = page.now();
        if now - sent_at >= PROGRESS_MILLIS {
            sent_at = now;
            send_progress(id, page, &reader, size);
        }
    }
    send_progress(id, page, &reader, size);
    page.breathe().await;
    if page.takes_cancel(id) {
        return Err(LoadStop::Cancelled);
    }
    Ok((reader.finish()?, crc32.finalize()))
}

fn send_progress(id: RequestId, page: &impl Page, reader: &LogReader, size: u64) {
    let progress = reader.progress();
    let progress = LoadProgress { bytes: progress.bytes, total_bytes: size, rows: progress.rows };
    page.post(&Reply::LoadProgress { id, progress }, None);
}

fn unreadable() -> LoadStop {
    LoadStop::Failed(text!(worker::file_unreadable).to_owned())
}
