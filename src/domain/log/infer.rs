//! Guesses the role of every column from its name and values, with the reason.
use serde::{Deserialize, Serialize};

use super::{Role, Roles, Table};

/// What was inferred about one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnReport {
    pub name: String,
    pub role: Role,
    /// One clause: "named like a click label and holds only 0 and 1".
    pub reason: String,
    pub distinct: usize,
    pub missing: usize,
}

/// Roles for a table, with reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct RoleProposal {
    pub roles: Roles,
    /// In the table's column order.
    pub columns: Vec<ColumnReport>,
}

/// Proposes roles from names and values.
pub fn infer_roles(table: &Table) -> RoleProposal {
    let _ = table;
    todo!()
}
