//! Delimited text as it comes → rows.

use std::borrow::Cow;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::dialect::Dialect;
use super::feature_list;
use super::header::{Header, made_up, read_header};
use super::labelled_items::labelled_items;
use super::notes::{self, ReadNote};
use super::options::ReadLimits;
use super::table::TableBuilder;
use super::totals::is_total_word;
use super::wrapped::Unwrapper;
use crate::domain::log::LogError;

/// Splits text that is pushed in pieces into records and their fields.
pub(super) struct DelimitedParser {
    reader: Reader,
    dialect: Dialect,
    limits: ReadLimits,
    /// Fields of the record that is being read, one after the other, and where each ends.
    record: Vec<u8>,
    ends: Vec<usize>,
    n_bytes: usize,
    n_ends: usize,
    /// Whether some of a record has been read.
    is_inside: bool,
    /// Line on which the record began.
    line: u64,
    /// Names in file order, once known.
    names: Vec<String>,
    /// Table column of each field; `None` for lists of features, which spread over columns of their own.
    columns: Vec<Option<usize>>,
    has_names: bool,
    /// Last byte that is no space.
    last_byte: u8,
    scratch: Vec<u8>,
    /// Takes the quotes around whole lines away, where they are there.
    unwrapper: Option<Unwrapper>,
    /// Whether the record that is being read has a quote.
    has_quote: bool,
    /// The header's fields as they are, to know it again.
    header: Vec<String>,
    /// Line on which the last record ended.
    end_line: u64,
    first_line: u64,
    ghosts: u64,
    headers_again: u64,
    below: Option<Below>,
    header_notes: Vec<ReadNote>,
    /// Columns of the items that a cell lists, and of their labels.
    items: Option<Items>,
}

/// Where a list of what was shown goes to: a row for each item.
struct Items {
    /// The field that is the list.
    field: usize,
    item: usize,
    label: usize,
    records: u64,
    rows: u64,
}

/// Records below the table.
struct Below {
    line: u64,
    fields: usize,
    records: u64,
}

impl DelimitedParser {
    pub(super) fn new(dialect: Dialect, limits: ReadLimits, is_wrapped: bool) -> Self {
        Self {
            reader: ReaderBuilder::new().delimiter(dialect.delimiter).build(),
            dialect,
            limits,
            record: vec![0; 1 << 12],
            ends: vec![0; 1 << 6],
            n_bytes: 0,
            n_ends: 0,
            is_inside: false,
            line: 1,
            names: Vec::new(),
            columns: Vec::new(),
            has_names: false,
            last_byte: 0,
            scratch: Vec::new(),
            unwrapper: is_wrapped.then(Unwrapper::default),
            has_quote: false,
            header: Vec::new(),
            end_line: 0,
            first_line: 1,
            ghosts: 0,
            headers_again: 0,
            below: None,
            header_notes: Vec::new(),
            items: None,
        }
    }

    pub(super) fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// Lines above the text that were read already.
    pub(super) fn skip_lines(&mut self, n_lines: u64) {
        self.reader.set_line(self.reader.line() + n_lines);
    }

    /// What the owner of the file should know about its lines and names.
    pub(super) fn notes(&self, n_columns: usize) -> Vec<ReadNote> {
        let mut found = Vec::new();
        if self.unwrapper.is_some() {
            found.push(ReadNote::Wrapped);
        }
        if self.dialect.preamble > 0 {
            found.push(ReadNote::Preamble { lines: self.first_line - 1 });
        }
        found.extend(self.header_notes.iter().cloned());
        let n_columns = if self.items.is_some() { self.names.len() } else { n_columns };
        found.extend(notes::of_dialect(&self.dialect, n_columns));
        if let Some(Items { field, records, rows, .. }) = self.items {
            let path = name_of(&self.names, field);
            found.push(ReadNote::Unrolled { path, records, rows });
        }
        if self.headers_again > 0 {
            found.push(ReadNote::HeaderAgain { rows: self.headers_again });
        }
        if self.ghosts > 0 {
            found.push(ReadNote::Ghosts { rows: self.ghosts });
        }
        if let Some(below) = &self.below {
            found.push(ReadNote::Below { line: below.line, rows: below.records });
        }
        found
    }

    /// Takes the next piece of text.
    pub(super) fn push(&mut self, text: &[u8], table: &mut TableBuilder) -> Result<(), LogError> {
        if let Some(&last) = text.trim_ascii_end().last() {
            self.last_byte = last;
        }
        if !self.dialect.has_bare_returns && self.unwrapper.is_none() {
            return self.take(text, table);
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        match &mut self.unwrapper {
            Some(unwrapper) => unwrapper.push(text, &mut scratch),
            None => scratch.extend_from_slice(text),
        }
        if self.dialect.has_bare_returns {
            scratch.iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        }
        if let Some(&last) = scratch.trim_ascii_end().last() {
            self.last_byte = last;
        }
        let taken = self.take(&scratch, table);
        self.scratch = scratch;
        taken
    }

    /// The text is over: the last record may lack its line end.
    pub(super) fn finish(&mut self, table: &mut TableBuilder) -> Result<(), LogError> {
        while self.read_some(&mut &[][..], true, table)? {}
        if !self.has_names {
            return Err(LogError::Empty);
        }
        match &self.below {
            // What is longer than the table is not below it.
            Some(below) if below.records > table.rows_read => Err(self.ragged(below.line, below.fields)),
            _ => Ok(()),
        }
    }

    fn ragged(&self, line: u64, fields: usize) -> LogError {
        let expected = self.names.len();
        match self.dialect.is_uneven {
            true => LogError::Uneven { line, fields, expected },
            false => LogError::Ragged { line, fields, expected },
        }
    }

    /// Where the reading stands, for errors about the bytes that come next: line, and column when it has a name.
    pub(super) fn place(&self) -> (u64, String) {
        let name = self.names.get(if self.is_inside { self.n_ends } else { 0 }).cloned();
        (self.reader.line(), name.unwrap_or_default())
    }

    fn take(&mut self, whole: &[u8], table: &mut TableBuilder) -> Result<(), LogError> {
        let valid = valid_text(whole);
        let mut text = whole;
        loop {
            if !self.is_inside {
                let blank = text.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                let n_lines = text[..blank].iter().filter(|&&byte| byte == b'\n').count();
                self.reader.set_line(self.reader.line() + n_lines as u64);
                text = &text[blank..];
                self.line = self.reader.line();
            }
            if text.is_empty() {
                return Ok(());
            }
            let valid = valid.get(whole.len() - text.len()..).filter(|_| !self.is_inside);
            match self.take_plain_line(valid.unwrap_or_default(), table)? {
                0 => self.read_some(&mut text, false, table)?,
                length => {
                    text = &text[length..];
                    true
                }
            };
        }
    }

    /// Takes a whole line without quotes and with as many fields as there are columns, as nearly all lines of nearly all
    /// logs: it is split where its delimiters are. Its length; 0 for any other, which is the parser's.
    fn take_plain_line(&mut self, text: &str, table: &mut TableBuilder) -> Result<usize, LogError> {
        const NONE: Result<usize, LogError> = Ok(0);
        let n_fields = self.names.len();
        if !self.has_names || self.ends.len() < n_fields || !self.dialect.delimiter.is_ascii() {
            return NONE;
        }
        let mut n_ends = 0;
        let mut end = None;
        for (at, byte) in text.bytes().enumerate() {
            if byte == self.dialect.delimiter {
                if n_ends + 1 == n_fields {
                    return NONE;
                }
                self.ends[n_ends] = at;
                n_ends += 1;
            } else if byte <= b'"' && matches!(byte, b'\n' | b'\r' | b'"') {
                end = Some(at);
                break;
            }
        }
        let Some(end) = end.filter(|&end| n_ends + 1 == n_fields && end < self.limits.record_bytes) else {
            return NONE;
        };
        let length = match text.as_bytes()[end..] {
            [b'\n', ..] => end + 1,
            [b'\r', b'\n', ..] => end + 2,
            _ => return NONE,
        };
        self.ends[n_ends] = end;
        self.n_ends = n_fields;
        self.take_record(&text[..end], 1, false, table)?;
        self.n_ends = 0;
        self.reader.set_line(self.line + 1);
        Ok(length)
    }

    /// One call of the parser; whether there is more to do.
    #[inline]
    fn read_some(&mut self, text: &mut &[u8], is_end: bool, table: &mut TableBuilder) -> Result<bool, LogError> {
        let (result, taken, written, ended) =
            self.reader.read_record(text, &mut self.record[self.n_bytes..], &mut self.ends[self.n_ends..]);
        self.has_quote |= memchr::memchr(b'"', &text[..taken]).is_some();
        *text = &text[taken..];
        self.n_bytes += written;
        self.n_ends += ended;
        self.is_inside |= taken > 0;
        match result {
            ReadRecordResult::InputEmpty => return Ok(!is_end),
            ReadRecordResult::OutputFull if self.record.len() >= self.limits.record_bytes => {
                return Err(self.too_long());
            }
            ReadRecordResult::OutputFull => {
                self.record.resize((self.record.len() * 2).min(self.limits.record_bytes), 0);
            }
            ReadRecordResult::OutputEndsFull if self.ends.len() > self.most_fields() => {
                return Err(match self.has_names {
                    true => self.ragged(self.line, self.n_ends),
                    false => LogError::TooManyColumns { limit: self.limits.columns },
                });
            }
            ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
            ReadRecordResult::Record => {
                let record = std::mem::take(&mut self.record);
                let taken = self.take_bytes(&record[..self.n_bytes], is_end, table);
                self.record = record;
                taken?;
                (self.n_bytes, self.n_ends, self.is_inside, self.has_quote) = (0, 0, false, false);
            }
            ReadRecordResult::End => return Ok(false),
        }
        Ok(true)
    }

    /// Fields that a record may have: a list to its end may have as many as there is room for.
    fn most_fields(&self) -> usize {
        if self.dialect.list_from.is_some() { self.limits.record_bytes } else { self.limits.columns }
    }

    fn too_long(&self) -> LogError {
        let column = self.names.get(self.n_ends).cloned().unwrap_or_else(|| format!("column_{}", self.n_ends + 1));
        LogError::LongRecord { line: self.line, column, limit: self.limits.record_bytes }
    }

    /// Takes the parser's record.
    fn take_bytes(&mut self, record: &[u8], is_end: bool, table: &mut TableBuilder) -> Result<(), LogError> {
        let ends = &self.ends[..self.n_ends];
        let not_utf8 = |field| LogError::NotUtf8 { line: self.line, column: name_of(&self.names, field) };
        let text = std::str::from_utf8(record)
            .map_err(|error| not_utf8(ends.partition_point(|&end| end <= error.valid_up_to())))?;
        // A delimiter in the middle of a character leaves two halves, which are whole again side by side.
        if let Some(field) = ends.iter().position(|&end| !text.is_char_boundary(end)) {
            return Err(not_utf8(field));
        }
        self.take_record(text, 0, is_end, table)
    }

    /// Takes a record's fields, with `gap` bytes between one and the next.
    #[inline]
    fn take_record(&mut self, text: &str, gap: usize, is_end: bool, table: &mut TableBuilder) -> Result<(), LogError> {
        let line = self.line;
        if is_end && self.last_byte != b'"' {
            // A quote that never closes swallows all lines to the end.
            let start = self.n_ends.checked_sub(2).map_or(0, |at| self.ends[at]);
            if text[start..self.ends[self.n_ends.max(1) - 1]].contains('\n') {
                return Err(LogError::OpenQuote { line });
            }
        }
        if !self.has_names {
            self.take_first(text, gap, table)?;
            if self.dialect.has_header {
                return Ok(());
            }
        }
        if let Some(start) = self.dialect.list_from.filter(|&start| self.n_ends > start) {
            return self.take_list_to_the_end(text, gap, start, table);
        }
        if self.is_no_row(text, gap, table)? {
            return Ok(());
        }
        if self.items.is_some() {
            return self.take_items(text, gap, table);
        }
        let ends = &self.ends[..self.names.len()];
        if self.dialect.feature_lists.is_empty() {
            let mut start = 0;
            for (index, (column, &end)) in table.columns.iter_mut().zip(ends).enumerate() {
                let field = trimmed(&text[start..end]);
                start = end + gap;
                if column.push(field).is_err() {
                    return Err(LogError::DictionaryFull { line, column: name_of(&self.names, index) });
                }
            }
        } else {
            let mut features = ByField::new();
            for (index, field) in fields(text, ends, gap).enumerate() {
                match self.columns[index] {
                    Some(column) => table.columns[column].push(field).map_err(table.full(column, line))?,
                    None => gather_features(field, line, &self.names[index], &mut features)?,
                }
            }
            push_features(&features, &self.names, line, table)?;
            table.fill_row();
        }
        table.end_row(line);
        Ok(())
    }
}

impl DelimitedParser {
    /// Takes a record whose fields from `start` on are one list of features.
    fn take_list_to_the_end(
        &mut self,
        text: &str,
        gap: usize,
        start: usize,
        table: &mut TableBuilder,
    ) -> Result<(), LogError> {
        let line = self.line;
        let name = name_of(&self.names, start);
        let mut features = ByField::new();
        for (index, field) in fields(text, &self.ends[..self.n_ends], gap).enumerate() {
            match self.columns.get(index).copied().flatten().filter(|_| index < start) {
                Some(column) => table.columns[column].push(field).map_err(table.full(column, line))?,
                None => gather_features(field, line, &name, &mut features)?,
            }
        }
        push_features(&features, &self.names, line, table)?;
        table.fill_row();
        table.end_row(line);
        self.end_line = line;
        Ok(())
    }

    /// Takes a record as a row for each item that it lists.
    fn take_items(&mut self, text: &str, gap: usize, table: &mut TableBuilder) -> Result<(), LogError> {
        let line = self.line;
        let Some(items) = &mut self.items else { return Ok(()) };
        items.records += 1;
        let ends = &self.ends[..self.names.len()];
        let list = fields(text, ends, gap).nth(items.field).unwrap_or_default();
        for (item, label) in labelled_items(list) {
            for (column, field) in self.columns.iter().zip(fields(text, ends, gap)) {
                if let Some(column) = *column {
                    table.columns[column].push(field).map_err(table.full(column, line))?;
                }
            }
            table.columns[items.item].push(item).map_err(table.full(items.item, line))?;
            table.columns[items.label].push(label).map_err(table.full(items.label, line))?;
            table.end_row(line);
            items.rows += 1;
        }
        Ok(())
    }

    /// Takes the first record: names, or values that have none.
    fn take_first(&mut self, text: &str, gap: usize, table: &mut TableBuilder) -> Result<(), LogError> {
        self.cut_end_delimiter(text, gap);
        let n_fields = match (self.dialect.list_from, self.dialect.has_header) {
            (Some(start), false) => self.n_ends.min(start + 1),
            _ => self.n_ends,
        };
        let fields: Vec<&str> = fields(text, &self.ends[..n_fields], gap).collect();
        let Header { names, notes } = match self.dialect.has_header {
            true => read_header(&fields, self.dialect.has_row_names),
            false => Header { names: names_without_header(fields.len(), &self.dialect), notes: Vec::new() },
        };
        if self.dialect.has_header {
            self.header = fields.iter().map(|&field| field.to_owned()).collect();
        }
        for (position, name) in names.iter().enumerate() {
            let is_list = self.dialect.feature_lists.contains(&position);
            let is_spread = is_list || self.dialect.items == Some(position);
            self.columns.push(if is_spread { None } else { Some(table.add_column(name)?) });
        }
        if let Some(field) = self.dialect.items.filter(|&field| field < names.len()) {
            let item = table.add_column(&free_name("item_id", &names))?;
            let label = table.add_column(&free_name("click", &names))?;
            self.items = Some(Items { field, item, label, records: 0, rows: 0 });
        }
        (self.names, self.header_notes, self.has_names) = (names, notes, true);
        (self.first_line, self.end_line) = (self.line, self.line);
        Ok(())
    }

    /// Forgets the empty field behind a delimiter that ends the line.
    fn cut_end_delimiter(&mut self, text: &str, gap: usize) {
        let is_long = !self.has_names || self.n_ends == self.names.len() + 1;
        if self.dialect.has_end_delimiters && is_long && self.n_ends > 1 {
            let (before, end) = (self.ends[self.n_ends - 2], self.ends[self.n_ends - 1]);
            self.n_ends -= usize::from(text[(before + gap).min(end)..end].trim().is_empty());
        }
    }

    /// Whether a record is no row of the table, but an empty or a repeated line or one below it.
    #[inline]
    fn is_no_row(&mut self, text: &str, gap: usize, table: &TableBuilder) -> Result<bool, LogError> {
        if self.n_ends != self.names.len() {
            self.cut_end_delimiter(text, gap);
        }
        let end_line = std::mem::replace(&mut self.end_line, self.line);
        if gap == 0 {
            self.end_line += memchr::memchr_iter(b'\n', text.as_bytes()).count() as u64;
        }
        let ends = &self.ends[..self.n_ends];
        if ends.first() == Some(&0) && !self.has_quote && fields(text, ends, gap).all(str::is_empty) && ends.len() > 1 {
            self.ghosts += 1;
            return Ok(true);
        }
        if ends.len() != self.names.len() {
            if ends.len() == 1 && text.trim().is_empty() {
                return Ok(true); // a line of spaces
            }
            return self.is_below(text, gap, end_line, table).map(|()| true);
        }
        if let Some(below) = &self.below {
            return Err(self.ragged(below.line, below.fields));
        }
        let is_header = self.header.first().is_some_and(|first| text.starts_with(first.as_str()) && !first.is_empty())
            && fields(text, ends, gap).eq(self.header.iter().map(String::as_str));
        self.headers_again += u64::from(is_header);
        Ok(is_header)
    }

    /// Takes a shorter record for one below the table: after an empty line, below a report, or with the word for a total.
    fn is_below(&mut self, text: &str, gap: usize, end_line: u64, table: &TableBuilder) -> Result<(), LogError> {
        let (line, n_fields) = (self.line, self.n_ends);
        if let Some(below) = &mut self.below {
            below.records += 1;
            return Ok(());
        }
        let is_apart = self.line > end_line + 1 || self.dialect.preamble > 0;
        let first = fields(text, &self.ends[..n_fields], gap).find(|field| !field.is_empty()).unwrap_or_default();
        let is_shorter = n_fields < self.names.len() && table.rows_read > 1 && !self.dialect.is_uneven;
        if is_shorter && (is_apart || is_total_word(first)) {
            self.below = Some(Below { line, fields: n_fields, records: 1 });
            return Ok(());
        }
        Err(self.ragged(line, n_fields))
    }
}

/// Names of columns that no header names.
fn names_without_header(n_columns: usize, dialect: &Dialect) -> Vec<String> {
    let known = feature_list::names(n_columns).filter(|names| dialect.feature_lists == [names.len() - 1]);
    let name = |index| known.map_or_else(|| made_up(index), |names| names[index].to_owned());
    (0..n_columns).map(name).collect()
}

/// What of `bytes` is text, up to the first that is not.
fn valid_text(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
    }
}

fn name_of(names: &[String], index: usize) -> String {
    names.get(index).cloned().unwrap_or_else(|| format!("column_{}", index + 1))
}

/// The fields of a record without surrounding spaces.
#[inline]
fn fields<'a>(text: &'a str, ends: &'a [usize], gap: usize) -> impl Iterator<Item = &'a str> {
    let mut start = 0;
    ends.iter().map(move |&end| {
        let field = &text[start..end];
        start = end + gap;
        trimmed(field)
    })
}

/// Most fields have no space around them: two bytes say so.
#[inline]
pub(super) fn trimmed(field: &str) -> &str {
    let is_plain = |byte: Option<&u8>| byte.is_none_or(|&byte| byte > b' ' && byte < 0x7f);
    if is_plain(field.as_bytes().first()) && is_plain(field.as_bytes().last()) { field } else { field.trim() }
}

/// Features of a row by field: the field, its feature numbers and the sum of their values.
type ByField<'a> = Vec<(&'a str, Vec<&'a str>, f64)>;

/// Adds a list to a row's features.
fn gather_features<'a>(cell: &'a str, line: u64, column: &str, row: &mut ByField<'a>) -> Result<(), LogError> {
    for found in feature_list::features(cell) {
        let found = found.map_err(|token| LogError::BadFeature {
            line,
            column: column.to_owned(),
            value: token.chars().take(40).collect(),
        })?;
        match row.iter_mut().find(|(field, ..)| *field == found.field) {
            Some((_, features, value)) => {
                features.push(found.feature);
                *value += found.value;
            }
            None => row.push((found.field, vec![found.feature], found.value)),
        }
    }
    Ok(())
}

/// Spreads a row's features over the columns of their fields: feature numbers under the field's name, values under `D` and it. A
/// name that a column of the file has is another's.
fn push_features(row: &ByField, names: &[String], line: u64, table: &mut TableBuilder) -> Result<(), LogError> {
    let n_rows = table.n_rows();
    for (field, features, value) in row {
        let index = table.column_called(&free_name(field, names), usize::MAX)?;
        let dense = table.column_called(&free_name(&format!("D{field}"), names), usize::MAX)?;
        table.columns[index].fill_to(n_rows);
        let pushed = match features[..] {
            [feature] => table.columns[index].push(feature),
            _ => table.columns[index].push_list(features.iter().copied()),
        };
        pushed.map_err(table.full(index, line))?;
        table.columns[dense].push(&value.to_string()).map_err(table.full(dense, line))?;
    }
    Ok(())
}

/// `name`, or with a number where one of `names` is it.
fn free_name<'a>(name: &'a str, names: &[String]) -> Cow<'a, str> {
    let is_free = |name: &str| names.iter().all(|known| known != name);
    if is_free(name) {
        return name.into();
    }
    (2..).map(|number| format!("{name} ({number})")).find(|name| is_free(name)).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::super::number::DecimalMark;
    use super::*;
    use crate::domain::log::{Column, Table};
    use proptest::prelude::*;

    fn table(text: &str, piece: usize) -> Result<Table, LogError> {
        let limits = ReadLimits::default();
        let dialect = Dialect::sniff(b"a,b\nx,1\n", Some(b','));
        let (mut parser, mut table) =
            (DelimitedParser::new(dialect, limits, false), TableBuilder::new(DecimalMark::Point, limits));
        text.as_bytes().chunks(piece).try_for_each(|piece| parser.push(piece, &mut table))?;
        parser.finish(&mut table)?;
        let lines = (0..table.n_rows()).map(|row| table.lines.line_of(row) as f64).collect();
        let n_rows = table.n_rows();
        let names = table.names.clone();
        let columns = names.into_iter().zip(table.columns).map(|(name, column)| {
            let values = column.finish().map_err(|_| LogError::Empty)?;
            Ok(Column { name, values: values.values })
        });
        let mut columns: Vec<Column> = columns.collect::<Result<_, LogError>>()?;
        columns.push(Column { name: "line".into(), values: crate::domain::log::ColumnValues::Number(lines) });
        Ok(Table { n_rows, columns, ..Table::default() })
    }

    #[test]
    fn a_list_s_field_with_a_column_s_name_and_lists_with_one_field_fill_each_column_once() {
        let read = |text: &str| {
            let mut reader = super::super::TableReader::new(super::super::ReadOptions::default());
            reader.push(text.as_bytes(), None).expect("a log");
            reader.finish(None).expect("a table").table
        };
        for text in [
            "click,purchase,205,features\n0,0,9,205\x0211\x031.0\n1,1,8,205\x025\x032.5\x01301\x021\x031.0\n",
            "click,purchase,205,205 (2),D205,features\n0,0,9,1,1,205\x0211\x031.0\n1,1,8,2,2,205\x025\x032.5\n",
            "click,purchase,a,b\n0,0,205\x0211\x031.0,205\x0212\x031.0\n1,1,205\x025\x032.5,301\x021\x031.0\n",
        ] {
            let table = read(text);
            assert_eq!(table.n_rows, 2, "{text:?}");
            let lengths: Vec<_> = table.columns.iter().map(|column| (&column.name, column.values.n_rows())).collect();
            assert!(lengths.iter().all(|(_, n_rows)| *n_rows == 2), "{lengths:?}");
            assert!(lengths.iter().any(|(name, _)| name.starts_with("205")), "{lengths:?}");
        }
    }

    proptest! {
        /// Single bytes never hold a whole line, so that the parser reads each of them.
        #[test]
        fn plain_lines_are_split_as_the_parser_splits_them(lines in prop::collection::vec("([ab1é\"]{0,3},){0,2}[ab1\r]{0,2}(\r\n|\n)", 0..12)) {
            let text = format!("a,b\n{}", lines.concat());
            prop_assert_eq!(format!("{:?}", table(&text, text.len())), format!("{:?}", table(&text, 1)), "{:?}", text);
        }
    }
}
