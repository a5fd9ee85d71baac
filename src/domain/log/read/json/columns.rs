//! One object of columns → a table.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::super::column::{ColumnBuilder, DictionaryFull};
use super::super::table::TableBuilder;
use super::items::Items;
use super::row::Key;
use crate::domain::log::{LogError, UNREADABLE};

/// Reads `object` into an empty table; the line of a row is its number.
///
/// # Errors
/// serde's, or one of ours about a column.
pub(super) fn read(object: &[u8], table: &mut TableBuilder) -> Result<(), (serde_json::Error, Option<LogError>)> {
    let mut failure = None;
    let mut source = serde_json::Deserializer::from_slice(object);
    let read = source.deserialize_map(Columns { table, failure: &mut failure });
    read.map_err(|error| (error, failure.take()))?;
    let n_rows = table.columns.iter().map(ColumnBuilder::n_rows).max().unwrap_or_default();
    table.columns.iter_mut().for_each(|column| column.fill_to(n_rows));
    (0..n_rows).for_each(|row| table.end_row(row as u64 + 1));
    Ok(())
}

struct Columns<'a> {
    table: &'a mut TableBuilder,
    failure: &'a mut Option<LogError>,
}

impl<'de> Visitor<'de> for Columns<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(text!(reading::json::an_object))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(name)) = map.next_key()? {
            let known = self.table.columns.len();
            let index = match self.table.column_called(&name, known) {
                Ok(index) if index == known => index,
                Ok(_) => {
                    let reason = text!(reading::json::key_twice, name = name);
                    return Err(self.fail(LogError::Json { line: 1, reason }));
                }
                Err(error) => return Err(self.fail(error)),
            };
            let pushed = map.next_value_seed(Cells(&mut self.table.columns[index]))?;
            pushed.map_err(self.table.full(index, 1)).map_err(|error| self.fail(error))?;
        }
        Ok(())
    }
}

impl Columns<'_> {
    fn fail<E: serde::de::Error>(&mut self, error: LogError) -> E {
        *self.failure = Some(error);
        E::custom("a value that is no row's")
    }
}

/// The values of a column, under the rows' labels or in a list.
struct Cells<'a>(&'a mut ColumnBuilder);

impl<'de> DeserializeSeed<'de> for Cells<'_> {
    type Value = Result<(), DictionaryFull>;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Self::Value, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Cells<'_> {
    type Value = Result<(), DictionaryFull>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(text!(reading::json::a_list))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pushed = Ok(());
        while let Some((IgnoredAny, value)) = map.next_entry()? {
            pushed = pushed.and_then(|()| self.push(value));
        }
        Ok(pushed)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut pushed = Ok(());
        while let Some(value) = list.next_element()? {
            pushed = pushed.and_then(|()| self.push(value));
        }
        Ok(pushed)
    }
}

impl Cells<'_> {
    fn push(&mut self, value: Value) -> Result<(), DictionaryFull> {
        match Items::of(&[value]) {
            Items::Values(texts) => texts.iter().try_for_each(|text| self.0.push(text)),
            Items::KeyValues(_) | Items::Nested => self.0.push(UNREADABLE),
        }
    }
}
