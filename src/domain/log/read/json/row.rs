//! One record → the fields of a row, or of several where its list is unrolled.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::super::delimited::trimmed;
use super::super::table::TableBuilder;
use super::items::Items;
use crate::domain::log::{LogError, UNREADABLE};

/// What MongoDB wraps a value in, to say of which type it is.
const MONGO_TYPES: [&str; 8] =
    ["$oid", "$date", "$numberLong", "$numberInt", "$numberDouble", "$numberDecimal", "$uuid", "$symbol"];

/// The row that is being read.
pub(super) struct Row<'a> {
    pub(super) table: &'a mut TableBuilder,
    pub(super) line: u64,
    /// Column of the next key, when the keys come in the same order again.
    guess: usize,
    /// What is wrong, where serde's error says too little.
    pub(super) failure: Option<LogError>,
    scratch: String,
    unrolled: Option<Unrolled<'a>>,
}

/// A record whose list becomes rows.
struct Unrolled<'a> {
    /// Name of the list.
    path: &'a str,
    /// Fields of the record, or of the item that is being read.
    fields: Vec<Field>,
    items: Vec<Vec<Field>>,
}

impl Unrolled<'_> {
    fn keep(&mut self, name: &str, cell: Cell) {
        self.fields.push(Field { name: name.to_owned(), cell });
    }
}

/// A value that waits for its rows.
struct Field {
    name: String,
    cell: Cell,
}

enum Cell {
    Missing,
    Text(String),
    List(Vec<String>),
}

impl<'a> Row<'a> {
    /// A row that goes to `table`, or as many as the list called `unroll` has items.
    pub(super) fn new(table: &'a mut TableBuilder, line: u64, unroll: Option<&'a str>) -> Self {
        let unrolled = unroll.map(|path| Unrolled { path, fields: Vec::new(), items: Vec::new() });
        Self { table, line, guess: 0, failure: None, scratch: String::new(), unrolled }
    }

    /// Ends the row, and says how many there were.
    pub(super) fn end(mut self) -> Result<u64, LogError> {
        let Some(unrolled) = self.unrolled.take() else {
            self.end_row();
            return Ok(1);
        };
        let n_rows = unrolled.items.len() as u64;
        for item in unrolled.items {
            self.guess = 0;
            for field in unrolled.fields.iter().chain(&item) {
                self.push_field(field)?;
            }
            self.end_row();
        }
        Ok(n_rows)
    }

    fn end_row(&mut self) {
        self.table.fill_row();
        self.table.end_row(self.line);
    }

    fn push_field(&mut self, field: &Field) -> Result<(), LogError> {
        let index = self.column(&field.name)?;
        let column = &mut self.table.columns[index];
        let pushed = match &field.cell {
            Cell::Missing => Ok(()),
            Cell::Text(text) => column.push(text),
            Cell::List(items) => column.push_list(items.iter().map(String::as_str)),
        };
        pushed.map_err(self.table.full(index, self.line))
    }

    /// The column that gets this row's value.
    fn column(&mut self, name: &str) -> Result<usize, LogError> {
        let index = self.table.column_called(name, self.guess)?;
        self.guess = index + 1;
        let n_rows = self.table.n_rows();
        self.table.columns[index].fill_to(n_rows);
        if self.table.columns[index].n_rows() > n_rows {
            let reason = text!(reading::json::key_twice, name = name);
            return Err(LogError::Json { line: self.line, reason });
        }
        Ok(index)
    }

    /// Puts `fields` where those of an unrolled record are gathered, and returns what was there.
    fn swap_fields(&mut self, fields: Vec<Field>) -> Vec<Field> {
        self.unrolled.as_mut().map(|unrolled| std::mem::replace(&mut unrolled.fields, fields)).unwrap_or_default()
    }

    fn push(&mut self, name: &str, field: &str) -> Result<(), LogError> {
        let field = trimmed(field);
        if let Some(unrolled) = &mut self.unrolled {
            unrolled.keep(name, Cell::Text(field.to_owned()));
            return Ok(());
        }
        let index = self.column(name)?;
        self.table.columns[index].push(field).map_err(self.table.full(index, self.line))
    }

    fn push_number(&mut self, name: &str, number: impl fmt::Display) -> Result<(), LogError> {
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        let written = fmt::Write::write_fmt(&mut text, format_args!("{number}"));
        debug_assert!(written.is_ok(), "writing to memory cannot fail");
        let pushed = self.push(name, &text);
        self.scratch = text;
        pushed
    }

    fn push_missing(&mut self, name: &str) -> Result<(), LogError> {
        if let Some(unrolled) = &mut self.unrolled {
            unrolled.keep(name, Cell::Missing);
            return Ok(());
        }
        self.column(name).map(|_| ())
    }

    fn push_items(&mut self, name: &str, items: Items) -> Result<(), LogError> {
        match items {
            Items::Values(values) => {
                if let Some(unrolled) = &mut self.unrolled {
                    unrolled.keep(name, Cell::List(values));
                    return Ok(());
                }
                let index = self.column(name)?;
                let pushed = self.table.columns[index].push_list(values.iter().map(String::as_str));
                pushed.map_err(self.table.full(index, self.line))
            }
            Items::KeyValues(pairs) => {
                pairs.iter().try_for_each(|(key, value)| self.push(&format!("{name}.{key}"), value))
            }
            Items::Nested => self.push(name, UNREADABLE),
        }
    }

    /// serde's error for one of ours, which is kept beside it.
    fn told<T, E: serde::de::Error>(&mut self, done: Result<T, LogError>) -> Result<T, E> {
        done.map_err(|error| {
            self.failure = Some(error);
            E::custom("a value that is no row's")
        })
    }
}

/// The row's own object.
pub(super) struct Object<'r, 'a>(pub(super) &'r mut Row<'a>);

impl<'de> Visitor<'de> for Object<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(text!(reading::json::an_object))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            map.next_value_seed(Value { row: self.0, name: &key })?;
        }
        Ok(())
    }
}

/// A row without keys: `names` are those of its columns, of which it makes up what is missing.
pub(super) struct Array<'r, 'a> {
    pub(super) row: &'r mut Row<'a>,
    pub(super) names: &'r mut Vec<String>,
}

impl<'de> Visitor<'de> for Array<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(text!(reading::json::a_list))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        for index in 0.. {
            if self.names.len() == index {
                self.names.push(format!("column_{}", index + 1));
            }
            if items.next_element_seed(Value { row: self.row, name: &self.names[index] })?.is_none() {
                break;
            }
        }
        Ok(())
    }
}

/// A key, borrowed from the text where it has no escapes.
pub(super) struct Key<'de>(pub(super) Cow<'de, str>);

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
pub(super) struct Value<'r, 'a> {
    pub(super) row: &'r mut Row<'a>,
    pub(super) name: &'r str,
}

impl<'de> DeserializeSeed<'de> for Value<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<(), D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(text!(reading::json::a_value))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        let pushed = self.row.push(self.name, text);
        self.row.told(pushed)
    }

    fn visit_bool<E: serde::de::Error>(self, yes: bool) -> Result<(), E> {
        self.visit_str(if yes { "true" } else { "false" })
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<(), E> {
        let pushed = self.row.push_number(self.name, number);
        self.row.told(pushed)
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<(), E> {
        let pushed = self.row.push_number(self.name, number);
        self.row.told(pushed)
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<(), E> {
        let pushed = self.row.push_number(self.name, number);
        self.row.told(pushed)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        let pushed = self.row.push_missing(self.name);
        self.row.told(pushed)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            if MONGO_TYPES.contains(&&*key) {
                map.next_value_seed(Value { row: self.row, name: self.name })?;
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                return Ok(());
            }
            map.next_value_seed(Value { row: self.row, name: &format!("{}.{key}", self.name) })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let is_unrolled = self.row.unrolled.as_ref().is_some_and(|unrolled| unrolled.path == self.name);
        if !is_unrolled {
            let items = Items::read(items)?;
            let pushed = self.row.push_items(self.name, items);
            return self.row.told(pushed);
        }
        let record = self.row.swap_fields(Vec::new());
        while items.next_element_seed(Value { row: self.row, name: self.name })?.is_some() {
            let item = self.row.swap_fields(Vec::new());
            if let Some(unrolled) = &mut self.row.unrolled {
                unrolled.items.push(item);
            }
        }
        self.row.swap_fields(record);
        Ok(())
    }
}
