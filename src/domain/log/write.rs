//! Table → CSV text, JSON Lines, gzip.
use std::io::Write as _;

use super::{Column, ColumnValues, MISSING, Table};
use crate::domain::csv::{field, inert_cell};

/// Who a CSV file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// Values are as they are.
    Machine,
    /// Text that a spreadsheet would calculate is made inert.
    Person,
}

/// Writes a table as CSV with a header line; numbers in the shortest form that reads back exactly.
///
/// Missing values are empty fields. The bytes depend on the table alone, on every platform.
pub fn write_csv(table: &Table) -> Vec<u8> {
    csv_for(Reader::Machine, table)
}

/// As [`write_csv`], for a spreadsheet: names and text that it would take for a formula are inert ([`inert_cell`]). Numbers
/// are as they are, but the log is no longer the same where a value was changed.
pub fn write_csv_for_people(table: &Table) -> Vec<u8> {
    csv_for(Reader::Person, table)
}

fn csv_for(reader: Reader, table: &Table) -> Vec<u8> {
    let mut out = Vec::with_capacity(table.n_rows * table.columns.len() * 8);
    let names: Vec<Vec<u8>> = table.columns.iter().map(|column| written(&column.name, reader)).collect();
    out.extend(names.join(&b','));
    out.push(b'\n');
    let columns: Vec<Writer> = table.columns.iter().map(|column| Writer::new(column, reader)).collect();
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
    Text { written: Vec<Vec<u8>>, codes: &'a [u32] },
    Number(&'a [f64]),
}

impl<'a> Writer<'a> {
    fn new(column: &'a Column, reader: Reader) -> Self {
        match &column.values {
            ColumnValues::Text { dictionary, codes } => {
                Self::Text { written: dictionary.iter().map(|value| written(value, reader)).collect(), codes }
            }
            ColumnValues::Number(values) => Self::Number(values),
        }
    }

    fn write(&self, row: usize, out: &mut Vec<u8>) {
        match self {
            Self::Text { written, codes } => {
                if codes[row] != MISSING {
                    out.extend(&written[codes[row] as usize]);
                }
            }
            Self::Number(values) => write_number(values[row], out),
        }
    }
}

fn written(value: &str, reader: Reader) -> Vec<u8> {
    match reader {
        Reader::Machine => field(value).into_owned().into_bytes(),
        Reader::Person => field(&inert_cell(value)).into_owned().into_bytes(),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_for_people_calculates_nothing_and_one_for_machines_is_the_log() {
        let text = ColumnValues::Text {
            dictionary: ["=1+1", "a,b", "-1.5", "@x,y"].map(str::to_owned).to_vec(),
            codes: vec![0, 1, 2, 3],
        };
        let columns = vec![
            Column { name: "+sum".to_owned(), values: text },
            Column { name: "price".to_owned(), values: ColumnValues::Number(vec![-1.5, 2.0, f64::NAN, -1e-9]) },
        ];
        let table = Table { n_rows: 4, columns, ..Table::default() };
        let text = |bytes| String::from_utf8(bytes).unwrap();
        assert_eq!(text(write_csv(&table)), "+sum,price\n=1+1,-1.5\n\"a,b\",2\n-1.5,\n\"@x,y\",-1e-9\n");
        assert_eq!(text(write_csv_for_people(&table)), "'+sum,price\n'=1+1,-1.5\n\"a,b\",2\n-1.5,\n\"'@x,y\",-1e-9\n");
    }
}
