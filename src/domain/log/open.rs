//! The whole way in: bytes or generator controls → a log with its roles, reasons and findings.

use super::assemble::assemble_repaired;
use super::draft::repair_table;
use super::lists::shown;
use super::{
    ColumnReport, Finding, ImpressionLog, LogError, ReadNote, ReadOptions, ReadTable, RoleProposal, Roles, RowLimit,
    Table, infer_roles_given, read_table,
};

/// A log that was read, understood and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenedLog {
    pub table: Table,
    pub roles: Roles,
    /// In the table's column order, with the reason for each role.
    pub columns: Vec<ColumnReport>,
    pub log: ImpressionLog,
    pub findings: Vec<Finding>,
}

impl OpenedLog {
    /// Opens a file's bytes; `roles` come before what would be inferred, which fills in the columns they leave out.
    ///
    /// # Errors
    /// [`LogError`], with the place and the fix.
    pub fn from_bytes(bytes: &[u8], roles: Option<Roles>) -> Result<Self, LogError> {
        Self::from_read(read_table(bytes, &ReadOptions::default())?, roles)
    }

    /// Opens a file that was read; `roles` come before what would be inferred, which fills in the columns they leave out.
    ///
    /// # Errors
    /// [`LogError`], with the place and the fix.
    pub fn from_read(read: ReadTable, roles: Option<Roles>) -> Result<Self, LogError> {
        Self::from_read_within(read, roles, RowLimit::default())
    }

    /// As [`OpenedLog::from_read`], of at most so many rows: a longer log is sampled.
    ///
    /// # Errors
    /// [`LogError`], with the place and the fix.
    pub fn from_read_within(read: ReadTable, roles: Option<Roles>, limit: RowLimit) -> Result<Self, LogError> {
        let ReadTable { table, lines, notes, .. } = read;
        let table = table.sampled(&roles.clone().unwrap_or_default(), limit)?;
        let mut opened = Self::from_table(table, roles).map_err(|error| error.at_lines(&lines))?;
        opened.findings.splice(0..0, notes.iter().map(ReadNote::finding));
        Ok(opened)
    }

    /// As [`OpenedLog::from_bytes`], of at most so many rows: a longer log is sampled.
    ///
    /// # Errors
    /// [`LogError`], with the place and the fix.
    pub fn from_bytes_within(bytes: &[u8], roles: Option<Roles>, limit: RowLimit) -> Result<Self, LogError> {
        Self::from_read_within(read_table(bytes, &ReadOptions::default())?, roles, limit)
    }

    /// Opens a table; `roles` come before what would be inferred, which fills in the columns they leave out.
    ///
    /// # Errors
    /// [`LogError`], with the place and the fix.
    pub fn from_table(table: Table, roles: Option<Roles>) -> Result<Self, LogError> {
        let given = roles.unwrap_or_default();
        given.check(&table)?;
        let mut table = table;
        repair_table(&mut table, &given)?;
        let RoleProposal { roles, columns } = infer_roles_given(&table, &given)?;
        let (table, log, findings) = assemble_repaired(table, &roles, &columns)?;
        Ok(Self { table, roles, columns, log, findings })
    }

    /// The first `n_rows` rows as text, row by row.
    pub fn head(&self, n_rows: usize) -> Vec<Vec<String>> {
        (0..n_rows.min(self.table.n_rows)).map(|row| self.row(row)).collect()
    }

    /// One row as text, in column order; empty where missing.
    pub fn row(&self, row: usize) -> Vec<String> {
        self.table.columns.iter().map(|column| shown(column.values.text(row))).collect()
    }
}
