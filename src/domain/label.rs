//! Names of the labels that the playground knows itself; a log may have others.

/// Decides whether anything later is observed.
pub const CLICK: &str = "click";
/// Between click and purchase: added to the cart, on the wish list.
pub const ACTION: &str = "action";
pub const CONVERSION: &str = "conversion";
