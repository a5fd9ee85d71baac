//! The whole way in: bytes or generator controls → a log with its roles, reasons and findings.

use super::lists::shown;
use super::{
    ColumnReport, ColumnValues, Finding, ImpressionLog, LogError, MISSING, ReadNote, ReadOptions, ReadTable,
    RoleProposal, Roles, Table, assemble, infer_roles_given, read_table,
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
        let ReadTable { table, lines, notes, .. } = read;
        let mut opened = Self::from_table(table, roles).map_err(|error| error.at_lines(&lines))?;
        opened.findings.splice(0..0, notes.iter().map(ReadNote::finding));
        Ok(opened)
    }

    /// Opens a table; `roles` come before what would be inferred, which fills in the columns they leave out.
    ///
    /// # Errors
    /// [`LogError`], with the place and the fix.
    pub fn from_table(table: Table, roles: Option<Roles>) -> Result<Self, LogError> {
        let RoleProposal { roles, columns } = infer_roles_given(&table, &roles.unwrap_or_default())?;
        let (log, findings) = assemble(&table, &roles)?;
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

impl ColumnValues {
    /// The value of one row as text; empty where missing.
    pub fn text(&self, row: usize) -> String {
        match self {
            Self::Text { codes, .. } if codes[row] == MISSING => String::new(),
            Self::Text { dictionary, codes } => dictionary[codes[row] as usize].clone(),
            Self::Number(values) if values[row].is_nan() => String::new(),
            Self::Number(values) => values[row].to_string(),
        }
    }
}
