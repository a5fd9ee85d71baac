//! `lab assemble`: tables → the rows of a log.

use std::path::Path;

use super::{LabError, args, files};
use crate::domain::assembly::{Assembly, NamedTable, propose};
use crate::domain::log::{OpenedLog, ReadOptions, Roles, RowLimit, read_table, write_csv};

/// Runs `lab assemble`.
pub fn assemble(args: &args::Assemble) -> Result<(), LabError> {
    let unroll = args.unroll.as_deref();
    let tables: Vec<NamedTable> = args.table.iter().map(|given| table(given, unroll)).collect::<Result<_, _>>()?;
    let assembly = match &args.assembly {
        Some(path) => toml::from_str(&files::read_text(path)?)
            .map_err(|error| LabError(format!("{}: {error}", path.display())))?,
        None => propose(&tables).ok_or_else(|| LabError(unknown(&tables)))?,
    };
    let assembled = assembly.rows(&tables).map_err(LabError::new)?;
    eprintln!("rows of {}", assembly.table);
    for report in &assembled.reports {
        eprintln!("{} → {} rows: {}", report.rows_in, report.rows_out, report.says);
        report.left_aside.iter().for_each(|said| eprintln!("    left aside: {said}"));
    }
    let csv = write_csv(&assembled.table);
    let roles = assembled.roles.clone();
    let opened = OpenedLog::from_table(assembled.table, Some(assembled.roles));
    match opened {
        Ok(opened) => eprintln!("{}", opened.log.space_sentence()),
        Err(error) => eprintln!("the rows are no log yet: {error}"),
    }
    if let Some(path) = &args.assembly_out {
        files::write(path, text_of(&assembly)?.as_bytes())?;
    }
    if let Some(path) = &args.roles_out {
        files::write(path, roles.to_toml().as_bytes())?;
    }
    files::write(&args.out, &csv)
}

/// A table from `NAME=FILE`, or from `FILE` under the name of the file.
fn table(given: &str, unroll: Option<&str>) -> Result<NamedTable, LabError> {
    let (name, path) = match given.split_once('=') {
        Some((name, path)) => (name.to_owned(), Path::new(path)),
        None => {
            let stem = Path::new(given).file_name().unwrap_or_default().to_string_lossy();
            (stem.split('.').next().unwrap_or_default().to_owned(), Path::new(given))
        }
    };
    let Some(unroll) = unroll else {
        return Ok(NamedTable { name, table: super::log::read(path, &Roles::default(), RowLimit::default())?.table });
    };
    let options = ReadOptions { unroll: Some(unroll.to_owned()), ..ReadOptions::default() };
    let read =
        read_table(&files::read(path)?, &options).map_err(|error| LabError(format!("{}: {error}", path.display())))?;
    Ok(NamedTable { name, table: read.table })
}

fn unknown(tables: &[NamedTable]) -> String {
    let names = tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>().join(", ");
    format!("nothing is known of how {names} become a log, or it is one already (lab inspect); say how with --assembly")
}

fn text_of(assembly: &Assembly) -> Result<String, LabError> {
    toml::to_string(assembly).map_err(LabError::new)
}
