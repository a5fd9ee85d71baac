//! What an objective makes of a model, before any tensor: what is supervised, which towers there are, how the tree's
//! answers are read off them, and every loss in plain f64.
//!
//! The engine's losses (`engine/objective/`) and the reports read the same [`Target`]s, so a supervised event means the
//! same everywhere.

mod readout;
pub mod reference;
mod target;

pub use readout::{Predicted, Readout, Readouts, tower_names};
pub use target::{Target, targets};
