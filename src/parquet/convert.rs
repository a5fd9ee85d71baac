//! Row groups → rows of text.

use ::parquet::basic::Compression;
use ::parquet::column::reader::get_column_reader;
use ::parquet::file::reader::{FileReader, RowGroupReader};
use ::parquet::file::serialized_reader::SerializedFileReader;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;

use super::ParquetError;
use super::cells::Leaf;
use super::columns::{Column, columns};
use super::pages::ZstdPages;
use crate::domain::log::UNREADABLE;

/// As in a delimited file.
const MAX_COLUMNS: usize = 4096;
/// Rows that are in memory as cells at a time.
const BATCH_ROWS: usize = 4096;

/// Writes a Parquet file as CSV with a header line, piece by piece; returns its rows.
///
/// # Errors
/// [`ParquetError`] with column and fix; what `sink` says.
///
/// The crate asserts what a damaged file breaks: where panics unwind (everywhere but in wasm, whose worker ends with a
/// message of its own) they are errors, too.
pub fn to_csv(bytes: Bytes, mut sink: impl FnMut(&[u8]) -> Result<(), ParquetError>) -> Result<u64, ParquetError> {
    let written = catch_unwind(AssertUnwindSafe(|| write_csv(bytes, &mut sink)));
    written.unwrap_or_else(|_| Err(ParquetError::Damaged { reason: text!(parquet::damage::contradiction).to_owned() }))
}

fn write_csv(bytes: Bytes, sink: &mut impl FnMut(&[u8]) -> Result<(), ParquetError>) -> Result<u64, ParquetError> {
    let file = SerializedFileReader::new(bytes.clone())?;
    let columns = columns(file.metadata().file_metadata().schema_descr());
    if columns.len() > MAX_COLUMNS {
        return Err(ParquetError::TooManyColumns { columns: columns.len(), limit: MAX_COLUMNS });
    }
    check(&file, &columns)?;
    if file.metadata().row_groups().iter().all(|group| group.num_rows() <= 0) {
        return Err(ParquetError::NoRows);
    }
    let mut text = Vec::new();
    write_row(&mut text, columns.iter().map(|column| column.name.as_str()));
    let mut rows = 0;
    for group in 0..file.num_row_groups() {
        let group = file.get_row_group(group)?;
        rows = write_group(&bytes, &*group, &columns, rows, &mut text, sink)?;
    }
    sink(&text)?;
    Ok(rows)
}

fn write_group(
    file: &Bytes,
    group: &dyn RowGroupReader,
    columns: &[Column],
    first_row: u64,
    text: &mut Vec<u8>,
    sink: &mut impl FnMut(&[u8]) -> Result<(), ParquetError>,
) -> Result<u64, ParquetError> {
    let mut leaves = Vec::with_capacity(columns.len());
    for column in columns {
        leaves.push(column.leaf.map(|index| leaf_of(file, group, index)).transpose()?);
    }
    let mut row = first_row;
    let mut left = usize::try_from(group.metadata().num_rows()).unwrap_or_default();
    while left > 0 {
        let wanted = left.min(BATCH_ROWS);
        for (leaf, column) in leaves.iter_mut().zip(columns) {
            let Some(leaf) = leaf else { continue };
            let read = leaf.read(wanted)?;
            if read != wanted {
                let reason = text!(parquet::damage::ends, column = column.name, rows = row + read as u64);
                return Err(ParquetError::Damaged { reason });
            }
        }
        for at in 0..wanted {
            write_row(text, leaves.iter().map(|leaf| leaf.as_ref().map_or(UNREADABLE, |leaf| leaf.cell(at))));
        }
        sink(text)?;
        text.clear();
        row += wanted as u64;
        left -= wanted;
    }
    Ok(row)
}

/// A column of a row group, ready to be read.
fn leaf_of(file: &Bytes, group: &dyn RowGroupReader, index: usize) -> Result<Leaf, ParquetError> {
    let chunk = group.metadata().column(index);
    let descriptor = chunk.column_descr_ptr();
    let reader = if let Compression::ZSTD(_) = chunk.compression() {
        let n_rows = usize::try_from(group.metadata().num_rows()).unwrap_or_default();
        get_column_reader(descriptor.clone(), Box::new(ZstdPages::new(file.clone(), chunk, n_rows)?))
    } else {
        group.get_column_reader(index)?
    };
    Ok(Leaf::new(reader, descriptor))
}

/// Refuses what cannot be read before anything is.
fn check(file: &SerializedFileReader<Bytes>, columns: &[Column]) -> Result<(), ParquetError> {
    let n_leaves = file.metadata().file_metadata().schema_descr().num_columns();
    for group in file.metadata().row_groups() {
        if group.num_columns() != n_leaves {
            return Err(ParquetError::Damaged { reason: text!(parquet::damage::other_columns).to_owned() });
        }
        for Column { name, leaf } in columns {
            let Some(chunk) = leaf.map(|index| group.column(index)) else { continue };
            let places =
                [chunk.data_page_offset(), chunk.dictionary_page_offset().unwrap_or(0), chunk.compressed_size()];
            if places.iter().any(|&place| place < 0) {
                return Err(ParquetError::Damaged { reason: text!(parquet::damage::outside, column = name) });
            }
            let codec = match chunk.compression() {
                Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::GZIP(_) => continue,
                Compression::LZ4 | Compression::LZ4_RAW | Compression::ZSTD(_) => continue,
                Compression::BROTLI(_) => "Brotli".to_owned(),
                Compression::LZO => "LZO".to_owned(),
            };
            return Err(ParquetError::Codec { column: name.clone(), codec });
        }
    }
    Ok(())
}

fn write_row<'a>(text: &mut Vec<u8>, cells: impl Iterator<Item = &'a str>) {
    let start = text.len();
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            text.push(b',');
        }
        if cell.bytes().any(|byte| matches!(byte, b'"' | b',' | b'\n' | b'\r')) {
            text.push(b'"');
            text.extend(cell.replace('"', "\"\"").bytes());
            text.push(b'"');
        } else {
            text.extend(cell.bytes());
        }
    }
    if text.len() == start {
        // A lone empty cell would be a blank line, which readers skip.
        text.extend(b"\"\"");
    }
    text.push(b'\n');
}
