//! Table → CSV text, JSON Lines, gzip.
use std::io::Write as _;

use super::{Column, ColumnValues, MISSING, Table};

/// Writes a table as CSV with a header line; numbers in the shortest form that reads back exactly.
///
/// Missing values are empty fields. The bytes depend on the table alone, on every platform.
pub fn write_csv(table: &Table) -> Vec<u8> {
    let mut out = Vec::with_capacity(table.n_rows * table.columns.len() * 8);
    let names: Vec<Vec<u8>> = table.columns.iter().map(|column| quoted(&column.name)).collect();
    out.extend(names.join(&b','));
    out.push(b'\n');
    let columns: Vec<Writer> = table.columns.iter().map(Writer::new).collect();
    for row in 0..table.n_rows {
        let line_start = out.len();
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            column.write(row, &mut out);
        }
        if out.len() - line_start < columns.len() {
            // A line without a value is skipped by readers, ours among them.
            out.extend(b"\"\"");
        }
        out.push(b'\n');
    }
    out
}

/// Writes a table as JSON Lines: one object a row, columns in order, missing values left out.
pub fn write_json_lines(table: &Table) -> Vec<u8> {
    let mut out = Vec::with_capacity(table.n_rows * table.columns.len() * 16);
    let key = |column: &Column| serde_json::Value::from(column.name.as_str()).to_string().into_bytes();
    let keys: Vec<Vec<u8>> = table.columns.iter().map(key).collect();
    for row in 0..table.n_rows {
        out.push(b'{');
        let mut is_first = true;
        for (column, key) in table.columns.iter().zip(&keys).filter(|(column, _)| !column.values.is_missing(row)) {
            if !std::mem::take(&mut is_first) {
                out.push(b',');
            }
            out.extend(key);
            out.push(b':');
            match &column.values {
                ColumnValues::Number(values) => write_number(values[row], &mut out),
                values => out.extend(serde_json::Value::from(values.text(row)).to_string().into_bytes()),
            }
        }
        out.extend(b"}\n");
    }
    out
}

/// A gzip file of `bytes`, without a name or a date, so that the same bytes give the same file. Source: RFC 1952.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    const LEVEL: u8 = 9;
    const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255];
    let mut out = HEADER.to_vec();
    out.extend(miniz_oxide::deflate::compress_to_vec(bytes, LEVEL));
    out.extend(crc32fast::hash(bytes).to_le_bytes());
    out.extend((bytes.len() as u32).to_le_bytes());
    out
}

/// Quotes where needed: each dictionary entry once, not once per row.
enum Writer<'a> {
    Text { quoted: Vec<Vec<u8>>, codes: &'a [u32] },
    Number(&'a [f64]),
}

impl<'a> Writer<'a> {
    fn new(column: &'a Column) -> Self {
        match &column.values {
            ColumnValues::Text { dictionary, codes } => {
                Self::Text { quoted: dictionary.iter().map(|value| quoted(value)).collect(), codes }
            }
            ColumnValues::Number(values) => Self::Number(values),
        }
    }

    fn write(&self, row: usize, out: &mut Vec<u8>) {
        match self {
            Self::Text { quoted, codes } => {
                if codes[row] != MISSING {
                    out.extend(&quoted[codes[row] as usize]);
                }
            }
            Self::Number(values) => write_number(values[row], out),
        }
    }
}

fn quoted(value: &str) -> Vec<u8> {
    let needs_quotes = value.contains(['"', ',', '\n', '\r']) || value.is_empty();
    if needs_quotes { format!("\"{}\"", value.replace('"', "\"\"")).into_bytes() } else { value.as_bytes().to_vec() }
}

/// Plain digits where they are short, an exponent where they are not; NaN is nothing.
///
/// Plain integers end below 2⁵³: longer ones are read as text, since ids of that size would lose digits.
fn write_number(value: f64, out: &mut Vec<u8>) {
    let is_plain = value == 0.0 || (1e-6..9e15).contains(&value.abs());
    let written = match value {
        value if !value.is_finite() => Ok(()),
        value if is_plain => write!(out, "{value}"),
        value => write!(out, "{value:e}"),
    };
    debug_assert!(written.is_ok(), "writing to memory cannot fail");
}
