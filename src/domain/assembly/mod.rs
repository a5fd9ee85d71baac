//! From tables as teams have them to the rows of a log: events become rows, tables are joined, counts are spread.
//!
//! An [`Assembly`] is data: a short list of steps, each with what it did and what it left aside ([`StepReport`]). The same
//! assembly of the same tables gives the same rows everywhere.
//!
//! Invariant: nothing that happened at or after the moment of a row is in its features. A row's own columns are those of the
//! event that makes it, a count of earlier events is of those strictly before it, and what is joined by a key is the same for
//! each row of that key. Labels alone look ahead.

mod complete;
mod credit;
mod events;
mod join;
mod keys;
mod open;
mod parts;
mod propose;
mod spread;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::log::{ColumnValues, LogError, Role, Roles, Space, Table, role_of_name, tells_every_row_apart};

pub use credit::Touch;
pub use events::Events;
pub use join::{FeatureTable, KeyPair, LabelTable};
pub use open::{
    Assembler, AssemblyReport, Opening, ReadFile, TableColumn, TableReport, free_table_name, is_worth_unrolling,
    list_to_unroll, open_log, table_name,
};
pub use propose::propose;
pub use spread::Spread;

/// A table with its name: that of its file, without the ending.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NamedTable {
    pub name: String,
    pub table: Table,
}

/// How tables become the rows of a log.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assembly {
    /// The table that the rows come from.
    pub table: String,
    /// Table → the list in its records whose objects are its rows.
    #[serde(default)]
    pub unroll: BTreeMap<String, String>,
    /// In order.
    pub steps: Vec<Step>,
    /// What a row then stands for; inferred when absent.
    #[serde(default)]
    pub space: Option<Space>,
}

/// One step of an assembly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Adds the rows of further tables of the same columns.
    Append { tables: Vec<String> },
    /// Makes rows of some events, and labels of others.
    Events(Events),
    /// Makes a label of a table of outcomes.
    Label(LabelTable),
    /// Adds the columns of a table with one row for each key.
    Features(FeatureTable),
    /// Makes as many rows of each as it counts impressions.
    Spread(Spread),
}

/// What a step did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepReport {
    /// What was done, in a sentence.
    pub says: String,
    pub rows_in: usize,
    pub rows_out: usize,
    /// What was not taken over, with counts; a clause each.
    pub left_aside: Vec<String>,
}

impl std::fmt::Display for StepReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} → {}: {}", self.rows_in, self.rows_out, self.says)?;
        self.left_aside.iter().try_for_each(|words| write!(f, "\n    - {words}"))
    }
}

/// The rows of a log, and how they came about.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Assembled {
    pub table: Table,
    /// What the assembly itself knows of the columns; the others are inferred.
    pub roles: Roles,
    /// One for each step.
    pub reports: Vec<StepReport>,
}

/// Why tables cannot be assembled so.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AssemblyError {
    #[error("{}", words!(assembly::no_table, name = .name, available = .available))]
    NoTable { name: String, available: String },
    #[error("{}", words!(assembly::no_column, column = .column, table = .table, available = .available))]
    NoColumn { table: String, column: String, available: String },
    #[error("{}", words!(assembly::other_columns, first = .first, second = .second))]
    OtherColumns { first: String, second: String },
    #[error("{}", words!(assembly::no_row, column = .column, words = .words))]
    NoRow { column: String, words: String },
    #[error("{}", words!(assembly::repeated, table = .table, keys = .keys, rows = .rows, example = .example))]
    Repeated { table: String, keys: usize, rows: usize, example: String },
    #[error("{}", words!(assembly::no_counts, column = .column))]
    NoCounts { column: String },
    #[error("{}", words!(assembly::sampled, table = .table, rows = .rows, kept = .kept))]
    Sampled { table: String, rows: usize, kept: usize },
    #[error("{}", words!(assembly::no_key, table = .table))]
    NoKey { table: String },
    #[error("{}", words!(assembly::no_event_key))]
    NoEventKey,
    #[error("{}", words!(assembly::no_rows, column = .column))]
    NoRowWords { column: String },
    #[error("{}", words!(assembly::unknown, tables = .tables))]
    Unknown { tables: String },
    #[error(transparent)]
    Log(#[from] LogError),
}

impl Assembly {
    /// Makes the rows.
    ///
    /// # Errors
    /// A step that names what is not there, or that does not fit the tables.
    pub fn rows(&self, tables: &[NamedTable]) -> Result<Assembled, AssemblyError> {
        let mut state = self.start(tables)?;
        for step in &self.steps {
            step.carry_out(&mut state, &self.table, tables)?;
        }
        Ok(state)
    }

    /// The rows before the first step.
    fn start(&self, tables: &[NamedTable]) -> Result<Assembled, AssemblyError> {
        Ok(Assembled {
            table: find(tables, &self.table)?.clone(),
            roles: Roles { space: self.space, ..Roles::default() },
            reports: Vec::new(),
        })
    }
}

impl Assembly {
    /// Whether a row of the table that is missing would change others: events and outcomes, and what is looked up.
    fn needs_all_of(&self, table: &str) -> bool {
        self.steps.iter().any(|step| match step {
            Step::Events(_) => {
                let is_part = |step: &Step| matches!(step, Step::Append { .. }) && step.uses(table);
                self.table == table || self.steps.iter().any(is_part)
            }
            Step::Label(_) | Step::Features(_) => step.uses(table),
            Step::Append { .. } | Step::Spread(_) => false,
        })
    }
}

impl Step {
    /// Whether it takes rows or columns of the table.
    pub fn uses(&self, name: &str) -> bool {
        match self {
            Self::Append { tables } => tables.iter().any(|table| table == name),
            Self::Label(label) => label.table == name,
            Self::Features(features) => features.table == name,
            Self::Events(_) | Self::Spread(_) => false,
        }
    }

    /// Changes the rows, which came from the table called `main`.
    fn carry_out(&self, state: &mut Assembled, main: &str, tables: &[NamedTable]) -> Result<(), AssemblyError> {
        let rows_in = state.table.n_rows;
        let (says, left_aside) = match self {
            Self::Append { tables: names } => parts::append(state, names, tables)?,
            Self::Events(events) => events.apply(state, main)?,
            Self::Label(label) => label.apply(state, find(tables, &label.table)?)?,
            Self::Features(features) => features.apply(state, find(tables, &features.table)?)?,
            Self::Spread(spread) => spread.apply(state, main)?,
        };
        state.reports.push(StepReport { says, rows_in, rows_out: state.table.n_rows, left_aside });
        state.know_keys(self.keys());
        Ok(())
    }

    /// The columns of the rows that say what belongs together.
    fn keys(&self) -> Vec<&str> {
        let pairs = match self {
            Self::Events(events) => return events.key.iter().map(String::as_str).collect(),
            Self::Label(label) => &label.on,
            Self::Features(features) => &features.on,
            Self::Append { .. } | Self::Spread(_) => return Vec::new(),
        };
        pairs.iter().map(|pair| pair.left.as_str()).collect()
    }
}

impl Assembled {
    /// Numbers that connect tables are codes, and no quantities; a name may say more of them.
    fn know_keys(&mut self, keys: Vec<&str>) {
        for name in keys.into_iter().filter(|name| role_of_name(name).is_none()) {
            let is_assigned = self.roles.assigned().iter().any(|(_, column)| *column == name);
            if let Some(column) = self.table.column(name)
                && matches!(column.values, ColumnValues::Number(_))
                && !is_assigned
            {
                self.roles.assign(name, if tells_every_row_apart(column) { Role::Ignore } else { Role::Categorical });
            }
        }
    }
}

fn find<'a>(tables: &'a [NamedTable], name: &str) -> Result<&'a Table, AssemblyError> {
    let found = tables.iter().find(|table| table.name == name).map(|table| &table.table);
    found.ok_or_else(|| {
        let available = tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>().join(", ");
        AssemblyError::NoTable { name: name.to_owned(), available }
    })
}

#[cfg(test)]
mod tests;
