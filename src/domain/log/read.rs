//! Bytes → table: delimited text, with typed errors by line and column.
use std::collections::HashMap;

use super::sniff::{check_is_text, line_at, sniff_delimiter};
use super::{Column, ColumnValues, LogError, MISSING, Table};

/// More columns than any log of this kind has; a guard against a wrong delimiter in a huge file.
const MAX_COLUMNS: usize = 4096;

/// Integers from here on lose digits as f64, so such a column (64-bit ids) stays text.
const MAX_EXACT_INTEGER: f64 = 9_007_199_254_740_992.0;

/// Words for "no value" in columns whose other values are numbers; in text columns they are values like any other.
const MISSING_WORDS: [&str; 9] = ["nan", "null", "na", "n/a", "none", "nil", "\\n", "-", "?"];

/// How to read delimited text; `None` means: find out.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    pub delimiter: Option<u8>,
}

/// Reads CSV or TSV: quotes, any line end, a byte-order mark, a `sep=` line.
///
/// A column is numbers when every value is a finite number (or a word like `NaN` for a missing one), else text.
/// Values are trimmed of surrounding spaces.
///
/// # Errors
/// [`LogError`] with line and column.
pub fn read_delimited(bytes: &[u8], options: &ReadOptions) -> Result<Table, LogError> {
    let start = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    if bytes[start..].iter().all(u8::is_ascii_whitespace) {
        return Err(LogError::Empty);
    }
    check_is_text(&bytes[start..])?;
    let (start, declared) = skip_separator_line(bytes, start);
    let delimiter = options.delimiter.or(declared).unwrap_or_else(|| sniff_delimiter(&bytes[start..]));
    let source = Source { bytes, start, delimiter };

    let names = source.header()?;
    let (n_rows, numbers) = source.read_numbers(names.len())?;
    if n_rows == 0 {
        return Err(LogError::NoRows { columns: names.len() });
    }
    let is_text: Vec<bool> = numbers.iter().map(Option::is_none).collect();
    let mut texts = source.read_texts(&is_text, n_rows)?;
    let columns = names
        .into_iter()
        .zip(numbers)
        .enumerate()
        .map(|(index, (name, numbers))| {
            let values = numbers.map_or_else(|| texts.take(index), ColumnValues::Number);
            Column { name, values }
        })
        .collect();
    Ok(Table { n_rows, columns })
}

/// Spreadsheets write `sep=;` above the header to say which delimiter follows.
fn skip_separator_line(bytes: &[u8], start: usize) -> (usize, Option<u8>) {
    let rest = &bytes[start..];
    match rest {
        [b's', b'e', b'p', b'=', delimiter, b'\n', ..] => (start + 6, Some(*delimiter)),
        [b's', b'e', b'p', b'=', delimiter, b'\r', b'\n', ..] => (start + 7, Some(*delimiter)),
        _ => (start, None),
    }
}

struct Source<'a> {
    bytes: &'a [u8],
    /// Where the header line starts.
    start: usize,
    delimiter: u8,
}

impl Source<'_> {
    fn reader(&self) -> csv::Reader<&[u8]> {
        csv::ReaderBuilder::new()
            .delimiter(self.delimiter)
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(1 << 16)
            .from_reader(&self.bytes[self.start..])
    }

    /// 1-based line of the record's first character: its position may still point at line ends before it.
    fn line_of(&self, record: &csv::ByteRecord) -> u64 {
        let mut at = self.start + record.position().map_or(0, |position| position.byte() as usize);
        while self.bytes.get(at).is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
            at += 1;
        }
        line_at(self.bytes, at)
    }

    fn unreadable(&self, error: &csv::Error) -> LogError {
        let offset = error.position().map_or(0, |position| position.byte() as usize);
        LogError::Unreadable { line: line_at(self.bytes, self.start + offset), reason: error.to_string() }
    }

    /// Whether the file's last record swallowed lines in a quote that never closes.
    fn ends_in_open_quote(&self, record: &csv::ByteRecord) -> bool {
        record.iter().next_back().is_some_and(|field| field.contains(&b'\n'))
            && !self.bytes.trim_ascii_end().ends_with(b"\"")
    }

    fn header(&self) -> Result<Vec<String>, LogError> {
        let mut record = csv::ByteRecord::new();
        self.reader().read_byte_record(&mut record).map_err(|error| self.unreadable(&error))?;
        let names: Vec<String> = record.iter().map(|field| trimmed(field).to_owned()).collect();
        if names.len() > MAX_COLUMNS {
            return Err(LogError::TooManyColumns { columns: names.len(), limit: MAX_COLUMNS });
        }
        if names.iter().all(|name| name.parse::<f64>().is_ok()) {
            return Err(LogError::NoHeader);
        }
        let mut first_of: HashMap<&str, usize> = HashMap::new();
        for (index, name) in names.iter().enumerate() {
            if name.is_empty() {
                return Err(LogError::UnnamedColumn { position: index + 1, columns: names.len() });
            }
            if let Some(first) = first_of.insert(name, index) {
                let name = name.clone();
                return Err(LogError::DuplicateColumn { name, first: first + 1, second: index + 1 });
            }
        }
        Ok(names)
    }

    /// First pass: row count, and the values of every column that is all numbers.
    fn read_numbers(&self, n_columns: usize) -> Result<(usize, NumberColumns), LogError> {
        let mut columns: NumberColumns = vec![Some(Vec::new()); n_columns];
        let mut n_rows = 0;
        self.for_each_row(n_columns, |record| {
            n_rows += 1;
            for (slot, field) in columns.iter_mut().zip(record.iter()) {
                let Some(values) = slot else { continue };
                match parse_number(trimmed(field)) {
                    Some(number) => values.push(number),
                    None => *slot = None,
                }
            }
        })?;
        // A column without a single number is text without a value: "NA" in every row says nothing numeric.
        for slot in &mut columns {
            if slot.as_ref().is_some_and(|values| values.iter().all(|value| value.is_nan())) {
                *slot = None;
            }
        }
        Ok((n_rows, columns))
    }

    /// Second pass, over the text columns only: their dictionaries.
    fn read_texts(&self, is_text: &[bool], n_rows: usize) -> Result<TextColumns, LogError> {
        let mut texts = TextColumns::new(is_text, n_rows);
        if is_text.contains(&true) {
            self.for_each_row(is_text.len(), |record| texts.push(record))?;
        }
        Ok(texts)
    }

    fn for_each_row(&self, n_columns: usize, mut row: impl FnMut(&csv::ByteRecord)) -> Result<(), LogError> {
        let mut reader = self.reader();
        let mut record = csv::ByteRecord::new();
        let mut is_header = true;
        while reader.read_byte_record(&mut record).map_err(|error| self.unreadable(&error))? {
            if std::mem::take(&mut is_header) {
                continue;
            }
            let is_last = reader.position().byte() as usize + self.start >= self.bytes.len();
            if is_last && self.ends_in_open_quote(&record) {
                return Err(LogError::OpenQuote { line: self.line_of(&record) });
            }
            if record.len() != n_columns {
                let line = self.line_of(&record);
                return Err(LogError::Ragged { line, fields: record.len(), expected: n_columns });
            }
            row(&record);
        }
        Ok(())
    }
}

/// Columns of numbers; `None` where a value is none.
type NumberColumns = Vec<Option<Vec<f64>>>;

/// Dictionary-encoded columns in the making; `None` where the column is numbers.
struct TextColumns {
    columns: Vec<Option<TextColumn>>,
}

#[derive(Default)]
struct TextColumn {
    code_of: HashMap<Box<str>, u32>,
    dictionary: Vec<String>,
    codes: Vec<u32>,
}

impl TextColumns {
    fn new(is_text: &[bool], n_rows: usize) -> Self {
        let column = |&is_text: &bool| {
            is_text.then(|| TextColumn { codes: Vec::with_capacity(n_rows), ..TextColumn::default() })
        };
        Self { columns: is_text.iter().map(column).collect() }
    }

    fn take(&mut self, index: usize) -> ColumnValues {
        let column = self.columns[index].take().unwrap_or_default();
        ColumnValues::Text { dictionary: column.dictionary, codes: column.codes }
    }

    fn push(&mut self, record: &csv::ByteRecord) {
        for (slot, field) in self.columns.iter_mut().zip(record.iter()) {
            if let Some(column) = slot {
                column.push(trimmed(field));
            }
        }
    }
}

impl TextColumn {
    fn push(&mut self, value: &str) {
        let code = if value.is_empty() {
            MISSING
        } else if let Some(&code) = self.code_of.get(value) {
            code
        } else {
            let code = self.dictionary.len() as u32;
            self.code_of.insert(value.into(), code);
            self.dictionary.push(value.to_owned());
            code
        };
        self.codes.push(code);
    }
}

fn trimmed(field: &[u8]) -> &str {
    // The whole file was checked to be UTF-8, and fields are cut at ASCII bytes.
    std::str::from_utf8(field).unwrap_or_default().trim()
}

/// `None` when the field is no number; NaN when it is empty or says that it has no value.
fn parse_number(field: &str) -> Option<f64> {
    if field.is_empty() {
        return Some(f64::NAN);
    }
    if let Ok(number) = field.parse::<f64>()
        && number.is_finite()
    {
        let is_exact = number.abs() < MAX_EXACT_INTEGER || field.contains(['.', 'e', 'E']);
        return is_exact.then_some(number);
    }
    let is_missing_word = field.len() <= 4 && MISSING_WORDS.contains(&field.to_ascii_lowercase().as_str());
    is_missing_word.then_some(f64::NAN)
}
