//! A file that is not a log yet, but whose shape says how it becomes one.

use super::{AssemblyError, NamedTable, StepReport, propose};
use crate::domain::log::{Finding, FindingKind, Lines, LogError, OpenedLog, ReadTable, Refused, Roles, Severity};

/// Name of the only table.
const ONLY: &str = "file";

/// Opens a file that was read, as [`OpenedLog::understand`] does. A table of events, or of counts, is made into rows first, and
/// what was done is told as findings; roles that name a label column of the file itself leave it as it is.
///
/// # Errors
/// [`Refused`].
pub fn open_log(mut read: ReadTable, roles: Option<Roles>) -> Result<OpenedLog, Box<Refused>> {
    let is_named = |roles: &Roles| {
        let labels = roles.click.iter().chain(&roles.conversion).chain(&roles.action);
        labels.clone().any(|label| read.table.column(label).is_some())
    };
    // Events of which only some were kept would lose what followed them.
    if read.table.sample.is_some() || roles.as_ref().is_some_and(is_named) {
        return OpenedLog::understand(read, roles);
    }
    let tables = [NamedTable { name: ONLY.to_owned(), table: std::mem::take(&mut read.table) }];
    let assembled = propose(&tables).map(|assembly| assembly.rows(&tables));
    let [NamedTable { table, .. }] = tables;
    let assembled = match assembled {
        Some(Ok(assembled)) => assembled,
        failed => {
            let opened = OpenedLog::understand(ReadTable { table, ..read }, roles);
            // What looks like events or counts, and can't be made into rows, is no log as it is either.
            let Some(Err(error)) = failed else { return opened };
            return Err(refused(error, opened));
        }
    };
    let known = with_given(assembled.roles, roles);
    // Rows are no lines of the file any more.
    let read = ReadTable { table: assembled.table, lines: Lines::default(), ..read };
    let mut opened = OpenedLog::understand(read, Some(known))?;
    opened.findings.splice(0..0, assembled.reports.iter().map(finding));
    Ok(opened)
}

/// The columns of a table that could not be assembled, with why.
fn refused(error: AssemblyError, opened: Result<OpenedLog, Box<Refused>>) -> Box<Refused> {
    let error = match error {
        AssemblyError::Log(error) => error,
        other => LogError::Assembly { reason: other.to_string() },
    };
    match opened {
        Ok(opened) => {
            let head = opened.head(Refused::HEAD_ROWS);
            Box::new(Refused { error, columns: opened.columns, head })
        }
        Err(refused) => Box::new(Refused { error, ..*refused }),
    }
}

/// As [`open_log`], with the error alone.
///
/// # Errors
/// [`LogError`], with the place and the fix.
pub fn open_log_or_error(read: ReadTable, roles: Option<Roles>) -> Result<OpenedLog, LogError> {
    open_log(read, roles).map_err(|refused| refused.error)
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

/// What a step did, as a finding.
fn finding(report: &StepReport) -> Finding {
    let mut message =
        text!(assembly::finding, says = report.says, rows_in = report.rows_in, rows_out = report.rows_out);
    if !report.left_aside.is_empty() {
        message += &text!(assembly::left_aside, what = report.left_aside.join("; "));
    }
    let finding = Finding::new(FindingKind::Reading, message, text!(assembly::remedy)).row_count(report.rows_out);
    // Who opens a log must see what was done with its rows, not unfold it.
    Finding { severity: Severity::Caution, ..finding }
}
