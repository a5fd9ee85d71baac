//! A file of the user's, piece by piece: never more of it in memory than one piece.

use js_sys::{Date, Uint8Array};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use crate::domain::log::{LogReader, ReadTable, Roles, RowLimit};
use crate::protocol::{LoadProgress, Reply, RequestId};

use super::load::LoadStop;
use super::port::{self, Port};

/// Between two pieces the page is heard: a piece is parsed in less than a tenth of a second.
const PIECE_BYTES: f64 = (1 << 21) as f64;
/// Pause between two words about progress.
const PROGRESS_MILLIS: f64 = 100.0;

/// Reads a file as it comes, and no more of it than `limit`; its table, and the checksum of its bytes.
pub async fn read(
    id: RequestId,
    file: &Blob,
    roles: Option<&Roles>,
    limit: RowLimit,
    port: &Port,
) -> Result<(ReadTable, u32), LoadStop> {
    let mut reader = LogReader::new(None, roles, limit);
    let mut crc32 = crc32fast::Hasher::new();
    let mut piece = Vec::new();
    let size = file.size();
    let mut said_at = 0.0;
    let mut start = 0.0;
    let mut coming = ask(file, start)?;
    while start < size {
        take(coming, &mut piece).await?;
        start += PIECE_BYTES;
        // The browser fetches the next piece while this one is parsed.
        coming = ask(file, start)?;
        if port.takes_cancel(id) {
            return Err(LoadStop::Cancelled);
        }
        crc32.update(&piece);
        reader.push(&piece)?;
        let now = Date::now();
        if now - said_at >= PROGRESS_MILLIS {
            said_at = now;
            say(id, port, &reader, size);
        }
    }
    say(id, port, &reader, size);
    port::breathe().await;
    if port.takes_cancel(id) {
        return Err(LoadStop::Cancelled);
    }
    Ok((reader.finish()?, crc32.finalize()))
}

fn say(id: RequestId, port: &Port, reader: &LogReader, size: f64) {
    let progress = reader.progress();
    let progress = LoadProgress { bytes: progress.bytes, total_bytes: size as u64, rows: progress.rows };
    port.post(&Reply::LoadProgress { id, progress }, None);
}

/// Asks for the piece that begins at `start`: empty after the file's end.
fn ask(file: &Blob, start: f64) -> Result<JsFuture, LoadStop> {
    let slice = file.slice_with_f64_and_f64(start, start + PIECE_BYTES).map_err(|_| unreadable())?;
    Ok(JsFuture::from(slice.array_buffer()))
}

async fn take(coming: JsFuture, piece: &mut Vec<u8>) -> Result<(), LoadStop> {
    let buffer = coming.await.map_err(|_| unreadable())?;
    let bytes = Uint8Array::new(buffer.unchecked_ref());
    piece.resize(bytes.length() as usize, 0);
    bytes.copy_to(piece);
    Ok(())
}

fn unreadable() -> LoadStop {
    LoadStop::Failed(text!(worker::file_unreadable).to_owned())
}
