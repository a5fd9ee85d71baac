//! Charts: numbers to geometry, words and marks.
//!
//! Plain functions from readings to path data, text and [`crate::app::marks`]. No signals, no browser, no colours: the
//! views are thin skins over these, and these are tested natively. A chart is a file of geometry and words and, beside
//! it, a `_drawing` of marks.

pub mod axis;
pub mod behavior_tree;
pub mod brush;
mod certainty;
pub mod compare;
pub mod constant;
pub mod curves;
pub mod curves_drawing;
pub mod delays;
pub mod delays_drawing;
pub mod density;
pub mod density_drawing;
pub mod embedding_map;
pub mod events_choice;
pub mod format;
pub mod formula;
pub mod histogram;
pub mod histogram_drawing;
pub mod intervals;
pub mod intervals_drawing;
pub mod lines_drawing;
pub mod metric_columns;
pub mod metrics_table;
pub mod names;
mod network_bands;
pub mod network_drawing;
pub mod network_layer;
mod network_layout;
pub mod network_parts;
pub mod operating;
pub mod operating_drawing;
pub mod pinned;
pub mod preview_drawing;
pub mod pushes_drawing;
pub mod row_inspector;
pub mod rows_table;
pub mod scale;
pub mod selection;
pub mod selection_drawing;
pub mod slice_choice;
pub mod slice_findings;
pub mod slow_motion;
pub mod task_curves;
pub mod to_come;
pub mod tree_drawing;
pub mod tree_ghost;
pub mod tree_tables;
pub mod tree_values;
