//! Marks in the document: patched in place, and their user events.

mod events;
mod patch;
pub mod work_queue;

pub use events::{Act, Listener};
pub use patch::{Handlers, Patched};
