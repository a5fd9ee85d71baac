//! Small controls: a number with a slider, a choice, a section of the rail.

mod choice;
mod number;
mod section;

pub use choice::{Choice, Select};
pub use number::{NumberField, Slider};
pub use section::Section;
