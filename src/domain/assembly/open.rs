//! Files that are no log yet, but whose shape says how they become one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::complete::complete;
use super::propose::{has_label, is_event_log, main_table};
use super::{Assembled, Assembly, AssemblyError, NamedTable, Step, StepReport, propose};
use crate::domain::log::{
    Column, ColumnValues, FindingKind, Lines, LogError, OpenedLog, ReadNote, ReadTable, Refused, Role, Roles, Table,
    is_calendar, is_clock, role_of_name,
};

/// A file that was read, by the name of its table.
#[derive(Debug, Clone)]
pub struct ReadFile {
    pub name: String,
    pub read: ReadTable,
    /// The list whose objects are the rows, when there is one.
    pub unrolled: Option<String>,
}

/// How the rows of a log were made of tables, for their owner to see and to change.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct AssemblyReport {
    pub tables: Vec<TableReport>,
    pub assembly: Assembly,
    /// Of the steps that were carried out.
    pub steps: Vec<StepReport>,
    /// Why the step after those could not be.
    pub error: Option<String>,
}

/// What there is to choose from in a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableReport {
    pub name: String,
    pub rows: usize,
    pub columns: Vec<TableColumn>,
    /// Lists of objects in its records, each of which could be a row: the one that is, or those that were left out.
    pub lists: Vec<String>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableColumn {
    pub name: String,
    pub is_number: bool,
    /// Whether it could say when something happened.
    pub is_time: bool,
    /// Its words, when they are few.
    pub words: Vec<String>,
}

/// Tables on their way to a log: [`step`](Self::step) by step, then [`finish`](Self::finish).
pub struct Assembler {
    tables: Vec<NamedTable>,
    /// What was read of each file, without its table.
    reads: Vec<ReadTable>,
    roles: Option<Roles>,
    assembly: Option<Assembly>,
    state: Option<Assembled>,
    error: Option<AssemblyError>,
}

/// What has become of the tables.
pub struct Opening {
    pub log: Result<OpenedLog, Box<Refused>>,
    /// Absent for one table that is a log as it is.
    pub report: Option<AssemblyReport>,
    /// The files as they were read, but for one that is the log's own table.
    pub files: Vec<ReadFile>,
}

impl Assembler {
    /// Begins with the assembly that is given, or with the one that the tables ask for. A single table is a log as it is when
    /// none is known, or when the roles name a label of its own.
    pub fn new(files: Vec<ReadFile>, given: Option<Assembly>, roles: Option<Roles>) -> Self {
        let unroll: BTreeMap<_, _> =
            files.iter().filter_map(|file| Some((file.name.clone(), file.unrolled.clone()?))).collect();
        let (tables, reads): (Vec<NamedTable>, Vec<ReadTable>) = files
            .into_iter()
            .map(|file| {
                let ReadTable { table, lines, notes, rows_read } = file.read;
                let rest = ReadTable { lines, notes, rows_read, ..ReadTable::default() };
                (NamedTable { name: file.name, table }, rest)
            })
            .unzip();
        let mut assembler = Self { tables, reads, roles, assembly: None, state: None, error: None };
        let assembly = given.or_else(|| assembler.proposed());
        // That a list's objects are its rows is for the owner to see and to change, too.
        let assembly = assembly.or_else(|| (!unroll.is_empty()).then(|| assembler.of_main()));
        assembler.assembly = assembly.map(|assembly| complete(Assembly { unroll, ..assembly }, &assembler.tables));
        if let Some(assembly) = &assembler.assembly {
            match assembly.start(&assembler.tables) {
                Ok(state) => assembler.state = Some(state),
                Err(error) => assembler.error = Some(error),
            }
            let sampled = assembler.sampled(assembly);
            assembler.error = assembler.error.or(sampled);
        }
        assembler
    }

    fn proposed(&mut self) -> Option<Assembly> {
        match self.tables.as_slice() {
            [only] if self.roles.as_ref().is_some_and(|roles| names_label(roles, only)) => None,
            [only] => propose(&self.tables).or_else(|| {
                // Its rows may be in a list of its records, which is for the owner to choose.
                let has_lists = self.reads.iter().any(|read| left_out(read).next().is_some());
                (has_lists && !has_label(&only.table)).then(|| self.of_main())
            }),
            _ => propose(&self.tables).or_else(|| {
                let names: Vec<&str> = self.tables.iter().map(|table| table.name.as_str()).collect();
                self.error = Some(AssemblyError::Unknown { tables: names.join(", ") });
                Some(self.of_main())
            }),
        }
    }

    /// Why the rows cannot be made of these tables, whatever the steps do: one is a sample, and what it lost would be missed.
    fn sampled(&self, assembly: &Assembly) -> Option<AssemblyError> {
        let mut read = self.tables.iter().zip(&self.reads);
        let (table, read) =
            read.find(|(table, _)| table.table.sample.is_some() && assembly.needs_all_of(&table.name))?;
        let (rows, kept) = (read.rows_read as usize, table.table.n_rows);
        Some(AssemblyError::Sampled { table: table.name.clone(), rows, kept })
    }

    /// The table that is likeliest to have the rows, as it is.
    fn of_main(&self) -> Assembly {
        let table = main_table(&self.tables).map(|table| table.name.clone()).unwrap_or_default();
        Assembly { table, ..Assembly::default() }
    }

    /// Steps done, and of how many.
    pub fn progress(&self) -> (usize, usize) {
        let of = self.assembly.as_ref().map_or(0, |assembly| assembly.steps.len());
        (self.state.as_ref().map_or(0, |state| state.reports.len()), of)
    }

    /// Carries out the next step; `false` when there is none.
    pub fn step(&mut self) -> bool {
        let (Some(assembly), Some(state), None) = (&self.assembly, &mut self.state, &self.error) else { return false };
        let Some(step) = assembly.steps.get(state.reports.len()) else { return false };
        self.error = step.carry_out(state, &assembly.table, &self.tables).err();
        self.error.is_none()
    }

    /// The rows so far; `None` for one table that is a log as it is.
    pub fn rows(&self) -> Option<&Assembled> {
        self.state.as_ref()
    }

    /// Carries out every step, and opens the rows as a log.
    pub fn open(mut self) -> Opening {
        while self.step() {}
        self.finish()
    }

    /// Opens the rows as a log.
    pub fn finish(mut self) -> Opening {
        let Some(assembly) = self.assembly.take() else { return self.unassembled() };
        let state = self.state.take().unwrap_or_default();
        let report = AssemblyReport {
            tables: self
                .tables
                .iter()
                .zip(&self.reads)
                .map(|(table, read)| TableReport::of(table, read, &assembly))
                .collect(),
            steps: state.reports,
            error: self.error.as_ref().map(ToString::to_string),
            assembly,
        };
        let read = self.read_as(&report.assembly, state.table);
        let known = with_given(state.roles, self.roles.take());
        let opened = OpenedLog::understand(read, Some(known));
        let log = match self.error.take() {
            Some(error) => Err(refused(error, opened)),
            None => match opened {
                Ok(opened) => Ok(without_expected(opened, &report.assembly)),
                Err(refused) => Err(pointing_at_lists(refused, &self.reads)),
            },
        };
        let unroll = &report.assembly.unroll;
        let files = self.tables.into_iter().zip(self.reads).map(|(NamedTable { name, table }, read)| {
            let unrolled = unroll.get(&name).cloned();
            ReadFile { name, unrolled, read: ReadTable { table, ..read } }
        });
        Opening { log, files: files.collect(), report: Some(report) }
    }

    /// Carries out every step, and gives the rows with what is known of their roles, not opened as a log: they may lack labels.
    ///
    /// # Errors
    /// Why a step could not be carried out.
    pub fn into_rows(mut self) -> Result<(ReadTable, Roles), LogError> {
        while self.step() {}
        if let Some(error) = self.error.take() {
            return Err(as_log_error(error));
        }
        let given = self.roles.take();
        let Some(assembly) = self.assembly.take() else {
            let (NamedTable { table, .. }, read) = self.tables.into_iter().zip(self.reads).next().unwrap_or_default();
            return Ok((ReadTable { table, ..read }, given.unwrap_or_default()));
        };
        let state = self.state.take().unwrap_or_default();
        Ok((self.read_as(&assembly, state.table), with_given(state.roles, given)))
    }

    /// The assembled rows as the file of their table would be read, with the notes of all.
    fn read_as(&self, assembly: &Assembly, rows: Table) -> ReadTable {
        let main = self.tables.iter().position(|table| table.name == assembly.table);
        let mut read = main.map(|main| self.reads[main].clone()).unwrap_or_default();
        let others = self.reads.iter().enumerate().filter(|(at, _)| Some(*at) != main);
        read.notes.extend(others.flat_map(|(_, read)| read.notes.clone()));
        // Rows that were made are no lines of the file any more.
        if !assembly.steps.is_empty() {
            read.lines = Lines::default();
        }
        ReadTable { table: rows, ..read }
    }

    fn unassembled(self) -> Opening {
        let (table, read) = self.tables.into_iter().zip(self.reads).next().unwrap_or_default();
        let name = table.name;
        let log = OpenedLog::understand(ReadTable { table: table.table, ..read.clone() }, self.roles);
        Opening { log, report: None, files: vec![ReadFile { name, read, unrolled: None }] }
    }
}

impl AssemblyReport {
    /// The tables that no step takes anything of.
    pub fn unused(&self) -> impl Iterator<Item = &str> {
        let is_used =
            |name: &str| self.assembly.table == name || self.assembly.steps.iter().any(|step| step.uses(name));
        self.tables.iter().map(|table| table.name.as_str()).filter(move |name| !is_used(name))
    }
}

impl TableReport {
    fn of(named: &NamedTable, read: &ReadTable, assembly: &Assembly) -> Self {
        const MOST_WORDS: usize = 40;
        let columns = named.table.columns.iter().map(|column| {
            let (is_number, words) = match &column.values {
                ColumnValues::Text { dictionary, .. } if dictionary.len() <= MOST_WORDS => (false, dictionary.clone()),
                ColumnValues::Text { .. } => (false, Vec::new()),
                ColumnValues::Number(_) => (true, super::events::few_numbers(&column.values, MOST_WORDS)),
            };
            TableColumn { name: column.name.clone(), is_number, is_time: says_when(column), words }
        });
        let left_out = left_out(read).flatten().cloned();
        Self {
            name: named.name.clone(),
            rows: named.table.n_rows,
            columns: columns.collect(),
            lists: assembly.unroll.get(&named.name).cloned().into_iter().chain(left_out).collect(),
        }
    }
}

/// Whether a column says when: by its name, or since it knows the year.
fn says_when(column: &Column) -> bool {
    let is_named = || matches!(role_of_name(&column.name), Some(Role::Time | Role::ClickTime | Role::ConversionTime));
    is_clock(&column.values) && (is_calendar(&column.values) || is_named())
}

/// The columns that were left out of a table, since they hold lists of objects.
fn left_out(read: &ReadTable) -> impl Iterator<Item = &Vec<String>> {
    read.notes.iter().filter_map(|note| match note {
        ReadNote::LeftOut { columns } => Some(columns),
        _ => None,
    })
}

/// What is said of a log without a label when its rows may be in a list of its records.
fn pointing_at_lists(mut refused: Box<Refused>, reads: &[ReadTable]) -> Box<Refused> {
    let lists: Vec<&str> = reads.iter().flat_map(left_out).flatten().map(String::as_str).collect();
    if let (LogError::MissingLabel { way, .. }, [first, ..]) = (&mut refused.error, lists.as_slice()) {
        *way = text!(log::label_in_lists, lists = lists.join(", "), first = first);
    }
    refused
}

/// The list that may hold a file's rows: the only column that was left out of a table without a label.
pub fn list_to_unroll(read: &ReadTable) -> Option<&str> {
    match left_out(read).next()?.as_slice() {
        [only] if !has_label(&read.table) => Some(only),
        _ => None,
    }
}

/// Whether the rows of an unrolled list are worth more than the records they came from: they are events, or have a label.
pub fn is_worth_unrolling(table: &Table) -> bool {
    is_event_log(table) || has_label(table)
}

/// The name of the table in a file: the file's, without its endings.
pub fn table_name(file: &str) -> String {
    file.trim_start_matches('.').split('.').next().unwrap_or_default().to_owned()
}

/// The name for one table more: with a number where it is taken.
pub fn free_table_name(name: String, tables: &[ReadFile]) -> String {
    let is_taken = |name: &String| tables.iter().any(|table| table.name == *name);
    let numbered = (2usize..).map(|number| format!("{name}_{number}"));
    // As many names as tables and one more: one of them is free.
    std::iter::once(name.clone()).chain(numbered).find(|name| !is_taken(name)).unwrap_or_default()
}

/// Opens one file that was read, as [`OpenedLog::understand`] does. A table of events, or of counts, is made into rows first;
/// roles that name a label column of the file itself leave it as it is.
///
/// # Errors
/// [`LogError`], with the place and the fix.
pub fn open_log(read: ReadTable, roles: Option<Roles>) -> Result<OpenedLog, LogError> {
    let file = ReadFile { name: text!(assembly::file).to_owned(), read, unrolled: None };
    Assembler::new(vec![file], None, roles).open().log.map_err(|refused| refused.error)
}

/// Without what is so by the way in which the rows were made: those that are spread from one count are alike.
fn without_expected(mut opened: OpenedLog, assembly: &Assembly) -> OpenedLog {
    if assembly.steps.iter().any(|step| matches!(step, Step::Spread(_))) {
        opened.findings.retain(|finding| finding.kind != FindingKind::DuplicateRows);
    }
    opened
}

fn names_label(roles: &Roles, only: &NamedTable) -> bool {
    let mut labels = roles.click.iter().chain(&roles.conversion).chain(&roles.action);
    labels.any(|label| only.table.column(label).is_some())
}

fn as_log_error(error: AssemblyError) -> LogError {
    match error {
        AssemblyError::Log(error) => error,
        other => LogError::Assembly { reason: other.to_string() },
    }
}

/// The columns of tables that could not be assembled, with why.
fn refused(error: AssemblyError, opened: Result<OpenedLog, Box<Refused>>) -> Box<Refused> {
    let error = as_log_error(error);
    match opened {
        Ok(opened) => {
            let head = opened.head(Refused::HEAD_ROWS);
            Box::new(Refused { error, columns: opened.columns, head })
        }
        Err(refused) => Box::new(Refused { error, ..*refused }),
    }
}

/// The roles that were given, and where they say nothing those that the assembly knows.
fn with_given(known: Roles, given: Option<Roles>) -> Roles {
    let Some(mut roles) = given else { return known };
    let taken: Vec<String> = roles.assigned().into_iter().map(|(_, column)| column.to_owned()).collect();
    let has = |role| roles.assigned().iter().any(|(taken, _)| *taken == role);
    let open: Vec<_> = known
        .assigned()
        .into_iter()
        .filter(|(role, column)| !(taken.iter().any(|taken| taken == column) || role.is_single() && has(*role)))
        .map(|(role, column)| (role, column.to_owned()))
        .collect();
    open.into_iter().for_each(|(role, column)| roles.assign(&column, role));
    roles.space = roles.space.or(known.space);
    roles
}
