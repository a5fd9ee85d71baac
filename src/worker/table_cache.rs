//! The table of a file as it was read, cached so that other roles do not make the worker read the file again.

use std::rc::Rc;

use crate::domain::log::{ColumnValues, Encoding, LabelRule, OpenedLog, ReadTable, Roles, Table};

/// A table larger than this is not cached beside its repaired twin: another repair reads the file again.
const MOST_BYTES: usize = 256 << 20;
/// A table larger than this is not cached when no log can be made of it: other roles read the file again.
const MOST_REFUSED_BYTES: usize = 64 << 20;

/// A file that was read, with the roles that it was read for.
#[derive(Clone)]
pub struct CachedTable {
    /// Tells one file from the next.
    origin: u32,
    given: Option<Roles>,
    pub crc32: u32,
    read: ReadTable,
    /// Where the table is, when it is not in `read`.
    opened: Option<Rc<OpenedLog>>,
}

impl CachedTable {
    /// The cache once `opened` was made of the table: without the table itself, unless repairs have changed that.
    pub fn beside(mut self, opened: &Rc<OpenedLog>) -> Option<Self> {
        if is_repaired(self.given.as_ref()) {
            return (!self.read.table.columns.is_empty()).then_some(self);
        }
        self.read.table = Table::default();
        Some(Self { opened: Some(opened.clone()), ..self })
    }

    /// The cache when no log could be made of the table; `None` when that is too large to keep.
    pub fn refused(self) -> Option<Self> {
        (!self.read.table.columns.is_empty()).then_some(self)
    }

    /// The file as it was read, for these roles; `None` when it has to be read again: it is another one, was read in
    /// another encoding, or is a sample that was drawn by other labels.
    pub fn for_roles(&self, origin: u32, roles: Option<&Roles>) -> Option<ReadTable> {
        if self.origin != origin {
            return None;
        }
        let table = match &self.opened {
            Some(opened) => &opened.table,
            None => &self.read.table,
        };
        if encoding(self.given.as_ref()) != encoding(roles) {
            return None;
        }
        if table.sample.is_some() && labels(self.given.as_ref()) != labels(roles) {
            return None;
        }
        let (lines, notes) = (self.read.lines.clone(), self.read.notes.clone());
        Some(ReadTable { table: table.clone(), lines, notes, rows_read: self.read.rows_read })
    }
}

/// The labels that roles name, and how they are read.
fn labels(given: Option<&Roles>) -> (Option<String>, Option<String>, Vec<(String, LabelRule)>) {
    let roles = given.cloned().unwrap_or_default().repaired();
    (roles.click, roles.conversion, roles.labels.into_iter().collect())
}

fn encoding(given: Option<&Roles>) -> Option<Encoding> {
    given.and_then(Roles::encoding)
}

/// The cache of `read`, of which a log is about to be made with these roles.
pub fn of(origin: u32, given: Option<&Roles>, crc32: u32, read: &ReadTable) -> CachedTable {
    let most = if is_repaired(given) { MOST_BYTES } else { MOST_REFUSED_BYTES };
    let table = if bytes(&read.table) <= most { read.table.clone() } else { Table::default() };
    let (lines, notes) = (read.lines.clone(), read.notes.clone());
    let read = ReadTable { table, lines, notes, rows_read: read.rows_read };
    CachedTable { origin, given: given.cloned(), crc32, read, opened: None }
}

/// Repairs change the table; without any it is the log's own.
fn is_repaired(given: Option<&Roles>) -> bool {
    given.is_some_and(|roles| !roles.fixes.is_empty())
}

fn bytes(table: &Table) -> usize {
    let of_values = |values: &ColumnValues| match values {
        ColumnValues::Number(numbers) => 8 * numbers.len(),
        ColumnValues::Text { dictionary, codes } => {
            4 * codes.len() + dictionary.iter().map(|word| word.len() + 32).sum::<usize>()
        }
    };
    table.columns.iter().map(|column| of_values(&column.values)).sum()
}
