//! Marks in the document: patched in place, and their user events.
//!
//! What is done with the document is in terms of two traits, `Document` and `Node`. `browser` implements them for the
//! browser's document, listens to its events and starts the queue's tasks; the tests have a document in memory, `fake`.

mod attributes;
mod document;
mod events;
mod handlers;
mod patch;
mod shown;
mod work_queue;

pub use document::{Document, Frame, Node};
pub use events::{Event, EventState, UserEvent, may_be_refused, reset};
pub use handlers::Handlers;
pub use patch::Patched;
pub use shown::shown;
pub use work_queue::{Status, Work, WorkQueue};

#[cfg(target_arch = "wasm32")]
pub mod browser;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;
