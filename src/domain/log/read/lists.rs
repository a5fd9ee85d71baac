//! Which text columns hold several values a cell, and which value columns of feature lists say nothing.

use std::collections::HashSet;

use super::notes::ReadNote;
use crate::domain::log::{ColumnValues, LIST_MARK, LogError, Table, UNREADABLE, holds_lists, items};

/// Longest item of a list, in bytes: titles with a bar in them are longer.
const MAX_ITEM_BYTES: usize = 64;
/// Fewer joined cells prove nothing.
const MIN_JOINED_CELLS: usize = 5;

/// Says which columns hold lists. Those joined by `|` are joined by [`LIST_MARK`] from here on.
pub(super) fn find_lists(table: &mut Table, delimiter: Option<u8>) -> Vec<ReadNote> {
    let mut notes = Vec::new();
    for column in &mut table.columns {
        let ColumnValues::Text { dictionary, .. } = &mut column.values else { continue };
        if !holds_lists(dictionary) {
            if delimiter == Some(b'|') || !is_joined_by_bars(dictionary) {
                continue;
            }
            join_by_mark(dictionary);
        }
        notes.push(ReadNote::Lists { column: column.name.clone() });
    }
    notes
}

/// Leaves out the columns with a cell that could not be read.
///
/// # Errors
/// When no column is left.
pub(super) fn leave_out_unreadable(table: &mut Table) -> Result<Option<ReadNote>, LogError> {
    let mut left_out = Vec::new();
    table.columns.retain(|column| {
        let ColumnValues::Text { dictionary, .. } = &column.values else { return true };
        let is_readable = dictionary.iter().all(|cell| cell.split(LIST_MARK).all(|item| item != UNREADABLE));
        if !is_readable {
            left_out.push(column.name.clone());
        }
        is_readable
    });
    if left_out.is_empty() {
        return Ok(None);
    }
    if table.columns.is_empty() {
        return Err(LogError::NothingReadable { columns: left_out.join(", ") });
    }
    Ok(Some(ReadNote::LeftOut { columns: left_out }))
}

/// Whether cells with bars are the rule, and their parts are few and come again.
fn is_joined_by_bars(dictionary: &[String]) -> bool {
    let joined = dictionary.iter().filter(|cell| cell.contains('|')).count();
    if joined < MIN_JOINED_CELLS || joined * 2 < dictionary.len() {
        return false;
    }
    let mut distinct = HashSet::new();
    let mut n_items = 0;
    for item in dictionary.iter().flat_map(|cell| cell.split('|')) {
        if item.len() > MAX_ITEM_BYTES {
            return false;
        }
        distinct.insert(item.trim());
        n_items += 1;
    }
    distinct.len() * 2 <= n_items
}

/// Cells that differ in their spaces or empty items alone would become one; they stay two, which encodes alike.
fn join_by_mark(dictionary: &mut [String]) {
    let mark = LIST_MARK.to_string();
    for cell in dictionary.iter_mut().filter(|cell| cell.contains('|')) {
        *cell = cell.replace('|', &mark);
    }
}

/// Leaves out the value columns of feature lists where every feature has the value 1: they only count it.
pub(super) fn drop_counts(table: &mut Table) {
    let only_counts = |table: &Table, index: usize| {
        let dense = &table.columns[index];
        let field = dense.name.strip_prefix('D').and_then(|field| table.columns.iter().find(|c| c.name == field));
        let (Some(field), ColumnValues::Number(values)) = (field, &dense.values) else { return false };
        values.iter().enumerate().all(|(row, &value)| {
            let n_items = match &field.values {
                ColumnValues::Number(_) => 1,
                ColumnValues::Text { dictionary, codes } => {
                    dictionary.get(codes[row] as usize).map_or(0, |cell| items(cell).count())
                }
            };
            value.is_nan() || value == n_items as f64
        })
    };
    let says_something: Vec<bool> = (0..table.columns.len()).map(|index| !only_counts(table, index)).collect();
    let mut index = 0;
    table.columns.retain(|_| {
        index += 1;
        says_something[index - 1]
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_join_where_their_parts_come_again() {
        let lists = ["a|b", "a", "b|c", "a|b|c", "c|a", "b|a"].map(String::from);
        let titles =
            ["News | today", "Sports | yesterday", "Films | Rome", "x", "Cars | e", "f | g", "h | i"].map(String::from);
        assert!(is_joined_by_bars(&lists));
        assert!(!is_joined_by_bars(&titles));
        assert!(!is_joined_by_bars(&lists[..3]));
    }

    #[test]
    fn the_mark_is_that_of_lists() {
        let mut cells = vec!["a|b".to_owned()];
        join_by_mark(&mut cells);
        assert_eq!(cells, [format!("a{LIST_MARK}b")]);
    }
}
