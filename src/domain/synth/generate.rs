//! Draws a log from its spec.
use super::SynthSpec;
use crate::domain::log::{Roles, Table};

/// A generated log as a table, truth columns included, and its roles.
#[derive(Debug, Clone, PartialEq)]
pub struct Generated {
    pub table: Table,
    pub roles: Roles,
}

/// Draws the log.
pub fn generate(spec: &SynthSpec) -> Generated {
    let _ = spec;
    todo!()
}
