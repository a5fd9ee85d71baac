//! Marks in the document: patched in place, and what readers do with them.

mod acts;
mod patch;
pub mod turns;

pub use acts::Listener;
pub use patch::Patched;
