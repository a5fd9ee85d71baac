//! A log as the page shows it: its counts and reports, and no more of its rows than a glance.

use serde::{Deserialize, Serialize};

use crate::domain::assembly::AssemblyReport;
use crate::domain::label;
use crate::domain::log::{ColumnReport, Finding, OpenedLog, Roles, Space, space_sentence};
use crate::domain::report::{DelayReading, LogSummary};
use crate::domain::spec::LogOffers;

/// Impressions in the dot field: 100 × 100.
const DOTS: usize = 10_000;
/// Rows shown as text.
const HEAD_ROWS: usize = 20;

/// A loaded log as the page shows it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LoadedLog {
    pub name: String,
    pub summary: LogSummary,
    pub space: Space,
    #[serde(with = "super::wire::as_json")]
    pub roles: Roles,
    #[serde(with = "super::wire::as_json")]
    pub columns: Vec<ColumnReport>,
    #[serde(with = "super::wire::as_json")]
    pub findings: Vec<Finding>,
    /// Label name → rows where it is 1; a label's other names too.
    pub label_counts: Vec<(String, usize)>,
    /// In the same order, the impressions that these rows stand for; empty where each stands for itself.
    pub label_weights: Vec<f64>,
    /// First rows as text, each with its cells in the order of `columns`.
    pub head: Vec<Vec<String>>,
    /// For the dot field: one byte an impression (0 impression, 1 click, 2 action, 3 purchase), the first 10 000 rows.
    pub dots: Vec<u8>,
    /// How late purchases and returns come; absent when the log does not say.
    pub delays: Option<DelayReading>,
    /// Checksum of the uploaded files' bytes.
    pub crc32: u32,
    /// How the rows were made of tables; absent for a file that is a log as it is.
    pub assembly: Option<AssemblyReport>,
}

impl LoadedLog {
    /// Describes an opened log.
    pub fn of(name: String, crc32: u32, opened: &OpenedLog, assembly: Option<AssemblyReport>) -> Self {
        let log = &opened.log;
        let names = log.labels.iter().map(|label| &label.name).chain(log.aliases.iter().map(|(alias, _)| alias));
        let count = |name: &String| log.label(name).map_or(0, |values| values.iter().filter(|&&yes| yes).count());
        let label_counts: Vec<(String, usize)> = names.map(|name| (name.clone(), count(name))).collect();
        let label_weights = label_counts.iter().filter_map(|(name, _)| log.population_with(name)).collect();
        let depth = |row: usize| {
            let is = |name| log.label(name).is_some_and(|values| values[row]);
            match (is(label::CLICK), is(label::ACTION), is(label::CONVERSION)) {
                (_, _, true) => 3,
                (_, true, _) => 2,
                (true, _, _) => 1,
                _ => 0,
            }
        };
        Self {
            name,
            summary: LogSummary::of(log),
            space: log.space,
            roles: opened.roles.clone(),
            columns: opened.columns.clone(),
            findings: opened.findings.clone(),
            label_counts,
            label_weights,
            head: opened.head(HEAD_ROWS),
            dots: (0..log.n_rows.min(DOTS)).map(depth).collect(),
            delays: DelayReading::of(log),
            crc32,
            assembly,
        }
    }

    /// What the space and the labels are, and what can be trained: a sentence or two.
    pub fn about(&self, written: impl Fn(f64) -> String) -> String {
        let count = |name: &str| self.label_counts.iter().find(|(known, _)| known == name).map(|(_, ones)| *ones);
        let population = self.summary.population.map(|population| population.rows);
        space_sentence(self.space, (self.summary.rows as f64, population), count, written)
    }

    /// Impressions in which a label is 1; `None` when the log does not have it.
    pub fn impressions_with(&self, label: &str) -> Option<f64> {
        let index = self.label_counts.iter().position(|(known, _)| known == label)?;
        Some(self.label_weights.get(index).copied().unwrap_or(self.label_counts[index].1 as f64))
    }

    /// What decides how a model is trained on it.
    pub fn offers(&self) -> LogOffers {
        let has = |name| self.label_counts.iter().any(|(label, _)| label == name);
        LogOffers {
            space: self.space,
            has_click: has(label::CLICK),
            has_conversion: has(label::CONVERSION),
            has_action: has(label::ACTION),
            has_purchase_times: self.delays.is_some(),
        }
    }

    /// Without a row of it: what may stay on a disk when the log may not.
    pub fn without_rows(&self) -> Self {
        let mut without = Self { head: Vec::new(), dots: Vec::new(), findings: Vec::new(), ..self.clone() };
        let tables = without.assembly.iter_mut().flat_map(|report| &mut report.tables);
        tables.flat_map(|table| &mut table.columns).for_each(|column| column.words.clear());
        without
    }
}
