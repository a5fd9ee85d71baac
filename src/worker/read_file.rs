//! A file of the user's, piece by piece: never more of it in memory than one piece.

use crate::domain::log::{LogError, LogReader, ReadOptions, ReadTable, Roles, RowLimit};
use crate::protocol::{LoadProgress, Reply, RequestId};

use super::load::LoadStop;
use super::page::{Page, SourceFile};

/// Between two pieces the page's messages are read: a piece is parsed in less than a tenth of a second.
const PIECE_BYTES: u64 = 1 << 21;
/// Pause between two messages of progress.
const PROGRESS_MILLIS: f64 = 100.0;

/// Reads a file as it comes, and no more of it than `limit`; its table, and the checksum of its bytes. A file whose text
/// turns out late to be in another encoding is read again.
pub async fn read<P: Page>(
    id: RequestId,
    file: &impl SourceFile,
    roles: Option<&Roles>,
    limit: RowLimit,
    page: &P,
) -> Result<(ReadTable, u32), LoadStop> {
    let options = ReadOptions { decoders: Some(P::DECODER), ..ReadOptions::default() };
    let read = match read_with(options.clone(), id, file, roles, limit, page).await? {
        Err(LogError::OtherEncoding { encoding }) => {
            read_with(ReadOptions { encoding: Some(encoding), ..options }, id, file, roles, limit, page).await?
        }
        read => read,
    };
    Ok(read?)
}

async fn read_with(
    options: ReadOptions,
    id: RequestId,
    file: &impl SourceFile,
    roles: Option<&Roles>,
    limit: RowLimit,
    page: &impl Page,
) -> Result<Result<(ReadTable, u32), LogError>, LoadStop> {
    let mut reader = LogReader::new(options, roles, limit);
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
        if let Err(error) = reader.push(&piece) {
            return Ok(Err(error));
        }
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
    Ok(reader.finish().map(|table| (table, crc32.finalize())))
}

fn send_progress(id: RequestId, page: &impl Page, reader: &LogReader, size: u64) {
    let progress = reader.progress();
    let progress = LoadProgress { bytes: progress.bytes, total_bytes: size, rows: progress.rows };
    page.post(&Reply::LoadProgress { id, progress }, None);
}

fn unreadable() -> LoadStop {
    LoadStop::Failed(text!(worker::file_unreadable).to_owned())
}
