//! The component that shows marks, and components of the frame that are used twice.

mod choice;
#[cfg(target_arch = "wasm32")]
mod marks;
mod section;

#[cfg(not(target_arch = "wasm32"))]
use crate::app::page_in_memory::marks;
pub use choice::Choice;
pub use marks::{marks, picture};
pub use section::Section;
