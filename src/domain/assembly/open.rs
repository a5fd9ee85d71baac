//! A file that is not a log yet, but whose shape says how it becomes one.

use super::{NamedTable, StepReport, propose};
use crate::domain::log::{Finding, FindingKind, Lines, LogError, OpenedLog, ReadTable, Refused, Roles};

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
    let assembled = propose(&tables).and_then(|assembly| assembly.rows(&tables).ok());
    let [NamedTable { table, .. }] = tables;
    let Some(assembled) = assembled else { return OpenedLog::understand(ReadTable { table, ..read }, roles) };
    let known = with_given(assembled.roles, roles);
    // Rows are no lines of the file any more.
    let read = ReadTable { table: assembled.table, lines: Lines::default(), ..read };
    let mut opened = OpenedLog::understand(read, Some(known))?;
    opened.findings.splice(0..0, assembled.reports.iter().map(finding));
    Ok(opened)
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
    Finding::new(FindingKind::Reading, message, text!(assembly::remedy)).row_count(report.rows_out)
}
