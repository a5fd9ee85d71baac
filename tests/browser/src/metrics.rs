//! The metrics table as it is read.

use crate::Step;
use serde_json::Value;
use std::collections::BTreeMap;

/// The metrics table: a row for each model, a cell for each `<metric>.<task>`.
#[derive(Debug, Clone, PartialEq)]
pub struct Metrics {
    rows: BTreeMap<String, BTreeMap<String, MetricCell>>,
}

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricCell {
    /// As shown: the value, its interval, its difference, or the reason why there is none.
    pub text: String,
    /// The value in full precision (`data-value`), `None` when undefined.
    pub value: Option<f64>,
}

impl Metrics {
    /// From `{ row header: { key: { text, value } } }`.
    pub(crate) fn read(table: &Value) -> Step<Self> {
        let unreadable = || format!("the table Metrics cannot be read: {table}");
        let mut rows = BTreeMap::new();
        for (name, cells) in table.as_object().ok_or_else(unreadable)? {
            let mut read = BTreeMap::new();
            for (key, cell) in cells.as_object().ok_or_else(unreadable)? {
                let text = cell["text"].as_str().ok_or_else(unreadable)?.to_owned();
                let value = match cell["value"].as_str() {
                    Some(digits) => Some(digits.parse().map_err(|_| format!("data-value of {key} is {digits:?}"))?),
                    None => None,
                };
                read.insert(key.clone(), MetricCell { text, value });
            }
            rows.insert(name.clone(), read);
        }
        Ok(Self { rows })
    }

    /// Row headers.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.rows.keys().map(String::as_str)
    }

    /// The cells of the row of `model`: its header is the model's name, and perhaps more words after it.
    pub fn of(&self, model: &str) -> Step<&BTreeMap<String, MetricCell>> {
        let is_row = |name: &str| name.strip_prefix(model).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
        let row = self.rows.iter().find(|(name, _)| is_row(name)).map(|(_, cells)| cells);
        row.ok_or_else(|| format!("no row of {model} in {:?}", self.models().collect::<Vec<_>>()))
    }

    /// The cell `key` of `model`.
    pub fn cell(&self, model: &str, key: &str) -> Step<&MetricCell> {
        let cells = self.of(model)?;
        cells.get(key).ok_or_else(|| format!("{model} has no cell {key}; it has {:?}", cells.keys()))
    }

    /// The value of `key` for `model`.
    pub fn value(&self, model: &str, key: &str) -> Step<f64> {
        let cell = self.cell(model, key)?;
        cell.value.ok_or_else(|| format!("{key} of {model} is {:?}", cell.text))
    }

    /// Every value of every model, by row header and key.
    pub fn values(&self) -> impl Iterator<Item = (&str, &str, f64)> {
        self.rows.iter().flat_map(|(model, cells)| {
            cells.iter().filter_map(move |(key, cell)| Some((model.as_str(), key.as_str(), cell.value?)))
        })
    }
}
