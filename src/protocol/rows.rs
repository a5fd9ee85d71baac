//! A window on the log's rows: the page asks for those in sight and holds no others.

use serde::{Deserialize, Serialize};

use super::RunId;
use crate::domain::log::RowQuery;

/// Which rows are wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum RowsOf {
    /// Those that match, in the query's order. Beside the log's columns it may name [`predicted`] and [`truth`] ones.
    Query(RowQuery),
    /// Those most like this one.
    Alike { row: u32, n: u32 },
}

/// A window on rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RowsAsk {
    pub of: RowsOf,
    /// The run whose predictions the query names, when it does.
    pub run: Option<RunId>,
    /// What the worker has chosen and ordered stays as it is for as long as this does: the page changes it when the model
    /// has moved on.
    pub stamp: u32,
    /// Place of the first row wanted.
    pub start: u32,
    pub count: u32,
    /// Columns wanted, by their place in the log.
    pub columns: Vec<u32>,
}

/// The rows in sight.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RowsPage {
    /// Rows that match in all.
    pub total: u32,
    pub start: u32,
    /// Rows of the log.
    pub rows: Vec<u32>,
    /// One for each row: its cells as text, in the order of the columns asked for; empty where missing.
    pub cells: Vec<Vec<String>>,
    /// One for each row, for [`RowsOf::Alike`].
    pub similarity: Vec<f64>,
}

/// What a query calls the run's prediction of an event.
pub fn predicted(event: &str) -> String {
    format!("predicted:{event}")
}

/// What a query calls an event's true probability.
pub fn truth(event: &str) -> String {
    format!("truth:{event}")
}

/// What a query calls whether the run's model was evaluated on the row: 1 for held-out rows, 0 for all others.
pub const HELD_OUT: &str = "split:held-out";
