//! The tables of files as they were read, cached so that other roles or another assembly do not make the worker read the files
//! again.

use std::rc::Rc;

use crate::domain::assembly::{Assembly, ReadFile};
use crate::domain::log::{ColumnValues, Encoding, LabelRule, OpenedLog, ReadTable, Roles, Table};

/// Tables larger than this are not cached beside the log that was made of them: another repair reads the files again.
const MOST_BYTES: usize = 256 << 20;
/// A table larger than this is not cached when no log can be made of it: other roles read the file again.
const MOST_REFUSED_BYTES: usize = 64 << 20;

/// Files that were read, with the roles that they were read for.
#[derive(Clone)]
pub struct CachedFiles {
    /// Tells one log from the next.
    origin: u32,
    given: Option<Roles>,
    pub crc32: u32,
    files: Vec<ReadFile>,
    /// Where the table of the only file is, when it is not in `files`.
    opened: Option<Rc<OpenedLog>>,
}

impl CachedFiles {
    /// The cache of tables that a log was assembled of, or could not be; `None` when they are too large to keep.
    pub fn of_tables(origin: u32, given: Option<Roles>, crc32: u32, files: Vec<ReadFile>) -> Option<Self> {
        let all: usize = files.iter().map(|file| bytes(&file.read.table)).sum();
        (all <= MOST_BYTES).then_some(Self { origin, given, crc32, files, opened: None })
    }

    /// The cache of a file of which a log is about to be made with these roles.
    pub fn of_file(origin: u32, given: Option<&Roles>, crc32: u32, file: &ReadFile) -> Self {
        let most = if is_repaired(given) { MOST_BYTES } else { MOST_REFUSED_BYTES };
        let table = &file.read.table;
        let table = if bytes(table) <= most { table.clone() } else { Table::default() };
        let files = vec![with_table(file, table)];
        Self { origin, given: given.cloned(), crc32, files, opened: None }
    }

    /// The cache once `opened` was made of the file: without the table itself, unless repairs have changed that.
    pub fn beside(mut self, opened: &Rc<OpenedLog>) -> Option<Self> {
        if is_repaired(self.given.as_ref()) {
            return self.refused();
        }
        self.files.iter_mut().for_each(|file| file.read.table = Table::default());
        Some(Self { opened: Some(opened.clone()), ..self })
    }

    /// The cache when no log could be made of the file; `None` when that is too large to keep.
    pub fn refused(self) -> Option<Self> {
        self.files.iter().all(|file| !file.read.table.columns.is_empty()).then_some(self)
    }

    /// The files as they were read, for these roles and this assembly; `None` when they have to be read again: they are others,
    /// were read in another encoding, with other lists as rows, or are a sample that was drawn by other labels.
    pub fn for_roles(&self, origin: u32, roles: Option<&Roles>, assembly: Option<&Assembly>) -> Option<Vec<ReadFile>> {
        let (given, table) = (self.given.as_ref(), self.opened.as_ref().map(|opened| &opened.table));
        let is_sample = |file: &ReadFile| table.unwrap_or(&file.read.table).sample.is_some();
        let is_unrolled_so =
            |file: &ReadFile| assembly.is_none_or(|assembly| assembly.unroll.get(&file.name) == file.unrolled.as_ref());
        let is_known = self.origin == origin
            && encoding(given) == encoding(roles)
            && self.files.iter().all(is_unrolled_so)
            && (labels(given) == labels(roles) || !self.files.iter().any(is_sample));
        let file = |file: &ReadFile| match table {
            Some(table) => with_table(file, table.clone()),
            None => file.clone(),
        };
        is_known.then(|| self.files.iter().map(file).collect())
    }
}

/// The file with `table` instead of its own, which is not copied.
fn with_table(file: &ReadFile, table: Table) -> ReadFile {
    let ReadTable { lines, notes, rows_read, .. } = &file.read;
    let read = ReadTable { table, lines: lines.clone(), notes: notes.clone(), rows_read: *rows_read };
    ReadFile { name: file.name.clone(), unrolled: file.unrolled.clone(), read }
}

/// The labels that roles name, and how they are read.
fn labels(given: Option<&Roles>) -> (Option<String>, Option<String>, Vec<(String, LabelRule)>) {
    let roles = given.cloned().unwrap_or_default().repaired();
    (roles.click, roles.conversion, roles.labels.into_iter().collect())
}

fn encoding(given: Option<&Roles>) -> Option<Encoding> {
    given.and_then(Roles::encoding)
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
