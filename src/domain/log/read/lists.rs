//! Text columns whose cells hold several values each.

use super::notes::ReadNote;
use super::text::Dictionary;
use crate::domain::log::{ColumnValues, MISSING, Table};

/// The separator that no text has by chance; Hive and Ali-CCP write it.
const CONTROL_SEPARATOR: char = '\x01';

/// Turns columns whose cells are joined values into lists, and says which.
///
/// `\x01` always joins; `|` does when cells with it are the rule and their parts are fewer and recur.
pub(super) fn split_lists(table: &mut Table, delimiter: u8) -> Vec<ReadNote> {
    let mut notes = Vec::new();
    for column in &mut table.columns {
        let ColumnValues::Text { dictionary, codes } = &column.values else { continue };
        let Some(separator) = separator_of(dictionary, delimiter) else { continue };
        let Some(values) = split(dictionary, codes, separator) else { continue };
        column.values = values;
        notes.push(ReadNote::Lists { column: column.name.clone(), separator });
    }
    notes
}

/// Leaves out the value columns of feature lists that say nothing: every value is 1.
pub(super) fn drop_ones(table: &mut Table) {
    let names: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    let says_nothing = |values: &ColumnValues| match values {
        ColumnValues::Number(numbers) => numbers.iter().all(|&number| number.is_nan() || number == 1.0),
        _ => false,
    };
    table.columns.retain(|column| {
        let is_dense = column.name.strip_prefix('D').is_some_and(|field| names.iter().any(|name| name == field));
        !(is_dense && says_nothing(&column.values))
    });
    // Counts of a list's features are not values of its own where every feature counts 1.
    let lengths: Vec<Option<Vec<f64>>> = table.columns.iter().map(|column| list_lengths(&column.values)).collect();
    let repeats = |name: &str, values: &ColumnValues| {
        let field = name.strip_prefix('D')?;
        let at = table.columns.iter().position(|column| column.name == field)?;
        let (ColumnValues::Number(numbers), Some(lengths)) = (values, &lengths[at]) else { return None };
        Some(numbers.iter().zip(lengths).all(|(number, length)| number == length || (number.is_nan() && *length == 0.0)))
    };
    let keep: Vec<bool> =
        table.columns.iter().map(|column| repeats(&column.name, &column.values) != Some(true)).collect();
    let mut index = 0;
    table.columns.retain(|_| {
        index += 1;
        keep[index - 1]
    });
}

fn list_lengths(values: &ColumnValues) -> Option<Vec<f64>> {
    let ColumnValues::List { ends, .. } = values else { return None };
    let starts = std::iter::once(&0).chain(ends);
    Some(ends.iter().zip(starts).map(|(end, start)| f64::from(end - start)).collect())
}

fn separator_of(dictionary: &[String], delimiter: u8) -> Option<char> {
    const MAX_ITEM_BYTES: usize = 64;
    if dictionary.iter().any(|cell| cell.contains(CONTROL_SEPARATOR)) {
        return Some(CONTROL_SEPARATOR);
    }
    if delimiter == b'|' {
        return None;
    }
    let joined = dictionary.iter().filter(|cell| cell.contains('|')).count();
    // Half of the distinct cells: a title with a bar in it is not a list.
    if joined * 2 < dictionary.len() || joined < 2 {
        return None;
    }
    let mut items = std::collections::HashSet::new();
    for item in dictionary.iter().flat_map(|cell| cell.split('|')) {
        if item.len() > MAX_ITEM_BYTES {
            return None;
        }
        items.insert(item.trim());
    }
    (items.len() < dictionary.len() * 2).then_some('|')
}

/// `None` when the parts need more room than codes can address.
fn split(dictionary: &[String], codes: &[u32], separator: char) -> Option<ColumnValues> {
    let mut words = Dictionary::default();
    let mut of_cell: Vec<Vec<u32>> = Vec::with_capacity(dictionary.len());
    for cell in dictionary {
        let items = cell.split(separator).map(str::trim).filter(|item| !item.is_empty());
        of_cell.push(items.map(|item| words.code(item)).collect::<Option<_>>()?);
    }
    let (mut items, mut ends) = (Vec::new(), Vec::with_capacity(codes.len()));
    for &code in codes {
        if code != MISSING {
            items.extend_from_slice(&of_cell[code as usize]);
        }
        ends.push(u32::try_from(items.len()).ok()?);
    }
    Some(ColumnValues::List { dictionary: words.into_words(), codes: items, ends })
}
