//! `lab kit`: an experiment as a training script.

use super::train::{models_called, read_spec};
use super::{LabError, args, files, inspect};
use crate::domain::log::{OpenedLog, Roles, RowLimit};
use crate::domain::scale_out::scale_out_kit;
use crate::domain::spec::{DataSpec, RunSpec};
use crate::domain::synth::{self, SynthSpec};

/// Rows of a generated log that its roles are read from; its columns do not depend on their number.
const FEW_ROWS: usize = 2_000;

/// Runs `lab kit`.
pub fn kit(args: &args::Kit) -> Result<(), LabError> {
    let mut spec = read_spec(args.spec.as_deref(), args.preset.as_deref())?;
    if !args.model.is_empty() {
        spec.models = models_called(&args.model)?;
    }
    spec.validate().map_err(LabError::new)?;
    let (_, script) = scale_out_kit(&spec, &roles_of(args, &spec)?);
    files::write(&args.out, &script)
}

/// The roles of the log, or of its first part; a ROLES file alone must name every column.
fn roles_of(args: &args::Kit, spec: &RunSpec) -> Result<Roles, LabError> {
    match (&args.log, &args.reading.roles, &spec.data) {
        (Some(log), _, DataSpec::File { roles, limit, .. }) => {
            Ok(inspect::open(log, &args.reading, roles.as_ref(), *limit)?.roles)
        }
        (Some(log), _, DataSpec::Generated { .. }) => {
            Ok(inspect::open(log, &args.reading, None, RowLimit::default())?.roles)
        }
        (None, Some(path), _) => Roles::from_toml(&files::read_text(path)?)
            .map_err(|error| LabError(format!("{}: {error}", path.display())))
            .and_then(|roles| whole(roles, &path.display().to_string())),
        (None, None, DataSpec::Generated { synth }) => {
            let few = SynthSpec { rows: synth.rows.min(FEW_ROWS), ..synth.clone() };
            let generated = synth::generate(&few);
            let opened = OpenedLog::from_table(generated.table, Some(generated.roles)).map_err(LabError::new)?;
            Ok(opened.roles)
        }
        (None, None, DataSpec::File { name, roles, .. }) => whole(roles.clone().unwrap_or_default(), name),
    }
}

/// Roles that say enough without a look at the log.
fn whole(roles: Roles, of: &str) -> Result<Roles, LabError> {
    let has_labels = (roles.click.is_some() || roles.click_time.is_some())
        && (roles.conversion.is_some() || roles.conversion_time.is_some());
    if has_labels && !(roles.categorical.is_empty() && roles.numerical.is_empty()) {
        return Ok(roles);
    }
    Err(LabError(format!(
        "the roles of \"{of}\" do not name a click, a conversion and features; pass the log, or its first part, with --log"
    )))
}
