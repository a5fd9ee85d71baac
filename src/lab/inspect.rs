//! `lab inspect`: what a log holds.

use std::path::Path;

use serde::Serialize;

use super::{LabError, args, files};
use crate::domain::log::{ColumnReport, Finding, OpenedLog, Roles};
use crate::domain::report::LogSummary;

/// What `lab inspect --json` writes.
#[derive(Debug, Serialize)]
struct Inspection<'a> {
    version: u32,
    log: LogSummary,
    roles: &'a Roles,
    columns: &'a [ColumnReport],
    findings: &'a [Finding],
}

/// Opens a log, with the roles of a ROLES file when one is given.
pub fn open(log: &Path, roles: Option<&Path>) -> Result<OpenedLog, LabError> {
    let roles = match roles {
        Some(path) => {
            let text = files::read_text(path)?;
            let roles = toml::from_str::<Roles>(&text);
            let detail = |error: toml::de::Error| LabError(format!("{}: {}", path.display(), error.message()));
            Some(roles.map_err(detail)?)
        }
        None => None,
    };
    let opened = OpenedLog::from_read(super::log::read(log)?, roles);
    opened.map_err(|error| LabError(format!("{}: {error}", log.display())))
}

/// Runs `lab inspect`.
pub fn inspect(args: &args::Inspect) -> Result<(), LabError> {
    let opened = open(&args.log, args.roles.as_deref())?;
    let inspection = Inspection {
        version: 1,
        log: LogSummary::of(&opened.log),
        roles: &opened.roles,
        columns: &opened.columns,
        findings: &opened.findings,
    };
    match &args.json {
        Some(path) => files::print_or_write_json(&inspection, Some(path)),
        None => {
            print_table(&inspection);
            Ok(())
        }
    }
}

fn print_table(inspection: &Inspection) {
    let LogSummary { rows, clicks, conversions, truth_known } = inspection.log;
    let truth = if truth_known { "the truth is known" } else { "the truth is not known" };
    println!("{rows} impressions, {clicks} clicks, {conversions} conversions; {truth}");
    let width = inspection.columns.iter().map(|column| column.name.chars().count()).max().unwrap_or(0);
    for column in inspection.columns {
        let role = column.role.name();
        println!("{:width$}  {role:15} {}", column.name, column.reason);
    }
    for finding in inspection.findings {
        println!("! {} {}", finding.message, finding.remedy);
    }
}
