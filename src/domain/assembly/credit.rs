//! Which row an outcome belongs to.

use serde::{Deserialize, Serialize};

use crate::domain::label;
use crate::domain::log::{MISSING, Role};

const DAY_SECONDS: f64 = 86_400.0;

/// Which of the rows before an outcome gets the credit for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Touch {
    First,
    #[default]
    Last,
    Every,
}

/// The roles of a label's column, and of that of its time.
pub(super) fn label_roles(name: &str) -> (Role, Role) {
    match name {
        label::CLICK => (Role::Click, Role::ClickTime),
        label::CONVERSION => (Role::Conversion, Role::ConversionTime),
        label::ACTION => (Role::Action, Role::Ignore),
        _ => (Role::Outcome, Role::Ignore),
    }
}

/// Rows of one key in order of time.
pub(super) struct Rows<'a> {
    keys: &'a [u32],
    times: Option<&'a [f64]>,
    /// Row numbers by key, and by time within a key.
    order: Vec<u32>,
    /// For each key that occurs, where its rows begin in `order`.
    starts: std::collections::HashMap<u32, (u32, u32)>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(keys: &'a [u32], times: Option<&'a [f64]>) -> Self {
        let is_known =
            |row: &u32| keys[*row as usize] != MISSING && times.is_none_or(|times| !times[*row as usize].is_nan());
        let mut order: Vec<u32> = (0..keys.len() as u32).filter(is_known).collect();
        let time = |row: u32| times.map_or(0.0, |times| times[row as usize]);
        order.sort_by(|&a, &b| keys[a as usize].cmp(&keys[b as usize]).then(time(a).total_cmp(&time(b))));
        let mut starts = std::collections::HashMap::new();
        for (at, &row) in order.iter().enumerate() {
            let range = starts.entry(keys[row as usize]).or_insert((at as u32, at as u32));
            range.1 = at as u32 + 1;
        }
        Self { keys, times, order, starts }
    }

    /// Rows with this key, in order of time.
    pub(super) fn of(&self, key: u32) -> &[u32] {
        match self.starts.get(&key) {
            Some(&(start, end)) if key != MISSING => &self.order[start as usize..end as usize],
            _ => &[],
        }
    }

    /// How many rows of the key of `row` come strictly before it.
    pub(super) fn n_before(&self, row: usize) -> usize {
        let Some(times) = self.times else { return 0 };
        let rows = self.of(self.keys[row]);
        rows.partition_point(|&other| times[other as usize] < times[row])
    }

    /// The rows that an outcome with this key at this time is credited to: those at or before it, and no longer before it than
    /// the window.
    pub(super) fn credited(&self, key: u32, at: f64, window_days: Option<f64>, touch: Touch) -> &[u32] {
        let rows = self.of(key);
        let Some(times) = self.times else { return rows };
        let end = rows.partition_point(|&row| times[row as usize] <= at);
        let earliest = window_days.map_or(f64::NEG_INFINITY, |days| at - days * DAY_SECONDS);
        let start = rows[..end].partition_point(|&row| times[row as usize] < earliest);
        match (&rows[start..end], touch) {
            ([], _) => &[],
            (rows, Touch::First) => &rows[..1],
            (rows, Touch::Last) => &rows[rows.len() - 1..],
            (rows, Touch::Every) => rows,
        }
    }
}

/// A label in the making, and the outcome that each row was first credited with.
pub(super) struct Credits {
    pub outcome_of: Vec<Option<usize>>,
    /// Outcomes without a row to be credited to.
    pub n_alone: usize,
    /// Outcomes of a row that had one already.
    pub n_repeated: usize,
}

impl Credits {
    pub(super) fn new(n_rows: usize) -> Self {
        Self { outcome_of: vec![None; n_rows], n_alone: 0, n_repeated: 0 }
    }

    /// Credits an outcome to rows; outcomes come in order of time.
    pub(super) fn add(&mut self, outcome: usize, rows: &[u32]) {
        let mut is_new = false;
        for &row in rows {
            let known = &mut self.outcome_of[row as usize];
            is_new |= known.is_none();
            known.get_or_insert(outcome);
        }
        match rows.is_empty() {
            true => self.n_alone += 1,
            false if !is_new => self.n_repeated += 1,
            false => {}
        }
    }
}
