//! Charts as geometry and words: scales, paths, layouts, formats, sentences.
//!
//! Plain functions from readings to numbers, path data and text. No signals, no browser, no colours: the
//! components in `app::views` are thin skins over these, and these are tested natively.

pub mod behavior_tree;
pub mod compare;
pub mod curves;
pub mod density;
pub mod format;
pub mod formula;
pub mod histogram;
pub mod metric_columns;
pub mod names;
pub mod scale;
pub mod selection;
pub mod tree_values;
