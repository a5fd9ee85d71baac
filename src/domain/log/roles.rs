//! The ROLES file: which column is what.
use serde::{Deserialize, Serialize};

/// Columns by role, as in ROLES.toml.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Roles {
    pub click: Option<String>,
    pub conversion: Option<String>,
    /// Several columns make one DAction label: any of them.
    pub action: Vec<String>,
    pub user: Option<String>,
    pub item: Option<String>,
    pub group: Option<String>,
    pub time: Option<String>,
    pub categorical: Vec<String>,
    pub numerical: Vec<String>,
    pub ignore: Vec<String>,
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Click,
    Conversion,
    Action,
    User,
    Item,
    Group,
    Time,
    Categorical,
    Numerical,
    Truth,
    Ignore,
}
