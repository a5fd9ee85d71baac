//! The widget that shows marks, and what of the frame is used twice.

mod choice;
mod marks;
mod save;
mod section;

pub use choice::Choice;
pub use marks::{marks, picture};
pub use save::{download, save};
pub use section::Section;
