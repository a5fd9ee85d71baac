//! The browser's document, its events, and the tasks of drawing work.

mod document;
mod listener;
mod tasks;

pub use listener::{Act, Listener};
pub use tasks::enqueue;
