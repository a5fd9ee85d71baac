//! Names of the events that the papers write: the page and the reports know them when a tree has them.

/// Clicked.
pub const CTR: &str = "ctr";
/// Bought, given a click.
pub const CVR: &str = "cvr";
/// Clicked and bought.
pub const CTCVR: &str = "ctcvr";
/// Clicked, then an action.
pub const CTAVR: &str = "ctavr";
