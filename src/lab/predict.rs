//! `lab predict`: exported weights and a log → predictions of its every row.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::{LabError, args, files, inspect, log, terminal};
use crate::domain::assembly::Assembler;
use crate::domain::features::{EncodedLog, FittedFeatures, ID_MISSING, ID_UNKNOWN};
use crate::domain::log::{ColumnRole, Fix, ImpressionLog, OpenedLog, ReadTable, Role, Roles, RowLimit, Split, Table};
use crate::domain::report::{Predictions, WeightsSheet, write_predictions_csv};
use crate::domain::spec::Objective;
use crate::engine::Predictor;

/// A log is never sampled here: what cannot be held is refused.
const ALL_ROWS: RowLimit = RowLimit { rows: u32::MAX as usize, megabytes: 1 << 20, seed: 1 };
/// Bytes of a file of weights at the most.
const MOST_BYTES: u64 = 4 << 30;
/// Columns' names in a sentence, at the most.
const MOST_NAMES: usize = 20;
/// A column of which so many values are unknown to the weights is told.
const MANY_UNKNOWN: f64 = 0.5;

/// Runs `lab predict`.
pub fn predict(args: &args::Predict) -> Result<(), LabError> {
    let models: Vec<Model> = args.weights.iter().map(|path| Model::read(path)).collect::<Result<_, _>>()?;
    check_distinct(&models)?;
    let mut roles = given_roles(args)?;
    roles.fixes.extend(args.encoding.map(Fix::ReadAs));
    let (read, roles) = rows(args, roles)?;
    let mut roles = roles.within(&read.table);
    for model in &models {
        model.claim_columns(&read.table, &mut roles)?;
    }
    let mut log = open(args, read, roles)?;
    let mut predictions = Vec::new();
    for model in &models {
        model.sheet.features.tell_lists(&mut log);
        let encoded = model.sheet.features.encode(&log);
        say_what_is_unknown(model, &encoded);
        predictions.push(model.predictions(&encoded)?);
    }
    // Nothing is known of what trained on which row: all of them are to be judged by.
    let split = Split { eval: (0..log.n_rows as u32).collect(), ..Split::default() };
    files::write(&args.out, &write_predictions_csv(&log, &split, &predictions))
}

/// Two runs of one name could not be told apart in the predictions.
fn check_distinct(models: &[Model]) -> Result<(), LabError> {
    for (index, model) in models.iter().enumerate() {
        let same = models[..index].iter().find(|other| other.name() == model.name());
        if let Some(same) = same {
            let (name, seed) = model.name();
            let other = same.path.display();
            return Err(of_file(
                &model.path,
                format!("it is {name} with seed {seed}, as {other} is; predict them one by one"),
            ));
        }
    }
    Ok(())
}

fn given_roles(args: &args::Predict) -> Result<Roles, LabError> {
    let Some(path) = &args.roles else { return Ok(Roles::default()) };
    Roles::from_toml(&files::read_text(path)?).map_err(|error| LabError(format!("{}: {error}", path.display())))
}

/// The log's rows, put together of its tables where it has several.
fn rows(args: &args::Predict, roles: Roles) -> Result<(ReadTable, Roles), LabError> {
    let assembly = args.assembly.as_deref().map(inspect::read_assembly).transpose()?;
    let tables = log::read(&args.log, &roles, ALL_ROWS, assembly.as_ref())?;
    let rows = Assembler::new(tables, assembly, Some(roles)).into_rows();
    let names = args.log.join(", ");
    let (read, roles) = rows.map_err(|error| LabError(format!("{names}: {error}")))?;
    match read.table.sample {
        Some(_) => Err(LabError(format!("{names}: it has more rows than can be held at once; predict it in parts"))),
        None => Ok((read, roles)),
    }
}

/// The log with its labels; without them where it has none, or none that can be read.
fn open(args: &args::Predict, read: ReadTable, roles: Roles) -> Result<ImpressionLog, LabError> {
    let why = match OpenedLog::from_read(read.clone(), Some(roles.clone())) {
        Ok(opened) => return Ok(opened.log),
        Err(why) => why,
    };
    let names = args.log.join(", ");
    let log = ImpressionLog::unlabelled(read, &roles).map_err(|error| LabError(format!("{names}: {error}")))?;
    terminal::say(format_args!("{names}: predicted without labels, since {why}"));
    Ok(log)
}

/// A run's two files, read and checked.
struct Model {
    path: PathBuf,
    sheet: WeightsSheet,
    predictor: Predictor,
}

impl Model {
    /// Reads the JSON and what lies beside it; `path` is either's.
    fn read(path: &Path) -> Result<Self, LabError> {
        let stem = stem(path)?;
        let beside = |extension: &str| PathBuf::from(format!("{stem}.{extension}"));
        let sheet_path = beside("json");
        let text = String::from_utf8(read_at_most(&sheet_path)?)
            .map_err(|_| LabError(format!("{} is not UTF-8 text", sheet_path.display())))?;
        let sheet = WeightsSheet::from_json(&text).map_err(|error| of_file(&sheet_path, error))?;
        let weights_path = beside(match sheet.plan.model.objective {
            Objective::BoostedTrees { .. } => "trees.json",
            _ => "safetensors",
        });
        let predictor = Predictor::new(&sheet, &read_at_most(&weights_path)?);
        let predictor = predictor.map_err(|error| of_file(&weights_path, error))?;
        Ok(Self { path: path.to_owned(), sheet, predictor })
    }

    /// By which its predictions are told from others.
    fn name(&self) -> (&str, u64) {
        (&self.sheet.plan.model.name, self.sheet.plan.seed)
    }

    /// Gives the columns that the encoders want the roles that they had in training.
    fn claim_columns(&self, table: &Table, roles: &mut Roles) -> Result<(), LabError> {
        let missing: Vec<&str> =
            self.sheet.features.columns().map(|(name, _)| name).filter(|name| table.column(name).is_none()).collect();
        if !missing.is_empty() {
            return Err(of_file(&self.path, missing_columns(&missing, table)));
        }
        for (name, is_category) in self.sheet.features.columns() {
            let role = if is_category { Role::Categorical } else { Role::Numerical };
            // Columns that another model takes otherwise are for the one that comes last; a category of numbers reads alike.
            roles.fixes.retain(|fix| !matches!(fix, Fix::Role(ColumnRole { column, .. }) if column == name));
            roles.assign(name, role);
        }
        Ok(())
    }

    fn predictions(&self, encoded: &EncodedLog) -> Result<Predictions, LabError> {
        let logits = self.predictor.logits_of(encoded).map_err(|error| of_file(&self.path, error))?;
        let plan = &self.sheet.plan;
        Ok(Predictions { model: plan.model.name.clone(), seed: plan.seed, tree: self.sheet.tree.clone(), logits })
    }
}

fn of_file(path: &Path, error: impl std::fmt::Display) -> LabError {
    LabError(format!("{}: {error}", path.display()))
}

/// What the files of a run are called without their endings, given one of them.
fn stem(path: &Path) -> Result<&str, LabError> {
    let name = path.to_str().unwrap_or_default();
    let stem = [".trees.json", ".json", ".safetensors"].iter().find_map(|ending| name.strip_suffix(ending));
    stem.ok_or_else(|| {
        of_file(
            path,
            "weights are two files of one name, as lab train --weights and the page write them: name the .safetensors or the .json",
        )
    })
}

fn read_at_most(path: &Path) -> Result<Vec<u8>, LabError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|error| LabError(format!("{} cannot be read: {error}", path.display())))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(of_file(path, format!("it has more than {} GB, which no run's weights have", MOST_BYTES >> 30)));
    }
    Ok(bytes)
}

fn missing_columns(missing: &[&str], table: &Table) -> String {
    let list = |names: &[&str]| {
        let more =
            if names.len() > MOST_NAMES { format!(" and {} more", names.len() - MOST_NAMES) } else { String::new() };
        let names: Vec<String> = names.iter().take(MOST_NAMES).map(|name| format!("\"{name}\"")).collect();
        format!("{}{more}", names.join(", "))
    };
    let there: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let (columns, there) = (if missing.len() == 1 { "column" } else { "columns" }, list(&there));
    format!("the weights need the {columns} {}, which the log does not have; it has {there}", list(missing))
}

/// Says of which columns most values were not seen in training: such a log may be written another way.
fn say_what_is_unknown(model: &Model, encoded: &EncodedLog) {
    let FittedFeatures { fields, .. } = &model.sheet.features;
    for (index, field) in fields.iter().enumerate() {
        let ids = || encoded.ids.iter().skip(index).step_by(fields.len());
        let present = ids().filter(|&&id| id != ID_MISSING).count();
        let unknown = ids().filter(|&&id| id == ID_UNKNOWN).count();
        if unknown as f64 > MANY_UNKNOWN * present as f64 {
            terminal::say(format_args!(
                "{}: of column \"{}\" {unknown} of {present} values were not seen in training",
                model.path.display(),
                field.name
            ));
        }
    }
}
