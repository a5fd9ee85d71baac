//! `lab kit`: an experiment as a training script.

use super::train::{experiment_of, open_log};
use super::{LabError, args, files};
use crate::domain::log::{OpenedLog, Roles};
use crate::domain::scale_out::scale_out_kit;
use crate::domain::spec::{DataSpec, RunSpec};
use crate::domain::synth::{self, SynthSpec};

/// Rows of a generated log that its roles are read from; its columns do not depend on their number.
const FEW_ROWS: usize = 2_000;

/// Runs `lab kit`.
pub fn kit(args: &args::Kit) -> Result<(), LabError> {
    let spec = experiment_of(&args.experiment)?;
    spec.validate().map_err(LabError::new)?;
    let (_, script) = scale_out_kit(&spec, &roles_of(&args.experiment, &spec)?);
    files::write(&args.out, &script)
}

/// The roles of the log, or of its first part; a ROLES file alone must name every column.
fn roles_of(args: &args::Experiment, spec: &RunSpec) -> Result<Roles, LabError> {
    if !args.log.is_empty() {
        return Ok(open_log(args, spec)?.roles);
    }
    match (&args.reading.roles, &spec.data) {
        (Some(path), _) => Roles::from_toml(&files::read_text(path)?)
            .map_err(|error| LabError(format!("{}: {error}", path.display())))
            .and_then(|roles| whole(roles, &path.display().to_string())),
        (None, DataSpec::Generated { synth }) => {
            let few = SynthSpec { rows: synth.rows.min(FEW_ROWS), ..synth.clone() };
            let generated = synth::generate(&few);
            let opened = OpenedLog::from_table(generated.table, Some(generated.roles)).map_err(LabError::new)?;
            Ok(opened.roles)
        }
        (None, DataSpec::File { name, roles, .. }) => whole(roles.clone().unwrap_or_default(), name),
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
