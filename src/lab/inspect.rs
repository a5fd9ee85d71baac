//! `lab inspect`: what a log holds.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::{LabError, args, files, terminal};
use crate::domain::assembly::{Assembler, Assembly, AssemblyReport, ReadFile};
use crate::domain::log::{
    ColumnReport, ColumnRule, Finding, FindingKind, Fix, LabelMaturity, LabelRule, LogError, OfferedFix, OpenedLog,
    Roles, RowLimit, Sample, Space,
};
use crate::domain::report::{LogSummary, Population};
use crate::domain::spec::DataSpec;

/// Characters of a column's name in the table.
const MOST_OF_NAME: usize = 40;

/// What `lab inspect --json` writes.
#[derive(Debug, Serialize)]
struct Inspection<'a> {
    version: u32,
    log: LogSummary,
    space: Space,
    about: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    maturity: BTreeMap<String, LabelMaturity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample: Option<&'a Sample>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assembly: Option<&'a AssemblyReport>,
    roles: &'a Roles,
    columns: &'a [ColumnReport],
    findings: &'a [Finding],
}

/// Opens a log as the command line says, and as the experiment does where it says nothing.
pub fn open(log: &[String], reading: &args::Reading, of_experiment: Option<&DataSpec>) -> Result<OpenedLog, LabError> {
    Ok(opened(log, reading, of_experiment)?.0)
}

/// As [`open`], with how its rows were made of tables.
fn opened(log: &[String], reading: &args::Reading, of_experiment: Option<&DataSpec>) -> Result<Opened, LabError> {
    let (roles, limit, assembly) = match of_experiment {
        Some(DataSpec::File { roles, limit, assembly, .. }) => (roles.clone(), *limit, assembly.clone()),
        _ => (None, RowLimit::default(), None),
    };
    let mut roles = match &reading.roles {
        Some(path) => Roles::from_toml(&files::read_text(path)?)
            .map_err(|error| LabError(format!("{}: {error}", path.display())))?,
        None => roles.unwrap_or_default(),
    };
    let assembly = reading.assembly.as_deref().map(read_assembly).transpose()?.or(assembly);
    roles.fixes.extend(reading.encoding.map(Fix::ReadAs));
    let limit = RowLimit {
        rows: reading.max_rows.unwrap_or(limit.rows),
        megabytes: reading.max_megabytes.unwrap_or(limit.megabytes),
        seed: reading.sample_seed.unwrap_or(limit.seed),
    };
    let read = |roles: &Roles| super::log::read(log, roles, limit, assembly.as_ref());
    let understand = |read: Vec<ReadFile>, roles: &Roles| {
        let opening = Assembler::new(read, assembly.clone(), Some(roles.clone())).open();
        Ok((opening.log.map_err(|refused| refused.error)?, opening.report))
    };
    let mut files = read(&roles)?;
    let named = |error: LogError| LabError(format!("{}: {error}{}", log.join(", "), ways_out(&error)));
    for asked in &reading.fix {
        let offered = offers(understand(files.clone(), &roles))?;
        let encoding = roles.encoding();
        roles.fixes.extend(chosen(asked, &offered)?);
        if roles.encoding() != encoding {
            files = read(&roles)?;
        }
    }
    understand(files, &roles).map_err(named)
}

/// Reads an assembly from its TOML file.
pub fn read_assembly(path: &Path) -> Result<Assembly, LabError> {
    let text = files::read_text(path)?;
    toml::from_str(&text).map_err(|error: toml::de::Error| {
        // The error's own words are a picture of the place, over several lines.
        let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
        LabError(format!("{}: line {line}: {}", path.display(), error.message()))
    })
}

type Opened = (OpenedLog, Option<AssemblyReport>);

/// What can be repaired: of the log, or of what keeps it from being one.
fn offers(opened: Result<Opened, LogError>) -> Result<Vec<(&'static str, Vec<OfferedFix>)>, LabError> {
    match opened {
        Ok((opened, _)) => {
            Ok(opened.findings.into_iter().map(|finding| (finding.kind.code(), finding.fixes)).collect())
        }
        Err(error) => match error.finding() {
            Some(kind) => Ok(vec![(kind.code(), error.fixes())]),
            None => Err(LabError::new(error)),
        },
    }
}

/// The repairs that `CODE` or `CODE=REPAIR` stands for.
fn chosen(asked: &str, offered: &[(&'static str, Vec<OfferedFix>)]) -> Result<Vec<Fix>, LabError> {
    let (code, repair) = asked.split_once('=').map_or((asked, None), |(code, repair)| (code, Some(repair)));
    let of_code: Vec<&OfferedFix> =
        offered.iter().filter(|(found, _)| *found == code).flat_map(|(_, fixes)| fixes).collect();
    if of_code.is_empty() {
        let codes: Vec<&str> = offered.iter().filter(|(_, fixes)| !fixes.is_empty()).map(|(code, _)| *code).collect();
        let known = if codes.is_empty() { "nothing".to_owned() } else { codes.join(", ") };
        return Err(LabError(format!(
            "--fix {asked}: nothing called {code} was found that can be repaired; {known} can"
        )));
    }
    if code == FindingKind::BadLabel.code() && of_code.len() > 1 {
        return counted_as_one(asked, repair, &of_code);
    }
    let is_asked = |fix: &&&OfferedFix| repair.is_none_or(|name| fix.fixes.iter().any(|fix| fix.name() == name));
    // Several findings of one code are about a column each: the same repair for each.
    let mut by_finding = offered
        .iter()
        .filter(|(found, fixes)| *found == code && !fixes.is_empty())
        .map(|(_, fixes)| fixes.iter().collect::<Vec<_>>().iter().find(is_asked).map(|fix| fix.fixes.clone()));
    match by_finding.try_fold(Vec::new(), |mut all, fixes| {
        all.extend(fixes?);
        Some(all)
    }) {
        Some(fixes) => Ok(fixes),
        None => {
            let names: Vec<&str> = of_code.iter().flat_map(|fix| fix.fixes.iter().map(Fix::name)).collect();
            Err(LabError(format!("--fix {asked}: {code} has no repair of that name; it has {}", names.join(", "))))
        }
    }
}

/// The repair of a label with strange values: the user says which of them count as 1, since no order of them may.
fn counted_as_one(asked: &str, repair: Option<&str>, offered: &[&OfferedFix]) -> Result<Vec<Fix>, LabError> {
    let way = |fix: &&OfferedFix| fix.fixes.first().and_then(positive_values);
    let chosen = offered.iter().find(|fix| repair.is_some() && way(fix).as_deref() == repair);
    chosen.map(|fix| fix.fixes.clone()).ok_or_else(|| {
        let ways: Vec<String> = offered.iter().filter_map(way).map(|values| format!("bad_label={values}")).collect();
        LabError(format!("--fix {asked}: say which values count as 1: {}", ways.join(" or ")))
    })
}

/// The values that a rule counts as 1, separated by slashes.
fn positive_values(fix: &Fix) -> Option<String> {
    match fix {
        Fix::Label(ColumnRule { rule: LabelRule::Positive(values), .. }) => Some(values.join("/")),
        _ => None,
    }
}

/// What `--fix` could do about a log that does not open.
fn ways_out(error: &LogError) -> String {
    let Some(kind) = error.finding() else { return String::new() };
    let ways: Vec<String> = error
        .fixes()
        .iter()
        .filter_map(|offered| {
            let fix = offered.fixes.first()?;
            let name = positive_values(fix).unwrap_or_else(|| fix.name().to_owned());
            Some(format!("--fix {}={name} ({})", kind.code(), offered.words))
        })
        .collect();
    if ways.is_empty() { String::new() } else { format!("; or {}", ways.join(", or ")) }
}

/// Runs `lab inspect`.
pub fn inspect(args: &args::Inspect) -> Result<(), LabError> {
    let (opened, assembly) = opened(&args.log, &args.reading, None)?;
    let inspection = Inspection {
        version: 1,
        log: LogSummary::of(&opened.log),
        space: opened.log.space,
        about: opened.log.space_sentence(),
        maturity: opened.log.label_maturity(),
        sample: opened.table.sample.as_ref(),
        assembly: assembly.as_ref(),
        roles: &opened.roles,
        columns: &opened.columns,
        findings: &opened.findings,
    };
    if let Some(path) = &args.roles_out {
        files::write(path, opened.roles.to_toml().as_bytes())?;
    }
    match &args.json {
        Some(path) => files::print_or_write_json(&inspection, Some(path)),
        None => {
            print_table(&inspection);
            Ok(())
        }
    }
}

fn print_table(inspection: &Inspection) {
    let LogSummary { rows, clicks, conversions, truth_known, population } = inspection.log;
    let truth = if truth_known { "the truth is known" } else { "the truth is not known" };
    terminal::print(&inspection.about);
    inspection.assembly.iter().flat_map(|assembly| &assembly.steps).for_each(terminal::print);
    let unused: Vec<&str> = inspection.assembly.iter().flat_map(|assembly| assembly.unused()).collect();
    if !unused.is_empty() {
        terminal::print(format_args!("not used: {}", unused.join(", ")));
    }
    terminal::print(format_args!("{rows} rows, {clicks} clicks, {conversions} conversions; {truth}"));
    if let Some(Population { rows, clicks, conversions }) = population {
        terminal::print(format_args!("weighted: {rows:.0} rows, {clicks:.0} clicks, {conversions:.0} conversions"));
    }
    let names: Vec<String> =
        inspection.columns.iter().map(|column| terminal::cell(&column.name, MOST_OF_NAME)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    for (name, column) in names.iter().zip(inspection.columns) {
        terminal::print(format_args!("{name:width$}  {:15} {}", column.role.name(), column.reason));
    }
    for finding in inspection.findings {
        let mark = if finding.accepted { "accepted" } else { finding.severity.name() };
        let (code, Finding { message, why, remedy, .. }) = (finding.kind.code(), finding);
        terminal::print(format_args!("! {mark} {code}: {message} {why} {remedy}"));
        for offered in &finding.fixes {
            let name = offered.fixes.first().map_or("", Fix::name);
            terminal::print(format_args!("    --fix {code}={name}: {}", offered.words));
        }
    }
}
