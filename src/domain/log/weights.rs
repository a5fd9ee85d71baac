//! How many impressions of the population a row stands for, where rows were kept at a known rate.
use super::{Column, ImpressionLog, LogError, Roles, Table};

/// Weights beyond these, either way, are a mistake, and more than f32 could train with.
const WEIGHTS: std::ops::RangeInclusive<f64> = 1e-9..=1e9;

/// Whether `value` says how many impressions a row stands for.
pub(in crate::domain) fn is_weight(value: f64) -> bool {
    WEIGHTS.contains(&value)
}

/// Whether `value` is a probability with which a row may have been kept.
pub fn is_rate(value: f64) -> bool {
    value <= 1.0 && is_weight(1.0 / value)
}

/// The weight of each row; `None` where every row stands for itself.
///
/// - `click`: whether each row was clicked; absent where the log does not say
///
/// # Errors
/// A value that is no weight, or no rate, with its line; a rate of unclicked rows for a log that does not tell them.
pub(super) fn read_weights(table: &Table, roles: &Roles, click: Option<&[bool]>) -> Result<Option<Vec<f64>>, LogError> {
    let column = |name: &Option<String>| name.as_deref().and_then(|name| table.column(name));
    let weights: Vec<f64> = if let Some(column) = column(&roles.weight) {
        let bad = |line, value| LogError::BadWeight { line, column: column.name.clone(), value };
        numbers(table, column, is_weight, bad)?
    } else if let Some(column) = column(&roles.sampling_rate) {
        let bad = |line, value| LogError::BadSamplingRate { line, column: column.name.clone(), value };
        numbers(table, column, is_rate, bad)?.into_iter().map(|rate| 1.0 / rate).collect()
    } else if let Some(rate) = roles.negative_rate {
        let click = click.ok_or(LogError::NegativesWithoutClick)?;
        click.iter().map(|&clicked| if clicked { 1.0 } else { 1.0 / rate }).collect()
    } else {
        return Ok(None);
    };
    Ok(Some(weights).filter(|weights| weights.iter().any(|&weight| weight != 1.0)))
}

/// The column's numbers, each of which `is_good`.
fn numbers(
    table: &Table,
    column: &Column,
    is_good: fn(f64) -> bool,
    bad: impl Fn(u64, String) -> LogError,
) -> Result<Vec<f64>, LogError> {
    let numbers = column.numbers().map_err(|(row, value)| bad(table.line(row), value))?;
    match numbers.iter().position(|&number| !is_good(number)) {
        Some(row) => Err(bad(table.line(row), column.values.text(row))),
        None => Ok(numbers.into_owned()),
    }
}

impl ImpressionLog {
    /// Impressions of the population that a row stands for.
    pub fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }

    /// Impressions of the population that the rows stand for; `None` where each stands for itself.
    pub fn population(&self) -> Option<f64> {
        self.weights.as_ref().map(|weights| weights.iter().sum())
    }

    /// As [`ImpressionLog::population`], of the rows in which the label called `name` is 1.
    pub fn population_with(&self, name: &str) -> Option<f64> {
        let (weights, label) = (self.weights.as_ref()?, self.label(name)?);
        Some(weights.iter().zip(label).filter(|(_, yes)| **yes).map(|(weight, _)| weight).sum())
    }
}
