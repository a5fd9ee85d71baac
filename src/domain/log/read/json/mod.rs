//! JSON as it comes → rows: objects or lists one a line (JSON Lines), one after the other, in an array, or in an object that
//! is the whole file ([`Layout`]).
//!
//! A key is a column, an object within becomes columns with a point in their name, a list of values is a column with
//! several values a row, a list of keys and their values is a column a key. Lists of other objects are no columns.
//!
//! No more than a record is held, but for an object of columns, whose rows are complete at its end only.

mod columns;
mod items;
mod layout;
mod place;
mod row;

use serde::de::Deserializer;

use super::notes::ReadNote;
use super::options::{ReadLimits, ReadOptions};
use super::table::TableBuilder;
use crate::domain::log::LogError;
use layout::Layout;
use place::Place;
use row::{Array, Object, Row};

/// Longest object of columns, in records of the longest length.
const COLUMNS_RECORDS: usize = 64;

/// Cuts text that is pushed in pieces into records, and reads each as a row.
pub(super) struct JsonParser {
    limits: ReadLimits,
    /// Name of the list whose items become rows.
    unroll: Option<String>,
    place: Place,
    /// The record that is not complete yet.
    held: Vec<u8>,
    depth: usize,
    is_in_string: bool,
    is_escaped: bool,
    /// It may hold Python's words for numbers that are none.
    has_number_words: bool,
    line: u64,
    /// Line on which the record began.
    record_line: u64,
    /// The first object of the file until it is known what it is: whole, or too long for a record.
    first: First,
    /// Columns of rows without keys.
    names: Vec<String>,
    has_made_up_names: bool,
    records: u64,
    rows: u64,
}

/// What is known of the first object.
enum First {
    Expected,
    /// It is an object of columns, longer than a record may be.
    Columns,
    /// It is whole, and was the only one so far.
    Waits(Vec<u8>),
    Known,
}

impl JsonParser {
    pub(super) fn new(options: &ReadOptions) -> Self {
        Self {
            limits: options.limits,
            unroll: options.unroll.clone(),
            place: Place::Start,
            held: Vec::new(),
            depth: 0,
            is_in_string: false,
            is_escaped: false,
            has_number_words: false,
            line: 1,
            record_line: 1,
            first: First::Expected,
            names: Vec::new(),
            has_made_up_names: false,
            records: 0,
            rows: 0,
        }
    }

    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Takes the next piece of text.
    pub(super) fn push(&mut self, text: &[u8], table: &mut TableBuilder) -> Result<(), LogError> {
        let mut start = 0;
        for (at, &byte) in text.iter().enumerate() {
            self.line += u64::from(byte == b'\n');
            if self.depth == 0 {
                if !self.place.starts_record(byte).ok_or(LogError::NoJsonObject { line: self.line })? {
                    continue;
                }
                self.take_first(table)?;
                (start, self.record_line) = (at, self.line);
                if !matches!(byte, b'{' | b'[') {
                    // The bracket before it was the record's.
                    self.held.push(b'[');
                    self.depth = 1;
                }
            }
            if self.is_in_string {
                match byte {
                    _ if self.is_escaped => self.is_escaped = false,
                    b'\\' => self.is_escaped = true,
                    b'"' => self.is_in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.is_in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth -= 1,
                b'N' | b'I' => self.has_number_words = true,
                _ => {}
            }
            if self.depth == 0 {
                self.end_record(&text[start..=at], table)?;
                start = at + 1;
            }
        }
        if self.depth > 0 {
            self.held.extend_from_slice(&text[start..]);
            if self.held.len() > self.limits.record_bytes {
                return self.look_into_long_record(table);
            }
        }
        Ok(())
    }

    /// The text is over.
    pub(super) fn finish(&mut self, table: &mut TableBuilder) -> Result<(), LogError> {
        if self.depth > 0 || !self.place.is_complete() {
            return Err(LogError::Json { line: self.record_line, reason: text!(reading::json::open).to_owned() });
        }
        let First::Waits(object) = std::mem::replace(&mut self.first, First::Known) else { return Ok(()) };
        match Layout::of(&object) {
            Layout::Columns => self.read_columns(&object, table),
            Layout::Records => self.read_record(&object, table),
            layout => self.read_within(layout, &object, table),
        }
    }

    /// What its owner should know about where the rows were found.
    pub(super) fn notes(&self, n_columns: usize) -> Vec<ReadNote> {
        let mut notes = Vec::new();
        if let Place::List(list) = &self.place {
            notes.push(ReadNote::RowsOf { key: list.key().to_owned() });
        }
        if self.has_made_up_names {
            notes.push(ReadNote::NoHeader { columns: n_columns });
        }
        if let Some(path) = &self.unroll {
            notes.push(ReadNote::Unrolled { path: path.clone(), records: self.records, rows: self.rows });
        }
        notes
    }

    /// Another record begins: the first object, if it waits, is a row like it.
    fn take_first(&mut self, table: &mut TableBuilder) -> Result<(), LogError> {
        match std::mem::replace(&mut self.first, First::Known) {
            First::Waits(object) => self.read_record(&object, table),
            first => {
                self.first = first;
                Ok(())
            }
        }
    }

    fn end_record(&mut self, end: &[u8], table: &mut TableBuilder) -> Result<(), LogError> {
        let held = std::mem::take(&mut self.held);
        let joined;
        let record = if held.is_empty() {
            end
        } else {
            joined = [&held[..], end].concat();
            &joined[..]
        };
        if !matches!(self.first, First::Known) {
            self.first = First::Known;
            if self.layout_of(record) != Layout::Records {
                self.first = First::Waits(record.to_vec());
                return Ok(());
            }
        }
        self.read_record(record, table)
    }

    /// The layout of a file that begins with `object`; rows within it are not looked for where its own list is to be unrolled.
    fn layout_of(&self, object: &[u8]) -> Layout {
        if !matches!(self.place, Place::Records) || !object.starts_with(b"{") {
            return Layout::Records;
        }
        match Layout::of(object) {
            Layout::List { key, .. } if self.unroll.as_ref() == Some(&key) => Layout::Records,
            layout => layout,
        }
    }

    /// What is longer than a record may be is one only of the file's rows, or holds them all.
    fn look_into_long_record(&mut self, table: &mut TableBuilder) -> Result<(), LogError> {
        let (line, limit) = (self.record_line, self.limits.record_bytes);
        let layout = match self.first {
            First::Expected => self.layout_of(&self.held[..limit]),
            First::Columns => Layout::Columns,
            First::Waits(_) | First::Known => Layout::Records,
        };
        match layout {
            Layout::Records => Err(LogError::LongObject { line, limit }),
            Layout::Columns => {
                self.first = First::Columns;
                let limit = limit.saturating_mul(COLUMNS_RECORDS);
                if self.held.len() > limit { Err(LogError::LongColumns { limit }) } else { Ok(()) }
            }
            layout => {
                let held = std::mem::take(&mut self.held);
                self.read_within(layout, &held, table)
            }
        }
    }

    /// Reads the object's text again, now that it is known where its rows are.
    fn read_within(&mut self, layout: Layout, object: &[u8], table: &mut TableBuilder) -> Result<(), LogError> {
        (self.depth, self.is_in_string, self.is_escaped, self.line) = (0, false, false, self.record_line);
        self.first = First::Known;
        self.place = match layout {
            Layout::List { key, names } => {
                self.names = names;
                Place::list(key)
            }
            _ => Place::index(),
        };
        self.push(object, table)
    }

    fn read_columns(&mut self, object: &[u8], table: &mut TableBuilder) -> Result<(), LogError> {
        let text = without_number_words(object);
        columns::read(&text, table).map_err(|(error, ours)| ours.unwrap_or_else(|| self.unreadable(&error)))
    }

    fn read_record(&mut self, record: &[u8], table: &mut TableBuilder) -> Result<(), LogError> {
        let replaced;
        let mut record = record;
        if std::mem::take(&mut self.has_number_words) {
            replaced = without_number_words(record);
            record = &replaced;
        }
        let is_list = record.starts_with(b"[");
        if is_list && self.records == 0 && self.names.is_empty() {
            self.names = names_in(record);
            if !self.names.is_empty() {
                return Ok(());
            }
            self.has_made_up_names = true;
        }
        let mut row = Row::new(table, self.record_line, self.unroll.as_deref());
        let mut source = serde_json::Deserializer::from_slice(record);
        let read = if is_list {
            source.deserialize_seq(Array { row: &mut row, names: &mut self.names })
        } else {
            source.deserialize_map(Object(&mut row))
        };
        if let Err(error) = read {
            let ours = row.failure.take();
            return Err(ours.unwrap_or_else(|| self.unreadable(&error)));
        }
        self.records += 1;
        self.rows += row.end()?;
        Ok(())
    }

    fn unreadable(&self, error: &serde_json::Error) -> LogError {
        let line = self.record_line + (error.line() as u64).saturating_sub(1);
        let reason = error.to_string();
        let reason = reason.split(" at line ").next().unwrap_or_default();
        LogError::Json { line, reason: text!(reading::json::at, reason = reason, column = error.column()) }
    }
}

/// The text with `null` for what Python writes where a number is none: NaN, Infinity, -Infinity.
fn without_number_words(text: &[u8]) -> Vec<u8> {
    let mut written = Vec::with_capacity(text.len());
    let (mut at, mut is_in_string) = (0, false);
    while at < text.len() {
        let rest = &text[at..];
        let word: &[u8] = match rest[0] {
            b'\\' if is_in_string => &rest[..rest.len().min(2)],
            b'"' => {
                is_in_string = !is_in_string;
                &rest[..1]
            }
            _ if is_in_string => &rest[..1],
            _ => {
                let words: [&[u8]; 3] = [b"NaN", b"Infinity", b"-Infinity"];
                if let Some(word) = words.into_iter().find(|word| rest.starts_with(word)) {
                    written.extend_from_slice(b"null");
                    at += word.len();
                    continue;
                }
                &rest[..1]
            }
        };
        written.extend_from_slice(word);
        at += word.len();
    }
    written
}

/// The names in a list that is a header: texts that differ, of which none is a number; empty when it is a row.
fn names_in(list: &[u8]) -> Vec<String> {
    let names: Vec<String> = serde_json::from_slice(list).unwrap_or_default();
    let mut known = std::collections::HashSet::new();
    let is_header = names.iter().all(|name| {
        let name = name.trim();
        !name.is_empty() && name.parse::<f64>().is_err() && known.insert(name)
    });
    if is_header { names } else { Vec::new() }
}
