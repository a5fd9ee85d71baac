//! Table → CSV text.
use super::Table;

/// Writes a table as CSV with a header line; numbers in the shortest form that reads back exactly.
pub fn write_csv(table: &Table) -> Vec<u8> {
    let _ = table;
    todo!()
}
