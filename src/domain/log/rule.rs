//! Which values of a label column count as 1.
use serde::{Deserialize, Serialize};

use super::labels::{ParsedLabel, parse_label};
use super::time::{column_times, is_same_clock};
use super::{Column, ColumnValues, LogError, MISSING, Roles, Table};

/// A rule for a label column; without one, 0/1, true/false, yes/no and counts (above 0) are understood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelRule {
    /// As without a rule, and a blank is 0.
    BlankIsNo,
    /// Any value is 1, a blank is 0.
    Filled,
    /// These values are 1, all others and blanks 0.
    Positive(Vec<String>),
    /// Numbers above this are 1, all others and blanks 0.
    Above(f64),
    /// A time at most this long after the click is 1; a later or earlier one and a blank are 0.
    Within(Window),
}

/// A span of time after the click.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    pub days: f64,
    /// The column with the time it counts from; without one, the role `click_time`, else `time`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

impl LabelRule {
    /// Whether the rule says something that can be asked.
    pub(super) fn check(&self, column: &str) -> Result<(), LogError> {
        let wrong = |reason| Err(LogError::LabelRule { column: column.to_owned(), reason });
        match self {
            Self::Positive(values) if values.is_empty() => wrong(text!(log::rule::no_value)),
            Self::Above(limit) if !limit.is_finite() => wrong(text!(log::rule::infinite)),
            Self::Within(window) if !(window.days > 0.0 && window.days <= 36_500.0) => wrong(text!(log::rule::days)),
            _ => Ok(()),
        }
    }
}

/// Reads a label column by its rule, or as 0/1, true/false, yes/no or a count when it has none.
///
/// # Errors
/// The first value that is missing or says neither yes nor no, or a rule that does not fit the column.
pub(super) fn read_label(
    table: &Table,
    roles: &Roles,
    column: &Column,
    role: &'static str,
) -> Result<ParsedLabel, LogError> {
    let rows = |is_one: &dyn Fn(usize) -> bool| ParsedLabel {
        values: (0..table.n_rows).map(is_one).collect(),
        count_rows: Vec::new(),
    };
    match roles.labels.get(&column.name) {
        None => parse_label(table, column, role, false),
        Some(LabelRule::BlankIsNo) => parse_label(table, column, role, true),
        Some(LabelRule::Filled) => Ok(ParsedLabel { values: filled(column), count_rows: Vec::new() }),
        Some(LabelRule::Positive(positive)) => {
            let is_positive = any_of(column, positive)?;
            Ok(rows(&is_positive))
        }
        Some(LabelRule::Above(limit)) => {
            let numbers = column.numbers().map_err(|(row, value)| LogError::BadNumber {
                line: table.line(row),
                column: column.name.clone(),
                value,
            })?;
            Ok(rows(&|row| numbers[row] > *limit))
        }
        Some(LabelRule::Within(window)) => {
            let is_within = within(table, roles, column, window)?;
            Ok(ParsedLabel { values: is_within, count_rows: Vec::new() })
        }
    }
}

/// Where the column has a value: the label that a time column tells.
pub(super) fn filled(column: &Column) -> Vec<bool> {
    (0..column.values.len()).map(|row| !column.values.is_missing(row)).collect()
}

/// Membership by text: `1` and `1.0` are the same number, letters' case does not matter.
fn any_of<'a>(column: &'a Column, positive: &[String]) -> Result<Box<dyn Fn(usize) -> bool + 'a>, LogError> {
    match &column.values {
        ColumnValues::Number(numbers) => {
            let wanted: Vec<f64> = positive.iter().filter_map(|value| value.trim().parse().ok()).collect();
            if wanted.len() < positive.len() {
                return Err(LogError::LabelRule {
                    column: column.name.clone(),
                    reason: text!(log::rule::not_a_number),
                });
            }
            Ok(Box::new(move |row| wanted.contains(&numbers[row])))
        }
        ColumnValues::Text { dictionary, codes } => {
            let folded: Vec<String> = positive.iter().map(|value| value.trim().to_lowercase()).collect();
            let is_one: Vec<bool> = dictionary.iter().map(|value| folded.contains(&value.to_lowercase())).collect();
            Ok(Box::new(move |row| codes[row] != MISSING && is_one[codes[row] as usize]))
        }
    }
}

fn within(table: &Table, roles: &Roles, column: &Column, window: &Window) -> Result<Vec<bool>, LogError> {
    const DAY_SECONDS: f64 = 86_400.0;
    let since = window.since.as_ref().or(roles.click_time.as_ref()).or(roles.time.as_ref());
    let Some(since) = since.and_then(|name| table.column(name)) else {
        return Err(LogError::LabelRule { column: column.name.clone(), reason: text!(log::rule::no_start) });
    };
    let (start, end) = (column_times(table, since)?, column_times(table, column)?);
    if !is_same_clock(&start, &end) {
        return Err(LogError::LabelRule { column: column.name.clone(), reason: text!(log::rule::other_clock) });
    }
    // A blank is NaN and in no span.
    let is_within = |(start, end): (&f64, &f64)| (0.0..=window.days * DAY_SECONDS).contains(&(end - start));
    Ok(start.iter().zip(&end).map(is_within).collect())
}
