//! A log's file, read piece by piece as the page does.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::{LabError, decode, files};
use crate::domain::log::{Encoding, LogError, LogReader, ReadOptions, ReadTable, Roles, RowLimit};
use crate::parquet;

/// Bytes read at a time.
const PIECE_BYTES: usize = 1 << 20;

/// Reads a log of any format that the page takes; one that is longer than `limit` is sampled by the labels of `roles`.
pub fn read(path: &Path, roles: &Roles, limit: RowLimit) -> Result<ReadTable, LabError> {
    let wrong = |error: &dyn std::fmt::Display| LabError(format!("{}: {error}", path.display()));
    let options = ReadOptions { decoders: Some(decode::decoder), ..ReadOptions::default() };
    let read = match read_as(path, roles, limit, options.clone())? {
        Err(LogError::OtherEncoding { encoding }) => {
            read_as(path, roles, limit, ReadOptions { encoding: Some(encoding), ..options })?
        }
        read => read,
    };
    match read {
        Err(LogError::Parquet) => read_parquet(files::read(path)?, roles, limit).map_err(|error| wrong(&error)),
        read => read.map_err(|error| wrong(&error)),
    }
}

fn read_as(
    path: &Path,
    roles: &Roles,
    limit: RowLimit,
    options: ReadOptions,
) -> Result<Result<ReadTable, LogError>, LabError> {
    let mut file = File::open(path).map_err(|error| LabError(format!("{} cannot be read: {error}", path.display())))?;
    let mut reader = LogReader::new(options, Some(roles), limit);
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let length = file.read(&mut piece).map_err(|error| LabError(format!("{}: {error}", path.display())))?;
        if length == 0 {
            return Ok(reader.finish());
        }
        if let Err(error) = reader.push(&piece[..length]) {
            return Ok(Err(error));
        }
    }
}

fn read_parquet(bytes: Vec<u8>, roles: &Roles, limit: RowLimit) -> Result<ReadTable, parquet::ParquetError> {
    let options = ReadOptions { delimiter: Some(b','), encoding: Some(Encoding::Utf8), ..ReadOptions::default() };
    let mut reader = LogReader::new(options, Some(roles), limit);
    parquet::to_csv(parquet::unpacked(bytes)?, |text| Ok(reader.push(text)?))?;
    Ok(reader.finish()?)
}
