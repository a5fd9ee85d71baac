//! Joins: a table of outcomes → a label, a table with one row for each key → features.

use serde::{Deserialize, Serialize};

use super::credit::{Credits, Rows, Touch, label_roles};
use super::events::told;
use super::keys::{Keys, column, columns, free_name, pick};
use super::propose::outcome_of;
use super::{Assembled, AssemblyError};
use crate::domain::log::{Column, ColumnValues, Role, Table, seconds_of_column};

/// A column of the rows, and the column of the joined table that holds the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyPair {
    pub left: String,
    pub right: String,
}

/// Makes a label of a table of outcomes: 1 where the table has a row of the same key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelTable {
    pub table: String,
    pub label: String,
    pub on: Vec<KeyPair>,
    /// When the row and the outcome happened: where keys repeat, the outcome is that of a row before it.
    #[serde(default)]
    pub times: Option<KeyPair>,
    #[serde(default)]
    pub window_days: Option<f64>,
    #[serde(default)]
    pub touch: Touch,
}

/// Adds the columns of a table with one row for each key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureTable {
    pub table: String,
    pub on: Vec<KeyPair>,
}

/// Key codes of both sides.
fn both(left: &Table, right: &Table, name: &str, on: &[KeyPair]) -> Result<(Vec<u32>, Vec<u32>), AssemblyError> {
    if on.is_empty() {
        return Err(AssemblyError::NoKey { table: name.to_owned() });
    }
    let of_left = columns(left, text!(assembly::rows), on.iter().map(|pair| &pair.left))?;
    let of_right = columns(right, name, on.iter().map(|pair| &pair.right))?;
    let mut keys = Keys::default();
    let left_keys = keys.of(&of_left, left.n_rows);
    Ok((left_keys, keys.of(&of_right, right.n_rows)))
}

impl LabelTable {
    pub(super) fn apply(&self, state: &mut Assembled, right: &Table) -> Result<(String, Vec<String>), AssemblyError> {
        let (left_keys, right_keys) = both(&state.table, right, &self.table, &self.on)?;
        let left_name = text!(assembly::rows);
        let times = match &self.times {
            None => None,
            Some(pair) => {
                let at = column(right, &self.table, &pair.right)?;
                let left = seconds_of_column(&state.table, column(&state.table, left_name, &pair.left)?)?;
                Some((left, seconds_of_column(right, at)?, at))
            }
        };
        let rows = Rows::new(&left_keys, times.as_ref().map(|(left, ..)| left.as_slice()));
        let mut outcomes: Vec<usize> = (0..right.n_rows).collect();
        if let Some((_, at, _)) = &times {
            outcomes.sort_by(|&a, &b| at[a].total_cmp(&at[b]));
        } else {
            // Without times a key must be of one row on one side.
            refuse_many_to_many(&self.table, &left_keys, &right_keys, &self.on, right)?;
        }
        let mut credits = Credits::new(state.table.n_rows);
        for outcome in outcomes {
            let at = times.as_ref().map_or(0.0, |(_, at, _)| at[outcome]);
            credits.add(outcome, rows.credited(right_keys[outcome], at, self.window_days, self.touch));
        }
        let ones = credits.outcome_of.iter().filter(|outcome| outcome.is_some()).count();
        let mut left_aside = Vec::new();
        left_aside.extend(told(credits.n_alone, |n| counted!(assembly::label::alone, n, table = self.table)));
        left_aside.extend(told(credits.n_repeated, |n| counted!(assembly::label::repeated, n, table = self.table)));
        let is_guess = outcome_of(&self.table).is_none();
        left_aside.extend(is_guess.then(|| text!(assembly::label::unnamed, label = self.label, table = self.table)));
        let is_one = credits.outcome_of.iter().map(|outcome| f64::from(u8::from(outcome.is_some()))).collect();
        let (role, at_role) = label_roles(&self.label);
        let name = free_name(&state.table, &self.label);
        state.roles.assign(&name, role);
        state.table.columns.push(Column { name, values: ColumnValues::Number(is_one) });
        if let Some((.., at)) = times {
            let name = free_name(&state.table, &format!("{}_time", self.label));
            state.roles.assign(&name, at_role);
            let values = pick(&at.values, credits.outcome_of.into_iter());
            state.table.columns.push(Column { name, values });
            if let Some(pair) = self.times.as_ref().filter(|_| state.roles.time.is_none()) {
                state.roles.assign(&pair.left, Role::Time);
            }
        }
        let says = text!(
            assembly::label::says,
            label = self.label,
            table = self.table,
            ones = ones,
            key = self.on.iter().map(|pair| pair.left.as_str()).collect::<Vec<_>>().join(", ")
        );
        Ok((says, left_aside))
    }
}

/// Refuses keys that repeat on both sides.
fn refuse_many_to_many(
    table: &str,
    left: &[u32],
    right: &[u32],
    on: &[KeyPair],
    of: &Table,
) -> Result<(), AssemblyError> {
    let (left, right) = (Rows::new(left, None), (Rows::new(right, None), right));
    let repeats = |row: usize| left.of(right.1[row]).len() > 1 && right.0.of(right.1[row]).len() > 1;
    refuse(table, on, of, (0..of.n_rows).filter(|&row| repeats(row)).collect(), right.1)
}

fn refuse(table: &str, on: &[KeyPair], of: &Table, rows: Vec<usize>, keys: &[u32]) -> Result<(), AssemblyError> {
    let Some(&first) = rows.first() else { return Ok(()) };
    let mut repeated: Vec<u32> = rows.iter().map(|&row| keys[row]).collect();
    repeated.sort_unstable();
    repeated.dedup();
    let value = |pair: &KeyPair| {
        let text = of.column(&pair.right).map(|column| column.values.text(first)).unwrap_or_default();
        format!("{} {text}", pair.right)
    };
    let example = on.iter().map(value).collect::<Vec<_>>().join(", ");
    Err(AssemblyError::Repeated { table: table.to_owned(), keys: repeated.len(), rows: rows.len(), example })
}

impl FeatureTable {
    pub(super) fn apply(&self, state: &mut Assembled, right: &Table) -> Result<(String, Vec<String>), AssemblyError> {
        let (left_keys, right_keys) = both(&state.table, right, &self.table, &self.on)?;
        let by_key = Rows::new(&right_keys, None);
        let is_repeated = |&row: &usize| by_key.of(right_keys[row]).len() > 1;
        refuse(&self.table, &self.on, right, (0..right.n_rows).filter(is_repeated).collect(), &right_keys)?;
        let matched: Vec<Option<usize>> =
            left_keys.iter().map(|&key| by_key.of(key).first().map(|&row| row as usize)).collect();
        let mut is_used = vec![false; right.n_rows];
        matched.iter().flatten().for_each(|&row| is_used[row] = true);
        let n_unmatched = matched.iter().filter(|row| row.is_none()).count();
        let n_unused = is_used.iter().filter(|&&used| !used).count();
        let added: Vec<&Column> =
            right.columns.iter().filter(|column| self.on.iter().all(|pair| pair.right != column.name)).collect();
        for column in &added {
            let clashes = state.table.column(&column.name).is_some();
            let wanted = if clashes { format!("{}.{}", self.table, column.name) } else { column.name.clone() };
            let name = free_name(&state.table, &wanted);
            state.table.columns.push(Column { name, values: pick(&column.values, matched.iter().copied()) });
        }
        let mut left_aside = Vec::new();
        left_aside.extend(told(n_unmatched, |n| counted!(assembly::features::unmatched, n, table = self.table)));
        left_aside.extend(told(n_unused, |n| counted!(assembly::features::unused, n, table = self.table)));
        let says = text!(
            assembly::features::says,
            columns = added.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", "),
            table = self.table,
            key = self.on.iter().map(|pair| pair.left.as_str()).collect::<Vec<_>>().join(", ")
        );
        Ok((says, left_aside))
    }
}
