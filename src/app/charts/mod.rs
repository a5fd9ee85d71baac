//! Figures that more than one tab shows, and parts of all figures: scales, numbers, names.
//!
//! Plain functions from readings to path data, text and [`crate::app::marks`]. No signals, no browser, no colours: the
//! views are thin skins over these, and these are tested natively. A chart is a file of geometry and words and, beside
//! it, a `_drawing` of marks.

pub mod axis;
pub mod behavior_tree;
pub mod brush;
pub mod certainty;
pub mod compare;
pub mod constant;
pub mod density;
pub mod formula;
pub mod frame;
pub mod intervals;
pub mod intervals_drawing;
pub mod maturity;
pub mod metric_columns;
pub mod names;
pub mod preview_drawing;
pub mod scale;
pub mod seed_lines;
pub mod tree_drawing;
pub mod tree_ghost;
pub mod tree_values;
