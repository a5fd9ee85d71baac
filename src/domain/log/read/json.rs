//! JSON as it comes → rows: objects one a line (JSON Lines), one after the other, or in an array.
//!
//! A key is a column, an object within becomes columns with a point in their name, a list of values is a column with
//! several values a row.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::delimited::trimmed;
use super::options::ReadLimits;
use super::table::TableBuilder;
use crate::domain::log::LogError;

/// Cuts text that is pushed in pieces into objects, and reads each as a row.
pub(super) struct JsonParser {
    limits: ReadLimits,
    /// The object that is not complete yet.
    held: Vec<u8>,
    depth: usize,
    is_in_string: bool,
    is_escaped: bool,
    line: u64,
    /// Line on which the object began.
    object_line: u64,
    /// Some text was whole; the next may be a comma.
    scratch: String,
}

impl JsonParser {
    pub(super) fn new(limits: ReadLimits) -> Self {
        Self {
            limits,
            held: Vec::new(),
            depth: 0,
            is_in_string: false,
            is_escaped: false,
            line: 1,
            object_line: 1,
            scratch: String::new(),
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
                match byte {
                    b'{' => (self.depth, start, self.object_line) = (1, at, self.line),
                    b' ' | b'\t' | b'\r' | b'\n' | b',' | b'[' | b']' | b'\x1e' => {}
                    _ => return Err(LogError::NoJsonObject { line: self.line }),
                }
                continue;
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
                _ => {}
            }
            if self.depth == 0 {
                self.take_object(&text[start..=at], table)?;
                start = at + 1;
            }
        }
        if self.depth > 0 {
            self.held.extend_from_slice(&text[start..]);
            if self.held.len() > self.limits.record_bytes {
                let (line, limit) = (self.object_line, self.limits.record_bytes);
                return Err(LogError::LongObject { line, limit });
            }
        }
        Ok(())
    }

    /// The text is over.
    pub(super) fn finish(&self) -> Result<(), LogError> {
        match self.depth {
            0 => Ok(()),
            _ => Err(LogError::Json { line: self.object_line, reason: text!(reading::json::open).to_owned() }),
        }
    }

    fn take_object(&mut self, end: &[u8], table: &mut TableBuilder) -> Result<(), LogError> {
        let held = std::mem::take(&mut self.held);
        let joined;
        let object = if held.is_empty() {
            end
        } else {
            joined = [&held[..], end].concat();
            &joined[..]
        };
        let mut guess = 0;
        let mut failure = None;
        let row =
            Row { table, line: self.object_line, guess: &mut guess, failure: &mut failure, scratch: &mut self.scratch };
        let mut source = serde_json::Deserializer::from_slice(object);
        let read = source.deserialize_map(Object { row, prefix: "" });
        if let Err(error) = read {
            return Err(failure.unwrap_or_else(|| self.unreadable(&error)));
        }
        table.fill_row();
        table.end_row(self.object_line);
        Ok(())
    }

    fn unreadable(&self, error: &serde_json::Error) -> LogError {
        let line = self.object_line + (error.line() as u64).saturating_sub(1);
        let reason = error.to_string();
        let reason = reason.split(" at line ").next().unwrap_or_default();
        LogError::Json { line, reason: text!(reading::json::at, reason = reason, column = error.column()) }
    }
}

/// The row that is being read.
struct Row<'a> {
    table: &'a mut TableBuilder,
    line: u64,
    /// Column of the next key, when the keys come in the same order again.
    guess: &'a mut usize,
    /// What is wrong, where serde's error says too little.
    failure: &'a mut Option<LogError>,
    scratch: &'a mut String,
}

impl Row<'_> {
    fn again(&mut self) -> Row<'_> {
        Row {
            table: &mut *self.table,
            line: self.line,
            guess: &mut *self.guess,
            failure: &mut *self.failure,
            scratch: &mut *self.scratch,
        }
    }

    fn fail<E: serde::de::Error>(&mut self, error: LogError) -> E {
        *self.failure = Some(error);
        E::custom("a value that is no row's")
    }

    /// The column that gets this row's value.
    fn column<E: serde::de::Error>(&mut self, name: &str) -> Result<usize, E> {
        let index = self.table.column_called(name, *self.guess).map_err(|error| self.fail::<E>(error))?;
        *self.guess = index + 1;
        let n_rows = self.table.n_rows();
        self.table.columns[index].fill_to(n_rows);
        if self.table.columns[index].n_rows() > n_rows {
            let reason = text!(reading::json::key_twice, name = name);
            return Err(self.fail(LogError::Json { line: self.line, reason }));
        }
        Ok(index)
    }

    fn push<E: serde::de::Error>(&mut self, name: &str, field: &str) -> Result<(), E> {
        let index = self.column::<E>(name)?;
        let (table, line) = (&mut *self.table, self.line);
        let pushed = table.columns[index].push(trimmed(field)).map_err(table.full(index, line));
        pushed.map_err(|error| self.fail(error))
    }

    fn push_number<E: serde::de::Error>(&mut self, name: &str, number: impl fmt::Display) -> Result<(), E> {
        let mut text = std::mem::take(self.scratch);
        text.clear();
        let written = fmt::Write::write_fmt(&mut text, format_args!("{number}"));
        debug_assert!(written.is_ok(), "writing to memory cannot fail");
        let pushed = self.push(name, &text);
        *self.scratch = text;
        pushed
    }
}

/// An object: the row's own, or one within it.
struct Object<'a> {
    row: Row<'a>,
    /// `user.` for the object under the key `user`.
    prefix: &'a str,
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(text!(reading::json::an_object))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            let name = if self.prefix.is_empty() { key } else { Cow::Owned(format!("{}{key}", self.prefix)) };
            map.next_value_seed(Value { row: self.row.again(), name: &name })?;
        }
        Ok(())
    }
}

/// A key, borrowed from the text where it has no escapes.
struct Key<'de>(Cow<'de, str>);

impl<'de> serde::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str(text!(reading::json::a_key))
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }

            fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }
        source.deserialize_str(KeyVisitor)
    }
}

/// The value under a key.
struct Value<'a> {
    row: Row<'a>,
    name: &'a str,
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<(), D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(text!(reading::json::a_value))
    }

    fn visit_str<E: serde::de::Error>(mut self, text: &str) -> Result<(), E> {
        self.row.push(self.name, text)
    }

    fn visit_bool<E: serde::de::Error>(mut self, yes: bool) -> Result<(), E> {
        self.row.push(self.name, if yes { "true" } else { "false" })
    }

    fn visit_i64<E: serde::de::Error>(mut self, number: i64) -> Result<(), E> {
        self.row.push_number(self.name, number)
    }

    fn visit_u64<E: serde::de::Error>(mut self, number: u64) -> Result<(), E> {
        self.row.push_number(self.name, number)
    }

    fn visit_f64<E: serde::de::Error>(mut self, number: f64) -> Result<(), E> {
        self.row.push_number(self.name, number)
    }

    fn visit_unit<E: serde::de::Error>(mut self) -> Result<(), E> {
        self.row.column(self.name).map(|_| ())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, map: A) -> Result<(), A::Error> {
        let prefix = format!("{}.", self.name);
        Object { row: self.row.again(), prefix: &prefix }.visit_map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        let mut texts: Vec<String> = Vec::new();
        while let Some(item) = items.next_element::<serde_json::Value>()? {
            texts.push(match item {
                serde_json::Value::String(text) => text.trim().to_owned(),
                serde_json::Value::Null => String::new(),
                serde_json::Value::Number(number) => number.to_string(),
                serde_json::Value::Bool(yes) => yes.to_string(),
                _ => {
                    let (line, column) = (self.row.line, self.name.to_owned());
                    return Err(self.row.fail(LogError::NestedList { line, column }));
                }
            });
        }
        let index = self.row.column::<A::Error>(self.name)?;
        let (table, line) = (&mut *self.row.table, self.row.line);
        let pushed = table.columns[index].push_list(texts.iter().map(String::as_str));
        pushed.map_err(table.full(index, line)).map_err(A::Error::custom)
    }
}
