//! The views: tabs of the page.
//!
//! Thin skins: numbers, geometry, words and marks come from `app::charts`; state from
//! [`AppState`](super::state::AppState).

mod data;
mod density;
mod dots;
mod exports;
mod first_losses;
mod metrics;
mod questions;
mod rows;
mod selected;
mod shared;
mod story;
mod towers;
mod tree;
mod tree_part;

pub use data::DataView;
pub use exports::ExportsView;
pub use metrics::MetricsView;
pub use questions::QuestionsView;
pub use rows::RowsView;
pub use story::StoryView;
pub use towers::TowersView;
pub use tree::TreeView;
