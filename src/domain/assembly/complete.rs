//! What a step leaves open, filled in by what the tables hold: keys, times, what each event means.

use std::collections::HashSet;

use super::join::KeyPair;
use super::propose::{event_of_column, keys_of, time_of_table};
use super::{Assembly, NamedTable, Step};
use crate::domain::log::{Column, ColumnValues, Table};

/// Fills in the steps that leave something open. What is found nowhere stays open, and the step says so.
pub(super) fn complete(mut assembly: Assembly, tables: &[NamedTable]) -> Assembly {
    let find = |name: &str| tables.iter().find(|table| table.name == name).map(|table| &table.table);
    let Some(rows) = find(&assembly.table) else { return assembly };
    for step in &mut assembly.steps {
        match step {
            Step::Label(label) if label.on.is_empty() => {
                let Some(other) = find(&label.table) else { continue };
                label.on.extend(key(rows, other, Side::Right));
                label.times =
                    time_of_table(rows).zip(time_of_table(other)).map(|(left, right)| KeyPair { left, right });
            }
            Step::Features(features) if features.on.is_empty() => {
                let Some(other) = find(&features.table) else { continue };
                features.on.extend(key(rows, other, Side::Left));
            }
            Step::Events(events) if events.rows.is_empty() && events.labels.is_empty() => {
                let Some(column) = rows.column(&events.event) else { continue };
                (events.rows, events.labels) = event_of_column(column);
                let keys = keys_of(rows, &events.event, &events.time);
                if events.key.is_empty() {
                    events.key = keys;
                }
            }
            _ => {}
        }
    }
    assembly
}

/// Whose values are to be found in the other table.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    /// The rows' values: the other table describes them.
    Left,
    /// The other table's values: it holds outcomes of the rows.
    Right,
}

/// The columns that share most values; of a table that describes the rows, one that has each value once.
fn key(rows: &Table, other: &Table, side: Side) -> Option<KeyPair> {
    /// Of the values, so many are to be found.
    const LEAST_SHARE: f64 = 0.5;
    let lefts: Vec<(&Column, HashSet<String>)> = rows.columns.iter().filter_map(values).collect();
    let mut best: Option<(f64, KeyPair)> = None;
    for (right, of_right) in other.columns.iter().filter_map(values) {
        if side == Side::Left && of_right.len() < right.values.len() {
            continue;
        }
        for (left, of_left) in &lefts {
            let shared = of_left.iter().filter(|value| of_right.contains(*value)).count() as f64;
            let share = shared / if side == Side::Left { of_left.len() } else { of_right.len() }.max(1) as f64;
            let is_same_name = left.name.eq_ignore_ascii_case(&right.name);
            // Many shared values say more than a few small numbers; among equals, the name.
            let score = shared * share + if is_same_name { 0.5 } else { 0.0 };
            if share >= LEAST_SHARE && best.as_ref().is_none_or(|(known, _)| score > *known) {
                best = Some((score, KeyPair { left: left.name.clone(), right: right.name.clone() }));
            }
        }
    }
    best.map(|(_, pair)| pair)
}

/// The different values of a column that could be a key: words, or whole numbers.
fn values(column: &Column) -> Option<(&Column, HashSet<String>)> {
    let values = match &column.values {
        ColumnValues::Text { dictionary, .. } => dictionary.iter().cloned().collect(),
        ColumnValues::Number(numbers) if numbers.iter().all(|number| number.is_nan() || number.fract() == 0.0) => {
            let bits: HashSet<u64> =
                numbers.iter().filter(|number| !number.is_nan()).map(|number| number.to_bits()).collect();
            bits.into_iter().map(|bits| f64::from_bits(bits).to_string()).collect()
        }
        ColumnValues::Number(_) => return None,
    };
    Some((column, values))
}
