//! Which columns a file has, and which of them can be cells.

use ::parquet::schema::types::{ColumnDescriptor, SchemaDescriptor, Type};

/// A column of the CSV.
pub(super) struct Column {
    pub(super) name: String,
    /// Its column in the file; `None` for what no cell can hold.
    pub(super) leaf: Option<usize>,
}

/// The columns of a file; those within a list of objects, a list of lists or a map are one that cannot be read.
pub(super) fn columns(schema: &SchemaDescriptor) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for (leaf, descriptor) in schema.columns().iter().enumerate() {
        let Some(name) = nested_in(schema.root_schema(), descriptor) else {
            columns.push(Column { name: name_of(descriptor), leaf: Some(leaf) });
            continue;
        };
        if columns.last().is_none_or(|last| last.leaf.is_some() || last.name != name) {
            columns.push(Column { name, leaf: None });
        }
    }
    columns
}

/// Name of the list or map that holds more than plain values, in which a column is.
fn nested_in(root: &Type, column: &ColumnDescriptor) -> Option<String> {
    let parts = column.path().parts();
    let mut node = root;
    for (depth, part) in parts.iter().enumerate() {
        if !node.is_group() {
            return None;
        }
        node = node.get_fields().iter().find(|field| field.name() == part)?;
        let is_repeated = node.get_basic_info().has_repetition()
            && node.get_basic_info().repetition() == ::parquet::basic::Repetition::REPEATED;
        if is_repeated && (n_leaves(node) > 1 || column.max_rep_level() > 1) {
            return Some(parts[..depth.max(1)].join("."));
        }
    }
    None
}

fn n_leaves(node: &Type) -> usize {
    if node.is_group() { node.get_fields().iter().map(|field| n_leaves(field)).sum() } else { 1 }
}

/// `user.age` for a column within an object; a list's inner names are writers' habits and say nothing.
fn name_of(column: &ColumnDescriptor) -> String {
    const WITHIN_LISTS: [&str; 7] = ["list", "element", "item", "array", "bag", "array_element", "key_value"];
    let parts = column.path().parts();
    let is_name = |(index, part): &(usize, &String)| {
        *index == 0 || column.max_rep_level() == 0 || !WITHIN_LISTS.contains(&part.as_str())
    };
    let names: Vec<&str> = parts.iter().enumerate().filter(is_name).map(|(_, part)| part.as_str()).collect();
    names.join(".")
}
