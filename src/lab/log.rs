//! A log's files, read piece by piece as the page does.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::{LabError, decode, files};
use crate::domain::assembly::{Assembly, ReadFile, free_table_name, is_worth_unrolling, list_to_unroll, table_name};
use crate::domain::log::{ArchiveLimit, Encoding, LogError, LogReader, ReadOptions, ReadTable, Roles, RowLimit};
use crate::parquet::{self, ParquetError};

/// Bytes read at a time.
const PIECE_BYTES: usize = 1 << 20;

/// Reads the files of a log, each given as `FILE` or `NAME=FILE`; lists become rows as the assembly says.
pub fn read(
    given: &[String],
    roles: &Roles,
    limit: RowLimit,
    assembly: Option<&Assembly>,
) -> Result<Vec<ReadFile>, LabError> {
    let mut files: Vec<ReadFile> = Vec::new();
    for given in given {
        let (name, path) = match given.split_once('=') {
            Some((name, path)) if !Path::new(given).exists() => (name.to_owned(), Path::new(path)),
            _ => (table_name(&Path::new(given).file_name().unwrap_or_default().to_string_lossy()), Path::new(given)),
        };
        let name = free_table_name(name, &files);
        files.push(match assembly {
            None => read_unrolled(name, path, roles, limit)?,
            Some(assembly) => {
                let unrolled = assembly.unroll.get(&name).cloned();
                ReadFile { read: read_table(path, roles, limit, unrolled.as_deref())?, name, unrolled }
            }
        });
    }
    Ok(files)
}

/// Reads a file, its list of objects as rows when that is what it holds.
fn read_unrolled(name: String, path: &Path, roles: &Roles, limit: RowLimit) -> Result<ReadFile, LabError> {
    let read = read_table(path, roles, limit, None)?;
    if let Some(list) = list_to_unroll(&read).map(str::to_owned)
        && let Ok(unrolled) = read_table(path, roles, limit, Some(&list))
        && is_worth_unrolling(&unrolled.table)
    {
        return Ok(ReadFile { name, read: unrolled, unrolled: Some(list) });
    }
    Ok(ReadFile { name, read, unrolled: None })
}

/// Reads a file of any format that the page takes; one that is longer than `limit` is sampled by the labels of `roles`.
fn read_table(path: &Path, roles: &Roles, limit: RowLimit, unroll: Option<&str>) -> Result<ReadTable, LabError> {
    let wrong = |error: &dyn std::fmt::Display| LabError(format!("{}: {error}", path.display()));
    let unroll = unroll.map(str::to_owned);
    let options = ReadOptions { decoders: Some(decode::decoder), unroll, ..ReadOptions::default() };
    let read = match read_as(path, roles, limit, options.clone())? {
        Err(LogError::OtherEncoding { encoding }) => {
            read_as(path, roles, limit, ReadOptions { encoding: Some(encoding), ..options })?
        }
        read => read,
    };
    match read {
        Err(LogError::Parquet) => read_converted(path, roles, limit),
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

/// Reads a file as the text that the Parquet reader makes of it.
fn read_converted(path: &Path, roles: &Roles, limit: RowLimit) -> Result<ReadTable, LabError> {
    let wrong = |error: &dyn std::fmt::Display| LabError(format!("{}: {error}", path.display()));
    let bytes = parquet::unpacked(files::read(path)?).map_err(|error| wrong(&error))?;
    let options = ReadOptions { decoders: Some(decode::decoder), ..ReadOptions::default() };
    let options = match parquet::is_packed_text(&bytes) {
        true => options,
        false => ReadOptions { delimiter: Some(b','), encoding: Some(Encoding::Utf8), ..options },
    };
    let read = |options: ReadOptions| {
        let mut reader = LogReader::new(options, Some(roles), limit);
        parquet::to_text(bytes.clone(), ArchiveLimit::default(), |text| Ok(reader.push(text)?))?;
        Ok(reader.finish()?)
    };
    let read = match read(options.clone()) {
        Err(ParquetError::Log(LogError::OtherEncoding { encoding })) => {
            read(ReadOptions { encoding: Some(encoding), ..options })
        }
        read => read,
    };
    read.map_err(|error: ParquetError| wrong(&error))
}
