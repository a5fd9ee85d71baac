//! `lab assemble`: tables → the rows of a log.

use super::{LabError, args, files, inspect, log, terminal};
use crate::domain::assembly::{Assembler, Assembly, AssemblyReport};
use crate::domain::log::{Roles, RowLimit, write_csv};

/// Runs `lab assemble`.
pub fn assemble(args: &args::Assemble) -> Result<(), LabError> {
    let mut given = args.assembly.as_deref().map(inspect::read_assembly).transpose()?;
    let mut tables = log::read(&args.table, &Roles::default(), RowLimit::default(), given.as_ref())?;
    if let (Some(unroll), None) = (&args.unroll, &given) {
        let unroll = tables.iter().map(|table| (table.name.clone(), unroll.clone())).collect();
        given = Some(Assembly { unroll, ..Assembly::default() });
        tables = log::read(&args.table, &Roles::default(), RowLimit::default(), given.as_ref())?;
        given = None;
    }
    let names: Vec<String> = tables.iter().map(|table| table.name.clone()).collect();
    let mut assembler = Assembler::new(tables, given, None);
    while assembler.step() {}
    let assembled = assembler.rows().map(|rows| (rows.roles.to_toml(), write_csv(&rows.table)));
    let opening = assembler.finish();
    let (Some((roles, csv)), Some(AssemblyReport { assembly, steps, error, .. })) = (assembled, opening.report) else {
        return Err(LabError(unknown(&names)));
    };
    terminal::say(format_args!("rows of {}", assembly.table));
    steps.iter().for_each(terminal::say);
    if let Some(error) = error {
        return Err(LabError(error));
    }
    if let Some(path) = &args.assembly_out {
        files::write(path, toml::to_string(&assembly).map_err(LabError::new)?.as_bytes())?;
    }
    match &opening.log {
        Ok(opened) => terminal::say(opened.log.space_sentence()),
        Err(refused) => terminal::say(format_args!("the rows are no log yet: {}", refused.error)),
    }
    if let Some(path) = &args.roles_out {
        files::write(path, roles.as_bytes())?;
    }
    files::write(&args.out, &csv)
}

fn unknown(names: &[String]) -> String {
    let names = names.join(", ");
    format!("nothing is known of how {names} become a log, or it is one already (lab inspect); say how with --assembly")
}
