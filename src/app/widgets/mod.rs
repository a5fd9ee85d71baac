//! The widget that shows marks, and what of the frame is used twice.

mod choice;
mod marks;
mod section;

pub use choice::Choice;
pub use marks::{marks, picture};
pub use section::Section;
