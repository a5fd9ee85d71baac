//! How tables become the rows of the log: a drawing of the rows on their way, and a form for each step.

mod drawing;
mod edit;
mod form;
#[cfg(test)]
mod tests;

pub use drawing::section;
#[cfg(test)]
pub use edit::StepKind;
pub use edit::{Edited, Msg, edited};
