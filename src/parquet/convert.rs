//! Row groups → rows of text.

use ::parquet::basic::Compression;
use ::parquet::file::reader::{FileReader, RowGroupReader};
use ::parquet::file::serialized_reader::SerializedFileReader;
use ::parquet::schema::types::ColumnDescriptor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;

use super::ParquetError;
use super::cells::Leaf;

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
    let file = SerializedFileReader::new(bytes)?;
    let schema = file.metadata().file_metadata().schema_descr_ptr();
    let columns = schema.columns();
    if columns.len() > MAX_COLUMNS {
        return Err(ParquetError::TooManyColumns { columns: columns.len(), limit: MAX_COLUMNS });
    }
    let names: Vec<String> = columns.iter().map(|column| name_of(column)).collect();
    check(&file, &names)?;
    if file.metadata().row_groups().iter().all(|group| group.num_rows() <= 0) {
        return Err(ParquetError::NoRows);
    }
    let mut text = Vec::new();
    write_row(&mut text, names.iter().map(String::as_str));
    let mut rows = 0;
    for group in 0..file.num_row_groups() {
        let group = file.get_row_group(group)?;
        rows = write_group(&*group, &names, rows, &mut text, sink)?;
    }
    sink(&text)?;
    Ok(rows)
}

fn write_group(
    group: &dyn RowGroupReader,
    names: &[String],
    first_row: u64,
    text: &mut Vec<u8>,
    sink: &mut impl FnMut(&[u8]) -> Result<(), ParquetError>,
) -> Result<u64, ParquetError> {
    let mut leaves = Vec::with_capacity(names.len());
    for index in 0..names.len() {
        let descriptor = group.metadata().column(index).column_descr_ptr();
        leaves.push(Leaf::new(group.get_column_reader(index)?, descriptor));
    }
    let mut row = first_row;
    let mut left = usize::try_from(group.metadata().num_rows()).unwrap_or_default();
    while left > 0 {
        let wanted = left.min(BATCH_ROWS);
        for (leaf, name) in leaves.iter_mut().zip(names) {
            let read = leaf.read(wanted, row, name)?;
            if read != wanted {
                let reason = text!(parquet::damage::ends, column = name, rows = row + read as u64);
                return Err(ParquetError::Damaged { reason });
            }
        }
        for at in 0..wanted {
            write_row(text, leaves.iter().map(|leaf| leaf.cell(at)));
        }
        sink(text)?;
        text.clear();
        row += wanted as u64;
        left -= wanted;
    }
    Ok(row)
}

/// Refuses what cannot be read before anything is.
fn check(file: &SerializedFileReader<Bytes>, names: &[String]) -> Result<(), ParquetError> {
    let schema = file.metadata().file_metadata().schema_descr_ptr();
    if let Some(index) = schema.columns().iter().position(|column| column.max_rep_level() > 1) {
        return Err(ParquetError::Nested { column: names[index].clone() });
    }
    for group in file.metadata().row_groups() {
        if group.num_columns() != names.len() {
            return Err(ParquetError::Damaged { reason: text!(parquet::damage::other_columns).to_owned() });
        }
        for (chunk, name) in group.columns().iter().zip(names) {
            let places =
                [chunk.data_page_offset(), chunk.dictionary_page_offset().unwrap_or(0), chunk.compressed_size()];
            if places.iter().any(|&place| place < 0) {
                return Err(ParquetError::Damaged { reason: text!(parquet::damage::outside, column = name) });
            }
            let codec = match chunk.compression() {
                Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::GZIP(_) => continue,
                Compression::LZ4 | Compression::LZ4_RAW => continue,
                Compression::ZSTD(_) => "Zstandard".to_owned(),
                Compression::BROTLI(_) => "Brotli".to_owned(),
                Compression::LZO => "LZO".to_owned(),
            };
            return Err(ParquetError::Codec { column: name.clone(), codec });
        }
    }
    Ok(())
}

/// `user.age` for a column within an object; a list's inner names are writers' habits and say nothing.
fn name_of(column: &ColumnDescriptor) -> String {
    const WITHIN_LISTS: [&str; 7] = ["list", "element", "item", "array", "bag", "array_element", "key_value"];
    let parts = column.path().parts();
    let is_name = |(index, part): &(usize, &String)| {
        *index == 0 || column.max_rep_level() == 0 || !WITHIN_LISTS.contains(&part.as_str())
    };
    let names: Vec<&str> = parts.iter().enumerate().filter(is_name).map(|(_, part)| part.as_str()).collect();
    names.join(".")
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
