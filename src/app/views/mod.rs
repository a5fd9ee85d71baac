//! The views: tabs of the page.
//!
//! Thin skins: numbers, geometry and words come from `app::charts`; state from [`AppState`](super::state::AppState).

mod dots;
mod first_losses;
mod metrics;
mod metrics_curves;
mod metrics_table;
mod rows;
mod selected;
mod selection;
mod shared;
mod story;
mod towers;
mod towers_network;
mod tree;
mod tree_figure;
mod tree_formula;

pub use metrics::MetricsView;
pub use rows::RowsView;
pub use selection::SelectionFigure;
pub use story::StoryView;
pub use towers::TowersView;
pub use tree::TreeView;
