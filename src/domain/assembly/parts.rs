//! Parts of one table, end to end.

use std::collections::HashMap;

use super::{Assembled, AssemblyError, NamedTable, find};
use crate::domain::log::{ColumnValues, MISSING, Table};

/// Adds the rows of the named tables to those that there are.
pub(super) fn append(
    state: &mut Assembled,
    names: &[String],
    tables: &[NamedTable],
) -> Result<(String, Vec<String>), AssemblyError> {
    for name in names {
        let part = find(tables, name)?;
        if !has_same_columns(&state.table, part) {
            let first = state.table.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
            return Err(AssemblyError::OtherColumns { first, second: name.clone() });
        }
        for (column, more) in state.table.columns.iter_mut().zip(&part.columns) {
            let values = std::mem::replace(&mut column.values, ColumnValues::Number(Vec::new()));
            column.values = joined(values, &more.values);
        }
        state.table.n_rows += part.n_rows;
        state.table.source_rows = None;
    }
    Ok((text!(assembly::append::says, tables = names.join(", ")), Vec::new()))
}

/// Whether both tables have columns of the same names in the same order.
pub(super) fn has_same_columns(a: &Table, b: &Table) -> bool {
    let names = |table: &Table| table.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    names(a) == names(b)
}

/// Both columns' values; numbers become text where the other part is text.
fn joined(first: ColumnValues, second: &ColumnValues) -> ColumnValues {
    match (first, second) {
        (ColumnValues::Number(mut numbers), ColumnValues::Number(more)) => {
            numbers.extend(more);
            ColumnValues::Number(numbers)
        }
        (first, second) => {
            let mut dictionary: Vec<String> = Vec::new();
            let mut known: HashMap<String, u32> = HashMap::new();
            let mut codes = Vec::with_capacity(first.len() + second.len());
            for values in [&first, second] {
                for row in 0..values.len() {
                    if values.is_missing(row) {
                        codes.push(MISSING);
                        continue;
                    }
                    let word = values.text(row);
                    let next = dictionary.len() as u32;
                    let code = *known.entry(word.clone()).or_insert(next);
                    if code == next {
                        dictionary.push(word);
                    }
                    codes.push(code);
                }
            }
            ColumnValues::Text { dictionary, codes }
        }
    }
}
