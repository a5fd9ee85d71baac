//! A log's file, read piece by piece as the page does.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::{LabError, files};
use crate::domain::log::{LogError, LogReader, ReadTable, Roles, RowLimit};
use crate::parquet;

/// Bytes read at a time.
const PIECE_BYTES: usize = 1 << 20;

/// Reads a log of any format that the page takes; one that is longer than `limit` is sampled by the labels of `roles`.
pub fn read(path: &Path, roles: &Roles, limit: RowLimit) -> Result<ReadTable, LabError> {
    let wrong = |error: &dyn std::fmt::Display| LabError(format!("{}: {error}", path.display()));
    let mut file = File::open(path).map_err(|error| LabError(format!("{} cannot be read: {error}", path.display())))?;
    let mut reader = LogReader::new(None, Some(roles), limit);
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let length = file.read(&mut piece).map_err(|error| wrong(&error))?;
        if length == 0 {
            break;
        }
        match reader.push(&piece[..length]) {
            Ok(()) => {}
            Err(LogError::Parquet) => {
                return read_parquet(files::read(path)?, roles, limit).map_err(|error| wrong(&error));
            }
            Err(error) => return Err(wrong(&error)),
        }
    }
    match reader.finish() {
        Err(LogError::Parquet) => read_parquet(files::read(path)?, roles, limit).map_err(|error| wrong(&error)),
        read => read.map_err(|error| wrong(&error)),
    }
}

fn read_parquet(bytes: Vec<u8>, roles: &Roles, limit: RowLimit) -> Result<ReadTable, parquet::ParquetError> {
    let mut reader = LogReader::new(Some(b','), Some(roles), limit);
    parquet::to_csv(parquet::unpacked(bytes)?, |text| Ok(reader.push(text)?))?;
    Ok(reader.finish()?)
}
