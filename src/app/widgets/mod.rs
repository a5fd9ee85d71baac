//! The component that shows marks, and components of the frame that are used twice.

mod choice;
mod marks;
mod section;

pub use choice::Choice;
pub use marks::{marks, picture};
pub use section::Section;
