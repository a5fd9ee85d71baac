//! Files of the user's, piece by piece: never more of them in memory than one piece.

use crate::domain::assembly::{Assembly, ReadFile, free_table_name, is_worth_unrolling, list_to_unroll, table_name};
use crate::domain::log::{LogError, LogReader, ReadOptions, ReadTable, Roles, RowLimit};
use crate::protocol::{LoadProgress, Reply, RequestId};

use super::load::LoadStop;
use super::page::{Page, SourceFile};

/// Between two pieces the page's messages are read: a piece is parsed in less than a tenth of a second.
const PIECE_BYTES: u64 = 1 << 21;
/// Pause between two messages of progress.
const PROGRESS_MILLIS: f64 = 100.0;

/// How files are read.
pub struct Reading<'a, P> {
    pub id: RequestId,
    pub roles: Option<&'a Roles>,
    pub limit: RowLimit,
    pub page: &'a P,
}

/// What was read so far, of how much.
#[derive(Default)]
struct Total {
    bytes: u64,
    total_bytes: u64,
    rows: u64,
    crc32: crc32fast::Hasher,
}

/// Reads files as they come, each no longer than the limit, with the lists of `assembly` as rows or else those that hold the
/// events; their tables, and the checksum of their bytes.
pub async fn read_all<P: Page>(
    reading: &Reading<'_, P>,
    names: &[String],
    files: &[impl SourceFile],
    assembly: Option<&Assembly>,
) -> Result<(Vec<ReadFile>, u32), LoadStop> {
    let mut total = Total { total_bytes: files.iter().map(SourceFile::size).sum(), ..Total::default() };
    let mut read_files: Vec<ReadFile> = Vec::new();
    for (at, (name, file)) in names.iter().zip(files).enumerate() {
        let at_file = |stop| match stop {
            LoadStop::Parquet(_) => LoadStop::Parquet(at as u32),
            LoadStop::Failed(message) if files.len() > 1 => {
                LoadStop::Failed(text!(worker::of_file, name = name, message = message))
            }
            stop => stop,
        };
        let name = free_table_name(table_name(name), &read_files);
        let mut unrolled = assembly.and_then(|assembly| assembly.unroll.get(&name)).cloned();
        let mut read = reading.read(file, unrolled.clone(), &mut total, true).await.map_err(at_file)?;
        if assembly.is_none()
            && let Some(list) = list_to_unroll(&read).map(str::to_owned)
        {
            match reading.read(file, Some(list.clone()), &mut total, false).await {
                Ok(rows) if is_worth_unrolling(&rows.table) => (read, unrolled) = (rows, Some(list)),
                Err(LoadStop::Cancelled) => return Err(LoadStop::Cancelled),
                _ => {}
            }
        }
        total.bytes += file.size();
        total.rows += read.rows_read;
        read_files.push(ReadFile { name, read, unrolled });
    }
    Ok((read_files, total.crc32.finalize()))
}

impl<P: Page> Reading<'_, P> {
    /// Reads a file; one whose text turns out late to be in another encoding is read again.
    async fn read(
        &self,
        file: &impl SourceFile,
        unroll: Option<String>,
        total: &mut Total,
        is_first: bool,
    ) -> Result<ReadTable, LoadStop> {
        let options = ReadOptions { decoders: Some(P::DECODER), unroll, ..ReadOptions::default() };
        let before = total.crc32.clone();
        let read = match self.read_with(options.clone(), file, total).await? {
            Err(LogError::OtherEncoding { encoding }) => {
                total.crc32 = before.clone();
                self.read_with(ReadOptions { encoding: Some(encoding), ..options }, file, total).await?
            }
            read => read,
        };
        if !is_first {
            total.crc32 = before;
        }
        Ok(read?)
    }

    async fn read_with(
        &self,
        options: ReadOptions,
        file: &impl SourceFile,
        total: &mut Total,
    ) -> Result<Result<ReadTable, LogError>, LoadStop> {
        let Reading { id, roles, limit, page } = *self;
        let mut reader = LogReader::new(options, roles, limit);
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
            total.crc32.update(&piece);
            if let Err(error) = reader.push(&piece) {
                return Ok(Err(error));
            }
            let now = page.now();
            if now - sent_at >= PROGRESS_MILLIS {
                sent_at = now;
                self.send_progress(&reader, total);
            }
        }
        self.send_progress(&reader, total);
        page.breathe().await;
        if page.takes_cancel(id) {
            return Err(LoadStop::Cancelled);
        }
        Ok(reader.finish())
    }

    fn send_progress(&self, reader: &LogReader, total: &Total) {
        let now = reader.progress();
        let (bytes, rows) = (total.bytes + now.bytes, total.rows + now.rows);
        let progress = LoadProgress { bytes, total_bytes: total.total_bytes, rows, steps: None };
        self.page.post(&Reply::LoadProgress { id: self.id, progress }, None);
    }
}

fn unreadable() -> LoadStop {
    LoadStop::Failed(text!(worker::file_unreadable).to_owned())
}
