//! What a log's owner should know about it.
use serde::{Deserialize, Serialize};

use super::infer::ColumnStats;
use super::leakage::find_leak;
use super::{ColumnValues, MISSING, Role, Roles, Table};

/// Something about a log that its owner should know, and what was done about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub kind: FindingKind,
    /// One sentence with counts, columns and rows.
    pub message: String,
    /// One sentence: what to do about it, or what was done.
    pub remedy: String,
    pub columns: Vec<String>,
    /// How many rows it concerns.
    pub rows: usize,
    /// The first few of them (0-based data rows).
    pub first_rows: Vec<usize>,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    ConversionWithoutClick,
    ActionWithoutClick,
    ReturnWithoutConversion,
    /// A purchase before its click, or a return before its purchase.
    OutcomeBeforeCause,
    OutcomeWithoutTime,
    TimeWithoutOutcome,
    OneClassLabel,
    CountLabel,
    Leakage,
    ConstantColumn,
    NearUniqueColumn,
    MissingValues,
    TooFewRows,
    /// A decision of the reader's: names that were made up, decimal commas, lists.
    Reading,
}

impl Finding {
    /// A finding about some rows of some columns, given as all of its rows.
    pub(super) fn about_rows(
        kind: FindingKind,
        columns: &[&str],
        rows: &[usize],
        message: String,
        remedy: String,
    ) -> Self {
        const SHOWN_ROWS: usize = 5;
        let first_rows = rows.iter().copied().take(SHOWN_ROWS).collect();
        let columns = columns.iter().map(|&name| name.to_owned()).collect();
        Self { kind, message, remedy, columns, rows: rows.len(), first_rows }
    }

    fn about_column(kind: FindingKind, column: &str, rows: usize, message: String, remedy: &str) -> Self {
        let (columns, remedy) = (vec![column.to_owned()], remedy.to_owned());
        Self { kind, message, remedy, columns, rows, first_rows: Vec::new() }
    }
}

/// "1 row", "2 rows".
pub(super) fn counted(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// Findings about feature columns, and about ignored ones that would leak a label.
pub(super) fn column_findings(table: &Table, roles: &Roles, labels: &[(&str, &[bool])]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut constant = Vec::new();
    for (role, name) in roles.assigned() {
        let is_feature = matches!(role, Role::Categorical | Role::Numerical);
        let Some(column) = table.column(name) else { continue };
        if !is_feature && role != Role::Ignore {
            continue;
        }
        if let Some(reason) = find_leak(&column.values, labels) {
            findings.push(leakage(name, &reason, is_feature, table.n_rows));
            continue;
        }
        let stats = ColumnStats::of(column);
        if stats.is_constant() {
            constant.push(name);
        } else if role == Role::Categorical {
            findings.extend(near_unique(name, stats, table.n_rows));
        }
    }
    findings.extend(constant_columns(&constant, roles, table.n_rows));
    findings.extend(missing_values(table, roles));
    findings
}

fn leakage(name: &str, reason: &str, is_feature: bool, rows: usize) -> Finding {
    let reason = reason.strip_prefix("leakage: ").unwrap_or(reason);
    let remedy = if is_feature {
        "Give it the role ignore: a model that sees it learns nothing else."
    } else {
        "It is ignored; leave it so."
    };
    Finding::about_column(
        FindingKind::Leakage,
        name,
        rows,
        format!("Column \"{name}\" gives a label away: {reason}."),
        remedy,
    )
}

/// One finding for all of them: a sample of a wide log has many.
fn constant_columns(names: &[&str], roles: &Roles, n_rows: usize) -> Option<Finding> {
    let is_feature = |name: &&&str| roles.categorical.iter().chain(&roles.numerical).any(|feature| feature == **name);
    let message = match names {
        [] => return None,
        [name] => format!("Column \"{name}\" holds the same value, or none, in every row."),
        names => format!("{} columns hold the same value, or none, in every row: {}.", names.len(), names.join(", ")),
    };
    let remedy = match names.iter().filter(is_feature).count() {
        0 => "They teach nothing and are ignored.",
        _ => "They teach nothing; give them the role ignore.",
    };
    let columns = names.iter().map(|&name| name.to_owned()).collect();
    let (kind, remedy) = (FindingKind::ConstantColumn, remedy.to_owned());
    Some(Finding { kind, message, remedy, columns, rows: n_rows, first_rows: Vec::new() })
}

fn near_unique(name: &str, stats: ColumnStats, n_rows: usize) -> Option<Finding> {
    if !stats.is_near_unique(n_rows) {
        return None;
    }
    let message = format!("Feature \"{name}\" has {} values in {n_rows} rows, nearly one each.", stats.distinct);
    let remedy =
        "Values seen once teach nothing about new rows; give it the role ignore, or user or item if it is a key.";
    Some(Finding::about_column(FindingKind::NearUniqueColumn, name, n_rows, message, remedy))
}

/// One finding for all features, so that a sparse log does not drown the others.
fn missing_values(table: &Table, roles: &Roles) -> Option<Finding> {
    let mut is_affected = vec![false; table.n_rows];
    let mut columns = Vec::new();
    let mut n_missing = 0;
    for name in roles.categorical.iter().chain(&roles.numerical) {
        let Some(column) = table.column(name) else { continue };
        let before = n_missing;
        let mut mark = |is_missing: &mut dyn Iterator<Item = bool>| {
            for (affected, missing) in is_affected.iter_mut().zip(is_missing) {
                *affected |= missing;
                n_missing += usize::from(missing);
            }
        };
        match &column.values {
            ColumnValues::Text { codes, .. } => mark(&mut codes.iter().map(|&code| code == MISSING)),
            ColumnValues::Number(numbers) => mark(&mut numbers.iter().map(|number| number.is_nan())),
        }
        if n_missing > before {
            columns.push(name.as_str());
        }
    }
    if columns.is_empty() {
        return None;
    }
    let rows: Vec<usize> = (0..table.n_rows).filter(|&row| is_affected[row]).collect();
    let message = format!(
        "{} missing in {} over {}.",
        if n_missing == 1 { "1 value is".to_owned() } else { format!("{n_missing} values are") },
        counted(columns.len(), "feature"),
        counted(rows.len(), "row"),
    );
    let remedy =
        "Nothing to do: a missing category or bucket has an id of its own, a missing dense input is 0.".to_owned();
    Some(Finding::about_rows(FindingKind::MissingValues, &columns, &rows, message, remedy))
}
