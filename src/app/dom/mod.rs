//! Marks in the document: patched in place, and their user events.

mod acts;
mod patch;
pub mod turns;

pub use acts::{Act, Listener};
pub use patch::{Handlers, Patched};
