//! The whole way in: bytes or generator controls → a log with its roles, reasons and findings.

use super::assemble::{assemble_repaired, assemble_unlabelled};
use super::draft::repair_table;
use super::lists::shown;
use super::{
    ColumnReport, Finding, ImpressionLog, Lines, LogError, ReadNote, ReadTable, RoleProposal, Roles, RowLimit, Space,
    Table, infer_roles, infer_roles_given, read_log,
};

/// A table that could not be made a log with the roles at hand, and what there is to choose roles by.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    pub error: LogError,
    /// As in [`OpenedLog::columns`].
    pub columns: Vec<ColumnReport>,
    /// The first rows as text, row by row.
    pub head: Vec<Vec<String>>,
}

impl Refused {
    /// Rows kept as text.
    pub const HEAD_ROWS: usize = 20;

    fn at_lines(mut self: Box<Self>, lines: &Lines) -> Box<Self> {
        self.error = self.error.at_lines(lines);
        self
    }
}

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
    /// ```
    /// use esmm_playground::domain::log::OpenedLog;
    ///
    /// let mut csv = String::from("user_id,city,click,conversion\n");
    /// for row in 0..40 {
    ///     csv += &format!("u{},{},{},{}\n", row % 7, ["Rome", "Oslo"][row % 2], row % 3 / 2, row % 9 / 8);
    /// }
    /// let opened = OpenedLog::from_bytes(csv.as_bytes(), None)?;
    /// assert_eq!(opened.roles.conversion.as_deref(), Some("conversion"));
    /// assert_eq!(opened.log.features[0].name, "city");
    /// assert_eq!(opened.log.label("click").map(|clicks| clicks.iter().filter(|&&yes| yes).count()), Some(13));
    /// # Ok::<(), esmm_playground::domain::log::LogError>(())
    /// ```
    ///
    /// # Errors
    /// [`LogError`], with the place and the fix.
    pub fn from_bytes(bytes: &[u8], roles: Option<Roles>) -> Result<Self, LogError> {
        Self::from_bytes_within(bytes, roles, RowLimit::default())
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

    /// As [`OpenedLog::from_read`]; a table that cannot be made a log comes back with its columns, so that other roles
    /// can be given.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn understand(read: ReadTable, roles: Option<Roles>) -> Result<Self, Box<Refused>> {
        let ReadTable { table, lines, notes, .. } = read;
        let mut opened = Self::try_from_table(table, roles).map_err(|refused| refused.at_lines(&lines))?;
        opened.findings.splice(0..0, notes.iter().map(ReadNote::finding));
        Ok(opened)
    }

    /// As [`OpenedLog::from_bytes`], of at most so many rows: a longer log is sampled.
    ///
    /// # Errors
    /// [`LogError`], with the place and the fix.
    pub fn from_bytes_within(bytes: &[u8], roles: Option<Roles>, limit: RowLimit) -> Result<Self, LogError> {
        Self::from_read(read_log(bytes, roles.as_ref(), limit)?, roles)
    }

    /// Opens a table; `roles` come before what would be inferred, which fills in the columns they leave out.
    ///
    /// # Errors
    /// [`LogError`], with the place and the fix.
    pub fn from_table(table: Table, roles: Option<Roles>) -> Result<Self, LogError> {
        Self::try_from_table(table, roles).map_err(|refused| refused.error)
    }

    fn try_from_table(mut table: Table, roles: Option<Roles>) -> Result<Self, Box<Refused>> {
        let given = roles.unwrap_or_default();
        let head = head(&table, Refused::HEAD_ROWS);
        let proposed = given
            .check(&table)
            .and_then(|()| repair_table(&mut table, &given))
            .and_then(|()| infer_roles_given(&table, &given));
        let RoleProposal { mut roles, columns } = match proposed {
            Ok(proposed) => proposed,
            // Roles that do not fit leave what the columns say by themselves.
            Err(error) => return Err(Box::new(Refused { error, columns: infer_roles(&table).columns, head })),
        };
        match assemble_repaired(table, &roles, &columns) {
            Ok((table, log, findings)) => {
                // Who has the roles alone, as the kit, knows the space by them.
                roles.space = (log.space != Space::Impressions).then_some(log.space);
                Ok(Self { table, roles, columns, log, findings })
            }
            Err(error) => Err(Box::new(Refused { error, columns, head })),
        }
    }

    /// The first `n_rows` rows as text, row by row.
    pub fn head(&self, n_rows: usize) -> Vec<Vec<String>> {
        head(&self.table, n_rows)
    }

    /// One row as text, in column order; empty where missing.
    pub fn row(&self, row: usize) -> Vec<String> {
        row_of(&self.table, row)
    }
}

impl ImpressionLog {
    /// The features and keys of a table as `roles` say them, without a look at its labels: all that predicting takes.
    ///
    /// # Errors
    /// [`LogError`], with the place and the fix: when there is no row, or a numerical column holds something else.
    pub fn unlabelled(read: ReadTable, roles: &Roles) -> Result<Self, LogError> {
        let ReadTable { table, lines, .. } = read;
        assemble_unlabelled(table, roles).map_err(|error| error.at_lines(&lines))
    }
}

fn head(table: &Table, n_rows: usize) -> Vec<Vec<String>> {
    (0..n_rows.min(table.n_rows)).map(|row| row_of(table, row)).collect()
}

fn row_of(table: &Table, row: usize) -> Vec<String> {
    table.columns.iter().map(|column| shown(column.values.text(row))).collect()
}
